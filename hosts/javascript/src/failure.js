// @ts-check
// The record `failure` of `recover:error/types`, and the errors that it is in JavaScript: in both directions. This
// module calls no component, and the classes are those of `errors.js`.

import {
  BusyError, InstanceAbortedError, OutOfMemoryError, PanicError, PoisonedError, RestartLimitError,
  StackOverflowError, StaleHandleError, TimeoutError, assign, isOurs,
} from './errors.js';

/** @typedef {import('./errors.js').RecoverError} RecoverError */
/** @typedef {import('./errors.js').DomainError} DomainError */
/** @typedef {(name: string) => typeof import('./errors.js').DomainError} ClassFor */
/** @typedef {import('../index.js').Failure} Failure */
/** @typedef {import('../index.js').FailureCause} FailureCause */

/** The classes of the kinds that are not the program's own. */
const BY_KIND = {
  'panic': PanicError, 'out-of-memory': OutOfMemoryError, 'stack-overflow': StackOverflowError, 'busy': BusyError,
  'poisoned': PoisonedError, 'stale': StaleHandleError, 'aborted': InstanceAbortedError,
  'restart-limit': RestartLimitError, 'timeout': TimeoutError,
};

/** As the package has it: at most so many causes, and frames. */
const MOST_CAUSES = 8, MOST_FRAMES = 64;

/**
 * Whether what a result failed by is a `failure`; other interfaces fail by what they like.
 * @param {any} value
 * @returns {value is Failure}
 */
export function isFailure(value) {
  return typeof value === 'object' && value !== null && typeof value.class === 'string' && typeof value.message === 'string'
    && (value.kind === 'domain' || Object.hasOwn(BY_KIND, value.kind)) && Array.isArray(value.causes) && Array.isArray(value.fields);
}

/** A value of a field. 64 bits are a number where one can hold them. @param {import('../index.js').FailureValue} value */
function valueOf(value) {
  if (value.tag === 'null') return null;
  const { val } = value;
  if (typeof val !== 'bigint') return val;
  const number = Number(val);
  return Number.isSafeInteger(number) ? number : val;
}

/** @param {import('../index.js').FailureField[]} fields */
const fieldsOf = (fields) => Object.fromEntries(fields.map(({ name, value }) => [name, valueOf(value)]));

/** @param {import('../index.js').FailureFrame[]} frames @returns {import('../index.js').ErrorFrame[]} */
const framesOf = (frames) => frames.map((frame) => ({
  function: frame.function, location: frame.location, module: frame.module,
  offset: frame.offset === undefined ? undefined : Number(frame.offset),
}));

/**
 * One error, without what stands behind it.
 * @param {FailureCause} from
 * @param {ClassFor} classFor
 * @param {ErrorOptions | undefined} options
 */
function errorOf(from, classFor, options) {
  const { kind, message, code } = from;
  const error = kind === 'domain' ? new (classFor(from.class))(message, options) : new BY_KIND[kind](message, code, kind, options);
  // The fields go first: what follows is the same of every error, and they are all in `fields`.
  const fields = fieldsOf(from.fields);
  assign(error, fields);
  Object.defineProperty(error, 'fields', { value: fields, writable: true, configurable: true });
  const common = { code, kind, fatal: false, retryable: false, location: from.location, frames: framesOf(from.frames), language: from.language };
  return Object.assign(/** @type {RecoverError | DomainError} */ (error), common);
}

/**
 * Has `make` make errors without frames of the host: where they were raised, the failure says.
 * @template T
 * @param {() => T} make
 */
function frameless(make) {
  const limit = Error.stackTraceLimit;
  // A frozen `Error` is left as it is.
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit);
  }
}

/** Frames as V8 writes them. @param {import('../index.js').ErrorFrame[]} frames */
const lines = (frames) => frames.map(({ function: name, location, module, offset }) => {
  const place = location === undefined ? `${module ?? 'unknown'}${offset === undefined ? '' : `:0x${offset.toString(16)}`}` : `${location.file}:${location.line}:${location.column}`;
  return name === undefined ? `    at ${place}` : `    at ${name} (${place})`;
}).join('\n');

/**
 * The error that a failure is, with its causes behind it.
 * @param {Failure} failure
 * @param {ClassFor} classFor
 */
