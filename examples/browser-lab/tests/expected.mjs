// @ts-check
// How every failure must end with recover, for both tiers. What the page shows is compared
// with this; the page itself does not know it.

/**
 * @typedef {object} Expected
 * @property {'threw' | 'told' | 'returned'} [how] `threw` unless said
 * @property {string} class
 * @property {string} code
 * @property {'ok' | 'refused'} [next] `ok` unless said
 * @property {'ready' | 'poisoned' | 'stale' | ''} [state] of the object, `ready` unless said
 * @property {boolean} [same] whether the object is as before; not looked at unless said
 * @property {boolean} [restarts] whether there is a next instance
 */

/** @type {Record<string, Expected>} */
const UNWIND = {
  'err': { class: 'NotCoveredError', code: 'E_NOT_COVERED', same: true },
  'panic': { class: 'PanicError', code: 'E_PANIC', same: true },
  'panic-poison': { class: 'PanicError', code: 'E_PANIC', next: 'refused', state: 'poisoned' },
  'panic-await': { class: 'PanicError', code: 'E_PANIC', same: true },
  'panic-timer': { how: 'told', class: 'PanicError', code: 'E_PANIC', state: '' },
  'panic-drop': { class: 'PanicError', code: 'E_PANIC', state: '' },
  'import': { class: 'TypeError', code: '' },
  'import-await': { class: 'TypeError', code: '', same: true },
  'reentrant': { class: 'BusyError', code: 'E_BUSY' },
  'overlap': { class: 'BusyError', code: 'E_BUSY' },
  'oom-huge': { class: 'OutOfMemoryError', code: 'E_OUT_OF_MEMORY', same: true },
  'oom-small': { class: 'OutOfMemoryError', code: 'E_OUT_OF_MEMORY', same: true },
  'oom-arguments': { class: 'OutOfMemoryError', code: 'E_OUT_OF_MEMORY', same: true },
  'stack-guarded': { class: 'StackOverflowError', code: 'E_STACK_OVERFLOW', same: true },
  'stack-unguarded': { class: 'InstanceAbortedError', code: 'E_INSTANCE_ABORTED', same: true, restarts: true },
  'abort': { class: 'InstanceAbortedError', code: 'E_INSTANCE_ABORTED', same: true, restarts: true },
  'abort-pending': { class: 'InstanceAbortedError', code: 'E_INSTANCE_ABORTED', same: true, restarts: true },
  'panic-twice': { class: 'PanicError', code: 'E_PANIC', same: true, restarts: true },
  'restart': { how: 'returned', class: '', code: '', same: true, restarts: true },
  'restart-limit': { class: 'RestartLimitError', code: 'E_RESTART_LIMIT', state: '', restarts: true },
  'freed': { class: 'StaleHandleError', code: 'E_STALE_HANDLE', state: '' },
  'stale': { class: 'StaleHandleError', code: 'E_STALE_HANDLE', state: 'stale', restarts: true },
};

/** Of objects that go with their instance. @type {Partial<Expected>} */
const GONE = { state: 'stale', next: 'refused', restarts: true };

/**
 * Where a panic ends the instance, as does what JavaScript throws through it.
 * @type {Record<string, Partial<Expected>>}
 */
const ABORT = {
  'panic': { restarts: true },
  'panic-poison': GONE,
  'panic-await': { restarts: true },
  'panic-timer': { restarts: true },
  'panic-drop': { restarts: true },
  'import': GONE,
  'import-await': { restarts: true },
  'reentrant': GONE,
  'oom-huge': { class: 'InstanceAbortedError', code: 'E_INSTANCE_ABORTED', restarts: true },
  'oom-small': { class: 'InstanceAbortedError', code: 'E_INSTANCE_ABORTED', restarts: true },
  'stack-guarded': { restarts: true },
};

/** @type {Record<string, Expected>} */
export const EXPECTED = process.env.RECOVER_LAB_STRATEGY === 'abort'
  ? Object.fromEntries(Object.entries(UNWIND).map(([id, expected]) => [id, { ...expected, ...ABORT[id] }]))
  : UNWIND;

/** Without recover: after these the module answers no more, or a promise never settles. */
export const BRICKS = ['panic-drop', 'oom-huge', 'oom-small', 'stack-guarded', 'stack-unguarded', 'abort', 'abort-pending', 'panic-twice', 'stale'];
export const HANGS = ['import-await', 'abort-pending'];
