// @ts-check
// What is right. Each rule of the promise is a function of its own: it is given a run, the run without what failed (the
// reference), and says in one line what is broken, or nothing. They are always on. Nothing is run here.
import { given, isBlamed, isEnd, isFree, is, isFreed, isLoss, isOfHandle, isOurs, persists, uncertain, under, whyPoisoned } from './blame.mjs';
import { print } from './state.mjs';

/** @typedef {import('./types.mjs').Run} Run @typedef {import('./types.mjs').Ended} Ended @typedef {import('./types.mjs').HandleEnd} HandleEnd */

/**
 * @typedef {object} Case
 * @property {import('./types.mjs').Scenario} scenario
 * @property {any} pkg
 * @property {Run} clean a run of all steps in which nothing fails
 * @property {Set<number>} skip the steps that the reference leaves out
 * @property {Run} reference a run without the steps that failed, in which nothing fails
 */
/** @typedef {(run: Run, against: Case) => string | undefined} Rule */

/** How a step ended, as a string that is the same in each instance. @param {Ended | undefined} ended */
export function ending(ended) {
  if (ended === undefined || ended.outcome === 'skipped') return 'was not made';
  if (ended.outcome === 'done') return `gave ${print(ended.value)}`;
  if (ended.stuck === 'for ever') return 'never settled';
  const { error } = ended;
  return `ended with ${isOurs(error) ? `${/** @type {any} */ (error).name}` : print(error)}`;
}

/**
 * The steps that failed by what was injected under them. Those which fail in a clean run as well are no such.
 * @param {Run} run
 * @param {Run} clean
 */
export function failedSteps(run, clean) {
  /** @type {Set<number>} */
  const failed = new Set();
  run.ended.forEach((ended, at) => {
    if (isFailed(ended, clean.ended[at]) && (isBlamed(run, ended) || ended.stuck !== 'no')) failed.add(at);
  });
  return failed;
}

/**
 * The steps that were refused for what others left: a poisoned object, a stale one. What fails in the reference, too, is no such.
 * @param {Run} run
 * @param {Run} clean
 * @param {Set<number>} failed
 * @param {Run} reference without those
 */
export function refusedSteps(run, clean, failed, reference) {
  /** @type {Set<number>} */
  const refused = new Set(failed);
  run.ended.forEach((ended, at) => {
    if (refused.has(at) || ended.outcome !== 'failed') return;
    const there = reference.ended[at];
    // What is refused in a clean run as well may be refused for a call that the reference leaves out.
    const isSo = isFailed(ended, clean.ended[at]) ? isFailed(ended, there) && isOurs(ended.error) : there?.outcome === 'done';
    if (isSo) refused.add(at);
  });
  return refused;
}

/** Whether a step failed otherwise than there. @param {Ended} ended @param {Ended | undefined} there */
const isFailed = (ended, there) => ended.outcome === 'failed' && ending(ended) !== ending(there);

/**
 * The imports that failed under steps which succeeded all the same: what an import does is no promise of the package's,
 * so the reference meets the same. Of calls that overlap it may have been another that met it.
 * @param {Run} run
 */
export function absorbed(run) {
  /** @type {Map<string, import('./types.mjs').Action>} */
  const keys = new Map();
  for (const [index, { kind, action, step, ordinal }] of run.fired.entries()) {
    if (!['throw', 'reject', 'never'].includes(action) || run.ended[step]?.again !== 'no') continue;
    // It reached a caller, be it of another call that was under way.
    if (run.ended.some(({ outcome, from, to }) => outcome === 'failed' && from <= index && index < to)) continue;
    keys.set(`${step} ${kind.slice('import:'.length)} ${ordinal}`, action);
  }
  return keys;
}

/** The classes of the package, and those that a step may end with. @param {any} error @param {Run} run @param {any} pkg */
function isDomain(error, run, pkg) {
  if (run.expects.some((each) => error instanceof each)) return true;
  if (!(error instanceof Error)) return false;
  const { constructor } = error;
  return constructor !== Error && Object.values(pkg).includes(constructor);
}

/** @param {unknown} error @param {Run} run @param {any} pkg */
function isTyped(error, run, pkg) {
  return isOurs(error) || isDomain(error, run, pkg) || run.fired.some((fired) => fired.error !== undefined && fired.error === error)
    || (error !== undefined && run.reasons.includes(error));
}

