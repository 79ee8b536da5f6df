// @ts-check
// The host side of objects: the patched prototypes of their classes, and the calls that
// wait for one. It imports nothing; what it needs of host.js Rust hands over (`adopt`).

/** @type {import('./links').Links | undefined} */
let links;

/**
 * @typedef {(this: object, operation: number, argument?: number) => number} Inspect
 * @typedef {{ inspect: Inspect, exportState: ((this: object) => Uint8Array) | undefined }} ClassRecord exportState of
 *   a class that persists
 */

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What the host asks of an object through the hidden method of its class. */
const CHECK_FREE = 0, CHECK_CONSUME = 1, GIVE_UP = 2, IS_STALE = 5, IS_BUSY = 6, IS_WRITTEN = 7;
// </shared>

/** @type {WeakMap<object, ClassRecord>} */
const classes = new WeakMap();

/**
 * The error that made `__unwrap` answer null, for the Rust caller that then asks: wasm-bindgen
 * lets `__unwrap` answer with a pointer alone, and imports it without `catch`.
 * @type {unknown}
 */
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
 * @param {import('./links').Links} host
 * @param {boolean} persists
 */
export function adopt(probe, host, persists) {
  links = host;
  host.inspect = inspected;
  host.ended = ended;
  const prototype = Object.getPrototypeOf(probe);
  const known = classes.has(prototype);
  if (!known) patch(prototype, persists);
  releasing = probe;
  probe.__destroy_into_raw();
}

/**
 * @typedef {{ ask: number, call: Function, args: unknown[], stop: () => void, resolve: (value: unknown) => void, reject: (error: unknown) => void }} Waiting
 */

/** Calls that wait for an object, first come first. @type {Map<object, Waiting[]>} */
const lines = new Map();

/**
 * The method of a class, whose calls line up where the object is busy.
 * @param {Function} call
 * @param {Inspect} inspect
 * @param {number} ask whether the object is busy for it
 * @param {string} place of the signal among the arguments; empty where it takes none
 */
function linedUp(call, inspect, ask, place) {
  return /** @this {object} */ function (/** @type {unknown[]} */ ...args) {
    try {
      if (!lines.has(this) && inspect.call(this, ask) === 0) return call.apply(this, args);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
    return new Promise((resolve, reject) => {
      const line = lines.get(this) ?? [];
      const waiting = { ask, call, args, stop: () => {}, resolve, reject };
      // What is no signal is refused when the call begins.
      const signal = /** @type {any} */ (place === '' ? undefined : args[Number(place)]);
      if (typeof signal?.addEventListener === 'function') {
        if (signal.aborted) throw signal.reason;
        const abort = () => {
          if (!line.includes(waiting)) return;
          line.splice(line.indexOf(waiting), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', abort, { once: true });
        waiting.stop = () => signal.removeEventListener('abort', abort);
      }
      line.push(waiting);
      lines.set(this, line);
      // The object may be held by a call on the stack, whose end nobody tells.
      queueMicrotask(serveAll);
    });
  };
}

/** Begins what waits for objects that are free. */
function serveAll() {
  for (const [object, line] of lines) {
    for (let next = line[0]; next !== undefined; next = line[0]) {
      try {
        if (inspected('queue', object, next.ask) !== 0) break;
        line.shift();
        next.stop();
        next.resolve(next.call.apply(object, next.args));
      } catch (thrown) {
        if (line[0] === next) line.shift();
        next.reject(links?.instance.dead ? links.aborted(thrown) : thrown);
      }
    }
    if (line.length === 0) lines.delete(object);
  }
}

/** A task has ended, perhaps one that held an object. */
function ended() {
  if (lines.size !== 0) queueMicrotask(serveAll);
}

/** @param {any} prototype @param {boolean} persists */
function patch(prototype, persists) {
  const { free, __destroy_into_raw: destroy, __recover: inspect, __recover_export: exportState, constructor } = prototype;
  if (typeof free !== 'function' || typeof destroy !== 'function' || typeof inspect !== 'function') {
    throw new Error(`unexpected wasm-bindgen output for class ${constructor.name}; use the wasm-bindgen version that cargo recover doctor names`);
  }
  classes.set(prototype, { inspect, exportState });
  if (persists) links?.track(prototype, inspect);
  delete prototype.__recover;
  delete prototype.__recover_export;

  // Methods that line up come with a marker: how they borrow, where their signal is.
  for (const marker of Object.getOwnPropertyNames(prototype)) {
    const [, how, place = '', name = ''] = /^__recover_(queue|share)_(\d*)_(.*)$/.exec(marker) ?? [];
    if (how === undefined) continue;
    delete prototype[marker];
    prototype[name] = linedUp(prototype[name], inspect, how === 'queue' ? IS_BUSY : IS_WRITTEN, place);
  }

  // A handle that can't be given up stays as it is: Rust gets a stand-in that says why,
  // and throws once it holds every other argument. If the glue can't convert one of
  // those, it releases what it was given, so a stand-in is an object like any other.
  prototype.__destroy_into_raw = function () {
    // The destructor that follows may run JavaScript: others are asked as ever.
    const asked = releasing !== this;
    releasing = undefined;
    const standIn = asked && inspect.call(this, GIVE_UP);
    if (standIn) return standIn;
    links?.forget(this);
    return destroy.call(this);
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
      // The engine's stack may have been too full to begin.
      releasing = undefined;
    }
    if (failures.length !== 0) throw failures[0];
  };

  if (Symbol.dispose) {
    prototype[Symbol.dispose] = function () {
      if (!isGone(this, inspect)) this.free();
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
 * Whether an object was freed, or went with its instance.
 * @param {any} object
 * @param {Inspect} inspect
 */
function isGone(object, inspect) {
  try {
    return inspect.call(object, IS_STALE) !== 0;
  } catch {
    return true;
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
 * A destructor panicked where Rust has no caller to tell.
 * @param {unknown} error
 */
export function dropFailed(error) {
  if (dropFailures !== undefined) dropFailures.push(error);
  else links?.report(error);
}

/**
 * Asks an object.
 * @param {string} operation the control that asks, for the message
 * @param {any} object
 * @param {number} ask
 */
function inspected(operation, object, ask) {
  let prototype = object;
  while (prototype !== null && (typeof prototype === 'object')) {
    const record = classes.get(prototype);
    if (record !== undefined) {
      return operation === 'export' ? record.exportState?.call(object) : record.inspect.call(object, ask);
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  throw new TypeError(`recovery.${operation}() takes an object of a #[recoverable] class`);
}
