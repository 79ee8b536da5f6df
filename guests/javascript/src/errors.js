// @ts-check
// The classes of the errors that imports fail by. They have the names and properties of those of `recover-host`
// and of packages that `cargo recover` makes. How a record becomes one of them is in `records.js`.

/** @typedef {import('../index.js').Kind} Kind */
/** @typedef {import('../index.js').Location} Location */
/** @typedef {import('../index.js').Frame} Frame */

/** The errors behind an error, the nearest first. @param {Error} error @returns {unknown[]} */
function causesOf(error) {
  const causes = [];
  for (let { cause } = error; cause !== undefined && cause !== null && causes.length < 64; cause = /** @type {any} */ (cause).cause) {
    causes.push(cause);
  }
  return causes;
}

class RecoverError extends Error {
  /** @param {string} message @param {ErrorOptions} [options] */
  constructor(message, options) {
    super(message, options);
    this.code = '';
    /** @type {Kind} */
    this.kind = 'aborted';
    this.language = 'javascript';
    this.fatal = false;
    this.retryable = false;
    /** @type {Location | undefined} */
    this.location = undefined;
    /** @type {string | undefined} */
    this.build = undefined;
    /** @type {Frame[]} */
    this.frames = [];
    /** @type {Record<string, unknown>} */
    this.fields = {};
    Object.defineProperty(this, 'fields', { enumerable: false });
  }

  get causes() { return causesOf(this); }
}

class PanicError extends RecoverError {}
class OutOfMemoryError extends PanicError {}
class StackOverflowError extends PanicError {}
class PoisonedError extends RecoverError {}
class BusyError extends RecoverError {}
class StaleHandleError extends RecoverError {}
class InstanceAbortedError extends RecoverError {}
class RestartLimitError extends RecoverError {}
class TimeoutError extends RecoverError {}

/** An error of a program's own. Each class that a component names has a subclass, in `errors`. */
class DomainError extends Error {
  /** @param {string} message @param {ErrorOptions} [options] */
  constructor(message, options) {
    super(message, options);
    this.code = '';
    /** @type {'domain'} */
    this.kind = 'domain';
    this.language = 'javascript';
    this.fatal = false;
    this.retryable = false;
    /** @type {Location | undefined} */
    this.location = undefined;
    /** @type {string | undefined} */
    this.build = undefined;
    /** @type {Frame[]} */
    this.frames = [];
    /** @type {Record<string, unknown>} */
    this.fields = {};
    Object.defineProperty(this, 'fields', { enumerable: false });
  }

  get causes() { return causesOf(this); }
}

/** @param {Function} named @param {string} value */
function rename(named, value) {
  for (const one of [named, named.prototype]) Object.defineProperty(one, 'name', { value, configurable: true });
}

/** @type {Record<string, Function>} */
const BUILT_IN = Object.assign(Object.create(null), {
  'RecoverError': RecoverError, 'PanicError': PanicError, 'OutOfMemoryError': OutOfMemoryError,
  'StackOverflowError': StackOverflowError, 'PoisonedError': PoisonedError, 'BusyError': BusyError,
  'StaleHandleError': StaleHandleError, 'InstanceAbortedError': InstanceAbortedError,
  'RestartLimitError': RestartLimitError, 'TimeoutError': TimeoutError, 'DomainError': DomainError,
});
// A class's own `.name` is renamed by minifiers; these literals are not.
for (const [name, errorClass] of Object.entries(BUILT_IN)) rename(errorClass, name);

/** @type {Map<string, typeof RecoverError | typeof DomainError>} */
const BY_KIND = new Map(Object.entries({
  'panic': PanicError, 'out-of-memory': OutOfMemoryError, 'stack-overflow': StackOverflowError, 'busy': BusyError,
  'poisoned': PoisonedError, 'stale': StaleHandleError, 'aborted': InstanceAbortedError,
  'restart-limit': RestartLimitError, 'timeout': TimeoutError,
}));

/** How many classes imports may name by themselves. One that goes on is no program. */
const MOST_CLASSES = 256;

/** @type {Map<string, typeof DomainError>} */
const made = new Map();
let told = 0;

/** @param {string} name */
function make(name) {
  const errorClass = class extends DomainError {};
  rename(errorClass, name);
  made.set(name, errorClass);
  return errorClass;
}

/** The class of an error that an import failed by. @param {Kind} kind @param {string} name */
export function classOf(kind, name) {
  if (kind !== 'domain') return BY_KIND.get(kind) ?? RecoverError;
  const known = made.get(name);
  if (known !== undefined) return known;
  if (name === '' || name === 'DomainError' || told >= MOST_CLASSES) return DomainError;
  told += 1;
  return make(name);
}

/**
 * The classes by name: `errors.NoKeyError`. A class is made when it is first asked for, or first thrown.
 * @type {Record<string, any>}
 */
export const errors = new Proxy(Object.freeze(Object.assign(Object.create(null), BUILT_IN)), {
  get(target, name) {
    // A promise asks for `then`.
    if (typeof name !== 'string' || name === 'then' || name === 'toJSON') return undefined;
    return target[name] ?? made.get(name) ?? make(name);
  },
  has: (target, name) => name in target || (typeof name === 'string' && made.has(name)),
});

export {
  RecoverError, PanicError, OutOfMemoryError, StackOverflowError, PoisonedError, BusyError, StaleHandleError,
  InstanceAbortedError, RestartLimitError, TimeoutError, DomainError,
};