/** @type {Rule} The caller gets a typed error. */
export function typed(run, { pkg, reference }) {
  for (const [at, ended] of run.ended.entries()) {
    const { name, outcome, error, stuck, first, again } = ended;
    if (outcome === 'failed' && stuck !== 'for ever' && !isTyped(error, run, pkg) && ending(ended) !== ending(reference.ended[at])) {
      return `${name} ended with ${print(error)}, which is no error of recover's, no class of the package and not what was injected`;
    }
    if (again !== 'no' && !isTyped(first, run, pkg)) return `${name} ended with ${print(first)}, which is not typed`;
  }
  for (const { refused, action, site } of run.fired) {
    if (refused !== undefined && !isTyped(refused, run, pkg)) return `${action} at ${site} ended with ${print(refused)}, which is not typed`;
  }
  for (const { path, error } of run.teardownErrors) {
    if (!isTyped(error, run, pkg)) return `free() of ${path} ended with ${print(error)}, which is not typed`;
  }
  if (run.setupError !== undefined && !isTyped(run.setupError, run, pkg)) return `setup ended with ${print(run.setupError)}, which is not typed`;
  return undefined;
}

/** @type {Rule} A call under which the instance ends fails, and its error says so. */
export function fatal(run) {
  for (const ended of run.ended) {
    if (ended.together) continue;
    const end = under(run, ended).find(({ action, kind, site }) => (action === 'trap' || action === 'restart') && kind !== 'step' && kind !== 'wait' && !site.endsWith('@outside'));
    if (end === undefined) continue;
    // A finalizer has no caller.
    if (ended.outcome === 'done' && isFree(end)) continue;
    const error = ended.again === 'no' ? ended.error : ended.first;
    if (ended.outcome === 'done' && ended.again === 'no') return `${ended.name} ${ending(ended)}, though the instance ended under it (${end.action} at ${end.site})`;
    // An object whose revival ends the instance is lost: another is made without it.
    if (is(error, 'StaleHandleError') && isLoss(error, run)) continue;
    if (isOurs(error) && /** @type {any} */ (error).fatal !== true && end.action === 'trap' && ended.to - ended.from === 1) {
      return `${ended.name} ended with ${print(error)}, which does not say that the instance ended (trap at ${end.site})`;
    }
  }
  return undefined;
}

/** @type {Rule} No failure costs more than the call that caused it. */
export function spread(run, against) {
  const { skip, clean, reference } = against;
  for (const [at, ended] of run.ended.entries()) {
    const { name, error, outcome } = ended;
    const expected = reference.ended[at];
    if (outcome !== 'failed' || ended.stuck !== 'no' || !isFailed(ended, clean.ended[at])) continue;
    if (!skip.has(at)) {
      if (expected?.outcome === 'done') return `${name} ended with ${print(error)}; nothing failed under it, and in a clean run it ${ending(expected)}`;
      continue;
    }
    if (isBlamed(run, ended)) continue;
    const why = whyRefused(ended, run, against);
    if (why !== undefined) return `${name} ended with ${print(error)}: ${why}`;
  }
  return undefined;
}

/**
 * Why a call under which nothing failed may not be refused so; nothing if it may.
 * @param {Ended} ended
 * @param {Run} run
 * @param {Case} against
 */
function whyRefused(ended, run, { scenario }) {
  const { error } = /** @type {{ error: any }} */ (ended);
  if (is(error, 'PoisonedError')) return whyPoisoned(run, isOfHandle(error, run) ? [...ended.had] : undefined, error.cause);
  if (is(error, 'StaleHandleError')) {
    if (error.epoch === undefined) return isFreed(run, ended) ? undefined : 'nobody had freed it';
    // One that persists may be lost without an end: where it can't come back into the memory.
    if (isLoss(error, run)) return undefined;
    if (ended.epoch === run.epochs.first) return 'no instance had ended before it';
    return persists(error, run) ? 'it persists' : undefined;
  }
  if (is(error, 'BusyError')) return ended.together ? undefined : 'no other call was under way';
  // Which call meets a limit depends on the ends before it.
  if (scenario.restartLimit !== undefined && isEnd(error)) return undefined;
  if (is(error, 'RestartLimitError')) return 'the scenario sets no limit';
  if (is(error, 'InstanceAbortedError') && ended.together) return undefined;
  return 'nothing failed under it';
}

