// @ts-check
// The host side of recover: what must outlive an instance, and what only
// JavaScript can make. It imports nothing. Error classes, the `recovery` object
// and the patched class prototypes live here; conversions of arguments do not.
//
// Every function that Rust calls is imported with `catch`.

/** @typedef {import('./types').PanicLocation} PanicLocation */
/** @typedef {import('./types').RecoverErrorKind} RecoverErrorKind */
/** Shared by all copies of this module in one realm, so that an error of one is known to another. */
const BRAND = Symbol.for('recover.error');

/**
 * What JSON can hold of a cause.
 * @param {unknown} cause
 */
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
  /** @param {number} requested bytes @param {number} limit bytes */
  constructor(requested, limit) {
    super(`an allocation of ${requested} bytes failed; ${limit} bytes are the limit`, undefined, 'E_OUT_OF_MEMORY', 'out-of-memory');
    this.requested = requested;
    this.limit = limit;
  }
}

class StackOverflowError extends PanicError {
  /** @param {number} remaining bytes @param {number} depth */
  constructor(remaining, depth) {
    super(`the stack ran out: ${remaining} bytes remain, ${depth} guarded calls deep`, undefined, 'E_STACK_OVERFLOW', 'stack-overflow');
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
  /** @param {string} name */
  constructor(name) {
    super(name, `this ${name} was freed or consumed; create a new one`, 'E_STALE_HANDLE', 'stale');
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
    this.retryable = true;
  }
}

// A class's own `.name` is renamed by minifiers; these literals are not.
for (const [name, errorClass] of Object.entries({
  'RecoverError': RecoverError, 'PanicError': PanicError, 'OutOfMemoryError': OutOfMemoryError,
  'StackOverflowError': StackOverflowError, 'PoisonedError': PoisonedError, 'BusyError': BusyError,
  'InstanceAbortedError': InstanceAbortedError, 'StaleHandleError': StaleHandleError,
})) {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true });
  Object.defineProperty(errorClass, 'name', { value: name, configurable: true });
}

export {
  RecoverError as RecoverErrorClass,
  PanicError as PanicErrorClass,
  OutOfMemoryError as OutOfMemoryErrorClass,
  StackOverflowError as StackOverflowErrorClass,
  PoisonedError as PoisonedErrorClass,
  BusyError as BusyErrorClass,
  InstanceAbortedError as InstanceAbortedErrorClass,
  StaleHandleError as StaleHandleErrorClass,
};

const counters = { panics: 0, busy: 0, poisoned: 0, stale: 0 };

/** @type {WebAssembly.Memory | undefined} */
let memory;

/** Bytes that the memory may have; zero where the builder did not say. */
let maximum = 0;
/** Where the counters of memory/counters.rs are. */
let countersAddress = 0;

/** @param {number} address */
export function counted(address) {
  countersAddress = address;
}

/**
 * Live bytes and their peak, where an allocator counts.
 * @returns {{ liveBytes?: number, peakBytes?: number }}
 */
function allocated() {
  if (memory === undefined || countersAddress === 0) return {};
  const [live, peak, installed] = new Uint32Array(memory.buffer, countersAddress, 3);
  return installed === 0 ? {} : { liveBytes: live, peakBytes: peak };
}

/**
 * What the glue of a package by `cargo recover` copies arguments in with. Where there is
 * no room, wasm-bindgen's own would trap.
 * @param {() => any} exports of the instance that there is now
 * @param {number} most bytes that the memory may have
 */
export function copying(exports, most) {
  maximum = most;
  /** @param {number} requested */
  const failed = (requested) => {
    const { __recover_refused: refused, memory: own } = exports();
    return new OutOfMemoryError(requested, (refused() >>> 0) || most || own.buffer.byteLength);
  };
  return {
    /** @param {number} size @param {number} align */
    malloc(size, align) {
      // The engine would take a size modulo 2 ** 32.
      const block = size > 0xffffffff ? 0 : exports().__recover_malloc(size, align);
      if (block === 0) throw failed(size);
      return block;
    },
    /** @param {number} block @param {number} old @param {number} size @param {number} align */
    realloc(block, old, size, align) {
      const moved = exports().__recover_realloc(block, old, Math.min(size, 0xffffffff), align);
      if (moved === 0) throw failed(size);
      return moved;
    },
  };
}

