// @ts-check
// The host side of recover: what must outlive an instance, and what only
// JavaScript can make. It imports nothing. Error classes and the `recovery` object live
// here; objects, tasks and callbacks are in modules of their own.
//
// Every function that Rust calls is imported with `catch`.

/** @typedef {import('./types').PanicLocation} PanicLocation */
/** @typedef {import('./types').RecoverErrorKind} RecoverErrorKind */
/** Shared by all copies of this module in one realm, so that an error of one is known to another. */
const BRAND = Symbol.for('recover.error');

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
    this.retryable = links.gate?.revives ?? false;
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

const counters = { panics: 0, busy: 0, poisoned: 0, stale: 0 };

/** @type {WebAssembly.Memory | undefined} */
let memory;

/** Where the counters of memory/counters.rs are. */
let countersAddress = 0;

/** Live bytes and their peak, where an allocator counts. @returns {{ liveBytes?: number, peakBytes?: number }} */
function allocated() {
  if (memory === undefined || countersAddress === 0) return {};
  const [live, peak, installed] = new Uint32Array(memory.buffer, countersAddress, 3);
  return installed === 0 ? {} : { liveBytes: live, peakBytes: peak };
}

/** @type {Set<(error: PanicError) => void>} */
const listeners = new Set();

/** The instance that callbacks are made in. */
let instance = { dead: false };

/** Frames of a caught panic's stack that are the module's own and ours. */
let ownFrames = 0;

/**
 * Rust tells of itself once an instance; false if its memory is to be told, too.
 * @param {WebAssembly.Memory | undefined} instanceMemory
 * @param {number} frames
 * @param {number} flags where those of guard.rs are
 * @param {number} counts where the counters are
 */
export function attach(instanceMemory, frames, flags, counts) {
  const own = instanceMemory ?? (links.gate && memory);
  if (own === undefined) return false;
  if (memory !== own) renew(own);
  ownFrames = frames;
  links.flags = flags;
  countersAddress = counts;
  return true;
}

/**
 * A new instance in place of another, or the first: what was made in that one is stale.
 * @param {WebAssembly.Memory} instanceMemory
 */
function renew(instanceMemory) {
  instance.dead = true;
  instance = { dead: false };
  memory = instanceMemory;
  countersAddress = links.flags = 0;
  texts.clear();
}

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
const texts = new Map();

/**
 * @param {number} address
 * @param {number} length
 */
function textAt(address, length) {
  const known = texts.get(address);
  if (known !== undefined && known.length === length) return known.text;
  if (memory === undefined) return '';
  const text = new TextDecoder().decode(new Uint8Array(memory.buffer, address, length));
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
  if (limit > 0) Error.stackTraceLimit = limit + ownFrames;
  const error = new PanicError(message, payload === undefined ? undefined : { cause: payload });
  if (limit > 0) Error.stackTraceLimit = limit;
  return told(error, exportAddress, exportLength, fileAddress, fileLength, line, column);
}

/** @type {(kind: number, first: number, second: number, options?: ErrorOptions) => PanicError} */
const exhaustion = (kind, first, second, options) => (kind === 0
  ? new OutOfMemoryError(first, second || links.maximum || (memory?.buffer.byteLength ?? 0), options)
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
  return told(exhaustion(kind, first, second), exportAddress, exportLength, fileAddress, fileLength, line, column);
}