export function toError(failure, classFor) {
  return frameless(() => {
    /** @type {ErrorOptions | undefined} */
    let options;
    for (const cause of failure.causes.slice(0, MOST_CAUSES).reverse()) {
      const error = errorOf(cause, classFor, options);
      if (error.frames.length !== 0) withStack(error, `${error.name}: ${error.message}\n${lines(error.frames)}`);
      options = { cause: error };
    }
    const error = errorOf(failure, classFor, options);
    const { fatal, retryable, build } = failure;
    return Object.assign(error, { fatal, retryable, build });
  });
}

/** @param {Error} error @param {string} value */
const withStack = (error, value) => Object.defineProperty(error, 'stack', { value, writable: true, configurable: true });

/**
 * Gives an error the stack of who called the component: first where it was raised, as far as that is told, and none
 * of the frames between.
 * @param {RecoverError | DomainError} error
 * @param {Function} called
 */
export function traced(error, called) {
  if (typeof Error.captureStackTrace !== 'function') return;
  Error.captureStackTrace(error, called);
  // Who raised it is no other than who called, where the host made the error.
  if (error.language === undefined || error.frames.length === 0) return;
  const callers = /** @type {unknown} */ (error.stack);
  if (typeof callers !== 'string') return;
  const head = `${error.name}: ${error.message}`;
  const rest = callers.startsWith(head) ? callers.slice(head.length) : `\n${callers}`;
  withStack(error, `${head}\n${lines(error.frames)}${rest}`);
}

/** One frame of a stack, as V8, or Firefox and Safari, write it. */
const FRAME = /^\s*(?:at (?:async )?(?:(.*?) \()?|(.*?)@)?((?:\w+:\/\/|\/|[A-Za-z]:\\|node:|<anonymous>).*?)(?::(\d+):(\d+))?\)?$/;
/** What they say of a frame of a module. */
const WASM = /^(.*?)(?::|\.)?wasm-function\[(\d+)\](?::0x([0-9a-f]+))?$/;

/**
 * The frames of a stack, the innermost first.
 * @param {unknown} stack
 * @returns {import('../index.js').ErrorFrame[]}
 */
export function framesOfStack(stack) {
  if (typeof stack !== 'string') return [];
  const frames = [];
  for (const line of stack.split('\n')) {
    const found = FRAME.exec(line);
    if (found === null || frames.length === MOST_FRAMES) continue;
    const [, v8, other, place = '', row, column] = found;
    const name = v8 || other || undefined;
    const inModule = WASM.exec(place);
    if (inModule !== null) {
      const [, module, index, offset] = inModule;
      frames.push({
        function: name ?? `wasm-function[${index}]`, location: undefined, module,
        offset: offset === undefined ? undefined : Number.parseInt(offset, 16),
      });
    } else {
      frames.push({
        function: name, location: row === undefined ? undefined : { file: place, line: Number(row), column: Number(column) },
        module: undefined, offset: undefined,
      });
    }
  }
  return frames;
}

/** A value of an error's as a field has it; `undefined` if none can hold it. @param {unknown} value @returns {import('../index.js').FailureValue | undefined} */
function fieldValue(value) {
  switch (typeof value) {
    case 'boolean': return { tag: 'boolean', val: value };
    case 'string': return { tag: 'text', val: value };
    case 'number': return Number.isSafeInteger(value) ? { tag: 'signed', val: BigInt(value) } : { tag: 'float', val: value };
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return { tag: 'signed', val: value };
      return BigInt.asUintN(64, value) === value ? { tag: 'unsigned', val: value } : undefined;
    default:
      if (value === null) return { tag: 'null' };
      return value instanceof Uint8Array ? { tag: 'bytes', val: value } : undefined;
  }
}

/** What every error has, and no field is. */
const COMMON = new Set(['code', 'kind', 'fatal', 'retryable', 'location', 'export', 'build', 'frames', 'language', 'class', 'stack', 'message', 'name', 'cause']);

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value : '');

/** A number that the bindings take for a `u32`. @param {unknown} value */
const isIndex = (value) => Number.isInteger(value) && /** @type {number} */ (value) >= 0 && /** @type {number} */ (value) < 2 ** 32;

/** A place, unless a program put something else there. @param {any} from @returns {import('../index.js').ErrorLocation | undefined} */
const placeOf = (from) => (typeof from?.file === 'string' && isIndex(from.line) && isIndex(from.column) ? { file: from.file, line: from.line, column: from.column } : undefined);

