// @ts-check
// The classes of the errors that callers get. They are those of the package `recover-runtime` makes, field by
// field, so that a program which knows these knows them here. What a failure record says is read in `failure.js`;
// this module knows nothing of components.

/** @typedef {import('../index.js').RecoverErrorKind} Kind */
/** @typedef {import('../index.js').ErrorLocation} ErrorLocation */
/** @typedef {import('../index.js').ErrorFrame} ErrorFrame */

/** The same symbol as in packages that `cargo recover` builds: each knows the errors of the others. */
const BRAND = Symbol.for('recover.error');

/** What JSON can't hold, in words that it can. @param {unknown} value @returns {unknown} */
function plain(value) {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** The part of a cause that JSON can hold. @param {unknown} cause */
function jsonOf(cause) {
  if (cause === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof cause)) return cause;
  // A cause is what JavaScript threw: a revoked proxy, or an object whose getters throw.
  try {
    if (!(cause instanceof Error)) return String(cause);
    const { toJSON, name, message } = /** @type {any} */ (cause);
    return typeof toJSON === 'function' ? toJSON.call(cause) : { name, message };
  } catch {
    return typeof cause;
  }
}

/** @param {Error} error */
function toJSON(error) {
  const { name, message, stack, cause } = error;
  const own = /** @type {Record<string, unknown>} */ (plain({ ...error }));
  return { ...own, name, message, stack, cause: jsonOf(cause) };
}

/** The errors behind an error, the nearest first. @param {Error} error */
function causesOf(error) {
  const causes = [];
  for (let { cause } = error; cause !== undefined && cause !== null && causes.length < 64; cause = /** @type {any} */ (cause).cause) {
    causes.push(cause);
  }
  return causes;
}

class RecoverError extends Error {
  /**
   * @param {string} message
   * @param {string} code
   * @param {Kind} kind
   * @param {ErrorOptions} [options]
   */
  constructor(message, code, kind, options) {
    super(message, options);
    this.code = code;
    this.kind = kind;
    this.fatal = false;
    this.retryable = false;
    /** @type {ErrorLocation | undefined} */
    this.location = undefined;
    /** What was called: `Ledger.put`. @type {string | undefined} */
    this.export = undefined;
    /** @type {string | undefined} */
    this.build = undefined;
    /** @type {ErrorFrame[]} */
    this.frames = [];
    /** @type {string | undefined} */
    this.language = undefined;
  }

  get causes() { return causesOf(this); }

  toJSON() { return toJSON(this); }

  /**
   * The error that `toJSON()` describes, of its class.
   * @param {any} json
   * @returns {RecoverError}
   */
  static fromJSON(json) {
    const errorClass = byCode.get(json?.code);
    if (errorClass === undefined) throw new TypeError('RecoverError.fromJSON() takes what toJSON() of a RecoverError gave');
    const { name, message, stack, cause, ...fields } = json;
    const error = Reflect.construct(Error, cause === undefined ? [message] : [message, { cause: causeOf(cause) }], errorClass);
    if (typeof stack === 'string') Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true });
    return assign(error, fields);
  }

  /** @param {unknown} value */
  static [Symbol.hasInstance](value) {
    if (this === RecoverError) return typeof value === 'object' && value !== null && BRAND in value;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}
Object.defineProperty(RecoverError.prototype, BRAND, { value: true });

class PanicError extends RecoverError {}
class OutOfMemoryError extends PanicError {}
class StackOverflowError extends PanicError {}
class PoisonedError extends RecoverError {}
class BusyError extends RecoverError {}
class WrongClassError extends RecoverError {}
class StaleHandleError extends RecoverError {}
class InstanceAbortedError extends RecoverError {}
class RestartLimitError extends RecoverError {}
class TimeoutError extends RecoverError {}

