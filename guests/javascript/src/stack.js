// @ts-check
// The frames in the text of a stack, as SpiderMonkey writes it, and V8, so that the package can be tested outside a
// component. What a line does not tell is not guessed. This module imports nothing.

/** @typedef {import('../index.js').Frame} Frame */

/** `name@file:line:column`; and `    at name (file:line:column)`, `    at file:line:column`. */
const SPIDERMONKEY = /^(.*?)@(.*?):(\d+):(\d+)$/, V8 = /^\s+at (?:(.*?) \()?(.*?):(\d+):(\d+)\)?$/;

/** A longer line names a frame that nobody reads; so it is with lines beyond so many. */
const LONGEST = 2000, MOST_LINES = 400;

/** The files that tell nobody anything: of this package, and what componentize-js writes around a component. */
const OWN = /(?:^|\/)(?:recover-guest\/src\/|guests\/javascript\/src\/|sources\/initializer\.js$)/;

/**
 * The frames of a stack, the innermost first. Those of the constructors that made the error are no part of its way.
 * @param {unknown} stack
 * @param {number} most
 * @param {ReadonlySet<string>} [constructors]
 * @returns {Frame[]}
 */
export function framesOf(stack, most, constructors = new Set()) {
  if (typeof stack !== 'string') return [];
  /** @type {Frame[]} */
  const frames = [];
  for (const line of stack.split('\n', MOST_LINES)) {
    if (frames.length >= most) break;
    if (line.length > LONGEST) continue;
    const [, name, file, row, column] = SPIDERMONKEY.exec(line) ?? V8.exec(line) ?? [];
    if (file === undefined || OWN.test(file)) continue;
    if (frames.length === 0 && name !== undefined && constructors.has(name.replace(/^new /, ''))) continue;
    frames.push({
      function: name || undefined, location: { file, line: Number(row), column: Number(column) }, module: undefined, offset: undefined,
    });
  }
  return frames;
}
