// @ts-check
// When spare.js makes an instance, and when it has none. What the gate does with one is in tests/e2e.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Spare } from './spare.js';

const { requestIdleCallback, setImmediate, setTimeout } = /** @type {any} */ (globalThis);
afterEach(() => { Object.assign(globalThis, { requestIdleCallback, setImmediate, setTimeout }); });

/** A module of nothing. */
const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
/** A spare, and how many were made. */
function spare() {
  const made = { count: 0, failing: false };
  const one = new Spare(() => {
    made.count += 1;
    return made.failing ? Promise.reject(new RangeError('no memory')) : WebAssembly.instantiate(module);
  });
  return { one, made };
}
const soon = async () => { for (let i = 0; i < 3; i += 1) await new Promise((resolve) => { setImmediate(resolve); }); };

test('it is made once it is wanted, taken once, and made again when it is asked for', async () => {
  const { one, made } = spare();
  one.later();
  await soon();
  assert.deepEqual([one.take(), made.count], [undefined, 0]);
  one.want(true);
  assert.equal(one.take(), undefined, 'it is not made at once');
  one.later();
  one.later();
  await soon();
  assert.equal(made.count, 1);
  assert.ok(one.take() instanceof WebAssembly.Instance);
  assert.equal(one.take(), undefined);
  await soon();
  assert.equal(made.count, 1);
  one.later();
  await soon();
  one.want(false);
  assert.deepEqual([one.take(), made.count], [undefined, 2]);
});

test('one that is not wanted any more when it is there is let go', async () => {
  const { one, made } = spare();
  one.want(true);
  await new Promise((resolve) => { setImmediate(resolve); });
  one.want(false);
  await soon();
  assert.deepEqual([one.instance, made.count], [undefined, 1]);
});

test('idle time is what the engine says it is, else the next task; and where there is none of both, now', async () => {
  for (const way of ['requestIdleCallback', 'setImmediate', 'setTimeout', 'none']) {
    /** @type {string[]} */
    const asked = [];
    const answers = (/** @type {string} */ name) => (/** @type {() => void} */ run) => {
      asked.push(name);
      if (way === 'none') throw new Error('Disallowed operation called within global scope.');
      queueMicrotask(run);
      return 7;
    };
    Object.assign(globalThis, {
      requestIdleCallback: way === 'requestIdleCallback' ? answers(way) : undefined,
      setImmediate: way === 'setTimeout' || way === 'none' ? undefined : answers('setImmediate'),
      setTimeout: answers('setTimeout'),
    });
    const { one, made } = spare();
    one.want(true);
    assert.deepEqual(asked, [way === 'none' ? 'setTimeout' : way]);
    Object.assign(globalThis, { requestIdleCallback, setImmediate, setTimeout });
    await soon();
    assert.equal(made.count, 1, way);
    assert.ok(one.take() instanceof WebAssembly.Instance, way);
  }
});

test('where there is no memory it is tried again, at longer and longer intervals', async () => {
  /** @type {number[]} */
  const waits = [];
  /** @type {(() => void) | undefined} */
  let wake;
  Object.assign(globalThis, { setTimeout: (/** @type {() => void} */ run, /** @type {number} */ wait) => { [wake] = [run]; waits.push(wait); } });
  const { one, made } = spare();
  made.failing = true;
  one.want(true);
  for (let i = 0; i < 9; i += 1) {
    await soon();
    wake?.();
  }
  await soon();
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
  made.failing = false;
  wake?.();
  await soon();
  assert.ok(one.take() instanceof WebAssembly.Instance);
  made.failing = true;
  one.later();
  await soon();
  assert.equal(waits.at(-1), 1000, 'from the beginning');
  const stale = wake;
  one.want(false);
  const { count } = made;
  stale?.();
  await soon();
  assert.equal(made.count, count, 'nobody wants it any more');
  Object.assign(globalThis, { setTimeout() { throw new Error('Disallowed operation called within global scope.'); } });
  one.want(true);
  await soon();
  made.failing = false;
  one.later();
  await soon();
  assert.ok(one.take() instanceof WebAssembly.Instance, 'the next end tries again');
});
