// @ts-check
/**
 * What the gauntlet is fed: the files in `inputs`, and the order they are sent in.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A text, or the pieces to make a large one of.
 * @typedef {string | (string | { repeat: string, times: number })[]} Text
 */

/**
 * One line of an inputs file.
 * @typedef {object} Input
 * @property {string} name
 * @property {'hostile' | 'valid'} kind
 * @property {string} call the export, or `session` for a method of HpackSession
 * @property {[string, number, number]} [args] of a call that takes several
 * @property {Text} [hex] of one that takes octets: their digits
 * @property {Text} [utf8] of one that takes octets: what they spell
 * @property {Text} [text] of one that takes a text
 * @property {string} [on] the session's name
 * @property {number} [table] the session's table size
 * @property {string} [error] the class of a failure that is no panic at a site
 * @property {string | string[]} [site] where in the guilty crate it panics
 * @property {string} [message] what it panics with, where it is no site that is guilty
 * @property {number} [depth] how deep a StackOverflowError found the calls
 * @property {number | number[]} [requested] what an OutOfMemoryError could not give, in octets
 * @property {Text} [answer] the right answer, as text
 * @property {string} [refused] the right answer, as the message of an orderly error
 * @property {string} [pixels] the right answer, as RGBA in hex
 */

/**
 * A file of inputs. The `last` ones are sent after all others: in the plain package, and
 * wherever nothing guards them, they end the instance.
 * @typedef {{ target: string, version: string, advisory: string, last?: 'guarded' | 'unguarded', inputs: Input[] }} InputFile
 */

/** @typedef {{ file: InputFile, input: Input }} Entry */

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** In characters: what is larger is sent in the rounds alone, so that the soak stays short. */
const SMALL = 4096;

/** @type {WeakMap<Input, unknown[]>} */
const made = new WeakMap();

/** @returns {InputFile[]} */
export function loadInputs() {
  const folder = join(HERE, 'inputs');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  /** @type {InputFile[]} */
  const files = names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  return [undefined, 'guarded', 'unguarded'].flatMap((when) => files.filter(({ last }) => last === when));
}

/** @param {Text} text */
export function spell(text) {
  if (typeof text === 'string') return text;
  return text.map((piece) => (typeof piece === 'string' ? piece : piece.repeat.repeat(piece.times))).join('');
}

/**
 * What the export is called with, made once.
 * @param {Input} input
 */
export function argumentsOf(input) {
  const known = made.get(input) ?? makeArguments(input);
  made.set(input, known);
  return known;
}

/**
 * @param {Input} input
 * @returns {unknown[]}
 */
function makeArguments({ args, text, utf8, hex }) {
  if (args) return args;
  if (text !== undefined) return [spell(text)];
  if (utf8 !== undefined) return [new TextEncoder().encode(spell(utf8))];
  return [Uint8Array.from(Buffer.from(spell(hex ?? ''), 'hex'))];
}

/** @param {Input} input */
export function isSmall(input) {
  return argumentsOf(input).every((one) => typeof one === 'number' || /** @type {any} */ (one).length <= SMALL);
}

/**
 * Mixes the files into one stream, a turn each, every file in its own order.
 * @param {InputFile[]} files
 * @param {number} first whose turn comes first
 */
export function mix(files, first) {
  const queues = files.map((file) => file.inputs.map((input) => ({ file, input })));
  /** @type {Entry[]} */
  const stream = [];
  const longest = Math.max(...queues.map((queue) => queue.length));
  for (let turn = 0; turn < longest; turn += 1) {
    for (let at = 0; at < queues.length; at += 1) {
      const entry = pick(queues, first + at)[turn];
      if (entry) stream.push(entry);
    }
  }
  return stream;
}

/**
 * @template T
 * @param {T[]} list not empty
 * @param {number} n
 * @returns {T}
 */
export function pick(list, n) {
  return /** @type {T} */ (list[n % list.length]);
}
