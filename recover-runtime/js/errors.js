// @ts-check
// The errors that Rust's failures become: their classes, their constructors, and the listeners
// that hear of them. This module imports nothing; what it knows of the instance host.js sets
// in `facts`.
//
// Rust imports every function of it with `catch`.

/** @typedef {import('./types').PanicLocation} PanicLocation */
/** @typedef {import('./types').RecoverErrorKind} RecoverErrorKind */
/** @typedef {PanicError & { location: PanicLocation | undefined }} Panic */
/** Shared by all copies of this module in one realm, so that each knows the errors of the others. */
const BRAND = Symbol.for('recover.error');

/** Whether somebody may listen to reports, as `cargo recover` knows (run/parts.rs). */
const REPORTS = true;

// <shared> `cargo xtask shared` writes this from shared.toml.
/** Which resource ran out. */
const MEMORY = 0;
/** Why a cell refused an entry. */
const STALE = 0, BUSY = 1;
// </shared>

/** The part of a cause that JSON, and a message to another realm, can hold. @param {unknown} cause */
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

  /**
   * The error that `toJSON()` describes, or a copy of one that came from elsewhere with its
   * properties: over JSON, `postMessage` or a stub.
   * @param {any} json
   * @returns {RecoverError}
   */
  static fromJSON(json) {
    const errorClass = byCode.get(json?.code);
    if (errorClass === undefined) throw new TypeError('RecoverError.fromJSON() takes what toJSON() of a RecoverError gave');
    const { name, message, stack, cause, ...fields } = json;
    const error = Reflect.construct(Error, cause === undefined ? [json.message] : [json.message, { cause: causeOf(cause) }], errorClass);
    if (typeof json.stack === 'string') Object.defineProperty(error, 'stack', { value: json.stack, writable: true, configurable: true });
    return Object.assign(error, fields);
  }

  /** @param {unknown} value */
  static [Symbol.hasInstance](value) {
    if (this === RecoverError) return typeof value === 'object' && value !== null && BRAND in value;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}
Object.defineProperty(RecoverError.prototype, BRAND, { value: true });

// What a class's errors have stands in the functions below: a package has the classes, since somebody may ask for them,
// but of those functions only what it uses. The implicit constructors take what that of `RecoverError` takes.
class PanicError extends RecoverError {}
class OutOfMemoryError extends PanicError {}
class StackOverflowError extends PanicError {}
class PoisonedError extends RecoverError {}
class BusyError extends RecoverError {}
class WrongClassError extends RecoverError {}
class StaleHandleError extends RecoverError {}
class InstanceAbortedError extends RecoverError {}
class ImportError extends RecoverError {}
class RestartLimitError extends RecoverError {}

/** The options of an error with that cause, if it is not undefined. @param {unknown} cause */
const because = (cause) => (cause === undefined ? undefined : { cause });

/** What errors call a Rust closure. */
const CALLBACK = 'callback';

/**
 * The error of an object that refused a call, or that is not of the class.
 * @param {typeof RecoverError} errorClass
 * @param {string} name of the class
 * @param {string} message
 * @param {string} code
 * @param {RecoverErrorKind} kind
 * @param {ErrorOptions} [options]
 */
function ofObject(errorClass, name, message, code, kind, options) {
  return Object.assign(new errorClass(message, code, kind, options), { class: name });
}

/**
 * The error of a handle whose object is gone; it is counted.
 * @param {string} name
 * @param {number} [epoch] of the instance that it belonged to, if that has ended
 * @param {unknown} [cause] why it could not be brought into another
 * @param {boolean} [left] whether it had left the memory before that ended
 */
export function staleError(name, epoch, cause, left) {
  counters.stale += 1;
  const why = left === true ? 'left the memory, which others needed, and could not come back'
    : epoch === undefined ? 'was freed or consumed' : `went with instance ${epoch} of the module`;
  return Object.assign(ofObject(StaleHandleError, name, `this ${name} ${why}; create a new one`, 'E_STALE_HANDLE', 'stale', because(cause)), { epoch });
}

/** @param {string} name of the class that was expected */
export const wrongClass = (name) => ofObject(WrongClassError, name, `expected an object of the class ${name}`, 'E_WRONG_CLASS', 'wrong-class');

/** @param {string} message @param {string} name of the class */
export const importError = (message, name) => ofObject(ImportError, name, message, 'E_IMPORT', 'import');

