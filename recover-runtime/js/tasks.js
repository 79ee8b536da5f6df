// @ts-check
// The host side of tasks: their promises, their ticks, and the promises they wait for. This
// module imports nothing; Rust hands over what it needs of host.js (`drive`).
//
// Every call into Rust from here catches what it throws: there is no caller above.

/**
 * @typedef {(operation: number, id: number, value: unknown) => void} Dispatch
 * @typedef {(value: unknown) => void} Settle
 */

/** Whether somebody may wait until all have ended, as `cargo recover` knows (run/parts.rs). */
const UPGRADES = true;

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What the host tells the tasks. */
const RESOLVED = 1, REJECTED = 2, ABORTED = 3;
// </shared>

/** Polls the tasks that are awake. @type {() => void} */
let poll = () => undefined;
/** @type {Dispatch} */
let dispatch = () => undefined;
/** @type {import('./links').Links | undefined} */
let links;

/** The functions that settle the promises of tasks, by the number of the task. @type {(Settle | undefined)[]} */
const resolves = [], /** @type {(Settle | undefined)[]} */ rejects = [];
/** Removes the listener of a task from its signal, by the number of the task. @type {Map<number, () => void>} */
const stops = new Map();
/** Promises that Rust waits for, by the number of the wait. @type {Map<number, object>} */
const watched = new Map();
/** The task that an exception is crossing on its way to `enter` or `tick`. @type {{ id: number | undefined } | undefined} */
let crossed;

/**
 * @param {() => void} tick
 * @param {Dispatch} rust
 * @param {import('./links').Links} host
 */
export function drive(tick, rust, host) {
  poll = tick;
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
    if (links?.gate?.isUnused()) links.gate.unprompted(() => dispatch(operation, id, value));
    else dispatch(operation, id, value);
  } catch (thrown) {
    onThrow(thrown);
  }
}

/**
 * An exception came out of Rust: it crossed a task, or the instance ended.
 * @param {unknown} thrown
 */
function onThrow(thrown) {
  const task = crossed;
  crossed = undefined;
  if (links?.instance.dead) {
    abandonTasks(thrown, thrown, undefined);
  } else if (links !== undefined && thrown !== lastEnd.error) {
    if (task?.id !== undefined) settle(task.id, false, thrown);
    else links.report(thrown);
    schedule();
  }
}

/** The error that callers got when the last instance ended. */
let lastEnd = /** @type {{ error?: unknown }} */ ({ error: {} });

/**
 * The instance has ended: it can't settle the promises of its tasks, so they are rejected here.
 * @param {unknown} error
 * @param {unknown} cause
 * @param {number | undefined} task that ended it
 */
function abandonTasks(error, cause, task) {
  lastEnd = { error };
  const dying = task ?? crossed?.id;
  crossed = undefined;
  poll = dispatch = () => undefined;
  watched.clear();
  const waiting = [...rejects.keys()].filter((id) => rejects[id] !== undefined);
  const errors = waiting.length === 0 ? [] : links?.abortedTasks(cause, waiting.length);
  waiting.forEach((id, at) => settle(id, false, id === dying ? error : errors?.[at]));
  // A task may have a signal and no promise yet.
  stops.clear();
}

function tick() {
  try {
    if (links?.gate?.isUnused()) links.gate.unprompted(poll);
    else poll();
  } catch (thrown) {
    onThrow(thrown);
  }
}

const { then } = Promise.prototype;

/** A fulfilled promise: its reactions are microtasks, and cheaper than queueMicrotask() in Node. */
const now = Promise.resolve();

/** Schedules a tick. */
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
 * Makes the promise of a task.
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
 * Makes a promise that is settled already.
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
  if (UPGRADES) links?.gate?.onSettled?.();
  if (stops.size === 0) return;
  const stop = stops.get(id);
  stops.delete(id);
  try {
    stop?.();
  } catch {
    // Not a real AbortSignal; the call is over anyway.
  }
}

/** How many calls wait for what their task gives. */
export const underWay = () => rejects.reduce((count, one) => count + (one === undefined ? 0 : 1), 0);

/**
 * Aborts a task with its signal.
 * @param {number} id
 * @param {any} signal
 */
export function cancelOn(id, signal) {
  if (typeof signal?.addEventListener !== 'function') throw new TypeError('expected an AbortSignal');
  if (signal.aborted) throw signal.reason;
  // A signal that ignores removal must not abort a later task with the same number.
  const abort = () => { if (stops.get(id) === stop) enter(ABORTED, id, signal.reason); };
  const stop = () => signal.removeEventListener('abort', abort);
  signal.addEventListener('abort', abort, { once: true });
  stops.set(id, stop);
}

/**
 * An exception is about to cross a task.
 * @param {number | undefined} id undefined if JavaScript has no promise of it
 */
export function crossing(id) {
  crossed = { id };
}

/**
 * Tells Rust when a promise settles.
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
  // As `await` does. An own `then` of the promise is not called: it might answer at once.
  then.call(native, once(RESOLVED), once(REJECTED));
}

/**
 * Rust does not wait for a promise any more.
 * @param {number} id
 */
export function unwatch(id) {
  watched.delete(id);
}
