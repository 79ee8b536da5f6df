// @ts-check
// What a failure may have touched, and so what it excuses: the calls that it failed, the objects that these had, the errors
// that tell of it. Whether a rule is broken stands in judge.mjs.
import { print } from './state.mjs';

/** @typedef {import('./types.mjs').Run} Run @typedef {import('./types.mjs').Ended} Ended @typedef {import('./types.mjs').Fired} Fired */
/** @typedef {import('./judge.mjs').Case} Case */

const BRAND = Symbol.for('recover.error');
/** Kinds of points at which a record can fail to be written or read. */
const RECORD = new Set(['encode', 'decode', 'append', 'snapshot', 'replay']);
/** What has no handle: the package's own state. */
const UNSEEN = '';

/** @param {any} error */
export const isOurs = (error) => typeof error === 'object' && error !== null && BRAND in error;
/** @param {any} error @param {string} name */
export const is = (error, name) => isOurs(error) && error.name === name;

/** Whether an error says that an instance ended, or that none is made. @param {any} error */
export const isEnd = (error) => is(error, 'RestartLimitError') || is(error, 'InstanceAbortedError');

/** An error and its causes. @param {any} error @returns {any[]} */
export function chain(error) {
  /** @type {any[]} */
  const all = [];
  for (let each = error; each !== undefined && each !== null && !all.includes(each); each = each.cause) all.push(each);
  return all;
}

/** The injections under a step. @param {Run} run @param {Ended} ended */
export const under = (run, ended) => run.fired.slice(ended.from, ended.to);

/** Whether it came under `free()`, or a finalizer. @param {Fired} fired */
export const isFree = ({ site }) => /@__wbg_.*_free$/.test(site);

/** Whether it came in what belongs to no call of JavaScript's: a task, a closure, a finalizer. @param {Fired} fired */
const isLate = ({ site, kind }) => /@(outside|callback|__.*)$/.test(site) || kind === 'poll' || kind === 'callback';

/**
 * Whether an injection may have had a call fail with its error. What the host does between calls fails none: garbage is
 * garbage, a call that JavaScript makes within is on its own, and of the calls an end fails those that were under way.
 * @param {Ended} ended
 * @param {Fired} fired
 * @param {number} index of it
 */
function mayFail(ended, fired, index) {
  const { action, kind } = fired;
  const isUnder = ended.from <= index && index < ended.to;
  const errors = [...chain(ended.error), ...chain(ended.first)];
  switch (action) {
    case 'gc': return false;
    case 'reenter': return false;
    case 'abort-signal': return index < ended.to && (isUnder || errors.includes(fired.error));
    case 'free': return isUnder && errors.some((error) => is(error, 'StaleHandleError'));
    case 'restart': return isUnder && (!isBetween(kind) || errors.some(isEnd));
    default: return isUnder;
  }
}

/** Whether the host does it, with no call on the stack. @param {string} kind */
const isBetween = (kind) => kind === 'step' || kind === 'wait';

/** Whether something that was injected may have had a call fail as it did. @param {Run} run @param {Ended} ended */
export const isBlamed = (run, ended) => run.fired.some((fired, index) => mayFail(ended, fired, index));

/** What a call had; that of one without objects is the package's own. @param {Ended} ended */
const hadBy = ({ had }) => (had.size === 0 ? [UNSEEN] : [...had]);

/**
 * The objects that a failure may have left halfway: those of the calls under way, and where it came in what belongs to no
 * call, those of all calls before.
 * @param {Run} run
 * @param {Fired} fired
 */
export function touched(run, fired) {
  const index = run.fired.indexOf(fired);
  const calls = run.ended.filter((ended, at) => (ended.from <= index && index < ended.to) || (isLate(fired) && at <= fired.step && ended.outcome !== 'skipped'));
  return new Set(calls.flatMap(hadBy));
}

/**
 * The objects whose state the reference can't tell: a step that is no atom failed and had them, what nobody waits for failed,
 * or garbage was collected among calls that overlap, whose order that changes.
 * @param {Run} run
 * @param {Case} against
 * @returns {{ has: (path: string) => boolean, isAny: boolean, of: (ended: Ended) => boolean }}
 */
export function uncertain(run, { scenario, skip, reference }) {
  // Another number of ends is met by the limit elsewhere.
  const isLimited = (/** @type {Ended | undefined} */ ended) => is(ended?.error, 'RestartLimitError');
  if (scenario.restartLimit !== undefined && run.ended.some((ended, at) => isLimited(ended) !== isLimited(reference.ended[at]))) {
    return { has: () => true, isAny: true, of: () => true };
  }
  const isCollected = run.fired.some(({ action }) => action === 'gc');
  const parts = run.ended.filter(({ again, together }, at) => (
    (scenario.steps[at]?.atomic === false && (skip.has(at) || again !== 'no')) || (isCollected && (together || scenario.steps[at]?.overlap))
  ));
  const told = new Set(given(run).flatMap(chain));
  const isUntold = run.heard.some((error) => !told.has(error));
  const untold = run.fired.filter((fired) => isUntold && !RECORD.has(fired.kind) && fired.kind !== 'drop' && !isFree(fired));
  const paths = new Set([...parts.flatMap(hadBy), ...untold.flatMap((fired) => [...touched(run, fired)])]);
  return { has: (path) => paths.has(path), isAny: paths.size > 0, of: (ended) => hadBy(ended).some((path) => paths.has(path)) };
}

