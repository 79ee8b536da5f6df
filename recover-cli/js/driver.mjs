// @ts-check
// What the drivers share: what they were ordered, how they answer `cargo recover test` and `cargo recover
// torture`, and where they find what the user has installed. Nothing is run here: the session does that,
// `session.mjs` or `torturing.mjs`.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, relative, sep } from 'node:path';
import process from 'node:process';

/**
 * @typedef {{ name: string, path?: string | null, export?: string | null }} Scenario a module's, or a function's
 * @typedef {{ directory: string, stem: string, tests?: import('./session.mjs').Test[], scenarios?: Scenario[] }} Package
 * @typedef {{ crate: string, session: string, capture: boolean, packages: Package[], options?: object }} Order
 */

/** @type {Order} */
export const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));

/** Begins a line of ours, among those that tests write themselves. */
const MARK = '\x1e';

/** @param {object} line */
export function say(line) {
  process.stdout.write(`${MARK}${JSON.stringify(line)}\n`);
}

/**
 * Ends this process with what the user has to install.
 * @param {string} missing @param {string} command @returns {never}
 */
export function lacks(missing, command) {
  say({ missing, command });
  process.exit(2);
}

/**
 * The name of a scenario's file in an engine that has no files: its path in the crate.
 * @param {string} path
 */
export function inCrate(path) {
  const inside = relative(order.crate, path);
  if (inside.startsWith('..') || isAbsolute(inside)) {
    say({ mistake: `${path} is not below the crate's folder, whose files are all that this engine is given; move it there` });
    process.exit(2);
  }
  return inside.split(sep).join('/');
}

/**
 * The first of the packages that is installed for the user's crate.
 * @param {string[]} names @returns {any}
 */
export function installed(...names) {
  const places = [order.crate, process.cwd()].map((place) => createRequire(join(place, 'package.json')));
  for (const name of names) {
    for (const require of places) {
      try {
        return require(name);
      } catch (error) {
        const { code } = /** @type {{ code?: unknown }} */ (error);
        if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
      }
    }
  }
  return undefined;
}

/** The first of the files that exists. @param {(string | undefined)[]} paths */
export function existing(...paths) {
  return paths.find((path) => path !== undefined && path !== '' && existsSync(path));
}
