// @ts-check
// How each failure of the fixture ends, by the kind of build, and what it leaves of an
// object by its policy. Only tables and what compares with them; the rows are in rows.mjs.
import { Failed, holds, same, thrown } from './check.mjs';

/** @typedef {{ unwind: boolean, debug: boolean }} Build */
/** @typedef {{ name: string, code: string, kind: string, fatal: boolean, retryable: boolean }} Shape */

/** @type {(name: string, code: string, kind: string, fatal?: boolean, retryable?: boolean) => Shape} */
const shape = (name, code, kind, fatal = false, retryable = false) => ({ name, code, kind, fatal, retryable });

export const PANIC = shape('PanicError', 'E_PANIC', 'panic');
/** A panic that ended the instance. */
export const FATAL = shape('PanicError', 'E_PANIC', 'panic', true);
export const MEMORY = shape('OutOfMemoryError', 'E_OUT_OF_MEMORY', 'out-of-memory');
export const STACK = shape('StackOverflowError', 'E_STACK_OVERFLOW', 'stack-overflow');
/** One that ended the instance. */
export const FULL = shape('StackOverflowError', 'E_STACK_OVERFLOW', 'stack-overflow', true);
export const POISONED = shape('PoisonedError', 'E_POISONED', 'poisoned');
export const BUSY = shape('BusyError', 'E_BUSY', 'busy', false, true);
export const ABORTED = shape('InstanceAbortedError', 'E_INSTANCE_ABORTED', 'aborted', true, true);
export const LIMITED = shape('RestartLimitError', 'E_RESTART_LIMIT', 'restart-limit', true);
export const STALE = shape('StaleHandleError', 'E_STALE_HANDLE', 'stale');

/** The bytes that the fixture's memory may have. */
export const MEMORY_LIMIT = 64 * 1024 * 1024;

/** Bases of a class, beside `RecoverError`. @type {Record<string, string>} */
const BASES = { OutOfMemoryError: 'PanicError', StackOverflowError: 'PanicError' };

/**
 * How a failure ends. `error` is undefined where it is the very value that JavaScript threw;
 * `deadly` where the instance goes, but for calls that hold no object if it `spares` those.
 * @typedef {{ error: Shape | undefined, deadly: boolean, spares?: boolean }} End
 */

/** @type {Record<string, [unwind: End, abort: End]>} */
const ENDS = {
  panic: [{ error: PANIC, deadly: false }, { error: FATAL, deadly: true }],
  drop: [{ error: PANIC, deadly: false }, { error: FATAL, deadly: true }],
  marked: [{ error: undefined, deadly: false }, { error: undefined, deadly: true, spares: true }],
  unmarked: [{ error: undefined, deadly: false }, { error: undefined, deadly: true, spares: true }],
  huge: [{ error: MEMORY, deadly: false }, { error: ABORTED, deadly: true }],
  many: [{ error: MEMORY, deadly: false }, { error: ABORTED, deadly: true }],
  guarded: [{ error: STACK, deadly: false }, { error: FULL, deadly: true }],
  unguarded: [{ error: ABORTED, deadly: true }, { error: ABORTED, deadly: true }],
  trap: [{ error: ABORTED, deadly: true }, { error: ABORTED, deadly: true }],
  twice: [{ error: FATAL, deadly: true }, { error: FATAL, deadly: true }],
};

/**
 * @param {string} how
 * @param {Build} build
 * @returns {End}
 */
export function endOf(how, build) {
  const pair = ENDS[how];
  if (pair === undefined) throw new Failed(`no end is known of ${how}`);
  return build.unwind ? pair[0] : pair[1];
}

/**
 * The error is of its class, and says what it should of itself.
 * @param {any} pkg
 * @param {any} error
 * @param {Shape} expected
 * @param {string} what
 * @returns {any}
 */
export function is(pkg, error, expected, what) {
  const { name } = expected;
  holds(error instanceof pkg[name], `${what}: ${name} is due, not ${error?.name}: ${error?.message ?? String(error)}`);
  for (const base of [BASES[name] ?? 'RecoverError', 'RecoverError']) {
    holds(error instanceof pkg[base], `${what}: ${name} is a ${base}`);
  }
  holds(Boolean(error instanceof Error && error.message), `${what}: an error with a message`);
  for (const [field, value] of Object.entries(expected)) same(error[field], value, `${what}: ${name}.${field}`);
  same(error.toJSON().code, expected.code, `${what}: toJSON()`);
  return error;
}

/**
 * @param {any} pkg
 * @param {Shape} expected
 * @param {() => unknown} call
 * @param {string} what
 */
export const throwsOf = (pkg, expected, call, what) => is(pkg, thrown(call, what), expected, what);

/**
 * An object that was freed, or went with the instance `epoch`.
 * @param {any} pkg
 * @param {() => unknown} call
 * @param {string} className
 * @param {number | undefined} epoch
 * @param {string} what
 */
export function isStale(pkg, call, className, epoch, what) {
  const error = throwsOf(pkg, STALE, call, what);
  same(error.class, className, `${what}: its class`);
  same(error.epoch, epoch, `${what}: its epoch`);
}

/**
 * What `health()` says is possible, and has moved as it had to.
 * @param {any} pkg
 * @param {{ epoch?: number, restarts?: number }} [expected]
 */
export function healthy(pkg, expected = {}) {
  const health = pkg.recovery.health();
  const { memoryBytes, liveBytes, peakBytes, refused } = health;
  for (const [name, value] of Object.entries(expected)) same(health[name], value, `health().${name}`);
  holds(memoryBytes > 0 && memoryBytes <= MEMORY_LIMIT && memoryBytes % 65536 === 0, `health().memoryBytes is ${memoryBytes}`);
  holds(liveBytes > 0 && liveBytes <= peakBytes && peakBytes <= memoryBytes, `health(): ${liveBytes} bytes live, ${peakBytes} at most`);
  for (const count of [health.epoch, health.restarts, health.panics, refused.busy, refused.poisoned, refused.stale]) {
    holds(Number.isInteger(count) && count >= 0, `health(): ${count} is a count`);
  }
  return health;
}

/**
 * The next call works.
 * @param {any} pkg
 * @param {string} what
 */
export function works(pkg, what) {
  same(pkg.answer(), 42, `${what}: the next call`);
  same(pkg.length('a text'), 6, `${what}: the next call with a text`);
}
