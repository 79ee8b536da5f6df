// @ts-check
// The errors that Rust's failures become: their classes, what makes them, who is told. It
// imports nothing, and knows of the instance only what `host.js` sets in `facts`.
//
// Every function that Rust calls is imported with `catch`.

/** @typedef {import('./types').PanicLocation} PanicLocation */
/** @typedef {import('./types').RecoverErrorKind} RecoverErrorKind */
/** Shared by all copies of this module in one realm, so that an error of one is known to another. */
const BRAND = Symbol.for('recover.error');

// <shared> `cargo xtask shared` writes this from shared.toml.
/** Which resource ran out. */
const MEMORY = 0;
/** Why a cell refused an entry. */
const STALE = 0, BUSY = 1;
// </shared>

/** What JSON can hold of a cause. @param {unknown} cause */
function jsonOf(cause) {
  if (cause instanceof Error) return 'toJSON' in cause ? cause : { name: cause.name, message: cause.message };
  if (cause === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof cause)) return cause;
  try {
    return String(cause);
  } catch {
    return typeof cause;
  }
}

// Assignments, not class fields: those would cost a caught panic a tenth.
class RecoverError extends Error {
  /**
   * @param {string} message
   * @param {string} code
   * @param {RecoverErrorKind} kind
   * @param {ErrorOptions} [options]
   */
  constructor(message, code, kind, options) {
    super(message, options);
    this.code = code;
    this.kind = kind;
    this.fatal = false;
    this.retryable = false;
    /** @type {string | undefined} */
    this.export = undefined;
  }

  toJSON() {
    const { name, message, stack, cause } = this;
    return {
      ...this, name, message, stack, cause: jsonOf(cause),
    };
  }

  /** @param {unknown} value */
  static [Symbol.hasInstance](value) {
    if (this === RecoverError) return typeof value === 'object' && value !== null && BRAND in value;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}
Object.defineProperty(RecoverError.prototype, BRAND, { value: true });

class PanicError extends RecoverError {
  /**
   * @param {string} message
   * @param {ErrorOptions} [options]
   * @param {string} [code]
   * @param {RecoverErrorKind} [kind]
   */
  constructor(message, options, code = 'E_PANIC', kind = 'panic') {
    super(message, code, kind, options);
    /** @type {PanicLocation | undefined} */
    this.location = undefined;
  }
}

class OutOfMemoryError extends PanicError {
  /** @param {number} requested bytes @param {number} limit bytes @param {ErrorOptions} [options] */
  constructor(requested, limit, options) {
    super(`an allocation of ${requested} bytes failed; ${limit} bytes are the limit`, options, 'E_OUT_OF_MEMORY', 'out-of-memory');
    this.requested = requested;
    this.limit = limit;
  }
}

class StackOverflowError extends PanicError {
  /** @param {number} remaining bytes @param {number} depth @param {ErrorOptions} [options] */
  constructor(remaining, depth, options) {
    super(`the stack ran out: ${remaining} bytes remain, ${depth} guarded calls deep`, options, 'E_STACK_OVERFLOW', 'stack-overflow');
    this.remaining = remaining;
    this.depth = depth;
  }
}

/** What errors call a Rust closure. */
const CALLBACK = 'callback';

/** An object did not let a call in. */
class RefusedError extends RecoverError {
  /**
   * @param {string} className
   * @param {string} message
   * @param {string} code
   * @param {RecoverErrorKind} kind
   * @param {ErrorOptions} [options]
   */
  constructor(className, message, code, kind, options) {
    super(message, code, kind, options);
    this.class = className;
  }
}

class StaleHandleError extends RefusedError {
  /** @param {string} name @param {number} [epoch] of the instance that it went with */
  constructor(name, epoch) {
    const why = epoch === undefined ? 'was freed or consumed' : `went with instance ${epoch} of the module`;
    super(name, `this ${name} ${why}; create a new one`, 'E_STALE_HANDLE', 'stale');
    this.epoch = epoch;
  }
}

class BusyError extends RefusedError {
  /** @param {string} name */
  constructor(name) {
    super(name, `this ${name} is busy with another call; call again when that one has ended`, 'E_BUSY', 'busy');
    this.retryable = true;
  }
}

class PoisonedError extends RefusedError {
  /** @param {string} name @param {unknown} cause */
  constructor(name, cause) {
    super(
      name,
      `this ${name} was left half changed by a panic; ${name === CALLBACK ? 'ask Rust for a new one' : 'free it, or accept its state with recovery.clearPoison()'}`,
      'E_POISONED', 'poisoned', { cause },
    );
  }
}

class InstanceAbortedError extends RecoverError {
  /** @param {string} message @param {ErrorOptions} [options] */
  constructor(message, options) {
    super(message, 'E_INSTANCE_ABORTED', 'aborted', options);
    this.fatal = true;
    this.retryable = facts.revives;
  }
}

class ImportError extends RecoverError {
  /** @param {string} message @param {string} className */
  constructor(message, className) {
    super(message, 'E_IMPORT', 'import');
    this.class = className;
  }
}

class RestartLimitError extends RecoverError {
  /** @param {import('./types').RestartLimit} limit */
  constructor(limit) {
    super(`the instance died more often than ${limit.restarts} times in ${limit.period} ms; call recovery.restart() to go on`, 'E_RESTART_LIMIT', 'restart-limit');
    this.fatal = true;
  }
}

// A class's own `.name` is renamed by minifiers; these literals are not.
for (const [name, errorClass] of Object.entries({
  'RecoverError': RecoverError, 'PanicError': PanicError, 'OutOfMemoryError': OutOfMemoryError,
  'StackOverflowError': StackOverflowError, 'PoisonedError': PoisonedError, 'BusyError': BusyError,
  'InstanceAbortedError': InstanceAbortedError, 'StaleHandleError': StaleHandleError,
  'RestartLimitError': RestartLimitError, 'ImportError': ImportError,
})) {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true });
  Object.defineProperty(errorClass, 'name', { value: name, configurable: true });
}