/** The error of a call that was under way when the instance ended. @param {unknown} cause @param {string} [message] */
export function aborted(cause, message = 'the instance ended under this call') {
  tellBySites(cause);
  const error = new InstanceAbortedError(message, 'E_INSTANCE_ABORTED', 'aborted', because(cause));
  error.fatal = true;
  error.retryable = facts.revives;
  return error;
}

/** @param {import('./types').RestartLimit} limit */
export function limited(limit) {
  const error = new RestartLimitError(
    `the instance ended more often than ${limit.restarts} times in ${limit.period} ms; call recovery.restart() to go on`,
    'E_RESTART_LIMIT', 'restart-limit',
  );
  error.fatal = true;
  return error;
}

/** The error of what this engine can't do, or not here. @param {string} message @param {unknown} [cause] */
export const unsupported = (message, cause) => new RecoverError(message, 'E_UNSUPPORTED', 'unsupported', because(cause));

/** The error of a package without an instance. @param {string} message @param {boolean} retryable @param {unknown} [cause] */
export function notLoaded(message, retryable, cause) {
  const error = new RecoverError(message, 'E_NOT_LOADED', 'not-loaded', because(cause));
  error.retryable = retryable;
  return error;
}

/** The cause that `jsonOf` described. @param {any} json */
function causeOf(json) {
  if (byCode.has(json?.code)) return RecoverError.fromJSON(json);
  if (typeof json?.message !== 'string' || json instanceof Error) return json;
  const { message, stack, ...fields } = json;
  return Object.assign(new Error(message), fields);
}

/** The classes by the code of their errors. @type {Map<unknown, Function>} */
const byCode = new Map([['E_UNSUPPORTED', RecoverError], ['E_NOT_LOADED', RecoverError]]);

/** Gives classes their names, and has `fromJSON` know them. @param {Record<string, Function>} classes */
export function nameErrors(classes) {
  for (const [name, errorClass] of Object.entries(classes)) {
    for (const named of [errorClass, errorClass.prototype]) Object.defineProperty(named, 'name', { value: name, configurable: true });
    // `E_OUT_OF_MEMORY` of `OutOfMemoryError`. Errors that have no other class have codes of their own.
    if (errorClass !== RecoverError) byCode.set(`E${name.slice(0, -5).replace(/[A-Z]/g, '_$&').toUpperCase()}`, errorClass);
  }
}

// A class's own `.name` is renamed by minifiers; these literals are not.
nameErrors({
  'RecoverError': RecoverError, 'PanicError': PanicError, 'OutOfMemoryError': OutOfMemoryError,
  'StackOverflowError': StackOverflowError, 'PoisonedError': PoisonedError, 'BusyError': BusyError,
  'InstanceAbortedError': InstanceAbortedError, 'StaleHandleError': StaleHandleError,
  'RestartLimitError': RestartLimitError, 'ImportError': ImportError, 'WrongClassError': WrongClassError,
});

export {
  RecoverError as RecoverErrorClass, PanicError as PanicErrorClass,
  OutOfMemoryError as OutOfMemoryErrorClass, StackOverflowError as StackOverflowErrorClass,
  PoisonedError as PoisonedErrorClass, BusyError as BusyErrorClass,
  InstanceAbortedError as InstanceAbortedErrorClass, StaleHandleError as StaleHandleErrorClass,
  RestartLimitError as RestartLimitErrorClass, ImportError as ImportErrorClass, WrongClassError as WrongClassErrorClass,
};

/** What `recovery.health()` counts. */
export const counters = { panics: 0, busy: 0, poisoned: 0, stale: 0 };

/** What errors need to know of the current instance. */
export const facts = {
  /** @type {WebAssembly.Memory | undefined} */
  memory: undefined,
  /** Bytes that the memory may have; zero if unknown. */
  maximum: 0,
  /** How many frames at the top of a panic's stack belong to the runtime and to std. */
  ownFrames: 0,
  /** The functions that a stack leaves out, as `indices` reads them. */
  own: '',
  /** What their frames are known by where the module has names. @type {RegExp | undefined} */
  ownNames: undefined,
  /** How much of a panic's stack is taken. @type {import('./types').Recovery['stacks']} */
  stacks: 'full',
  /** Whether another instance can follow when this one ends. */
  revives: false,
  /** The error that poisoned an object last, since memory ran out. @type {unknown} */
  poisoned: undefined,
  /** Whether Rust has taken an object since the last microtask. */
  consumed: false,
  /** The error of an object that could not come into the instance, of the call that uses it. @type {() => Error | undefined} */
  unrevived: () => undefined,
  /** Memory ran out, by a limit or, if that is zero, all of it. @type {(limit: number) => void} */
  exhausted() {},
  /** Hears of what is reported, while somebody listens to reports. @type {import('./links').EventSink | undefined} */
  event: undefined,
};

