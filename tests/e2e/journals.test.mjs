// @ts-check
// What a journal costs: calls that take long are not replayed at each end, and large arguments
// keep no memory. Nothing here asserts a time: calls are counted, and the clock is the test's.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { clock, dies, thrown, throwsClass } from './support.mjs';
import { collectUntil } from './support-gc.mjs';

/** A copy of the package whose instances may end as often as they like. */
async function fresh() {
  const { pkg, wasm } = await load('fixture-persist');
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  return { pkg, wasm };
}

test.afterEach(() => clock());

/** How many calls are replayed in ten ends, if these objects are used after each. @param {any} pkg @param {any[]} mills */
function replayed(pkg, ...mills) {
  let calls = 0;
  for (let i = 0; i < 10; i += 1) {
    dies(pkg, () => pkg.trap());
    for (const mill of mills) mill.total();
    calls += pkg.ground();
  }
  return calls;
}

/** A clock by which calls take 20 ms, and their snapshots little. A real one would count what else the machine does. */
function costly() {
  // Of a call that makes a snapshot it is read when it begins and ends, and when the snapshot does.
  let [time, readings] = [1, 0];
  performance.now = () => {
    readings += 1;
    return time += readings % 4 === 2 ? 20 : 0.01;
  };
}

test('a costly call is replayed at no end', async () => {
  const { pkg } = await fresh();
  costly();
  const mill = new pkg.Mill();
  assert.equal(mill.grind(1), 1);
  assert.equal(replayed(pkg, mill), 0);
  assert.equal(mill.grind(2), 5);
  assert.equal(pkg.ground(), 1);
  assert.equal(replayed(pkg, mill), 0);
  assert.equal(mill.total(), 5);
});

test('costly calls on two objects are replayed at no end', async () => {
  const { pkg } = await fresh();
  costly();
  const mills = [new pkg.Mill(), new pkg.Mill()];
  for (const by of [1, 2]) for (const mill of mills) mill.grind(by);
  assert.equal(replayed(pkg, ...mills), 0);
  assert.deepEqual(mills.map((mill) => mill.total()), [5, 5]);
});

test('calls that only together are costly are replayed at no end', async () => {
  const { pkg } = await fresh();
  const mill = new pkg.Mill();
  // A call is timed by two readings.
  clock(0.01);
  for (let i = 0; i < 4000; i += 1) mill.turn(i);
  const total = mill.total();
  dies(pkg, () => pkg.trap());
  assert.equal(mill.total(), total);
  const calls = pkg.ground();
  assert.ok(calls < 400, `${calls} of 4000 calls were replayed`);
});

test('cheap calls stay in the journal, and are replayed at each end', async () => {
  const { pkg } = await fresh();
  const mill = new pkg.Mill();
  clock(0.0001);
  for (let i = 0; i < 10; i += 1) mill.turn(i);
  for (let calls = 10; calls < 15; calls += 1) {
    dies(pkg, () => pkg.trap());
    mill.turn(calls);
    assert.equal(pkg.ground(), calls + 1, 'all that were before, and this one');
  }
});

test('where the clock stands still, calls are replayed until the next call, which makes a snapshot', async () => {
  const { pkg } = await fresh();
  const [mill, other] = [new pkg.Mill(), new pkg.Mill()];
  clock(0);
  assert.equal(mill.grind(1), 1);
  assert.equal(other.grind(2), 2);
  assert.equal(replayed(pkg, mill, other), 20);
  assert.deepEqual([mill.grind(2), other.total()], [5, 2]);
  assert.equal(pkg.ground(), 3);
  assert.equal(replayed(pkg, mill, other), 10, 'those of the other');
  assert.deepEqual([mill.total(), other.total()], [5, 2]);
});

test('a clock that fails, is set back or gives no number is one that stands still', async () => {
  for (const read of [() => { throw new Error('no clock'); }, (/** @type {number} */ n) => -n, () => NaN, () => 'late']) {
    const { pkg } = await fresh();
    const mill = new pkg.Mill();
    let readings = 0;
    performance.now = /** @type {any} */ (() => read(readings += 1));
    assert.equal(mill.grind(1), 1);
    assert.equal(replayed(pkg, mill), 10);
    assert.equal(mill.turn(1), 4);
    assert.equal(replayed(pkg, mill), 0);
    assert.equal(mill.total(), 4);
  }
});

test('after a replay that took long the next call makes a snapshot, though each call took little', async () => {
  const { pkg } = await fresh();
  const mill = new pkg.Mill();
  clock(0.0001);
  for (let i = 0; i < 10; i += 1) mill.turn(i);
  clock(5);
  dies(pkg, () => pkg.trap());
  const total = mill.turn(0);
  assert.equal(pkg.ground(), 11);
  assert.equal(replayed(pkg, mill), 0);
  assert.equal(mill.total(), total);
});

