// @ts-check
// The package of tests/fixtures/kills, which is built beforehand: where it is, and an instance of it for a process of Node.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** Where it is. */
export function directory() {
  const path = process.env.RECOVER_KILLS_PACKAGE;
  if (path === undefined || path === '') throw new Error('set RECOVER_KILLS_PACKAGE to the built package of tests/fixtures/kills; cargo xtask durable does');
  return path;
}

export const STEM = 'fixture_kills';

/** Calls in this program may fail as often as they like, and nobody reads of it. @param {any} pkg */
export function quiet(pkg) {
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  pkg.recovery.onPanic(() => {});
  return pkg;
}

/** @returns {Promise<any>} */
export async function load() {
  const path = directory();
  /** @type {any} */ (globalThis).wait = () => new Promise((resolve) => { setImmediate(resolve); });
  const pkg = await import(pathToFileURL(join(path, `${STEM}.js`)).href);
  pkg.initSync({ module: readFileSync(join(path, `${STEM}_bg.wasm`)) });
  return quiet(pkg);
}