/** @type {(error: PanicError, ...place: [number, number, number, number, number, number]) => PanicError} */
function told(error, exportAddress, exportLength, fileAddress, fileLength, line, column) {
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
  if (refusal === 0) {
    counters.stale += 1;
    error = new StaleHandleError(className);
  } else if (refusal === 1) {
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
export function letGo(error) {
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

/** What Rust asks an object through the hidden method of its class, as in object.rs. */
const CLEAR_POISON = 3, IS_POISONED = 4;

/**
 * What the other modules need of this one, and it of them: Rust hands it over, since none
 * imports another.
 * @type {import('./links').Links}
 */
const links = {
  get instance() { return instance; },
  gate: undefined,
  maximum: 0,
  flags: 0,
  renew, textAt, report,
  stale(className, epoch) {
    counters.stale += 1;
    return new StaleHandleError(className, epoch);
  },
  aborted: (cause, message = 'the instance died under this call') => new InstanceAbortedError(
    message, cause === undefined ? undefined : { cause },
  ),
  abortedTasks(cause, count) {
    const { stackTraceLimit } = Error;
    // Their stacks would be that of another's call. An `Error` that is frozen is let be.
    Reflect.set(Error, 'stackTraceLimit', 0);
    try {
      return Array.from({ length: count }, () => links.aborted(cause));
    } finally {
      Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
    }
  },
  fatal(panic, trap) {
    counters.panics += 1;
    const error = panic.exhausted === undefined
      ? new PanicError(panic.message, { cause: trap }) : exhaustion(...panic.exhausted, { cause: trap });
    error.fatal = true;
    error.location = panic.location;
    return error;
  },
  limited: (limit) => new RestartLimitError(limit),
  outOfMemory: (requested, limit) => new OutOfMemoryError(requested, limit || (memory?.buffer.byteLength ?? 0)),
  inspect(operation) {
    throw new TypeError(`recovery.${operation}() takes an object of a #[recoverable] class`);
  },
  ended() {}, bury() {},
  revive: () => ({ revived: 0, lost: [], diverged: [] }),
  memory: () => memory,
  track() {},
  forget() {},
  exported: () => undefined,
  importError: (message, className) => new ImportError(message, className),
};

export const linksOf = () => links;

/** This instance ends, in a package that nobody revives. */
export function died() {
  instance.dead = true;
  // What killed it is on its way to its caller.
  queueMicrotask(() => {
    links.bury(undefined, undefined, undefined);
    links.ended();
  });
}

/** @param {string} control */
function lifecycle(control) {
  if (links.gate !== undefined) return links.gate;
  throw new Error(`recovery.${control}() needs a package that cargo recover built`);
}

/** An error that has no caller. A panic that was caught was told then. @param {unknown} error */
export function report(error) {
  if (listeners.size === 0) {
    console.error(error);
  } else if (error instanceof PanicError) {
    if (error.fatal) notify(error);
  } else {
    const text = error instanceof Error ? error.message : jsonOf(error);
    notify(new PanicError(`what nobody waits for failed: ${text}`, { cause: error }));
  }
}

/** @type {import('./types').Recovery} */
export const recoveryControls = Object.freeze({
  onPanic(/** @type {(error: any) => void} */ listener) {
    if (typeof listener !== 'function') throw new TypeError('recovery.onPanic() takes a function');
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  },
  isPoisoned(/** @type {object} */ object) {
    return links.inspect('isPoisoned', object, IS_POISONED) !== 0;
  },
  clearPoison(/** @type {object} */ object) {
    return links.inspect('clearPoison', object, CLEAR_POISON) !== 0;
  },
  onAbort(/** @type {any} */ listener, /** @type {any} */ options) {
    if (typeof listener !== 'function') throw new TypeError('recovery.onAbort() takes a function');
    return lifecycle('onAbort').onAbort(listener, options);
  },
  restart: async () => lifecycle('restart').restart(),
  setRestartLimit(/** @type {import('./types').RestartLimit} */ { restarts, period }) {
    // No number of restarts is too large, not even Infinity.
    if (!(restarts >= 0) || !(period > 0)) throw new RangeError('recovery.setRestartLimit() takes { restarts, period }, a count and milliseconds');
    lifecycle('setRestartLimit').limit = { restarts, period };
  },
  export(/** @type {object} */ object) {
    const bytes = /** @type {any} */ (links.inspect('export', object, 0));
    if (bytes === undefined) throw new TypeError('recovery.export() takes an object of a class with `persist`');
    return bytes;
  },
  health() {
    return {
      epoch: links.gate?.epoch ?? 0,
      restarts: links.gate?.restarts ?? 0,
      panics: counters.panics,
      refused: { busy: counters.busy, poisoned: counters.poisoned, stale: counters.stale },
      memoryBytes: memory === undefined ? 0 : memory.buffer.byteLength,
      ...allocated(),
    };
  },
});

/** The text of a value that JavaScript threw. @param {unknown} value */
export function textOf(value) {
  return value instanceof Error ? value.message : String(value);
}
