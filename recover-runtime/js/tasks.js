// @ts-check
// The host side of tasks: their promises, their ticks, and the promises they wait for.
// It imports nothing; what it needs of host.js Rust hands over (`drive`).
//
// Whatever enters Rust from here is caught here: nobody else would.

/**
 * @typedef {(operation: number, id: number, value: unknown) => void} Dispatch
 * @typedef {(value: unknown) => void} Settle
 */

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What the host tells the tasks. */
const TICK = 0, RESOLVED = 1, REJECTED = 2, ABORTED = 3;
// </shared>

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
/** The task that an exception is crossing, which is about to arrive in `enter`. @type {{ id: number | undefined } | undefined} */
let crossed;

/**
 * @param {Dispatch} rust
 * @param {import('./links').Links} host
 */
export function drive(rust, host) {
  dispatch = rust;
  links = host;
  host.abandonTasks = abandonTasks;
}

/**
 * @param {number} operation
 * @param {number} id
 * @param {unknown} value
 */
function enter(operation, id, value) {
  try {
    dispatch(operation, id, value);
  } catch (thrown) {
    onThrow(thrown);
  }
}

/**
 * An exception came out of Rust: across a task, or because the instance died.
 * @param {unknown} thrown
 */
function onThrow(thrown) {
  const task = crossed;
  crossed = undefined;
  if (links?.instance.dead) {
    abandonTasks(thrown, thrown, undefined);
  } else if (links !== undefined && thrown !== lastDeath.error) {
    if (task?.id !== undefined) settle(task.id, false, thrown);
    else links.report(thrown);
    schedule();
  }
}

/** What the callers of the last instance got that died, once one did. */
let lastDeath = /** @type {{ error?: unknown }} */ ({ error: {} });

/**
 * The instance died: nothing of it settles the promises of tasks any more.
 * @param {unknown} error
 * @param {unknown} cause
 * @param {number | undefined} task that died of it
 */
function abandonTasks(error, cause, task) {
  lastDeath = { error };
  const dying = task ?? crossed?.id;
  crossed = undefined;
  dispatch = () => undefined;
  watched.clear();
  const waiting = [...rejects.keys()].filter((id) => rejects[id] !== undefined);
  const errors = waiting.length === 0 ? [] : links?.abortedTasks(cause, waiting.length);
  waiting.forEach((id, at) => settle(id, false, id === dying ? error : errors?.[at]));
  // One may have got a signal and no promise yet.
  stops.clear();
}

function tick() {
  try {
    dispatch(TICK, 0, undefined);
  } catch (thrown) {
    onThrow(thrown);
  }
}

const { then } = Promise.prototype;

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
  end?.(value);
  links?.ended();
  if (stops.size === 0) return;
  const stop = stops.get(id);
  stops.delete(id);
  try {
    stop?.();
  } catch {
    // A signal of another make; the call is over.
  }
}

/**
 * Aborts a task with its signal.
 * @param {number} id
 * @param {any} signal
 */
export function cancelOn(id, signal) {
  if (typeof signal?.addEventListener !== 'function') throw new TypeError('expected an AbortSignal');
  if (signal.aborted) throw signal.reason;
  // One that keeps its listeners must not abort a later task of the same number.
  const abort = () => { if (stops.get(id) === stop) enter(ABORTED, id, signal.reason); };
  const stop = () => signal.removeEventListener('abort', abort);
  signal.addEventListener('abort', abort, { once: true });
  stops.set(id, stop);
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
  const native = Promise.resolve(promise);
  watched.set(id, wait);
  // As `await` does: a `then` of the promise's own is not called, which might answer at once.
  then.call(native, once(RESOLVED), once(REJECTED));
}

/**
 * Nobody waits any more.
 * @param {number} id
 */
export function unwatch(id) {
  watched.delete(id);
}
