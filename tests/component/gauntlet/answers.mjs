// @ts-check
// What the gauntlet's package answers in Node to the inputs for bcder and hpack: the answers that every host of the
// component must get. `node answers.mjs` prints them as JSON, for hosts that are not JavaScript.
import { readFileSync } from 'node:fs';
import { argv, env, stdout } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { argumentsOf, loadInputs } from '../../../examples/gauntlet/inputs.mjs';

/** @typedef {import('../../../examples/gauntlet/inputs.mjs').Input} Input */
/** @typedef {import('../../../examples/gauntlet/inputs.mjs').InputFile} InputFile */
/** @typedef {import('../../../examples/gauntlet/judge.mjs').Outcome} Outcome */
/** @typedef {import('../../../examples/gauntlet/judge.mjs').Package} Package */
/** @typedef {{ decode(octets: Uint8Array): unknown }} Session */

/** The crates that are in the component. */
const FILES = loadInputs().filter(({ target }) => target === 'bcder' || target === 'hpack');

/** A place in a crate, without where the machine has it: `hpack-0.3.0/src/decoder.rs:453:38`. @param {any} location */
function placeOf({ file, line, column }) {
  const path = String(file).replaceAll('\\', '/');
  return `${/[^/]+-\d+\.\d+\.\d+\/.*$/.exec(path)?.[0] ?? path}:${line}:${column}`;
}

/**
 * How a call ended, in words that every language has. Where an error of the program's own began, packages do not tell.
 * @param {Outcome} outcome
 */
export function answerOf(outcome) {
  if ('value' in outcome) return { value: outcome.value };
  const { name, code, kind = 'domain', message, location } = /** @type {any} */ (outcome.thrown);
  return { class: name, code, kind, message, location: kind === 'domain' ? null : placeOf(location) };
}

/**
 * Sends every input in its order. Blocks of one connection go to one session.
 * @param {(call: string, octets: Uint8Array) => unknown} call
 * @param {(table: number) => Session} open
 * @returns {{ file: InputFile, input: Input, outcome: Outcome }[]}
 */
export function feed(call, open) {
  /** @type {Map<string, Session>} */
  const sessions = new Map();
  /** @param {Input} input */
  const answered = (input) => {
    const octets = /** @type {Uint8Array} */ (argumentsOf(input)[0]);
    if (input.call !== 'session') return call(input.call, octets);
    const name = input.on ?? '';
    const session = sessions.get(name) ?? open(/** @type {number} */ (input.table));
    sessions.set(name, session);
    return session.decode(octets);
  };
  return FILES.flatMap((file) => file.inputs.map((input) => {
    try {
      return { file, input, outcome: { value: answered(input) } };
    } catch (thrown) {
      return { file, input, outcome: { thrown } };
    }
  }));
}

/** The package, and how each call of it ended. */
export async function ofPackage() {
  const directory = env.RECOVER_GAUNTLET;
  if (directory === undefined) throw new Error('RECOVER_GAUNTLET names no package; `cargo xtask component` makes one');
  /** @type {Package & Record<string, (octets: Uint8Array) => unknown>} */
  const pkg = await import(pathToFileURL(`${directory}/gauntlet_ours.js`).href);
  pkg.initSync({ module: readFileSync(`${directory}/gauntlet_ours_bg.wasm`) });
  return { pkg, ended: feed((name, octets) => /** @type {any} */ (pkg[name])(octets), (table) => new pkg.HpackSession(table)) };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { ended } = await ofPackage();
  const lines = ended.map(({ input, outcome }) => {
    const octets = Buffer.from(/** @type {Uint8Array} */ (argumentsOf(input)[0])).toString('hex');
    const { name, kind, call, on = '', table = 0 } = input;
    return { name, kind, call, on, table, octets, answer: answerOf(outcome) };
  });
  stdout.write(JSON.stringify(lines));
}