test('costly calls are not replayed at each rollback', { skip: !unwind }, async () => {
  for (const [step, calls] of /** @type {const} */ ([[0, 3], [20, 1]])) {
    const { pkg } = await fresh();
    const mill = new pkg.Mill();
    clock(step);
    mill.grind(7);
    thrown(() => mill.tear());
    assert.equal(mill.total(), 7);
    // One that was replayed is cut by the next call; the other is cut.
    const total = step === 0 ? mill.turn(7) : 7;
    for (let i = 0; i < 10; i += 1) {
      thrown(() => mill.tear());
      assert.equal(mill.total(), total);
    }
    assert.equal(pkg.ground(), calls);
    assert.equal(replayed(pkg, mill), 0);
    assert.equal(mill.total(), total);
  }
});

test("a state that can't be written is revived from its journal", async () => {
  const { pkg } = await fresh();
  const [mill, other] = [new pkg.Mill(), new pkg.Mill()];
  clock(0.0001);
  mill.turn(3);
  mill.spoil();
  other.turn(4);
  clock(0);
  /** @type {any[]} */
  const reports = [];
  pkg.recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  /** @type {any[]} */
  const told = [];
  pkg.recovery.onPanic((/** @type {any} */ error) => told.push(error));
  for (let i = 0; i < 3; i += 1) {
    thrown(() => pkg.trap());
    assert.deepEqual([mill.total(), other.total()], [3, 4]);
  }
  assert.deepEqual(reports.map(({ revived, lost }) => [revived, lost]), [[2, []], [2, []], [2, []]]);
  assert.deepEqual([mill.total(), other.total()], [3, 4]);
  assert.equal(told.length, 0, 'no end tried to write it');
  // The call's snapshot is due; where it ends the instance, the call never happened.
  if (!unwind) dies(pkg, () => mill.turn(1));
  for (const total of [10, 31, 94]) {
    assert.equal(mill.turn(1), total, 'it was tried once');
    dies(pkg, () => pkg.trap());
  }
  assert.deepEqual([mill.total(), other.total()], [94, 4]);
  assert.equal(told.filter((error) => error.message.includes("can't be written")).length, unwind ? 1 : 0);
});

const MB = 1024 * 1024;

/** The memory that a call needs at most; afterwards it is free. @param {(mill: any) => unknown} call */
async function givesBack(call) {
  const { pkg, wasm } = await fresh();
  const mill = new pkg.Mill();
  call(mill);
  const memory = wasm.memory.buffer.byteLength;
  assert.ok(memory > 64 * MB, 'the argument, and its copy for the journal');
  assert.equal(pkg.hold(56), 56);
  assert.equal(wasm.memory.buffer.byteLength, memory, 'something is kept of the call');
  return { pkg, mill };
}

test('a large string in a journal keeps no memory', async () => {
  await givesBack((mill) => assert.equal(mill.read('x'.repeat(32 * MB)), 32 * MB));
});

test('a large array of numbers in a journal keeps no memory', async () => {
  await givesBack((mill) => assert.equal(mill.add_all(new Float64Array(4 * MB).fill(0.5)), 2 * MB));
});

test('a large state that was keeps no memory', async () => {
  const { pkg, mill } = await givesBack((mill) => {
    mill.keep('x'.repeat(16 * MB), new Float64Array(2 * MB));
    mill.keep('', new Float64Array());
  });
  dies(pkg, () => pkg.trap());
  assert.equal(mill.digest(), 0);
});

test('a large argument keeps no memory of the host once a snapshot took its place', async () => {
  const { pkg } = await fresh();
  const mill = new pkg.Mill();
  await collectUntil(() => false);
  const before = process.memoryUsage().arrayBuffers;
  const kept = () => process.memoryUsage().arrayBuffers - before;
  mill.read('x'.repeat(32 * MB));
  mill.read('x'.repeat(1000));
  await collectUntil(() => kept() < MB);
  assert.ok(kept() < MB, `${kept()} bytes are kept`);
  assert.equal(mill.total(), 2);
});

test('blocks in arguments and states come back as they were', async () => {
  const { pkg } = await fresh();
  const mill = new pkg.Mill();
  const numbers = Float64Array.from({ length: 1001 }, (_, n) => Math.sin(n) * 10 ** (n % 300));
  const specials = Float64Array.of(-0, Infinity, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER);
  clock(0.0001);
  mill.keep('ä€😀'.repeat(100), numbers);
  const digest = mill.digest();
  assert.ok(Number.isFinite(digest) && digest !== 0);
  dies(pkg, () => pkg.trap());
  assert.equal(mill.digest(), digest, 'by the journal');
  mill.keep('ä€😀'.repeat(100), numbers);
  clock(20);
  mill.keep('ä€😀'.repeat(100), numbers);
  dies(pkg, () => pkg.trap());
  assert.equal(mill.digest(), digest, 'by a snapshot');
  const copy = pkg.Mill.import(pkg.recovery.export(mill));
  assert.equal(copy.digest(), digest);
  for (const value of specials) {
    copy.keep('', Float64Array.of(value));
    dies(pkg, () => pkg.trap());
    assert.ok(Object.is(copy.digest(), value === 0 ? 0 : value));
  }
  throwsClass(pkg, 'ImportError', () => pkg.Mill.import(pkg.recovery.export(mill).subarray(1)));
});
