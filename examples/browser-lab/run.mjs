// @ts-check
// Runs a failure on a side and says how it ended: what came out, what it did to the
// object, what the next call says. Draws nothing.

import { describe } from './describe.mjs';

/** @typedef {import('./types.d.ts').Failure} Failure */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {import('./types.d.ts').Entry} Entry */
/** @typedef {import('./sides.mjs').Side} Side */

/** A promise that takes longer is shown as pending, in milliseconds. */
const PATIENCE = 800;
/** For what no caller gets, in milliseconds. */
const EARSHOT = 120;

/** What a poisoned object, or one of an instance that is gone, has to say. */
const REFUSALS = ['poisoned', 'stale'];

/** @param {number} milliseconds @returns {Promise<void>} */
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** @param {unknown} value */
const isPromise = (value) => typeof (/** @type {any} */ (value)?.then) === 'function';

/** @param {unknown} error */
const inShort = (error) => {
  const { class: name, message } = describe(error);
  return `${name}: ${message}`;
};

/**
 * @param {Failure} failure
 * @param {Side} side
 * @param {(entry: Entry) => void} log
 * @param {(outcome: Outcome) => void} settled where a promise that was pending is not any more
 * @returns {Promise<Outcome>}
 */
export async function runFailure(failure, side, log, settled) {
  const { on } = failure;
  /** @type {Outcome} */
  const outcome = { how: 'returned', error: undefined, value: undefined, same: undefined, before: undefined, after: undefined, next: undefined };
  if (failure.oursOnly && side.recovery === undefined) return { ...outcome, how: 'nothing' };

  /** @type {Set<unknown>} */
  const thrown = new Set();
  /** @type {(error: unknown, how: Entry['how'], epoch?: number) => void} */
  const tell = (error, how, epoch) => log({ side: side.name, how, failure: failure.label, error: describe(error), epoch });
  /** @type {(error: unknown) => void} */
  const failed = (error) => {
    outcome.how = 'threw';
    outcome.error = describe(error);
    if (error === side.thrown) outcome.same = true;
    thrown.add(error);
    tell(error, 'thrown');
  };
  /** What no caller got. @type {[unknown, 'recovery.onPanic' | 'uncaught'][]} */
  const overheard = [];
  /** @type {(error: unknown, how: 'recovery.onPanic' | 'uncaught') => void} */
  const ear = (error, how) => { overheard.push([error, how]); };
  /** @type {(report: import('./types.d.ts').AbortReport) => void} */
  const mourner = (report) => tell(report.error, 'recovery.onAbort', report.epoch);

  try {
    if (on !== undefined) side.prepare(on);
    failure.first?.(side);
  } catch {
    // The module makes no objects any more; the failure shows it.
  }
  if (on !== undefined) outcome.before = side.state(on);
  side.ears.add(ear);
  side.mourners.add(mourner);
  try {
    const value = failure.run(side);
    if (isPromise(value)) {
      const waiting = /** @type {Promise<unknown>} */ (value);
      /** @type {Promise<'settled'>} */
      const end = waiting.then((answer) => {
        outcome.how = 'returned';
        outcome.value = answer === undefined ? undefined : String(answer);
      }, failed).then(() => 'settled');
      outcome.how = 'pending';
      const first = await Promise.race([end, pause(PATIENCE)]);
      if (first !== 'settled') end.then(() => settled(outcome));
    } else if (value !== undefined) {
      outcome.value = String(value);
    }
  } catch (error) {
    failed(error);
  }
  await pause(EARSHOT);
  side.ears.delete(ear);
  side.mourners.delete(mourner);
  for (const [error, how] of overheard) {
    if (thrown.has(error)) continue;
    tell(error, how);
    if (outcome.how !== 'returned') continue;
    outcome.how = 'told';
    outcome.error = describe(error);
  }
  if (on !== undefined) outcome.after = side.state(on);
  outcome.next = await nextOf(failure, side);
  return outcome;
}

/**
 * The call that follows.
 * @param {Failure} failure
 * @param {Side} side
 * @returns {Promise<NonNullable<Outcome['next']>>}
 */
async function nextOf(failure, side) {
  const { on, next } = failure;
  try {
    const call = next === undefined ? (on === undefined ? side.module.answer() : side.good(on)) : next(side);
    const answer = await Promise.race([call, pause(PATIENCE).then(() => { throw new Error('no answer yet'); })]);
    return { end: 'ok', text: String(answer) };
  } catch (error) {
    return { end: REFUSALS.includes(describe(error).kind ?? '') ? 'refused' : 'failed', text: inShort(error) };
  }
}