/** @type {Rule} What was acknowledged has its value. */
export function values(run, against) {
  const { reference } = against;
  const unknown = uncertain(run, against);
  for (const [at, ended] of run.ended.entries()) {
    const expected = reference.ended[at];
    if (ended.outcome !== 'done' || expected === undefined || ending(ended) === ending(expected) || unknown.of(ended)) continue;
    return `${ended.name} ${ending(ended)}; in a clean run it ${ending(expected)}`;
  }
  return undefined;
}

/**
 * Whether an object was given up by a call that failed: one that takes it has it once it is entered, unless its instance ended
 * under it, and `free()` always has.
 * @param {string} path
 * @param {Run} run
 * @param {Case} against
 */
function isTaken(path, run, { clean, skip }) {
  if (clean.handles.find((each) => each.path === path)?.status !== 'stale') return false;
  return [...skip].some((at) => {
    const ended = /** @type {Ended} */ (run.ended[at]);
    const injected = under(run, ended);
    if (clean.ended[at]?.had.has(path) !== true || injected.length === 0) return false;
    return injected.some(isFree) || (injected.some(({ kind }) => kind !== 'before') && /** @type {any} */ (ended.error)?.fatal !== true);
  });
}

/** @typedef {{ handles: HandleEnd[], observed: string | undefined, observeError: unknown }} Seen */

/**
 * Why a handle may not be as it is; nothing if it may.
 * @param {HandleEnd} found
 * @param {HandleEnd} expected in the reference
 * @param {Run} run
 * @param {Case} against
 * @param {{ isEnded: boolean, isNext: boolean, isCertain: boolean, isCompared: boolean }} how whether an instance ended, also behind the steps;
 *   whether the state is that of the reference, and is compared by bytes
 */
function whyHandle(found, expected, run, against, { isEnded, isNext, isCertain, isCompared }) {
  const { path, className, persists: isKept, status, error, freed, bytes } = found;
  if (freed || status === 'unknown') return undefined;
  if (status === 'poisoned' && status !== expected.status) return isNext ? `${path} is poisoned in the next instance` : undefined;
  if (status === 'stale' && status !== expected.status) {
    if ((isKept && isLoss(error, run, path)) || isTaken(path, run, against)) return undefined;
    if (!isEnded) return `${path} is stale, though no instance ended and nobody freed it: ${print(error)}`;
    return isKept ? `${path}, a ${className} that persists, did not come back: ${print(error)}, because of ${print(/** @type {any} */ (error)?.cause)}` : undefined;
  }
  if (!isCertain) return undefined;
  if (status === 'live' && expected.status === 'stale') return `${path} can be used, though after the acknowledged calls it was given up`;
  if (status !== 'live' || !isCompared || bytes === expected.bytes || expected.status !== 'live') return undefined;
  if (bytes === undefined) return isLoss(error, run, path) ? undefined : `the state of ${path} can't be had: ${print(error)}`;
  return `${path} is ${bytes}; after the acknowledged calls alone it is ${expected.bytes}`;
}

/**
 * What became of the handles, compared with those of the reference.
 * @param {Seen} seen
 * @param {Run} run
 * @param {Case} against
 * @param {boolean} isNext whether the instance was ended in between
 */
function compared(seen, run, against, isNext) {
  const { reference, scenario } = against;
  const unknown = uncertain(run, against);
  const isEnded = isNext || run.epochs.last !== run.epochs.first;
  const of = (/** @type {HandleEnd[]} */ handles, /** @type {string} */ path) => handles.find((each) => each.path === path);
  const isMissing = reference.handles.some(({ path, status }) => {
    const found = of(seen.handles, path);
    return found !== undefined && found.status !== 'unknown' && found.status !== status && found.status !== 'live' || (found?.status === 'live' && found.persists && found.bytes === undefined);
  });
  // What the scenario observes is of all its objects: where one is missing, the others are looked at one by one.
  const isWhole = scenario.observe !== undefined && !isMissing && !unknown.isAny;
  for (const expected of reference.handles) {
    const { path } = expected;
    const found = of(seen.handles, path);
    const isCertain = !unknown.has(path);
    if (found === undefined && isCertain && !unknown.isAny) return `${path} is not there`;
    const message = found && whyHandle(found, expected, run, against, { isEnded, isNext, isCertain, isCompared: !isWhole });
    if (message !== undefined) return message;
  }
  for (const { path, status } of seen.handles) {
    if (status === 'live' && !unknown.isAny && of(reference.handles, path) === undefined) return `${path} is there, though no acknowledged call made it`;
  }
  if (scenario.observe === undefined) return undefined;
  const { observed, observeError } = seen;
  if (observeError !== undefined) {
    const isRefused = isMissing && (is(observeError, 'PoisonedError') || is(observeError, 'StaleHandleError'));
    return isRefused || isLoss(observeError, run) ? undefined : `observe() ended with ${print(observeError)}`;
  }
  if (!isWhole || observed === reference.observed) return undefined;
  return `the state is ${observed}; after the acknowledged calls alone it is ${reference.observed}`;
}