/** @type {Set<(error: Panic) => void>} */
export const listeners = new Set();

/** Bytes that the memory may have; its present size if the limit is unknown. */
export const mostBytes = () => facts.maximum || (facts.memory?.buffer.byteLength ?? 0);

/**
 * @template T
 * @param {Set<(value: T) => void>} those who listen
 * @param {T} value
 */
export function tell(those, value) {
  for (const listener of [...those]) {
    try {
      listener(value);
    } catch (thrown) {
      // A listener that throws must not replace the error it was told; its own error surfaces by itself.
      queueMicrotask(() => { throw thrown; });
    }
  }
}

/** Texts in the module's data, by address and length. @type {Map<number, string>} */
export const texts = new Map();

/** A string in the memory. @param {number} address @param {number} length */
export const textFrom = (address, length) => (facts.memory === undefined ? '' : new TextDecoder().decode(new Uint8Array(facts.memory.buffer, address, length)));

/**
 * The same of one that never changes.
 * @param {number} address
 * @param {number} length
 */
export function textAt(address, length) {
  const key = address + length * 2 ** 32;
  const text = texts.get(key) ?? textFrom(address, length);
  if (text !== '') texts.set(key, text);
  return text;
}

// The stack of a panic is taken by the panic hook, which runs where the panic is: an error that is made
// when the panic is caught has none of those frames. So the hook has an error made for its stack alone.

/** How many frames a full stack has at least room for. */
const FULL = 100;

/** How many stacks are kept of panics that unwind, or that the user has caught. */
const KEPT = 8;

/** The last stacks, by number. @type {(Error | undefined)[]} */
const taken = [];
/** The number of the last one. */
let last = 0;

/**
 * Has `make` make an error with so many frames. A frozen `Error` is left as it is.
 * @template T
 * @param {(limit: number) => number} frames
 * @param {() => T} make
 */
export function withFrames(frames, make) {
  const limit = Error.stackTraceLimit;
  // Who wants none gets none, and some engines have no limit.
  if (!(limit > 0)) return make();
  Reflect.set(Error, 'stackTraceLimit', frames(limit));
  try {
    return make();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit);
  }
}

/** The stack that there is now. */
const stackNow = () => withFrames(
  (limit) => (facts.stacks === 'full' ? Math.max(limit, FULL) : limit + facts.ownFrames), () => new Error(),
);

/** Takes the stack of a panic that begins. The answer is its number, zero if none is taken. */
export function takeStack() {
  if (facts.stacks === 'none') return 0;
  try {
    const stack = stackNow();
    last = last % 0xffff_ffff + 1;
    taken[last % KEPT] = stack;
    return last;
  } catch {
    // The engine's own stack is full.
    return 0;
  }
}

/** The stack of that number, once. @param {number} number */
function stackOf(number) {
  if (number === 0 || last - number >= KEPT) return undefined;
  const stack = taken[number % KEPT];
  taken[number % KEPT] = undefined;
  return stack;
}

/** Forgets a stack; zero stands for all. @param {number} number */
export function dropStack(number) {
  if (number === 0) taken.fill(undefined);
  else stackOf(number);
}

/**
 * The error of a panic, with the stack that was taken when it began; if there is none, with that of
 * who catches it.
 * @param {number} number of the stack
 * @param {string} message
 * @param {unknown} cause or undefined
 * @param {number} kind which resource ran out; negative if none did
 * @param {number} first figure of it
 * @param {number} second figure of it
 */