/** @type {Set<(error: PanicError) => void>} */
const listeners = new Set();

/** The instance that callbacks are made in. */
let instance = { dead: false };

/** Frames of a caught panic's stack that are the module's own and ours. */
let ownFrames = 0;

/**
 * Rust tells of itself once an instance.
 * @param {WebAssembly.Memory} instanceMemory
 * @param {number} frames
 */
export function attach(instanceMemory, frames) {
  // A new instance in place of another: what was made in that one is stale.
  if (memory !== instanceMemory) {
    instance.dead = true;
    instance = { dead: false };
  }
  memory = instanceMemory;
  ownFrames = frames;
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
  const error = kind === 0 ? new OutOfMemoryError(first, second || maximum || (memory?.buffer.byteLength ?? 0)) : new StackOverflowError(first, second);
  return told(error, exportAddress, exportLength, fileAddress, fileLength, line, column);
}

/**
 * @param {PanicError} error
 * @param {number} exportAddress
 * @param {number} exportLength
 * @param {number} fileAddress
 * @param {number} fileLength
 * @param {number} line
 * @param {number} column
 */
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
 * @typedef {(this: object, operation: number) => number} Inspect
 * @typedef {{ inspect: Inspect }} ClassRecord
 */

/** What `__recover` does, as in object.rs. */
const CHECK_FREE = 0, CHECK_CONSUME = 1, GIVE_UP = 2, CLEAR_POISON = 3, IS_POISONED = 4, IS_STALE = 5,
  IS_BUSY = 6, IS_WRITTEN = 7;

/** @type {WeakMap<object, ClassRecord>} */
const classes = new WeakMap();

/** The error that made `__unwrap` answer null, for the Rust caller that then asks. @type {unknown} */
let unwrapRefusal;
/** Errors of destructors that panic while `free()` runs. @type {unknown[] | undefined} */
let dropFailures;
/** The object whose count is about to be given up for good, whatever its state. @type {unknown} */
let releasing;

/**
 * Patches a class before its first instance is usable: `free` and consumption
 * are refused with a typed error and leave the handle as it was, `free` never
 * runs twice on one pointer, and disposal can be repeated.
 * @param {any} probe an instance whose value is gone
 */
export function adopt(probe) {
  const prototype = Object.getPrototypeOf(probe);
  const known = classes.has(prototype);
  if (!known) patch(prototype);
  releasing = probe;
  probe.__destroy_into_raw();
}

/** Calls that wait for an object, first come first. @type {Map<object, { ask: number, call: Function, args: unknown[], resolve: (value: unknown) => void, reject: (error: unknown) => void }[]>} */
const lines = new Map();

/**
 * The method of a class, whose calls line up where the object is busy.
 * @param {Function} call
 * @param {Inspect} inspect
 * @param {number} ask whether the object is busy for it
 */
function linedUp(call, inspect, ask) {
  return /** @this {object} */ function (/** @type {unknown[]} */ ...args) {
    if (!lines.has(this) && inspect.call(this, ask) === 0) return call.apply(this, args);
    return new Promise((resolve, reject) => {
      const waiting = { ask, call, args, resolve, reject };
      const line = lines.get(this) ?? [];
      line.push(waiting);
      lines.set(this, line);
      for (const arg of args) {
        if (typeof AbortSignal !== 'undefined' && arg instanceof AbortSignal) {
          arg.addEventListener('abort', () => {
            const place = line.indexOf(waiting);
            if (place >= 0) line.splice(place, 1);
            reject(arg.reason);
          }, { once: true });
        }
      }
      // The object may be held by a call on the stack, whose end nobody tells.
      queueMicrotask(serveAll);
    });
  };
}

/** Begins what waits for objects that are free. */
function serveAll() {
  for (const [object, line] of lines) {
    const { inspect } = recordOf('queue', object);
    for (let next = line[0]; next !== undefined && inspect.call(object, next.ask) === 0; next = line[0]) {
      line.shift();
      try {
        next.resolve(next.call.apply(object, next.args));
      } catch (thrown) {
        next.reject(thrown);
      }
    }
    if (line.length === 0) lines.delete(object);
  }
}