/** An error of the program's own. Its classes by name are made by `classesOf`. */
class DomainError extends Error {
  /** @param {string} message @param {ErrorOptions} [options] */
  constructor(message, options) {
    super(message, options);
    this.code = '';
    /** @type {'domain'} */
    this.kind = 'domain';
    this.fatal = false;
    this.retryable = false;
    /** @type {ErrorLocation | undefined} */
    this.location = undefined;
    /** @type {string | undefined} */
    this.export = undefined;
    /** @type {string | undefined} */
    this.build = undefined;
    /** @type {ErrorFrame[]} */
    this.frames = [];
    /** @type {string | undefined} */
    this.language = undefined;
    /** @type {Record<string, unknown>} */
    this.fields = {};
    Object.defineProperty(this, 'fields', { enumerable: false });
  }

  get causes() { return causesOf(this); }

  toJSON() { return toJSON(this); }
}

/** The cause that `jsonOf` described. @param {any} json @returns {any} */
function causeOf(json) {
  if (byCode.has(json?.code)) return RecoverError.fromJSON(json);
  if (typeof json?.message !== 'string' || json instanceof Error) return json;
  const { name, message, stack, cause, ...fields } = json;
  const error = new Error(message, cause === undefined ? undefined : { cause: causeOf(cause) });
  if (typeof name === 'string') Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return assign(error, fields);
}

/** Those that a field never takes the place of. */
const RESERVED = new Set(['name', 'message', 'stack', 'cause', 'causes', '__proto__', 'constructor', 'toJSON', 'then']);

/**
 * Gives an error fields. They come from elsewhere, so they replace nothing that the language reads of an error.
 * @template {Error} T
 * @param {T} error
 * @param {Record<string, unknown>} fields
 */