export function panicError(number, message, cause, kind, first, second) {
  const options = because(cause);
  const stack = stackOf(number) ?? (facts.stacks === 'none' ? undefined : stackNow());
  /** @type {Panic} */
  const error = withFrames(() => 0, () => (kind < 0 ? plainPanic(message, options) : (kind === MEMORY ? outOfMemory : stackOverflow)(first, second, options)));
  if (stack === undefined) return error;
  const set = (/** @type {unknown} */ value) => {
    Object.defineProperty(error, 'stack', { value, writable: true, configurable: true });
  };
  // Engines make the text when it is read first, and until then keep what is on the stack.
  const get = () => {
    const text = trimmed(error, stack);
    set(text);
    return text;
  };
  Object.defineProperty(error, 'stack', { get, set, configurable: true });
  return error;
}

/** What Bun says of every frame of a module is `unknown`, and Deno that its index is zero; but both have call sites. */
const hasSites = ['Bun', 'Deno'].some((name) => name in globalThis);

/** The stack of an error, as the engine tells it. @param {Error} error */
function textOfStack(error) {
  const { prepareStackTrace } = Error;
  // Bun has one of its own.
  if (!hasSites || (prepareStackTrace?.name ?? 'ErrorPrepareStackTrace') !== 'ErrorPrepareStackTrace') return error.stack;
  // For as long as the reading takes.
  Reflect.set(Error, 'prepareStackTrace', (/** @type {unknown} */ _, /** @type {unknown[]} */ sites) => [
    error, ...sites.map((site) => `    at ${site}`),
  ].join('\n'));
  try {
    return error.stack;
  } finally {
    Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
  }
}

/**
 * Has the text of a trap's stack made by its call sites, where the engine says more by them. It is made once, and whoever
 * reads it first decides how.
 * @param {unknown} trap
 */
function tellBySites(trap) {
  if (hasSites && trap instanceof Error) textOfStack(trap);
}

/**
 * A frame of the module, in any engine's words, with the index of its function or its name. Where others have
 * names, JavaScriptCore says nothing of a function without one, and those are not the user's.
 */
