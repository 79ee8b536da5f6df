// @ts-check
// What crosses: an exception as a record `failure` of `recover:error/types`, and a record as an error. An error that
// came from an import goes on as the record that it came by, so no language in between takes anything from it. How
// calls are wrapped is in `guest.js`.

import { classOf, DomainError, RecoverError } from './errors.js';
import { framesOf } from './stack.js';

/** @typedef {import('../index.js').Failure} Failure */
/** @typedef {import('../index.js').Cause} Cause */
/** @typedef {import('../index.js').Value} Value */

/** How many causes cross, and how many frames of each. */
const CAUSES = 8, FRAMES = 64;

/** How much of a text that is not the message crosses. */
const LONGEST = 4096;

/** The classes of what only the engine can say. @type {Partial<Record<import('../index.js').Kind, string>>} */
const CLASSES = { 'out-of-memory': 'OutOfMemoryError', 'stack-overflow': 'StackOverflowError' };

/** The records that errors came by. @type {WeakMap<object, Failure | Cause>} */
const came = new WeakMap();

/** @param {any} value @returns {value is Failure} */
export function isFailure(value) {
  return typeof value === 'object' && value !== null && typeof value.kind === 'string' && typeof value.class === 'string'
    && Array.isArray(value.causes) && Array.isArray(value.frames);
}

/** What an import returned, in what componentize-js throws of it. @param {any} thrown @returns {Failure | undefined} */
export function returned(thrown) {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  // What is thrown may be a proxy that answers nothing.
  try {
    return isFailure(thrown.payload) ? thrown.payload : isFailure(thrown) ? thrown : undefined;
  } catch {
    return undefined;
  }
}

