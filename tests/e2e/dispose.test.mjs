// @ts-check
// recovery.dispose(): an instance and its memory are given up, until somebody calls again.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, prepare } from './load.mjs';
import { isDeath, thrown, throwsClass } from './support.mjs';
import { never, rejection, settles, turn } from './support-async.mjs';
import { collectUntil } from './support-gc.mjs';

Reflect.set(globalThis, 'persistCall', (/** @type {() => number} */ f) => f() ?? 0);

test('its memory is given up, and the next call makes the next instance', async () => {
  const { pkg, init } = await prepare('fixture-persist');
  let collected = false;
  const registry = new FinalizationRegistry(() => { collected = true; });
  registry.register(init().memory, undefined);
  /** @type {any[]} */
  const reports = [];
  pkg.recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  const [ledger, loose] = [new pkg.Ledger(1), new pkg.Loose(1)];
  ledger.add(1);
  ledger.write('line', 3);
  assert.equal(pkg.recovery.dispose(), undefined);
  await collectUntil(() => collected);
  assert.ok(collected, 'something holds the memory');
  assert.deepEqual([pkg.recovery.health().memoryBytes, pkg.recovery.health().epoch, reports], [0, 0, []]);
  assert.equal(ledger.total, 2);
  assert.equal(pkg.recovery.health().epoch, 1);
  assert.deepEqual(reports.map(({ restarted, revived, cause, export: name }) => [restarted, revived, cause, name]), [[true, 1, undefined, undefined]]);
  throwsClass(pkg, 'StaleHandleError', () => loose.add(1));
  assert.equal(ledger.add(1), 3);
  for (let i = 0; i < 20; i += 1) {
    pkg.recovery.dispose();
    pkg.recovery.dispose();
    assert.equal(ledger.add(1), 4 + i, 'no limit counts it');
  }
});

test('promises under way reject, and a call that waits in line runs in the next instance', async () => {
  const { pkg } = await load('fixture-persist');
  const trial = new pkg.Trial();
  const held = rejection(trial.add_in_turn(10, never));
  const waiting = settles(trial.add_in_turn(100, undefined));
  await turn();
  pkg.recovery.dispose();
  assert.ok(await held instanceof pkg.InstanceAbortedError);
  assert.equal(await waiting, 100);
  assert.equal(pkg.recovery.health().epoch, 1);
});

test('within a call it ends that call, too', async () => {
  const { pkg } = await load('fixture-persist');
  const [ledger, trial] = [new pkg.Ledger(1), new pkg.Trial()];
  let inside;
  const error = thrown(() => trial.held(() => {
    pkg.recovery.dispose();
    inside = thrown(() => ledger.total);
    return 1;
  }));
  for (const one of [error, inside]) assert.ok(one instanceof pkg.InstanceAbortedError, String(one));
  assert.deepEqual([pkg.recovery.health().memoryBytes, pkg.recovery.health().epoch], [0, 0]);
  assert.equal(ledger.total, 1);
});

test('handles that nobody has are forgotten, and the package may be loaded again', async () => {
  const { pkg, init } = await prepare('fixture-persist');
  init();
  const ledger = new pkg.Ledger(1);
  (() => { for (let i = 0; i < 100; i += 1) new pkg.Page('x'.repeat(100_000)); })();
  pkg.recovery.dispose();
  await collectUntil(() => false);
  init();
  assert.equal(ledger.add(1), 2);
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.equal(ledger.total, 2);
});

test('after it restart() makes the next instance at once, and a package that was not loaded has nothing to give up', async () => {
  const { pkg, init } = await prepare('fixture-persist');
  pkg.recovery.dispose();
  init();
  assert.equal(pkg.recovery.health().epoch, 0);
  const ledger = new pkg.Ledger(1);
  pkg.recovery.dispose();
  await pkg.recovery.restart();
  assert.equal(pkg.recovery.health().epoch, 1);
  assert.notEqual(pkg.recovery.health().memoryBytes, 0);
  assert.equal(ledger.total, 1);
});

test('copies of a package are instances that know nothing of each other', async () => {
  const [one, other] = await Promise.all([load('fixture-persist'), load('fixture-persist')]);
  const [first, second] = [new one.pkg.Ledger(1), new other.pkg.Ledger(2)];
  assert.notEqual(one.wasm.memory, other.wasm.memory);
  one.pkg.recovery.setRestartLimit({ restarts: 1, period: 100_000 });
  isDeath(one.pkg, thrown(() => one.pkg.trap()));
  isDeath(one.pkg, thrown(() => one.pkg.trap()));
  throwsClass(one.pkg, 'RestartLimitError', () => first.total);
  assert.equal(second.add(1), 3);
  assert.deepEqual([one.pkg.recovery.health().restarts, other.pkg.recovery.health().epoch], [1, 0]);
  thrown(() => second.add_other(first));
  other.pkg.recovery.dispose();
  await one.pkg.recovery.restart();
  assert.deepEqual([first.total, second.total], [1, 3]);
});
