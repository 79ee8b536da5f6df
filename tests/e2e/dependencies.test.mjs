// @ts-check
// Futures, promises and closures of dependencies, which js-sys and wasm-bindgen run: how their
// panics surface, and that no promise stays pending.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { place, thrown } from './support.mjs';
import { later, rejection, settles, turn, watchStrays } from './support-async.mjs';

const strays = watchStrays();

/** A fresh package, and the panics that it told. */
async function fresh() {
  const { pkg } = await load('fixture-async');
  /** @type {any[]} */
  const told = [];
  pkg.recovery.onPanic((/** @type {any} */ error) => told.push(error));
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  return { pkg, told };
}

/** @param {any} pkg @param {any} error @param {string} message */
function isPanic(pkg, error, message) {
  assert.ok(error instanceof pkg.PanicError, String(error?.stack ?? error));
  const { line } = place('async/src/dependency.rs', message);
  assert.deepEqual([error.message, error.location?.line, error.fatal], [message, line, !unwind]);
}

test('a panic in a task of a dependency is told, and the tasks behind it run', async () => {
  const { pkg, told } = await fresh();
  let calls = 0;
  pkg.spawn_two(() => { calls += 1; });
  await turn();
  isPanic(pkg, told[0], 'in a task of a dependency');
  assert.equal(told.length, 1);
  // In a debug build js-sys asserts that its queue was scheduled.
  if (unwind && process.env.RECOVER_PROFILE !== 'debug') assert.equal(calls, 1);
  const gate = later();
  pkg.spawn_later(gate.promise);
  gate.resolve();
  await turn();
  isPanic(pkg, told[1], 'in a later task of a dependency');
  assert.equal(pkg.recovery.health().panics, 2);
  assert.equal(await settles(pkg.promise_of_a_dependency(Promise.resolve(7), false)), 7);
});

test('a promise of a dependency rejects by the panic of its future, or by the end of the instance', async () => {
  const { pkg } = await fresh();
  const gate = later();
  const other = later();
  const promise = pkg.promise_of_a_dependency(gate.promise, true);
  const waiting = pkg.promise_of_a_dependency(other.promise, false);
  // Its rejection is nobody's.
  pkg.promise_of_a_dependency(later().promise, false);
  gate.resolve(1);
  const error = await rejection(promise);
  if (unwind) {
    isPanic(pkg, error, 'in a promise of a dependency');
    other.resolve(3);
    assert.equal(await settles(waiting), 3);
  } else {
    for (const one of [error, await rejection(waiting)]) assert.ok(one instanceof pkg.InstanceAbortedError, String(one));
  }
  const last = later();
  const ended = pkg.promise_of_a_dependency(last.promise, false);
  await pkg.recovery.restart();
  assert.ok(await rejection(ended) instanceof pkg.InstanceAbortedError);
  last.resolve(4);
  assert.equal(await settles(pkg.promise_of_a_dependency(Promise.resolve(5), false)), 5);
});

test('a panic in a closure of a dependency is a PanicError', async () => {
  const { pkg, told } = await fresh();
  const error = thrown(pkg.closure_of_a_dependency());
  isPanic(pkg, error, 'in a closure of a dependency');
  if (unwind) assert.deepEqual(told, [error]);
});

test('a closure of a dependency that shares cells is left unlocked by a panic, with what it had changed', async () => {
  const { pkg } = await fresh();
  const sum = pkg.summing_closure_of_a_dependency();
  assert.equal(sum(1, false), '1 1');
  for (let n = 0; n < 100; n += 1) {
    const error = thrown(() => sum(1, true));
    if (!unwind && n > 0) {
      assert.ok(error instanceof pkg.StaleHandleError || error instanceof pkg.InstanceAbortedError, String(error));
      continue;
    }
    isPanic(pkg, error, 'between two sums of a dependency');
  }
  // wasm-bindgen's own: what `UnwindSafe` warns of. Nothing is locked, nothing held.
  if (unwind) assert.equal(sum(1, false), '102 2');
  assert.equal(pkg.held_by_closures(), 0);
});

test('a closure of a dependency that is called once, or by a call, releases what it holds when it panics', async () => {
  const { pkg } = await fresh();
  isPanic(pkg, thrown(pkg.once_of_a_dependency(true)), 'in a call of a dependency that is made once');
  assert.equal(pkg.held_by_closures(), 0);
  pkg.once_of_a_dependency(false)();
  assert.equal(pkg.held_by_closures(), 0);
  if (unwind) {
    const panics = (/** @type {number} */ times) => {
      for (let n = 0; n < times; n += 1) thrown(pkg.once_of_a_dependency(true));
      return pkg.recovery.health().liveBytes;
    };
    const live = panics(100);
    assert.equal(panics(5000), live);
  }
  isPanic(pkg, thrown(() => pkg.each_of_a_dependency([1, 2, 3], 1)), 'in each of a dependency');
  assert.equal(pkg.each_of_a_dependency([1, 2, 3], 9), 6);
});

test('40,000 promises that are settled or dropped leave nothing behind', async () => {
  const { pkg } = await fresh();
  for (let n = 0; n < 20; n += 1) {
    await Promise.all(Array.from({ length: 1000 }, () => pkg.promise_of_a_dependency(Promise.resolve(n), false)));
  }
  const { memoryBytes } = pkg.recovery.health();
  for (let n = 0; n < 20; n += 1) {
    await Promise.all(Array.from({ length: 1000 }, () => pkg.promise_of_a_dependency(Promise.resolve(n), false)));
  }
  assert.equal(pkg.recovery.health().memoryBytes, memoryBytes);
});

test('no unexpected failure surfaced', () => assert.deepEqual(strays, []));