/** What tasks.js needs of this module. */
const links = {
  dead: false,
  report,
  ended() { if (lines.size !== 0) queueMicrotask(serveAll); },
  aborted: (/** @type {unknown} */ cause) => new InstanceAbortedError('the instance died under this call', { cause }),
};

export const linksOf = () => links;

/** The instance died. */
export function died() {
  links.dead = true;
}

/**
 * An error that has no caller. A panic was told when it was caught.
 * @param {unknown} error
 */
function report(error) {
  let told = error;
  if (!(error instanceof PanicError)) {
    told = new PanicError('a JavaScript exception ended what nobody waits for', { cause: error });
    notify(/** @type {PanicError} */ (told));
  }
  if (listeners.size === 0) console.error(told);
}

export { report as detached };

/** @param {any} prototype */
function patch(prototype) {
  const { free, __destroy_into_raw: destroy, __recover: inspect, constructor } = prototype;
  if (typeof free !== 'function' || typeof destroy !== 'function' || typeof inspect !== 'function') {
    throw new Error(`the class ${constructor.name} is not as this recover-runtime knows it; run the wasm-bindgen that cargo recover doctor names`);
  }
  classes.set(prototype, { inspect });
  delete prototype.__recover;

  // Methods that line up come with a marker.
  for (const [prefix, ask] of /** @type {[string, number][]} */ ([['__recover_queue_', IS_BUSY], ['__recover_share_', IS_WRITTEN]])) {
    for (const marker of Object.getOwnPropertyNames(prototype).filter((name) => name.startsWith(prefix))) {
      const name = marker.slice(prefix.length);
      delete prototype[marker];
      prototype[name] = linedUp(prototype[name], inspect, ask);
    }
  }

  // A handle that can't be given up stays as it is: Rust gets a stand-in that says why,
  // and throws once it holds every other argument. If the glue can't convert one of
  // those, it releases what it was given, so a stand-in is an object like any other.
  prototype.__destroy_into_raw = function () {
    // The destructor that follows may run JavaScript: others are asked as ever.
    const asked = releasing !== this;
    releasing = undefined;
    return (asked && inspect.call(this, GIVE_UP)) || destroy.call(this);
  };

  prototype.free = function () {
    inspect.call(this, CHECK_FREE);
    const outer = dropFailures;
    /** @type {unknown[]} */
    const failures = dropFailures = [];
    releasing = this;
    try {
      free.call(this);
    } finally {
      dropFailures = outer;
    }
    if (failures.length !== 0) throw failures[0];
  };

  if (Symbol.dispose) {
    prototype[Symbol.dispose] = function () {
      if (inspect.call(this, IS_STALE) === 0) this.free();
    };
  }

  // In place of the glue's: Rust imports it without `catch`, so nothing may throw.
  if (constructor.__unwrap !== undefined) {
    constructor.__unwrap = function (/** @type {any} */ value) {
      unwrapRefusal = undefined;
      try {
        if (!(value instanceof constructor)) return 0;
        inspect.call(value, CHECK_CONSUME);
        return value.__destroy_into_raw();
      } catch (refusal) {
        unwrapRefusal = refusal;
        return 0;
      }
    };
  }
}

/**
 * An argument that could not be converted.
 * @param {string} message
 */
