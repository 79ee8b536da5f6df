// @ts-check
// Objects that nobody frees: the finalizer drops them in every state.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { collectUntil } from './support-gc.mjs';

/** @param {() => unknown} call */
function ignoring(call) {
  try {
    call();
  } catch {
    return;
  }
}

test('an object that nobody frees is dropped', async () => {
  const { pkg } = await load('fixture-core');
  (() => {
    for (let n = 0; n < 100; n += 1) new pkg.Reentrant(n).read();
    ignoring(() => new pkg.Reentrant(1).with({}));
  })();
  await collectUntil(() => pkg.probe.dropped() === 101);
  assert.equal(pkg.probe.dropped(), 101);
});

if (unwind) {
  test('a poisoned object that nobody frees is dropped', async () => {
    // The error that poisons it must not keep it alive: V8 holds the receivers of
    // every frame until a stack is read.
    const { pkg } = await load('fixture-core');
    const before = pkg.probe.liveExternrefs();
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 100;
    (() => {
      for (let n = 0; n < 100; n += 1) {
        const bomb = new pkg.Bomb(false);
        ignoring(() => bomb.tear());
      }
    })();
    Error.stackTraceLimit = limit;
    await collectUntil(() => pkg.probe.dropped() === 100);
    assert.equal(pkg.probe.dropped(), 100);
    assert.equal(pkg.probe.liveExternrefs(), before);
  });

  test('a drop that panics in the finalizer goes to onPanic and is not thrown', async () => {
    const { pkg } = await load('fixture-core');
    /** @type {any[]} */
    const told = [];
    pkg.recovery.onPanic((/** @type {any} */ error) => told.push(`${error.name} ${error.message} ${error.export}`));
    (() => {
      for (let n = 0; n < 3; n += 1) new pkg.Bomb(true).tick();
    })();
    await collectUntil(() => pkg.probe.dropped() === 3);
    assert.equal(pkg.probe.dropped(), 3);
    assert.equal(told.length, 3);
    assert.match(told[0], /^PanicError boom /);
    assert.equal(pkg.recovery.health().panics, 3);
    assert.equal(pkg.add(1, 1), 2);
  });
}