/** @param {unknown} value @returns {value is Error} */
function isError(value) {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/** @param {unknown} thrown @returns {Failure | Cause | undefined} */
const carried = (thrown) => (typeof thrown === 'object' && thrown !== null ? came.get(thrown) : undefined) ?? returned(thrown);

// From an exception to a record.

/**
 * An exception as a record `failure`, with its causes and its trace. What the engine throws when its stack or memory
 * is full is of the kind `stack-overflow` or `out-of-memory`; anything else is `domain`.
 * @param {unknown} thrown
 * @returns {Failure}
 */
export function failureOf(thrown) {
  const record = carried(thrown);
  // If an instance ended, it was another.
  if (record !== undefined && 'causes' in record) return record.fatal ? { ...record, fatal: false } : record;
  /** @type {Cause[]} */
  const causes = [];
  const seen = new Set([thrown]);
  let last = thrown;
  while (causes.length < CAUSES) {
    const cause = read(last, 'cause') ?? first(read(last, 'errors'));
    if (cause === undefined || seen.has(cause)) break;
    seen.add(cause);
    causes.push(causeOf(cause));
    const behind = carried(cause);
    if (behind !== undefined && 'causes' in behind) {
      causes.push(...behind.causes);
      break;
    }
    last = cause;
  }
  const { retryable = false } = ownFields(thrown);
  return { ...causeOf(thrown), retryable: retryable === true, fatal: false, build: undefined, causes: causes.slice(0, CAUSES) };
}

/** @param {unknown} thrown @returns {Cause} */
function causeOf(thrown) {
  const record = carried(thrown);
  if (record !== undefined) {
    const { kind, code, message, language, location, fields, frames } = record;
    return { kind, class: record.class, code, message, language, location, fields, frames };
  }
  const known = isError(thrown);
  const kind = kindOf(thrown);
  const name = known ? CLASSES[kind] ?? text(read(thrown, 'name'), 'Error') : 'Error';
  const frames = known ? framesOf(read(thrown, 'stack'), FRAMES, classesOf(thrown)) : [];
  return {
    kind,
    class: name,
    code: codeOf(thrown, name),
    message: known ? text(read(thrown, 'message'), '') : shown(thrown),
    language: 'javascript',
    location: frames.find(({ location }) => location !== undefined)?.location,
    fields: Object.entries(ownFields(thrown)).filter(([field]) => !NO_FIELDS.has(field)).map(([field, value]) => ({ name: field, value: valueOf(value) })),
    frames,
  };
}

/** The names of an error's class and those above it. @param {unknown} thrown @returns {Set<string>} */
function classesOf(thrown) {
  const names = new Set();
  for (let made = read(thrown, 'constructor'); typeof made === 'function' && made !== Error; made = Object.getPrototypeOf(made)) names.add(made.name);
  names.delete('');
  return names;
}

/** @param {unknown} thrown @returns {import('../index.js').Kind} */
function kindOf(thrown) {
  if (isError(thrown) && (thrown instanceof RecoverError || thrown instanceof DomainError)) return thrown.kind;
  const message = read(thrown, 'message');
  // SpiderMonkey's errors of its own limits; there is no other sign of them.
  if (read(thrown, 'name') === 'InternalError') {
    if (message === 'too much recursion') return 'stack-overflow';
    if (message === 'allocation size overflow' || message === 'out of memory') return 'out-of-memory';
  }
  // Thrown when there is no room for an error.
  if (thrown === 'out of memory') return 'out-of-memory';
  return 'domain';
}

/** The error's own `code`, or one made of its name: `E_NO_KEY` of `NoKeyError`. @param {unknown} thrown @param {string} name */
function codeOf(thrown, name) {
  const own = read(thrown, 'code');
  if (typeof own === 'string' && own !== '') return own;
  const stem = name.length > 5 && name.endsWith('Error') ? name.slice(0, -5) : name;
  return `E_${(stem.match(/[A-Z]+(?![a-z])\d*|[A-Z]?[a-z\d]+/g) ?? ['ERROR']).join('_').toUpperCase()}`;
}

/** What a record has a place of its own for. */
const NO_FIELDS = new Set([
  'name', 'message', 'stack', 'cause', 'errors', 'code', 'kind', 'language', 'fatal', 'retryable', 'location', 'build',
  'frames', 'causes', 'fields', 'fileName', 'lineNumber', 'columnNumber',
]);

/** The properties that a program gave an error. Getters may throw. @param {any} thrown @returns {Record<string, unknown>} */
function ownFields(thrown) {
  if (!isError(thrown)) return {};
  try {
    return { ...thrown };
  } catch {
    return {};
  }
}

/** @param {unknown} value @returns {Value} */
function valueOf(value) {
  switch (typeof value) {
    case 'undefined': return { tag: 'null' };
    case 'boolean': return { tag: 'boolean', val: value };
    case 'string': return { tag: 'text', val: value };
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? { tag: 'signed', val: BigInt(value) } : { tag: 'float', val: value };
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return { tag: 'signed', val: value };
      return BigInt.asUintN(64, value) === value ? { tag: 'unsigned', val: value } : { tag: 'text', val: String(value) };
    default:
      if (value === null) return { tag: 'null' };
      return value instanceof Uint8Array ? { tag: 'bytes', val: value } : { tag: 'text', val: shown(value).slice(0, LONGEST) };
  }
}

/** @param {any} thrown @param {string} name @returns {unknown} */
function read(thrown, name) {
  try {
    return thrown?.[name] ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param {unknown} value @param {string} otherwise */
const text = (value, otherwise) => (typeof value === 'string' ? value : otherwise);

/** @param {unknown} list @returns {unknown} */
const first = (list) => (Array.isArray(list) ? list[0] : undefined);

/** @param {unknown} value */
function shown(value) {
  try {
    return typeof value === 'object' ? JSON.stringify(value) ?? String(value) : String(value);
  } catch {
    return `a thrown ${typeof value}`;
  }
}

// From a record to an error.

/** The error that a record `failure` stands for, with its causes. @param {Failure} record */
export function thrownBy(record) {
  let cause;
  for (const one of record.causes.slice(0, CAUSES).reverse()) cause = made(one, cause);
  const error = made(record, cause);
  error.retryable = record.retryable;
  error.fatal = record.fatal;
  error.build = record.build;
  return error;
}

/** Those that a field never takes the place of. */
const RESERVED = new Set(['name', 'message', 'stack', 'cause', 'causes', '__proto__', 'constructor', 'toJSON', 'then']);

/** @param {Failure | Cause} record @param {unknown} cause */
function made(record, cause) {
  const error = new (classOf(record.kind, record.class))(record.message, cause === undefined ? undefined : { cause });
  const fields = Object.fromEntries(record.fields.map(({ name, value }) => [name, plain(value)]));
  for (const [name, value] of Object.entries(fields)) {
    if (!RESERVED.has(name)) Object.defineProperty(error, name, { value, writable: true, enumerable: true, configurable: true });
  }
  Object.defineProperty(error, 'fields', { value: fields, writable: true, configurable: true });
  const { code, kind, language, location, frames } = record;
  Object.assign(error, { code, kind, language, location, frames });
  if (record.frames.length > 0 || record.location !== undefined) {
    const lines = record.frames.length > 0 ? record.frames.map(line) : [line({ location: record.location })];
    Object.defineProperty(error, 'stack', { value: [...lines, error.stack ?? ''].join('\n'), writable: true, configurable: true });
  }
  came.set(error, record);
  return error;
}

/** A frame as SpiderMonkey writes it. @param {import('../index.js').Frame} frame */
function line({ function: name, location, module, offset }) {
  const where = location !== undefined ? `${location.file}:${location.line}:${location.column}` : `${module ?? '?'}:0x${(offset ?? 0n).toString(16)}`;
  return `${name ?? ''}@${where}`;
}

/** The value of a field. A whole number is a number where that is exact. @param {Value} value */
function plain(value) {
  if (value.tag === 'null') return null;
  if (typeof value.val === 'bigint') return Number.isSafeInteger(Number(value.val)) ? Number(value.val) : value.val;
  return value.val;
}