/** @param {any} frame @returns {import('../index.js').FailureCause['frames'][number]} */
const frameOf = (frame) => ({
  function: typeof frame?.function === 'string' ? frame.function : undefined, location: placeOf(frame?.location),
  module: typeof frame?.module === 'string' ? frame.module : undefined,
  offset: Number.isSafeInteger(frame?.offset) && frame.offset >= 0 ? BigInt(frame.offset) : undefined,
});

/** @param {unknown} thrown @returns {FailureCause} */
function causeOf(thrown) {
  const error = /** @type {any} */ (thrown instanceof Error ? thrown : new Error(String(thrown)));
  // Others have properties of these names, too, and mean something else: a parser's `location` is a range.
  const ours = isOurs(error) ? /** @type {any} */ (error) : undefined;
  const frames = Array.isArray(ours?.frames) && ours.frames.length > 0 ? ours.frames : framesOfStack(error.stack);
  /** @type {import('../index.js').FailureField[]} */
  const fields = [];
  for (const [name, inner] of Object.entries(error)) {
    const value = COMMON.has(name) ? undefined : fieldValue(inner);
    if (value !== undefined) fields.push({ name, value });
  }
  return {
    kind: Object.hasOwn(BY_KIND, ours?.kind) ? ours.kind : 'domain', class: text(error.name) || 'Error', code: text(error.code), message: text(error.message),
    language: text(ours?.language) || 'javascript',
    location: placeOf(ours?.location) ?? placeOf(frames.find((/** @type {any} */ frame) => placeOf(frame?.location) !== undefined)?.location),
    fields, frames: frames.slice(0, MOST_FRAMES).map(frameOf),
  };
}

/** The same of what can't be a text, has getters that throw, or is a proxy that was revoked. @param {unknown} thrown */
function safelyOf(thrown) {
  try {
    return causeOf(thrown);
  } catch {
    return causeOf(new Error('an error that can not be read'));
  }
}

/** What stands behind an error. @param {any} error @returns {unknown} */
function behind(error) {
  try {
    return error?.cause ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * The failure that an error is, for a component that called into JavaScript. Whatever was thrown, the bindings can
 * convert it: what they can't convert ends the instance.
 * @param {unknown} thrown
 * @returns {Failure}
 */
export function toFailure(thrown) {
  const causes = [];
  for (let cause = behind(thrown); cause !== undefined && causes.length < MOST_CAUSES; cause = behind(cause)) causes.push(safelyOf(cause));
  let retryable = false;
  /** @type {string | undefined} */
  let build;
  try {
    retryable = /** @type {any} */ (thrown)?.retryable === true;
    build = isOurs(thrown) && typeof thrown.build === 'string' ? thrown.build : undefined;
  } catch {
    // A proxy that was revoked.
  }
  return { ...safelyOf(thrown), retryable, fatal: false, build, causes };
}

/** What the bindings read of an error that an import throws. */
class Raised extends Error {
  /** @param {Failure} payload @param {unknown} cause */
  constructor(payload, cause) {
    super(payload.message, { cause });
    this.payload = payload;
  }
}

/** @param {unknown} thrown */
function hasPayload(thrown) {
  try {
    return typeof thrown === 'object' && thrown !== null && Object.hasOwn(thrown, 'payload');
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

/**
 * The same import, or interface of imports, whose errors are failures of its results: for functions whose WIT says
 * `result<_, failure>`.
 * @template {object} T
 * @param {T} imported
 * @returns {T}
 */
export function raises(imported) {
  if (typeof imported === 'function') {
    return /** @type {any} */ (
      /** @this {unknown} @param {unknown[]} args */
      function raising(...args) {
        try {
          return Reflect.apply(imported, this, args);
        } catch (thrown) {
          // What brings a payload of its own knows what the bindings want.
          if (hasPayload(thrown)) throw thrown;
          throw new Raised(toFailure(thrown), thrown);
        }
      });
  }
  if (typeof imported !== 'object' || imported === null) throw new TypeError('raises() takes a function, or an object of functions');
  const entries = Object.entries(imported);
  return /** @type {any} */ (Object.fromEntries(entries.map(([name, one]) => {
    // A class is a resource; its constructor has no result.
    const isFunction = typeof one === 'function' && Object.getOwnPropertyDescriptor(one, 'prototype')?.writable !== false;
    return [name, isFunction ? raises(one) : one];
  })));
}
