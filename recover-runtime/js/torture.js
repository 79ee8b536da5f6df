// @ts-check
// The points where a driver may have a failure happen. A package has this module by the feature `torture` of
// recover-runtime, for `cargo recover torture`, and is not shipped with it. It only connects: Rust asks here at its
// points, the glue says here what crosses it, and a driver that was there before the package was loaded decides.
// Without one the package works as any other. This module imports nothing.

/** @typedef {import('./links').Torture} Torture */

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What a driver answers there: nothing happens; the operation fails; it panics; it traps. */
const GO_ON = 0, FAIL = 1, PANIC = 2, TRAP = 3;
/** Where a driver may have a failure happen (src/base/torture.rs). */
const ALLOC = 1, BEFORE = 2, ENTER = 3, LEAVE = 4, AFTER = 5, POLL = 6, STACK = 7, ENCODE = 8, DECODE = 9, APPEND = 10, SNAPSHOT = 11, REPLAY = 12, CALLBACK = 13, DROP = 14;
// </shared>

/** The numbers of the answers, by their names. */
export const ANSWERS = Object.freeze({ 'go-on': GO_ON, fail: FAIL, panic: PANIC, trap: TRAP });

/** What a host can do where code of the user's runs: that code may call JavaScript. */
const HOST = ['restart', 'abort-signal', 'free', 'gc', 'reenter'];

/**
 * What each kind of point takes. Rust does not what is not there, and the driver does not ask for it: it is what can
 * happen by itself. `unwinding`: where a destructor passes it while a panic unwinds, what fails unwinds again, and
 * that ends the instance.
 * @type {readonly import('./links').PointKind[]}
 */
export const POINTS = Object.freeze([
  { kind: ALLOC, name: 'alloc', actions: ['fail'], unwinding: true },
  { kind: BEFORE, name: 'before', actions: ['trap', 'restart'], unwinding: false },
  { kind: ENTER, name: 'enter', actions: ['panic', 'trap', ...HOST], unwinding: false },
  { kind: LEAVE, name: 'leave', actions: ['panic', 'trap', ...HOST], unwinding: false },
  { kind: AFTER, name: 'after', actions: ['trap', 'restart'], unwinding: false },
  { kind: POLL, name: 'poll', actions: ['panic', 'trap', ...HOST], unwinding: false },
  { kind: STACK, name: 'stack', actions: ['fail'], unwinding: true },
  { kind: ENCODE, name: 'encode', actions: ['fail', 'panic', 'trap', 'restart'], unwinding: false },
  { kind: DECODE, name: 'decode', actions: ['fail', 'panic', 'trap', 'restart'], unwinding: false },
  { kind: APPEND, name: 'append', actions: ['fail', 'trap'], unwinding: false },
  { kind: SNAPSHOT, name: 'snapshot', actions: ['fail', 'trap'], unwinding: false },
  { kind: REPLAY, name: 'replay', actions: ['fail', 'panic', 'trap', 'restart'], unwinding: false },
  { kind: CALLBACK, name: 'callback', actions: ['panic', 'trap', ...HOST], unwinding: false },
  { kind: DROP, name: 'drop', actions: ['panic', 'trap', ...HOST], unwinding: true },
].map((point) => Object.freeze(point)));

/** Those functions of a module that only the engine's own function can stand for: it suspends their stack. */
const OWN = ['__recover_fiber'];

/** The driver. @type {Torture | undefined} */
const driver = /** @type {any} */ (globalThis)[Symbol.for('recover.torture')];

let attached = false;

/**
 * A point is passed; Rust asks what happens there. It throws nothing: an allocator may be asking.
 * @param {number} kind
 */
export function point(kind) {
  if (driver === undefined) return GO_ON;
  try {
    return driver.point(kind);
  } catch (thrown) {
    // A fault of the driver's, which nobody here can be told.
    queueMicrotask(() => { throw thrown; });
    return GO_ON;
  }
}

/** What writing a snapshot ends with that is to fail: as if the host had no memory for it. */
export function failed() {
  throw new Error('torture: a snapshot failed');
}

/**
 * An import of the user's is about to run, with its arguments converted. What this throws is what the import throws.
 * @template T
 * @param {string} name
 * @param {T} [argument] the last one, which is handed on
 * @returns {T}
 */
export function called(name, argument) {
  driver?.importCalled(name);
  return /** @type {T} */ (argument);
}

/**
 * An import of the user's has returned; the answer is what it returned.
 * @param {string} name
 * @param {unknown} value
 */
export function returned(name, value) {
  return driver === undefined ? value : driver.importReturned(name, value);
}

/**
 * There is another instance; the answer is what the glue calls of it.
 * @param {WebAssembly.Exports} exports
 * @param {import('./links').Links} links
 * @returns {WebAssembly.Exports}
 */
export function instance(exports, links) {
  if (driver === undefined) return exports;
  links.points = POINTS;
  let seen = driver.instance(exports);
  for (const name of OWN) {
    if (name in exports && seen[name] !== exports[name]) seen = { ...seen, [name]: /** @type {any} */ (exports[name]) };
  }
  if (!attached) {
    attached = true;
    driver.attached(links);
  }
  /** @type {any} */ (exports).__recover_torture?.();
  return seen;
}