export function assign(error, fields) {
  for (const [name, value] of Object.entries(fields)) {
    if (!RESERVED.has(name)) Object.defineProperty(error, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return error;
}

/** The classes by the code of their errors. @type {Map<unknown, Function>} */
const byCode = new Map([['E_UNSUPPORTED', RecoverError]]);

export const CLASSES = {
  RecoverError, PanicError, OutOfMemoryError, StackOverflowError, PoisonedError, BusyError, WrongClassError,
  StaleHandleError, InstanceAbortedError, RestartLimitError, TimeoutError,
};

/** @param {Function} named @param {string} value */
const rename = (named, value) => {
  for (const one of [named, named.prototype]) Object.defineProperty(one, 'name', { value, configurable: true });
};

// A class's own `.name` is renamed by minifiers; these literals are not.
for (const [name, errorClass] of Object.entries({
  'RecoverError': RecoverError, 'PanicError': PanicError, 'OutOfMemoryError': OutOfMemoryError,
  'StackOverflowError': StackOverflowError, 'PoisonedError': PoisonedError, 'BusyError': BusyError,
  'WrongClassError': WrongClassError, 'StaleHandleError': StaleHandleError,
  'InstanceAbortedError': InstanceAbortedError, 'RestartLimitError': RestartLimitError, 'TimeoutError': TimeoutError,
})) {
  rename(errorClass, name);
  if (errorClass !== RecoverError) byCode.set(`E${name.slice(0, -5).replace(/[A-Z]/g, '_$&').toUpperCase()}`, errorClass);
}
rename(DomainError, 'DomainError');

export {
  RecoverError, PanicError, OutOfMemoryError, StackOverflowError, PoisonedError, BusyError, WrongClassError,
  StaleHandleError, InstanceAbortedError, RestartLimitError, TimeoutError, DomainError,
};

/** How many classes a component may name by itself. One that goes on is no program; its errors are plain `DomainError`s. */
const MOST_CLASSES = 256;

/**
 * The classes of a component's errors, as `app.errors` has them: ours, and one for each name that the
 * component gives an error of its own, or that the program asks for.
 * @param {readonly string[]} [names] all that the program may ask for
 */
export function classesOf(names) {
  /** @type {Map<string, typeof DomainError>} */
  const domain = new Map();
  let told = 0;
  /** @param {string} name */
  const made = (name) => {
    const errorClass = class extends DomainError {};
    rename(errorClass, name);
    domain.set(name, errorClass);
    return errorClass;
  };
  /** The class that an error of that name has. @param {string} name */
  const classFor = (name) => {
    const known = domain.get(name);
    if (known !== undefined) return known;
    if (name === '' || name === 'DomainError' || told >= MOST_CLASSES) return DomainError;
    told += 1;
    return made(name);
  };
  names?.forEach(made);
  const own = /** @type {Record<string, Function>} */ ({ ...CLASSES, DomainError });
  const errors = new Proxy(Object.freeze(Object.assign(Object.create(null), own)), {
    get(target, name) {
      // A promise asks for `then`.
      if (typeof name !== 'string' || name === 'then' || name === 'toJSON') return undefined;
      const known = target[name];
      if (known !== undefined) return known;
      if (names !== undefined && !names.includes(name)) throw new TypeError(`errors has no class ${name}; \`errors\` of supervise() named ${names.join(', ') || 'none'}`);
      return domain.get(name) ?? made(name);
    },
    has: (target, name) => name in target || (typeof name === 'string' && domain.has(name)),
    ownKeys: (target) => Reflect.ownKeys(target),
  });
  return { errors, classFor };
}

/** Whether an error is of this package. @param {unknown} value @returns {value is RecoverError | DomainError} */
export const isOurs = (value) => value instanceof RecoverError || value instanceof DomainError;

/** @param {unknown} cause */
const because = (cause) => (cause === undefined ? undefined : { cause });

/** @param {string} name of the class, or of what was called */
export function busyError(name) {
  const error = new BusyError('the component is busy with another call; call again when that one has ended', 'E_BUSY', 'busy');
  error.retryable = true;
  return assign(error, { class: name });
}

/** @param {string} name of the class that was expected */
export const wrongClass = (name) => assign(new WrongClassError(`expected an object of the class ${name}, made by this component`, 'E_WRONG_CLASS', 'wrong-class'), { class: name });

/**
 * The error of a handle whose object is gone.
 * @param {string} name of the class
 * @param {number} [epoch] of the instance that it went with
 * @param {unknown} [cause] why it could not be brought into another
 */
export function staleError(name, epoch, cause) {
  const why = epoch === undefined ? 'was disposed of or consumed' : `went with instance ${epoch} of the component`;
  return assign(new StaleHandleError(`this ${name} ${why}; create a new one`, 'E_STALE_HANDLE', 'stale', because(cause)), { class: name, epoch });
}

/** The error of a call whose instance ended. @param {unknown} cause @param {string} [message] */
export function aborted(cause, message = 'the instance ended under this call') {
  const error = new InstanceAbortedError(message, 'E_INSTANCE_ABORTED', 'aborted', because(cause));
  error.fatal = true;
  error.retryable = true;
  return error;
}

/** The error of the engine's stack that was full. @param {unknown} cause */
export function stackError(cause) {
  const error = new StackOverflowError("the engine's stack ran out, and the instance ended", 'E_STACK_OVERFLOW', 'stack-overflow', because(cause));
  error.fatal = true;
  return error;
}

/** The error of arguments that the memory has no room for. @param {unknown} cause @param {number} limit bytes */
export function memoryError(cause, limit) {
  const error = new OutOfMemoryError(`the arguments of this call found no room in the memory of ${limit} bytes, and the instance ended`, 'E_OUT_OF_MEMORY', 'out-of-memory', because(cause));
  error.fatal = true;
  return assign(error, { limit });
}

/** @param {import('../index.js').RestartLimit} limit */
export function limited(limit) {
  const error = new RestartLimitError(
    `the instance ended more often than ${limit.restarts} times in ${limit.period} ms; call recovery.restart() to go on`,
    'E_RESTART_LIMIT', 'restart-limit',
  );
  error.fatal = true;
  return error;
}

/** The error of what this engine can't do. @param {string} message @param {unknown} cause */
export const unsupported = (message, cause) => new RecoverError(message, 'E_UNSUPPORTED', 'unsupported', because(cause));
