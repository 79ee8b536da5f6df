// @ts-check
// The frames of a module in the text of a stack, as each engine writes it. What an engine does not
// tell is not guessed. This module imports nothing.

/** @typedef {[index: number, offset: number]} Frame -1 where the engine tells no index, or no offset */

/**
 * A line of a stack that is a frame of a module: whose, the index of the function, the offset of the
 * instruction. V8 has `at name (wasm://wasm/1a2b3c4d:wasm-function[12]:0x3f)`, SpiderMonkey
 * `name@https://…/app_bg.wasm:wasm-function[12]:0x3f`, JavaScriptCore `wasm-function[12]@[wasm code]`,
 * and of its call sites Bun makes `at app.wasm.wasm-function[12] (native)`.
 */
const LINE = /^(?:\s*at (?:.*\()?|[^@]*@|.*?(?=wasm-function\[\d+\]@))(.*?):?wasm-function\[(\d+)\](?::0x([\da-f]+)\)?|@\[wasm code\]| \((?:\[wasm code\]|native)\))$/;

/** What Deno makes of a module that has an address: a place in a file of one line. */
const FILE = /^\s*at (?:.*\()?(.*\.wasm):1:(\d+)\)?$/;

/** A longer line is no frame, or names one that nobody reads; so it is with lines beyond so many. */
const LONGEST = 2000, MOST_LINES = 400;

/**
 * The frames of the innermost module in a stack, the innermost first.
 * @param {unknown} error
 * @param {number} most
 * @returns {Frame[]}
 */
export function framesOf(error, most) {
  const { stack, message } = /** @type {any} */ (error ?? {});
  if (typeof stack !== 'string') return [];
  // V8 begins with the message, which may be anything.
  const head = typeof message === 'string' ? stack.indexOf(message) : -1;
  const begins = head > 0 && /^[^\n]*: $/.test(stack.slice(0, head)) ? head + message.length : 0;
  /** @type {Frame[]} */
  const frames = [];
  /** @type {string | undefined} */
  let whose;
  for (const line of stack.slice(begins).split('\n', MOST_LINES)) {
    if (frames.length >= most) break;
    if (line.length > LONGEST || !(line.includes('wasm-function[') || line.includes('.wasm:1:'))) continue;
    const [, file, column] = FILE.exec(line) ?? [];
    const [, module, index, offset] = file === undefined ? LINE.exec(line) ?? [] : [line, file, '0', (Number(column) - 1).toString(16)];
    if (index === undefined) continue;
    // JavaScriptCore does not say whose.
    const of = offset === undefined ? '' : module;
    whose ??= of;
    if (whose !== of) continue;
    // Deno says 0 of every function. The first are imports, of which there is no frame.
    frames.push([Number(index) || -1, offset === undefined ? -1 : Number.parseInt(offset, 16)]);
  }
  return frames;
}