export {
  RecoverError as RecoverErrorClass, PanicError as PanicErrorClass,
  OutOfMemoryError as OutOfMemoryErrorClass, StackOverflowError as StackOverflowErrorClass,
  PoisonedError as PoisonedErrorClass, BusyError as BusyErrorClass,
  InstanceAbortedError as InstanceAbortedErrorClass, StaleHandleError as StaleHandleErrorClass,
  RestartLimitError as RestartLimitErrorClass, ImportError as ImportErrorClass,
};

/** What `recovery.health()` counts. */
export const counters = { panics: 0, busy: 0, poisoned: 0, stale: 0 };

/** What an error says of the instance that there is now. */
export const facts = {
  /** @type {WebAssembly.Memory | undefined} */
  memory: undefined,
  /** Bytes that the memory may have; zero where nobody said. */
  maximum: 0,
  /** Frames of a caught panic's stack that are the module's own and ours. */
  ownFrames: 0,
  /** Whether another instance can follow. */
  revives: false,
};

/** @type {Set<(error: PanicError) => void>} */
export const listeners = new Set();

/** @param {PanicError} error */
function notify(error) {
  for (const listener of [...listeners]) {
    try {
      listener(error);
    } catch (thrown) {
      // A listener's fault must not take the place of the panic; it surfaces as its own.
      queueMicrotask(() => { throw thrown; });
    }
  }
}

/** Texts in the module's data, by address. @type {Map<number, { length: number, text: string }>} */
export const texts = new Map();

/**
 * @param {number} address
 * @param {number} length
 */
export function textAt(address, length) {
  const known = texts.get(address);
  if (known !== undefined && known.length === length) return known.text;
  if (facts.memory === undefined) return '';
  const text = new TextDecoder().decode(new Uint8Array(facts.memory.buffer, address, length));
  texts.set(address, { length, text });
  return text;
}

/**
 * A caught panic.
 * @param {string} message
 * @param {number} exportAddress Rust path of the export
 * @param {number} exportLength zero where JavaScript called none
 * @param {number} fileAddress
 * @param {number} fileLength zero where the location is not known
 * @param {number} line
 * @param {number} column
 * @param {unknown} payload the JavaScript value Rust panicked with, or undefined
 */