/** @type {Rule} What was acknowledged holds, and what failed does not. */
export const state = (run, against) => compared(run, run, against, false);

/** @type {Rule} The same when objects come in anew, in this instance or the next: the records are right. */
export function revived(run, against) {
  if (run.after === undefined) return undefined;
  const isEnded = run.after.how === 'ended';
  return prefix(isEnded ? 'in the next instance ' : 'out of its record ', compared(run.after, run, against, isEnded));
}

/** @param {string} text @param {string | undefined} message */
const prefix = (text, message) => (message === undefined ? undefined : text + message);

/** @type {Rule} An object that does not persist is stale for good once its instance has ended. */
export function stale(run) {
  if (run.after?.how !== 'ended') return undefined;
  for (const { path, persists, status } of run.after.handles) {
    if (!persists && status !== 'stale' && status !== 'unknown') return `${path} does not persist, and is ${status} after its instance ended`;
  }
  return undefined;
}

/** @type {Rule} A poisoned object is one that a call which failed had; it is poisoned until that is cleared, and by its class's policy may be. */
export function poisoned(run, { scenario, clean }) {
  for (const { path, className, status, broken, error } of run.handles) {
    if (broken !== undefined) return `${path}: ${broken}`;
    if (status !== 'poisoned' || clean.handles.find((each) => each.path === path)?.status === 'poisoned') continue;
    const { cause } = /** @type {any} */ (error) ?? {};
    const why = whyPoisoned(run, [path], cause);
    if (why !== undefined) return `${path} is poisoned, though ${why}`;
    const policy = scenario.policy[className];
    if (policy !== undefined && policy !== 'poison' && (cause === undefined || given(run).includes(cause))) {
      return `${path} is poisoned, though a ${className} is ${policy === 'keep' ? 'kept' : 'rolled back'} after a panic`;
    }
  }
  return undefined;
}

/** @type {Rule} What JavaScript calls within a call meets the lock of the call around it. */
export function reentry(run) {
  const broken = run.fired.find((fired) => fired.broken !== undefined);
  return broken === undefined ? undefined : `under ${broken.site}, ${broken.broken}`;
}

/** @type {Rule} Nothing is locked once every call has ended. */
export function unlocked(run) {
  for (const { path, status } of [...run.handles, ...run.after?.handles ?? []]) if (status === 'busy') return `${path} is busy, though no call is under way`;
  for (const { path, error } of run.teardownErrors) if (is(error, 'BusyError')) return `free() of ${path}: it is busy, though no call is under way`;
  return undefined;
}

/** @type {Rule} What is given up is given up: `free()` fails only by what was injected in it. */
export function freed(run, { scenario }) {
  const at = scenario.steps.length;
  const isInjected = run.fired.some(({ step }) => step === at);
  for (const { path, error } of run.teardownErrors) {
    if (is(error, 'StaleHandleError') || is(error, 'BusyError') || isInjected) continue;
    return `free() of ${path} ended with ${print(error)}, though nothing failed in it`;
  }
  return undefined;
}

/** @type {Rule} Every promise settles. */
export function settles(run, { reference }) {
  const isMeant = run.fired.some(({ action }) => action === 'never');
  for (const [at, { name, stuck, error }] of run.ended.entries()) {
    if (stuck === 'for ever') return `the promise of ${name} did not settle, not even when the instance was ended`;
    if (stuck === 'no' || isMeant || reference.ended[at]?.stuck === stuck || reference.ended[at]?.outcome === 'skipped' && isAlone(run, at)) continue;
    return `the promise of ${name} settled only when ${stuck === 'aborted' ? 'its signal was aborted' : 'the instance was ended'}, with ${print(error)}`;
  }
  return undefined;
}