const FRAME = /wasm-function\[(.*)\](?=:0x|@| \()/;

/**
 * The indices of functions: each digit is the distance to the next, in base 36; `0` is 35 on the way there. 0 is among
 * them, which is an import: there is no frame of it.
 * @param {string} digits
 */
function indices(digits) {
  let at = -1;
  return new Set(Array.from(digits, (digit) => {
    const distance = Number.parseInt(digit, 36);
    at += distance || 35;
    return distance && at;
  }));
}

/**
 * The text of a stack that was taken for an error, without the frames of ours and of std.
 * @param {Error} error
 * @param {Error} stack
 */
function trimmed(error, stack) {
  const text = /** @type {unknown} */ (textOfStack(stack));
  // `Error.prepareStackTrace` is somebody's.
  if (typeof text !== 'string') return text;
  const lines = text.split('\n');
  // V8 begins with what the error says of itself, and no other engine does.
  const head = lines[0] === 'Error' ? [lines.shift() && String(error)] : [];
  // The first ones are our own, in JavaScript.
  const first = lines.findIndex((line) => FRAME.test(line));
  const own = indices(facts.own);
  const isOwn = (/** @type {string} */ line) => {
    const index = FRAME.exec(line)?.[1];
    return index === '' || (index !== undefined && (own.has(Number(index)) || facts.ownNames?.test(line)));
  };
  return [...head, ...lines.slice(Math.max(first, 0)).filter((line) => !isOwn(line))].join('\n');
}

/**
 * Makes the error of a caught panic, and tells the listeners.
 * @param {string} message
 * @param {number} exportAddress Rust path of the export
 * @param {number} exportLength zero if no export was called
 * @param {number} fileAddress
 * @param {number} fileLength zero if the location is not known
 * @param {number} line
 * @param {number} column
 * @param {number} stack the number of the stack where it began
 * @param {unknown} payload the JavaScript value Rust panicked with, or undefined
 * @param {number} kind which resource ran out; negative if none did
 * @param {number} first figure of it
 * @param {number} second figure of it
 */
export function panicked(message, exportAddress, exportLength, fileAddress, fileLength, line, column, stack, payload, kind, first, second) {
  const error = panicError(stack, message, payload, kind, first, second);
  if (kind === MEMORY) facts.exhausted(second);
  counters.panics += 1;
  if (fileLength !== 0) error.location = { file: textAt(fileAddress, fileLength), line, column };
  if (exportLength !== 0) error.export = textAt(exportAddress, exportLength);
  if (REPORTS) facts.event?.('panic', error);
  if (listeners.size !== 0) tell(listeners, error);
  return error;
}

/**
 * The error of a panic, without its stack.
 * @param {string} message
 * @param {ErrorOptions} [options]
 * @returns {Panic}
 */
function plainPanic(message, options) {
  return Object.assign(new PanicError(message, 'E_PANIC', 'panic', options), { location: undefined });
}

/** @param {number} requested bytes @param {number} limit bytes; zero if it is that of the memory @param {ErrorOptions} [options] */
export function outOfMemory(requested, limit, options) {
  limit ||= mostBytes();
  return Object.assign(
    new OutOfMemoryError(`an allocation of ${requested} bytes failed; ${limit} bytes are the limit`, 'E_OUT_OF_MEMORY', 'out-of-memory', options),
    { location: undefined, requested, limit },
  );
}

/** @param {number} remaining bytes @param {number} depth @param {ErrorOptions} [options] */
function stackOverflow(remaining, depth, options) {
  return Object.assign(
    new StackOverflowError(`the stack ran out: ${remaining} bytes remain, ${depth} guarded calls deep`, 'E_STACK_OVERFLOW', 'stack-overflow', options),
    { location: undefined, remaining, depth },
  );
}

/**
 * Makes the error of a call that a guarded cell refused.
 * @param {number} refusal as `Refusal` in cell.rs
 * @param {string} className
 * @param {string} exportPath
 * @param {unknown} cause the error that poisoned the object, or undefined
 */
export function refused(refusal, className, exportPath, cause) {
  let error;
  if (refusal === STALE) {
    error = /** @type {RecoverError | undefined} */ (facts.unrevived()) ?? staleError(className);
  } else if (refusal === BUSY) {
    counters.busy += 1;
    error = ofObject(BusyError, className, `this ${className} is busy with another call; call again when that one has ended`, 'E_BUSY', 'busy');
    error.retryable = true;
  } else {
    counters.poisoned += 1;
    const fix = className === CALLBACK ? 'ask Rust for a new one' : 'free it, or accept its state with recovery.clearPoison()';
    error = ofObject(PoisonedError, className, `this ${className} was left half changed by a panic; ${fix}`, 'E_POISONED', 'poisoned', { cause });
  }
  if (exportPath !== '') error.export = exportPath;
  return error;
}

/**
 * The cause of a poisoned object that an exception was thrown across. The exception itself is
 * still in flight, so it can't be the cause.
 * @param {string} exportPath
 */
export function crossed(exportPath) {
  return new Error(`a JavaScript exception crossed ${exportPath} and skipped its clean-up; put #[recoverable] on the import that threw it`);
}

/**
 * Reads the stack of an error. Until it is read an engine keeps the frames, and their
 * receivers with them: a poisoned object, whose cause is this error, would keep itself alive.
 * @param {Error} error
 */
export function materializeStack(error) {
  facts.poisoned = error;
  void error.stack;
}

/** A plain `Error` for a Rust error without a class of its own. @type {(message: string, cause: unknown, hasCause: boolean) => Error} */
export function plainError(message, cause, hasCause) {
  return new Error(message, hasCause ? { cause } : undefined);
}

/**
 * Makes the error of a call that a closure refused.
 * @param {number} refusal as `Refusal` in cell.rs
 * @param {number} nameAddress of the closure's type
 * @param {number} nameLength
 * @param {unknown} cause the error that poisoned it, or undefined
 */
export function refusedCallback(refusal, nameAddress, nameLength, cause) {
  return refused(refusal, CALLBACK, textAt(nameAddress, nameLength), cause);
}

/** @param {any} value a revoked proxy, maybe @returns {value is Panic} */
function isPanic(value) {
  try {
    return value instanceof PanicError;
  } catch {
    return false;
  }
}

/** Reports an error that has no caller. Listeners have heard of a caught panic already. @param {unknown} error */
export function report(error) {
  if (listeners.size === 0) {
    // One that throws is as a listener that does.
    tell(new Set([console.error]), error);
  } else if (isPanic(error)) {
    if (error.fatal) tell(listeners, error);
  } else {
    const json = jsonOf(error);
    tell(listeners, plainPanic(`unhandled error in a Rust task or callback: ${json?.message ?? json}`, { cause: error }));
  }
}

/** The text of a value that JavaScript threw. @param {unknown} value */
export function textOf(value) {
  return value instanceof Error ? value.message : String(value);
}