export function panicked(message, exportAddress, exportLength, fileAddress, fileLength, line, column, payload) {
  // The frames that help are those that follow.
  const limit = Error.stackTraceLimit;
  if (limit > 0) Error.stackTraceLimit = limit + facts.ownFrames;
  const error = new PanicError(message, payload === undefined ? undefined : { cause: payload });
  if (limit > 0) Error.stackTraceLimit = limit;
  return completed(error, exportAddress, exportLength, fileAddress, fileLength, line, column);
}

/**
 * The error that says which resource ran out, with its two figures.
 * @type {(kind: number, first: number, second: number, options?: ErrorOptions) => PanicError}
 */
export const exhaustion = (kind, first, second, options) => (kind === MEMORY
  ? new OutOfMemoryError(first, second || facts.maximum || (facts.memory?.buffer.byteLength ?? 0), options)
  : new StackOverflowError(first, second, options));

/**
 * A caught panic that says which resource ran out.
 * @param {number} kind as in payload.rs, with its two figures; no limit is the memory's
 * @param {number} first
 * @param {number} second
 * @param {number} exportAddress
 * @param {number} exportLength
 * @param {number} fileAddress
 * @param {number} fileLength
 * @param {number} line
 * @param {number} column
 */
export function exhausted(kind, first, second, exportAddress, exportLength, fileAddress, fileLength, line, column) {
  return completed(exhaustion(kind, first, second), exportAddress, exportLength, fileAddress, fileLength, line, column);
}

/** @type {(error: PanicError, ...place: [number, number, number, number, number, number]) => PanicError} */
function completed(error, exportAddress, exportLength, fileAddress, fileLength, line, column) {
  counters.panics += 1;
  if (fileLength !== 0) error.location = { file: textAt(fileAddress, fileLength), line, column };
  if (exportLength !== 0) error.export = textAt(exportAddress, exportLength);
  if (listeners.size !== 0) notify(error);
  return error;
}

/**
 * An entry that the guarded cell refused.
 * @param {number} refusal as `Refusal` in cell.rs
 * @param {string} className
 * @param {string} exportPath
 * @param {unknown} cause what poisoned the object, or undefined
 */
export function refused(refusal, className, exportPath, cause) {
  let error;
  if (refusal === STALE) {
    counters.stale += 1;
    error = new StaleHandleError(className);
  } else if (refusal === BUSY) {
    counters.busy += 1;
    error = new BusyError(className);
  } else {
    counters.poisoned += 1;
    error = new PoisonedError(className, cause);
  }
  if (exportPath !== '') error.export = exportPath;
  return error;
}

/**
 * Why an object is poisoned that an exception was thrown across; the exception itself
 * is on its way, where nobody sees it.
 * @param {string} exportPath
 */
export function crossed(exportPath) {
  return new Error(`a JavaScript exception crossed ${exportPath} and skipped its clean-up; put #[recoverable] on the import that threw it`);
}

/**
 * An engine keeps the frames of a stack until it is read, and with them their
 * receivers: an object whose poison is the error would keep itself alive.
 * @param {Error} error
 */
export function materializeStack(error) {
  void error.stack;
}

/** A plain `Error` for a Rust error without a class of its own. @type {(message: string, cause: unknown, hasCause: boolean) => Error} */
export function plainError(message, cause, hasCause) {
  return new Error(message, hasCause ? { cause } : undefined);
}

/**
 * A closure did not let a call in.
 * @param {number} refusal as `Refusal` in cell.rs
 * @param {number} nameAddress of the closure's type
 * @param {number} nameLength
 * @param {unknown} cause what poisoned it, or undefined
 */
export function refusedCallback(refusal, nameAddress, nameLength, cause) {
  return refused(refusal, CALLBACK, textAt(nameAddress, nameLength), cause);
}

/** An error that has no caller. A panic that was caught was told then. @param {unknown} error */
export function report(error) {
  if (listeners.size === 0) {
    console.error(error);
  } else if (error instanceof PanicError) {
    if (error.fatal) notify(error);
  } else {
    const text = error instanceof Error ? error.message : jsonOf(error);
    notify(new PanicError(`unhandled error in a Rust task or callback: ${text}`, { cause: error }));
  }
}

/** The text of a value that JavaScript threw. @param {unknown} value */
export function textOf(value) {
  return value instanceof Error ? value.message : String(value);
}
