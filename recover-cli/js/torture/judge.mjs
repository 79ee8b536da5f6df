// @ts-check
// What is right. Each rule of the promise is a function of its own: it is given a run, the run without what failed (the
// reference), and says in one line what is broken, or nothing. They are always on. Nothing is run here.
import { print } from './state.mjs';

/** @typedef {import('./types.mjs').Run} Run @typedef {import('./types.mjs').Ended} Ended @typedef {import('./types.mjs').HandleEnd} HandleEnd */
/** @typedef {import('./types.mjs').Figures} Figures @typedef {import('./types.mjs').Fired} Fired */

/**
 * @typedef {object} Case
 * @property {import('./types.mjs').Scenario} scenario
 * @property {any} pkg
 * @property {Run} clean a run of all steps in which nothing fails
 * @property {Set<number>} skip the steps that the reference leaves out
 * @property {Run} reference a run without the steps that failed, in which nothing fails
 */
/** @typedef {(run: Run, against: Case) => string | undefined} Rule */

const BRAND = Symbol.for('recover.error');
/** Kinds of points at which a record can fail to be written or read. */
const RECORD = new Set(['encode', 'decode', 'append', 'snapshot', 'replay']);

/** Sites in `free()`, which gives an object up whatever follows, and in finalizers. */
const DESTRUCTOR = /@__wbg_\w+_free$/;

/** @param {any} error */
const isOurs = (error) => typeof error === 'object' && error !== null && BRAND in error;
/** @param {any} error @param {string} name */
const is = (error, name) => isOurs(error) && error.name === name;

/** Whether an error says that an instance ended, or that none is made. @param {any} error */
const isEnd = (error) => is(error, 'RestartLimitError') || is(error, 'InstanceAbortedError');

/** The injections under a step. @param {Run} run @param {Ended} ended */
const under = (run, ended) => run.fired.slice(ended.from, ended.to);

/** Whether it came under `free()`. @param {Fired} fired */
const isFree = ({ site }) => /@__wbg_.*_free$/.test(site);

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
    if (isFailed(ended, clean.ended[at]) && (under(run, ended).length > 0 || ended.stuck !== 'no')) failed.add(at);
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
export function spread(run, { scenario, skip, clean, reference }) {
  for (const [at, ended] of run.ended.entries()) {
    const { name, error, outcome } = ended;
    const expected = reference.ended[at];
    if (outcome !== 'failed' || ended.stuck !== 'no' || ending(ended) === ending(clean.ended[at])) continue;
    if (!skip.has(at)) {
      if (expected?.outcome === 'done' && isFailed(ended, clean.ended[at])) return `${name} ended with ${print(error)}; nothing failed under it, and in a clean run it ${ending(expected)}`;
      continue;
    }
    if (under(run, ended).length > 0 || !isFailed(ended, clean.ended[at])) continue;
    const before = run.fired.slice(0, ended.to);
    const why = whyRefused(error, before, ended, run, scenario);
    if (why !== undefined) return `${name} ended with ${print(error)}: ${why}`;
  }
  return undefined;
}

/**
 * Why a call under which nothing failed may not be refused so; nothing if it may.
 * @param {any} error
 * @param {Fired[]} before
 * @param {Ended} ended
 * @param {Run} run
 * @param {import('./types.mjs').Scenario} scenario
 */