/** The errors that somebody was given. @param {Run} run */
export const given = (run) => [...run.ended.flatMap(({ error, first }) => [error, first]), ...run.teardownErrors.map(({ error }) => error)];

/** What Rust says of an injection. @type {Partial<Record<import('./types.mjs').Action, string[]>>} */
const SAID = { panic: ['torture: a panic was injected'], fail: ['torture: a snapshot failed'] };

/** Whether an error is that of an injection. @param {any} error @param {Fired} fired */
function tells(error, fired) {
  if (fired.error !== undefined && fired.error === error) return true;
  if (fired.kind === 'alloc' && is(error, 'OutOfMemoryError')) return true;
  if (fired.kind === 'stack' && is(error, 'StackOverflowError')) return true;
  return SAID[fired.action]?.includes(error?.message) === true;
}

/** Whether it came in an export of a class. @param {Fired} fired @param {string} className */
const isOfClass = ({ site }, className) => {
  const name = site.slice(site.lastIndexOf('@') + 1);
  return name.startsWith(`${className.toLowerCase()}_`) || name === `__wbg_${className.toLowerCase()}_free`;
};

/**
 * Whether an object may be lost: its error tells that its record could not be written or read, or that it could not come
 * back, for what was injected in a call that had it, or in its revival.
 * @param {any} error
 * @param {Run} run
 * @param {string} [path] the object; else one of the class that the error names
 */
export function isLoss(error, run, path) {
  const found = run.handles.find((each) => each.path === path);
  const className = /** @type {string} */ (error?.class ?? found?.className ?? '');
  const paths = path === undefined ? run.handles.filter((each) => each.className === className).map((each) => each.path) : [path];
  const own = run.fired.filter((fired) => {
    const objects = touched(run, fired);
    return isOfClass(fired, className) || paths.some((each) => objects.has(each));
  });
  const causes = chain(error);
  // Its revival ended an instance.
  if (causes.some((each) => isOurs(each) && each.fatal) && own.some(({ site }) => /___recover/.test(site))) return true;
  // An object whose record could not even be made says no cause; that was heard.
  const errors = error?.cause === undefined && error?.epoch !== undefined ? [...causes, ...run.heard.flatMap(chain)] : causes;
  return own.some((fired) => RECORD.has(fired.kind) || errors.some((each) => tells(each, fired)));
}

/** Whether the objects of the class that an error names persist. @param {any} error @param {Run} run */
export const persists = (error, run) => run.handles.some(({ className, persists: each }) => each && className === error?.class);

/** Whether an error is of an object that has a handle: closures have none. @param {any} error @param {Run} run */
export const isOfHandle = (error, run) => run.handles.some(({ className }) => className === error?.class);

/** Whether the schedule freed one of the handles that a call had. @param {Run} run @param {Ended} ended */
export const isFreed = (run, ended) => run.fired.some(({ path }) => path !== undefined && ended.had.has(path));

/**
 * Why objects may not be poisoned; nothing if one of them may: a call that had it failed, and was given the error which poisoned
 * it, or could not roll it back for another injection. Of what belongs to no call that error was heard.
 * @param {Run} run
 * @param {string[] | undefined} paths undefined of what has no handle: any call may have had it
 * @param {unknown} cause
 */
export function whyPoisoned(run, paths, cause) {
  const isCause = (/** @type {unknown} */ error) => error !== undefined && (cause === undefined || chain(error).includes(cause));
  const isTouched = (/** @type {Fired} */ fired) => {
    const objects = touched(run, fired);
    return paths === undefined || paths.some((path) => objects.has(path));
  };
  // A call that is refused for the poison has not put it there.
  const failed = run.ended.filter(({ had }) => paths === undefined || paths.some((path) => had.has(path)))
    .flatMap(({ error, first }) => [error, first]).filter((error) => error !== undefined && !is(error, 'PoisonedError'));
  if (failed.some(isCause)) return undefined;
  // There was no record to roll it back from, or it could not be read.
  const isKept = (/** @type {Fired} */ fired) => RECORD.has(fired.kind) || chain(cause).some((error) => tells(error, fired));
  if (failed.length > 0 && run.fired.some((fired) => isKept(fired) && isTouched(fired))) return undefined;
  if (run.heard.some(isCause) && run.fired.some(isTouched)) return undefined;
  return failed.length === 0 ? 'no call that had it failed' : `no call that had it was given ${print(cause)}`;
}