/** Whether a step could have waited for another that failed. @param {Run} run @param {number} at */
const isAlone = (run, at) => run.ended[at]?.together === true && run.ended.some(({ outcome }, each) => each !== at && outcome === 'failed');

/** @type {Rule} `retryable` means that the very same call may succeed: made at once it ends as in a clean run. */
export function retryable(run, { clean }) {
  for (const [at, ended] of run.ended.entries()) {
    const { name, again, first, error } = ended;
    if (again !== 'failed' || ending(ended) === ending(clean.ended[at]) || is(clean.ended[at]?.error, 'RestartLimitError')) continue;
    // The user's own error, where an earlier step changed less than in a clean run.
    if (/** @type {any} */ (error)?.kind === undefined && run.ended.slice(0, at).some(({ outcome }) => outcome === 'failed')) continue;
    // What is freed is given up, whatever follows.
    const isGone = under(run, ended).some(isFree) || isFreed(run, ended) || isLoss(error, run);
    if (is(error, 'StaleHandleError') && isGone) continue;
    // An object that does not persist went with its instance, and so did a closure.
    const { epoch, cause, class: className } = /** @type {any} */ (error) ?? {};
    if (is(error, 'StaleHandleError') && cause === undefined && (className === 'callback' || (epoch !== undefined && !persists(error, run)))) continue;
    return `${name} ended with ${print(first)}, which is retryable; made again at once it ended with ${print(error)}`;
  }
  return undefined;
}

/** Nothing that happens is left to nobody. @param {Run} run */
export function caught(run) {
  const [error] = run.uncaught;
  return run.uncaught.length === 0 ? undefined : `nobody caught ${print(error)}`;
}

/** No call enters an instance that has ended. @param {Run} run */
export function dead(run) {
  const [name] = run.deadCalls;
  return name === undefined ? undefined : `${name} was called in an instance that had ended`;
}

/** @type {Rule} What the scenario says that always holds does. */
export function invariant(run) {
  const { invariantError, handles } = run;
  if (invariantError === undefined) return undefined;
  // It asked what can't be asked now.
  const isGone = handles.some(({ status }) => status === 'poisoned' || status === 'stale');
  if (isGone && (is(invariantError, 'PoisonedError') || is(invariantError, 'StaleHandleError'))) return undefined;
  return `the invariant does not hold: ${print(invariantError)}`;
}

/** @type {Rule} A run in the same process, in which nothing fails, passes. */
export function next(run, { clean }) {
  if (run.setupError !== undefined) return `setup ended with ${print(run.setupError)}`;
  for (const [at, ended] of run.ended.entries()) {
    if (ending(ended) !== ending(clean.ended[at])) return `${ended.name} ${ending(ended)}; before the failure it ${ending(clean.ended[at])}`;
  }
  if (run.observed !== clean.observed) return `the state is ${run.observed}; before the failure it was ${clean.observed}`;
  for (const { path, status, bytes } of run.handles) {
    const expected = clean.handles.find((each) => each.path === path);
    if (expected === undefined) return `${path} is there, which was not before`;
    if (status !== expected.status) return `${path} is ${status}; before the failure it was ${expected.status}`;
    if (run.observed === undefined && bytes !== expected.bytes) return `${path} is ${bytes}; before the failure it was ${expected.bytes}`;
  }
  return undefined;
}

/** The rules of a run with a failure, by their names. The first that is broken is told. @type {Record<string, Rule>} */
export const RULES = {
  typed,
  fatal,
  settles,
  caught,
  dead,
  unlocked,
  spread,
  retryable,
  values,
  state,
  poisoned,
  reentry,
  stale,
  revived,
  freed,
  invariant,
};

/** What holds of each run, judged or not. @param {Run} run @returns {import('./types.mjs').Violation | undefined} */
export function always(run) {
  const message = caught(run);
  if (message !== undefined) return { rule: 'caught', message };
  const called = dead(run);
  return called === undefined ? undefined : { rule: 'dead', message: called };
}

/**
 * The first rule that a run breaks.
 * @param {Run} run
 * @param {Case} against
 * @returns {import('./types.mjs').Violation | undefined}
 */
export function judge(run, against) {
  for (const [rule, check] of Object.entries(RULES)) {
    const message = check(run, against);
    if (message !== undefined) return { rule, message };
  }
  return undefined;
}