function whyRefused(error, before, ended, run, scenario) {
  if (is(error, 'PoisonedError')) {
    if (before.length === 0) return 'nothing had failed before it';
    return undefined;
  }
  if (is(error, 'StaleHandleError')) {
    // One that persists may be lost without an end: where it can't come back into the memory.
    const isEnded = ended.epoch !== run.epochs.first || isLoss(error, run);
    if (error.epoch !== undefined) return isEnded ? undefined : 'no instance had ended before it';
    return before.some(({ action }) => action === 'free') ? undefined : 'nobody had freed it';
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
  if (isVague(run, against)) return undefined;
  for (const [at, ended] of run.ended.entries()) {
    const expected = reference.ended[at];
    if (ended.outcome !== 'done' || expected === undefined || ending(ended) === ending(expected)) continue;
    return `${ended.name} ${ending(ended)}; in a clean run it ${ending(expected)}`;
  }
  return undefined;
}

/**
 * Whether a failed step may have left a part of its effect, one that nobody waited for is missing, or what the host did changed
 * the order of calls that overlap, or how many ends a limit has left.
 * @param {Run} run
 * @param {Case} against
 */
function isVague(run, { scenario, skip, reference }) {
  // Another number of ends is met by the limit elsewhere.
  const isLimited = (/** @type {Ended | undefined} */ ended) => is(ended?.error, 'RestartLimitError');
  if (scenario.restartLimit !== undefined && run.ended.some((ended, at) => isLimited(ended) !== isLimited(reference.ended[at]))) return true;
  if (run.fired.some(({ action }) => action === 'gc') && scenario.steps.some(({ overlap }) => overlap)) return true;
  const isPart = (/** @type {number} */ at) => scenario.steps[at]?.atomic === false;
  if ([...skip].some(isPart) || run.ended.some(({ again }, at) => again !== 'no' && isPart(at))) return true;
  const told = new Set([...run.ended.flatMap(({ error, first }) => [error, first]), ...run.teardownErrors.map(({ error }) => error)]);
  return run.heard.some((error) => !told.has(error)) && run.fired.some(({ kind }) => !RECORD.has(kind));
}

/** Whether an error tells of a record that failed by what was injected. @param {any} error @param {Run} run */
function isLoss(error, run) {
  const causes = [error, error?.cause, error?.cause?.cause];
  const heard = run.heard.flatMap((/** @type {any} */ each) => [each, each?.cause]);
  const isInjected = (/** @type {any} */ each) => each !== undefined && each !== null && (run.fired.some((fired) => fired.error === each || (fired.kind === 'alloc' && is(each, 'OutOfMemoryError')) || (fired.kind === 'stack' && is(each, 'StackOverflowError')))
    || /torture/.test(String(each?.message)));
  // Its revival ended an instance.
  if (causes.some((each) => isOurs(each) && each.fatal) && run.fired.some(({ site }) => site.endsWith('___recover'))) return true;
  // An object whose record could not even be made says no cause; that was heard.
  if (error?.cause === undefined && error?.epoch !== undefined && heard.some(isInjected)) return run.fired.length > 0;
  return run.fired.length > 0 && (causes.some(isInjected) || run.fired.some(({ kind }) => RECORD.has(kind)));
}

/**
 * Whether an object was consumed by a call that failed in place, or by `free()`. What a call took that ended with its instance is back.
 * @param {string} path
 * @param {Run} run
 * @param {Case} against
 */
function isConsumed(path, run, { skip, clean }) {
  if (clean.handles.find((each) => each.path === path)?.status !== 'stale') return false;
  return run.fired.some(({ action, step, site }) => DESTRUCTOR.test(site) || (skip.has(step) && action !== 'trap' && action !== 'restart'));
}

/**
 * What became of the handles, compared with those of the reference.
 * @param {{ handles: HandleEnd[], observed: string | undefined, observeError: unknown }} seen
 * @param {Run} run
 * @param {Case} against
 * @param {boolean} hasEnded whether the instance was ended in between
 */
function compared(seen, run, against, hasEnded) {
  const { reference, scenario } = against;
  const isEnded = hasEnded || run.epochs.last !== run.epochs.first;
  const vague = isVague(run, against);
  let missing = false;
  for (const expected of reference.handles) {
    const found = seen.handles.find(({ path }) => path === expected.path);
    if (found === undefined) {
      if (!vague) return `${expected.path} is not there`;
      continue;
    }
    const { path, className, persists, status, error, freed } = found;
    if (status !== 'live' && status !== 'unknown' && status !== expected.status) missing = true;
    if (status === expected.status || freed) {
      if (freed || status === 'stale' || scenario.observe !== undefined || found.bytes === expected.bytes || vague) continue;
      if (found.bytes === undefined && isLoss(error, run)) { missing = true; continue; }
      if (found.bytes === undefined) return `the state of ${path} can't be had: ${print(error)}`;
      return `${path} is ${found.bytes}; after the acknowledged calls alone it is ${expected.bytes}`;
    }
    if (status === 'poisoned') {
      if (hasEnded) return `${path} is poisoned in the next instance`;
      continue;
    }
    if (status === 'stale') {
      if (persists && isLoss(error, run)) continue;
      // A call that fails has consumed what it took, unless the instance ended under it; `free()` always has.
      const taken = against.clean.handles.find((each) => each.path === path)?.status === 'stale';
      const isKept = [...against.skip].every((at) => /** @type {any} */ (run.ended[at]?.error)?.fatal === true);
      if (taken && (!isKept || run.fired.some(isFree))) continue;
      if (!isEnded) return `${path} is stale, though no instance ended and nobody freed it: ${print(error)}`;
      if (persists) return `${path}, a ${className} that persists, did not come back: ${print(error)}, because of ${print(/** @type {any} */ (error)?.cause)}`;
      continue;
    }
    if (status === 'live' && expected.status === 'stale') {
      if (!vague) return `${path} can be used, though after the acknowledged calls it was given up`;
    }
  }
  for (const { path, status } of seen.handles) {
    if (status === 'live' && !vague && !reference.handles.some((each) => each.path === path)) return `${path} is there, though no acknowledged call made it`;
  }
  if (scenario.observe === undefined) return undefined;
  if (seen.observeError !== undefined) {
    return missing || isLoss(seen.observeError, run) ? undefined : `observe() ended with ${print(seen.observeError)}`;
  }
  if (seen.observed === reference.observed || vague || missing) return undefined;
  return `the state is ${seen.observed}; after the acknowledged calls alone it is ${reference.observed}`;
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

/** @type {Rule} A poisoned object is poisoned until that is cleared, and by its class's policy may be. */
export function poisoned(run, { scenario, clean }) {
  const given = run.ended.flatMap(({ error, first }) => [error, first]);
  for (const { path, className, status, broken, error } of run.handles) {
    if (broken !== undefined) return `${path}: ${broken}`;
    if (status !== 'poisoned') continue;
    if (run.fired.length === 0 && clean.handles.find((each) => each.path === path)?.status !== 'poisoned') return `${path} is poisoned, though nothing failed`;
    const { cause } = /** @type {any} */ (error) ?? {};
    const policy = scenario.policy[className];
    if (policy !== undefined && policy !== 'poison' && (cause === undefined || given.includes(cause))) {
      return `${path} is poisoned, though a ${className} is ${policy === 'keep' ? 'kept' : 'rolled back'} after a panic`;
    }
  }
  return undefined;
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
    // An object that does not persist went with its instance, one that does for want of a record, or the schedule freed it.
    const { epoch, cause, class: className } = /** @type {any} */ (error) ?? {};
    // What is freed is given up, whatever follows.
    if (is(error, 'StaleHandleError') && under(run, ended).some(isFree)) continue;
    if (is(error, 'StaleHandleError') && (isLoss(error, run) || run.fired.some(({ action }) => action === 'free'))) continue;
    if (is(error, 'StaleHandleError') && cause === undefined && (epoch !== undefined || className === 'callback')) continue;
    return `${name} ended with ${print(first)}, which is retryable; made again at once it ended with ${print(error)}`;
  }
  return undefined;
}

/** @type {Rule} Nothing that happens is left to nobody. */
export function caught(run) {
  const [error] = run.uncaught;
  return run.uncaught.length === 0 ? undefined : `nobody caught ${print(error)}`;
}

/** @type {Rule} No call enters an instance that has ended. */
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

/** @type {Record<keyof Figures, string>} */
const MEANING = {
  live: 'live bytes', table: 'slots of the table of JavaScript values', stack: 'bytes between the stack pointer and where it was', records: 'records',
  promises: 'pending promises', depth: 'calls that count as under way',
};

/**
 * Nothing leaks: a figure that grows again each time the same schedule is repeated is a leak.
 * @param {Figures[]} figures after each repetition
 */
export function leak(figures) {
  for (const key of /** @type {(keyof Figures)[]} */ (Object.keys(MEANING))) {
    const deltas = figures.slice(1).map((each, at) => each[key] - /** @type {Figures} */ (figures[at])[key]);
    // The stack grows down.
    const grows = key === 'stack' ? deltas.every((delta) => delta < 0) : deltas.every((delta) => delta > 0);
    if (grows && deltas.length > 0) return `each time there are ${deltas.map(Math.abs).join(', ')} more ${MEANING[key]}`;
  }
  return undefined;
}

/** Whether two figures are the same. @param {Figures} one @param {Figures} other */
export const isLevel = (one, other) => /** @type {(keyof Figures)[]} */ (Object.keys(MEANING)).every((key) => one[key] === other[key]);

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
  stale,
  revived,
  freed,
  invariant,
};

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
