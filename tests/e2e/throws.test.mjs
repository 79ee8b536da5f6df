// @ts-check
// JavaScript throws in an import that nobody marked. The same value arrives, every destructor
// has run once, and what the module answers afterwards is right. Compiled with imports that are
// declared never to throw, the module answers wrongly from then on, and nothing says so.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { fault, globalShape, halfWay, shapesOf } from './shapes.mjs';
import { measure, thrown, throwsClass } from './support.mjs';

const names = Object.keys(shapesOf({}));
const skip = !unwind;

/** @param {any} pkg */
const alive = (pkg) => pkg.probe.made() - pkg.probe.dropped();

for (const name of names) {
  test(`an exception of ${name}: destructors run once, and later answers are right`, { skip }, async () => {
    const { pkg, wasm } = await load('fixture-throws');
    const shape = /** @type {import('./shapes.mjs').Shape} */ (shapesOf(pkg)[name]);
    assert.equal(shape.good(), shape.answer);
    assert.equal(alive(pkg), 0);
    for (let n = 0; n < 5; n += 1) {
      const error = thrown(shape.bad);
      if (shape.message === undefined) assert.equal(error, fault);
      else assert.match(error.message, shape.message);
      assert.equal(alive(pkg), 0, 'each destructor ran once');
      assert.equal(shape.good(), shape.answer);
    }
    const make = () => new pkg.Tally();
    const before = measure(pkg, wasm, make);
    for (let n = 0; n < 2_000; n += 1) thrown(shape.bad);
    assert.deepEqual(measure(pkg, wasm, make), before);
    for (const [other, { good, answer }] of Object.entries(shapesOf(pkg))) {
      assert.equal(good(), answer, other);
    }
    assert.equal(pkg.recovery.health().epoch, 0);
  });
}

test('an exception while a static is read for the first time: std refuses to read it again', { skip }, async () => {
  const { pkg } = await load('fixture-throws');
  const { good, bad } = globalShape(pkg);
  assert.equal(thrown(bad), fault);
  assert.match(throwsClass(pkg, 'PanicError', good).message, /poisoned/);
  assert.equal(alive(pkg), 0);
  const { pkg: fresh } = await load('fixture-throws');
  Reflect.set(globalThis, 'throwsFixtureGlobal', 7);
  assert.equal(globalShape(fresh).good(), 22);
  Reflect.deleteProperty(globalThis, 'throwsFixtureGlobal');
});

test('an object whose method is left half way is poisoned, and whole', { skip }, async () => {
  const { pkg } = await load('fixture-throws');
  const tally = new pkg.Tally();
  assert.equal(tally.add({ a: 1 }), 16);
  assert.equal(thrown(() => tally.add(halfWay)), fault);
  assert.equal(alive(pkg), 1, 'the object alone');
  throwsClass(pkg, 'PoisonedError', () => tally.seen());
  assert.equal(pkg.recovery.clearPoison(tally), true);
  assert.equal(tally.seen(), 1);
  assert.equal(tally.add({ a: 1, b: 2 }), 17);
  assert.equal(tally.seen(), 0);
  tally.free();
  assert.equal(alive(pkg), 0);
});

test('exceptions within calls of one another each end their own', { skip }, async () => {
  const { pkg } = await load('fixture-throws');
  let depth = 0;
  const nested = {
    get length() {
      depth += 1;
      if (depth === 20) throw fault;
      return /** @type {number} */ (pkg.items(nested));
    },
    item: () => 1,
  };
  assert.equal(thrown(() => pkg.items(nested)), fault);
  assert.equal(depth, 20);
  assert.equal(alive(pkg), 0);
  let caught = 0;
  const outer = {
    get length() {
      try {
        pkg.items({ get length() { throw fault; } });
      } catch (error) {
        assert.equal(error, fault);
        caught += 1;
      }
      return 1;
    },
    item: () => 1,
  };
  assert.equal(pkg.items(outer), 16);
  assert.equal(caught, 1);
  assert.equal(alive(pkg), 0);
});

test('a sort whose order fails: closures of Rust between two exceptions', { skip }, async () => {
  const { pkg } = await load('fixture-throws');
  assert.equal(pkg.mapped([3, 1, 2], (/** @type {number} */ a, /** @type {number} */ b) => a - b), 18);
  assert.equal(pkg.mapped([3, 1, 2], () => { throw fault; }), 18, 'Function.call has `catch`');
  const uncomparable = new Proxy([1, 2], { get() { throw fault; } });
  assert.equal(thrown(() => pkg.mapped(uncomparable, () => 0)), fault);
  assert.equal(alive(pkg), 0);
});
