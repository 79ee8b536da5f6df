// @ts-check
// The host side of tasks: their promises, their ticks, and the promises they wait for.
// It imports nothing; what it needs of host.js Rust hands over (`drive`).
//
// Whatever enters Rust from here is caught here: nobody else would.

/**
 * @typedef {(operation: number, id: number) => void} Dispatch
 * @typedef {(value: unknown) => void} Settle
 */

/** What `dispatch` does, as in task/mod.rs. */
const TICK = 0, RESOLVED = 1, REJECTED = 2, ABORTED = 3;

/** @type {Dispatch} */
let dispatch = () => undefined;
/** @type {import('./links').Links | undefined} */
let links;

/** What settles the promises of tasks, by the task's number. @type {(Settle | undefined)[]} */
const resolves = [], /** @type {(Settle | undefined)[]} */ rejects = [];
/** What takes a task off its signal. @type {Map<number, () => void>} */
const stops = new Map();
/** Promises that Rust waits for, by the wait's number. @type {Map<number, object>} */
const watched = new Map();
/** What an operation is about, until Rust asks. @type {unknown} */
let argument;
/** The task that an exception is crossing, which is about to arrive in `enter`. @type {{ id: number | undefined } | undefined} */
let crossed;

/**
 * @param {Dispatch} rust
 * @param {import('./links').Links} host
 */
export function drive(rust, host) {
  dispatch = rust;
  links = host;
}

/**
 * @param {number} operation
 * @param {number} id
 * @param {unknown} value
 */
function enter(operation, id, value) {
  try {
    argument = value;
    dispatch(operation, id);
  } catch (thrown) {
    left(thrown);
  }
}

/**
 * An exception came out of Rust: across a task, or because the instance died.
 * @param {unknown} thrown
 */
function left(thrown) {
  const task = crossed;
  crossed = undefined;
  if (links?.instance.dead) {
    for (const id of rejects.keys()) settle(id, false, links.aborted(thrown));
    watched.clear();
  } else {
    if (task?.id !== undefined) settle(task.id, false, thrown);
    else links?.report(thrown);
    schedule();
  }
}

function tick() {
  try {
    dispatch(TICK, 0);
  } catch (thrown) {
    left(thrown);
  }
}

/** What the operation is about. */
export function argumentOf() {
  const value = argument;
  argument = undefined;
  return value;
}

/** Fulfilled: its reactions run as microtasks, which are cheaper than queueMicrotask() in Node. */
const now = Promise.resolve();

/** Asks for a tick. */
export function schedule() {
  now.then(tick);
}

/** @type {Settle} */
let resolveLast;
/** @type {Settle} */
let rejectLast;
/** @param {Settle} resolve @param {Settle} reject */
const capture = (resolve, reject) => { resolveLast = resolve; rejectLast = reject; };

/**
 * The promise of a task.
 * @param {number} id
 * @param {boolean} wanted whether it needs a tick
 */
export function deferred(id, wanted) {
  if (wanted) now.then(tick);
  const promise = new Promise(capture);
  resolves[id] = resolveLast;
  rejects[id] = rejectLast;
  return promise;
}

/**
 * A promise that is settled already.
 * @param {boolean} good
 * @param {unknown} value
 */
export function settled(good, value) {
  return good ? Promise.resolve(value) : Promise.reject(value);
}

/**
 * Settles the promise of a task.
 * @param {number} id
 * @param {boolean} good
 * @param {unknown} value
 */
export function settle(id, good, value) {
  const end = (good ? resolves : rejects)[id];
  resolves[id] = rejects[id] = undefined;
  if (stops.size !== 0) {
    stops.get(id)?.();
    stops.delete(id);
  }
  end?.(value);
  links?.ended();
}

/**
 * Aborts a task with its signal.
 * @param {number} id
 * @param {any} signal
 */
export function cancelOn(id, signal) {
  if (typeof signal?.addEventListener !== 'function') throw new TypeError('the signal is no AbortSignal');
  if (signal.aborted) throw signal.reason;
  const abort = () => enter(ABORTED, id, signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  stops.set(id, () => signal.removeEventListener('abort', abort));
}

/**
 * An exception is about to cross a task.
 * @param {number | undefined} id none where JavaScript has no promise of it
 */
export function crossing(id) {
  crossed = { id };
}

/**
 * Tells when a promise is settled.
 * @param {number} id
 * @param {unknown} promise
 */
export function watch(id, promise) {
  const wait = {};
  const once = (/** @type {number} */ operation) => (/** @type {unknown} */ value) => {
    if (watched.get(id) !== wait) return;
    watched.delete(id);
    enter(operation, id, value);
  };
  Promise.resolve(promise).then(once(RESOLVED), once(REJECTED));
  watched.set(id, wait);
}

/**
 * Nobody waits any more.
 * @param {number} id
 */
export function unwatch(id) {
  watched.delete(id);
}
