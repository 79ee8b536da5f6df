// @ts-check
// The host side of objects: the patched prototypes of their classes. The queue of calls that
// wait for a busy object is in queues.js. This module imports nothing; Rust hands over what it
// needs of host.js (`adopt`).

/** @type {import('./links').Links | undefined} */
let links;

/**
 * @typedef {(this: object, operation: number, argument?: number) => number} Inspect
 * @typedef {{ inspect: Inspect, exportState: ((this: object) => Uint8Array) | undefined }} ClassRecord a class that
 *   persists has `exportState`
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
/** The object that is being released, whatever its state. @type {unknown} */
let releasing;

/**
 * Patches a class before its first object is usable. A `free` or a consumption that is refused
 * throws a typed error and leaves the handle as it was; `free` never runs twice on one pointer;
 * disposal can be repeated.
 * @param {any} probe an object whose value is gone
 * @param {import('./links').Links} host
 * @param {boolean} persists
 */
export function adopt(probe, host, persists) {
  links = host;
  host.inspect = inspected;
  const prototype = Object.getPrototypeOf(probe);
  const known = classes.has(prototype);
  if (!known) patch(probe, prototype, persists);
  releasing = probe;
  probe.__destroy_into_raw();
}

/** @param {any} probe @param {any} prototype @param {boolean} persists */
function patch(probe, prototype, persists) {
  const { free, __destroy_into_raw: intoRaw, __recover: inspect, __recover_export: exportState, constructor } = prototype;
  if (typeof free !== 'function' || typeof intoRaw !== 'function' || typeof inspect !== 'function') {
    throw new Error(`unexpected wasm-bindgen output for class ${constructor.name}; use the wasm-bindgen version that cargo recover doctor names`);
  }
  classes.set(prototype, { inspect, exportState });
  if (persists) links?.track(prototype, inspect);
  delete prototype.__recover;
  delete prototype.__recover_export;

  // A method that waits in line comes with a marker that says how it borrows and where its signal is.
  // To call the marker links queues.js.
  for (const marker of Object.getOwnPropertyNames(prototype)) {
    const [, how, place = '', name = ''] = /^__recover_(queue|share)_(\d*)_(.*)$/.exec(marker) ?? [];
    if (how === undefined) continue;
    probe[marker]();
    delete prototype[marker];
    prototype[name] = links?.linedUp(prototype[name], inspect, how === 'queue' ? IS_BUSY : IS_WRITTEN, place);
  }

  // A handle that can't be consumed stays as it is: Rust gets a stand-in that carries the
  // refusal, and throws it once all other arguments are converted. If the glue can't convert
  // one of those it releases this one, so the stand-in is an object like any other.
  prototype.__destroy_into_raw = function () {
    // The destructor that follows may run JavaScript, which may consume other objects.
    const asked = releasing !== this;
    releasing = undefined;
    const standIn = asked && inspect.call(this, GIVE_UP);
    if (standIn) return standIn;
    return persists && links !== undefined ? links.giveUp(this, intoRaw, asked) : intoRaw.call(this);
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
      // If the engine's stack was too full, `free` did not even begin.
      releasing = undefined;
    }
    if (failures.length !== 0) throw failures[0];
  };

  if (Symbol.dispose) {
    prototype[Symbol.dispose] = function () {
      if (!isGone(this, inspect)) this.free();
    };
  }

  // Replaces the glue's own. Rust imports it without `catch`, so it must not throw.
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
 * Whether an object was freed, or its instance has ended.
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
 * The error for an argument that could not be converted.
 * @param {string} message
 */
export function invalid(message) {
  const refusal = unwrapRefusal;
  unwrapRefusal = undefined;
  return refusal === undefined ? new TypeError(message) : refusal;
}

/**
 * A destructor panicked, and Rust has no caller to throw to.
 * @param {unknown} error
 */
export function dropFailed(error) {
  if (dropFailures !== undefined) dropFailures.push(error);
  else links?.report(error);
}

/**
 * Asks an object, for a control of `recovery`.
 * @param {string} operation name of the control, for the message
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
