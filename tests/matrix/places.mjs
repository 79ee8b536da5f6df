// @ts-check
// One failure in every place: a function, and an object of each policy.
import { holds, same, thrown } from './check.mjs';
import { POISONED, endOf, healthy, is, isStale, throwsOf, works } from './ends.mjs';

/**
 * @param {import('./rows.mjs').Env} env
 * @param {string} how
 * @param {(() => unknown)} [f] that the failure calls
 * @param {unknown} [value] that it throws
 */
export async function everywhere(env, how, f, value) {
  const pkg = await env.load();
  const { recovery } = pkg;
  recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  const end = endOf(how, env.build);
  /** @type {any[]} */
  const reports = [];
  recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  let [deaths, ends] = [0, 0];
  const before = recovery.health();
  const deadlyAlone = end.deadly && end.spares !== true;
  /** @type {(call: () => unknown, what: string, deadly?: boolean) => any} */
  const fails = (call, what, deadly = end.deadly) => {
    const error = thrown(call, what);
    ends += 1;
    if (end.error === undefined) same(error, value, `${what}: the very same value`);
    else is(pkg, error, end.error, what);
    if (deadly) {
      deaths += 1;
      same(reports.length, deaths, `${what}: reports`);
      same(reports[deaths - 1].error, error, `${what}: the report's error`);
      holds(reports[deaths - 1].restarted, `${what}: there is a next instance`);
    }
    works(pkg, what);
    const { panics } = healthy(pkg, { epoch: deaths, restarts: deaths });
    const counted = end.error !== undefined && end.error.name !== 'InstanceAbortedError';
    same(panics, before.panics + (counted ? ends : 0), `${what}: panics that were counted`);
    return error;
  };

  for (let round = 0; round < 2; round += 1) fails(() => pkg.fail(how, f), 'in a function', deadlyAlone);
  const settled = recovery.health().liveBytes;
  for (let round = 0; round < 3; round += 1) fails(() => pkg.fail(how, f), 'in a function', deadlyAlone);
  // What an import that is not marked throws skips the destructors of what it crosses; so does
  // whatever one throws in an abort build, where it spares the instance.
  if (how !== 'unmarked' && deadlyAlone === end.deadly) same(recovery.health().liveBytes, settled, 'nothing leaks');

  const loose = new pkg.Loose(1);
  same(loose.add(1), 2, 'a call that is well');
  const { epoch } = recovery.health();
  const error = fails(() => loose.fail(50, how, f), 'in an object that is poisoned');
  if (end.deadly) {
    isStale(pkg, () => loose.total, 'Loose', epoch, 'an object of a dead instance');
  } else {
    holds(recovery.isPoisoned(loose), 'isPoisoned()');
    const refused = throwsOf(pkg, POISONED, () => loose.add(1), 'a poisoned object');
    same(refused.class, 'Loose', 'its class');
    // Of what crossed unseen the cause can't be the value.
    if (how === 'unmarked') holds(refused.cause instanceof Error, 'a cause');
    else same(refused.cause, error, 'its cause');
    same(recovery.clearPoison(loose), true, 'clearPoison()');
    same(loose.total, 52, 'as the call left it');
    same(loose.add(1), 53, 'the next call');
    loose.free();
  }

  const kept = new pkg.Kept(1);
  const { epoch: third } = recovery.health();
  fails(() => kept.fail(50, how, f), 'in an object that is kept');
  if (end.deadly) isStale(pkg, () => kept.total, 'Kept', third, 'an object of a dead instance');
  else {
    same(kept.total, 51, 'kept as the call left it');
    kept.free();
  }

  const ledger = new pkg.Ledger(1);
  same(ledger.add(1), 2, 'a call that is well');
  for (let round = 0; round < 3; round += 1) {
    fails(() => ledger.fail(50, how, f), 'in an object that persists');
    same(ledger.total, 2 + round, 'as before the call');
    same(ledger.add(1), 3 + round, 'the next call');
    same(recovery.isPoisoned(ledger), false, 'not poisoned');
  }
  await recovery.restart();
  holds(ledger instanceof pkg.Ledger, 'the same handle');
  same(ledger.total, 5, 'in the next instance');
  same(ledger.fail(1, 'well', undefined), 1, 'a call that is well');
  same(ledger.total, 6, 'the next call');
  ledger.free();
  works(pkg, 'at the end');
}
