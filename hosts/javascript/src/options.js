// @ts-check
// What `supervise` is given, checked before anything is made: a mistake gets one line that says what to write.

/**
 * @typedef {{
 *   getCoreModule: (path: string) => unknown,
 *   imports: object | (() => object),
 *   journal: { calls: number, bytes: number },
 *   limits: { memoryBytes: number | undefined },
 *   restartLimit: import('../index.js').RestartLimit | undefined,
 *   reads: Record<string, string[]>,
 *   build: string | undefined,
 *   errors: readonly string[] | undefined,
 * }} Options
 */

const KNOWN = ['getCoreModule', 'imports', 'journal', 'limits', 'restartLimit', 'reads', 'build', 'errors'];

/** @param {object} given @param {string[]} known @param {string} where */
function refuseUnknown(given, known, where) {
  const other = Object.keys(given).find((name) => !known.includes(name));
  if (other !== undefined) throw new TypeError(`${where} has no option ${JSON.stringify(other)}; there are ${known.join(', ')}`);
}

/**
 * A number of something.
 * @template T
 * @param {unknown} value
 * @param {string} name
 * @param {number} least
 * @param {T} otherwise
 */
function whole(value, name, least, otherwise) {
  if (value === undefined) return otherwise;
  if (!Number.isSafeInteger(value) || /** @type {number} */ (value) < least) throw new RangeError(`${name} is ${String(value)}; give a whole number from ${least}`);
  return /** @type {number} */ (value);
}

/** @param {unknown} value @param {string} name @returns {Record<string, unknown>} */
function objectOf(value, name) {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} takes an object`);
  return /** @type {Record<string, unknown>} */ (value);
}

/** @param {unknown} given @param {string} name @returns {import('../index.js').RestartLimit} */
export function restartLimit(given, name) {
  const limit = objectOf(given, name);
  refuseUnknown(limit, ['restarts', 'period'], name);
  const restarts = whole(limit.restarts, `${name}.restarts`, 0, undefined), period = whole(limit.period, `${name}.period`, 1, undefined);
  if (restarts === undefined || period === undefined) throw new TypeError(`${name} takes { restarts, period }, the period in milliseconds`);
  return { restarts, period };
}

/** The memories of wasm32 have pages of that size. */
const PAGE = 65_536;

/** @param {unknown} given @returns {Options} */
export function optionsOf(given) {
  const options = objectOf(given, 'the second argument of supervise()');
  refuseUnknown(options, KNOWN, 'supervise()');
  const { getCoreModule, imports, build } = options;
  if (typeof getCoreModule !== 'function') {
    throw new TypeError('supervise() needs `getCoreModule`: a function that gives the bytes, or the WebAssembly.Module, of a file that jco wrote');
  }
  if (typeof imports !== 'function' && (typeof imports !== 'object' || imports === null)) {
    throw new TypeError('supervise() needs `imports`: an object of what the component imports, or a function that makes one for each instance');
  }
  const journal = objectOf(options.journal, '`journal`'), limits = objectOf(options.limits, '`limits`');
  refuseUnknown(journal, ['calls', 'bytes'], '`journal`');
  refuseUnknown(limits, ['memoryBytes'], '`limits`');
  if (build !== undefined && typeof build !== 'string') throw new TypeError('`build` takes a build id, in hexadecimal');
  const { errors } = options;
  if (errors !== undefined && !(Array.isArray(errors) && errors.every((one) => typeof one === 'string'))) throw new TypeError('`errors` takes an array of names of classes');
  const reads = objectOf(options.reads, '`reads`');
  for (const [name, methods] of Object.entries(reads)) {
    if (!Array.isArray(methods) || !methods.every((one) => typeof one === 'string')) throw new TypeError(`reads.${name} takes an array of names of methods`);
  }
  return {
    getCoreModule: /** @type {any} */ (getCoreModule),
    imports,
    journal: { calls: whole(journal.calls, 'journal.calls', 1, 64), bytes: whole(journal.bytes, 'journal.bytes', 1, 65_536) },
    limits: { memoryBytes: whole(limits.memoryBytes, 'limits.memoryBytes', PAGE, undefined) },
    restartLimit: options.restartLimit === undefined ? undefined : restartLimit(options.restartLimit, '`restartLimit`'),
    reads: /** @type {Record<string, string[]>} */ (reads),
    build,
    errors,
  };
}