export function invalid(message) {
  const refusal = unwrapRefusal;
  unwrapRefusal = undefined;
  return refusal === undefined ? new TypeError(message) : refusal;
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

/**
 * A destructor panicked where Rust has no caller to tell.
 * @param {unknown} error
 */
export function dropFailed(error) {
  if (dropFailures !== undefined) dropFailures.push(error);
  else report(error);
}

/**
 * A plain `Error` for a Rust error without a class of its own.
 * @param {string} message
 * @param {unknown} cause
 * @param {boolean} hasCause
 */
export function plainError(message, cause, hasCause) {
  return new Error(message, hasCause ? { cause } : undefined);
}

/**
 * @param {string} operation
 * @param {any} object
 * @returns {ClassRecord}
 */
function recordOf(operation, object) {
  let prototype = object;
  while (prototype !== null && (typeof prototype === 'object')) {
    const record = classes.get(prototype);
    if (record !== undefined) return record;
    prototype = Object.getPrototypeOf(prototype);
  }
  throw new TypeError(`recovery.${operation}() takes an object of a #[recoverable] class`);
}

/**
 * @typedef {{ open: boolean, instance: { dead: boolean } }} Gate
 * @typedef {((...args: any[]) => any) & { _wbg_cb_unref(): void, gate: Gate }} Shell wasm-bindgen's closure
 */

function staleCallback() {
  counters.stale += 1;
  return new StaleHandleError(CALLBACK);
}

// Of fixed arity: a rest parameter would cost as much as the call. What is shut is not
// called, so that wasm-bindgen's own refusals are never reached.
/** @type {((shell: Shell, gate: Gate) => (...args: any[]) => any)[]} */
const SHAPES = [
  (shell, gate) => () => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(); },
  (shell, gate) => (a) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a); },
  (shell, gate) => (a, b) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b); },
  (shell, gate) => (a, b, c) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c); },
  (shell, gate) => (a, b, c, d) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d); },
  (shell, gate) => (a, b, c, d, e) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d, e); },
  (shell, gate) => (a, b, c, d, e, f) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d, e, f); },
  (shell, gate) => (a, b, c, d, e, f, g) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d, e, f, g); },
  (shell, gate) => (a, b, c, d, e, f, g, h) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d, e, f, g, h); },
];

/**
 * The function for a Rust closure.
 * @param {Shell} shell
 * @param {number} arity
 */
export function callback(shell, arity) {
  const gate = shell.gate = { open: true, instance };
  const shape = SHAPES[arity];
  if (shape === undefined) throw new RangeError(`a callback takes ${SHAPES.length - 1} arguments at the most`);
  return shape(shell, gate);
}

/**
 * The closure is about to be dropped. Its shell goes once no call of it is under way.
 * @param {Shell} shell
 */
export function release(shell) {
  shell.gate.open = false;
  if (!shell.gate.instance.dead) shell._wbg_cb_unref();
}

/**
 * Calls `body` with a function that is stale afterwards, whatever leaves `body`. Rust
 * relies on that: the closure is in a frame below.
 * @param {Shell} shell
 * @param {number} arity
 * @param {(callback: Function) => void} body
 */
export function scope(shell, arity, body) {
  const function_ = callback(shell, arity);
  try {
    body(function_);
  } finally {
    release(shell);
  }
}

/**
 * For callers that have nobody to catch.
 * @param {(...args: any[]) => any} callback
 */
export function detached(callback) {
  return (/** @type {any[]} */ ...args) => {
    try {
      return callback(...args);
    } catch (error) {
      unheard(error);
      return undefined;
    }
  };
}

/**
 * What nobody caught. A caught panic was told of when it was made.
 * @param {unknown} error
 */
function unheard(error) {
  if (listeners.size === 0) {
    console.error(error);
  } else if (!(error instanceof PanicError)) {
    const text = error instanceof Error ? error.message : jsonOf(error);
    notify(new PanicError(`a callback that nobody waits for failed: ${text}`, { cause: error }));
  }
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

/** This instance ends. */
export function died() {
  instance.dead = true;
}

/** @type {import('./types').Recovery} */
export const recoveryControls = Object.freeze({
  onPanic(/** @type {(error: any) => void} */ listener) {
    if (typeof listener !== 'function') throw new TypeError('recovery.onPanic() takes a function');
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  },
  isPoisoned(/** @type {object} */ object) {
    return (recordOf('isPoisoned', object).inspect.call(object, IS_POISONED)) !== 0;
  },
  clearPoison(/** @type {object} */ object) {
    return recordOf('clearPoison', object).inspect.call(object, CLEAR_POISON) !== 0;
  },
  health() {
    return {
      panics: counters.panics,
      refused: { busy: counters.busy, poisoned: counters.poisoned, stale: counters.stale },
      memoryBytes: memory === undefined ? 0 : memory.buffer.byteLength,
      ...allocated(),
    };
  },
});

/**
 * The text of a value that JavaScript threw.
 * @param {unknown} value
 */
export function textOf(value) {
  return value instanceof Error ? value.message : String(value);
}
