// @ts-check
// What a panic leaves of an object: poisoned or kept, by struct, method and
// receiver. Unwind builds only: elsewhere a panic leaves no object to look at.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { throwsClass } from './support.mjs';

const { pkg } = await load('fixture-core');
const { recovery, Counter } = pkg;

/** @param {() => unknown} call */
const panics = (call) => throwsClass(pkg, 'PanicError', call);
/** @param {() => unknown} call */
const poisoned = (call) => throwsClass(pkg, 'PoisonedError', call);

/** What the struct's option, then the method's, make of a panic: `true` is poison. */
const matrix = {
  Defaults: { shared: false, exclusive: true, panic_beside: false, panic_beside_mut: true },
  Keeper: { shared: false, exclusive: false, panic_beside: false, panic_beside_mut: false },
  Strict: { shared: true, exclusive: true, panic_beside: true, panic_beside_mut: true },
};

if (unwind) {
  for (const [name, row] of Object.entries(matrix)) {
    test(`the policies of ${name}`, () => {
      const expected = {
        ...row, shared_poison: true, exclusive_poison: true, shared_keep: false, exclusive_keep: false,
      };
      for (const [method, poisons] of Object.entries(expected)) {
        const object = new pkg[name]();
        const call = () => (method.startsWith('panic_') ? pkg[name][method](object) : object[method]());
        const error = panics(call);
        assert.equal(recovery.isPoisoned(object), poisons, method);
        if (poisons) {
          assert.equal(poisoned(() => object.n).cause, error, method);
          assert.equal(poisoned(call).cause, error);
        } else {
          assert.equal(object.n, Number(method.includes('exclusive') || method.endsWith('mut')), method);
          assert.notEqual(panics(call), error);
        }
        object.free();
      }
    });
  }

  test('an object with interior mutability is poisoned under &self, unless the method keeps', () => {
    const object = new pkg.Cellular();
    assert.equal(object.step(false), 1);
    panics(() => object.step_kept(true));
    assert.equal(object.step(false), 3);
    panics(() => object.step(true));
    poisoned(() => object.step(false));
    assert.equal(recovery.clearPoison(object), true);
    assert.equal(object.step(false), 5);
  });

  test('every use of a poisoned object gives a PoisonedError', () => {
    const counter = new Counter(4294967295);
    const cause = panics(() => counter.add(1));
    /** @type {(() => unknown)[]} */
    const uses = [
      () => counter.get(), () => counter.add(0), () => counter.value, () => { counter.value = 1; },
      () => counter.into_value(), () => pkg.peek(counter), () => pkg.bump(counter),
      () => pkg.consume(counter), () => pkg.consume_maybe(counter), () => Counter.total([counter]),
      () => new Counter(1).absorb(counter), () => new Counter(1).merge(counter),
    ];
    for (const use of uses) {
      const error = poisoned(use);
      assert.equal(error.cause, cause, String(use));
      assert.equal(error.code, 'E_POISONED');
      assert.equal(error.kind, 'poisoned');
      assert.equal(error.retryable, false);
      assert.equal(error.fatal, false);
      assert.equal(error.class, 'Counter');
      assert.match(error.message, /^this Counter was left half changed by a panic; free it, or accept/);
      const json = JSON.parse(JSON.stringify(error));
      assert.equal(json.cause.message, cause.message);
      assert.deepEqual(json.cause.location, { ...cause.location });
    }
    assert.equal(poisoned(() => counter.get()).export, 'fixture_core::counter::Counter::get');
    assert.equal(recovery.isPoisoned(counter), true);
    assert.equal(recovery.clearPoison(counter), true);
    assert.equal(recovery.clearPoison(counter), false);
    assert.equal(recovery.isPoisoned(counter), false);
    assert.equal(counter.get(), 4294967295);
    const again = panics(() => counter.add(2));
    assert.equal(poisoned(() => counter.get()).cause, again, 'the cause is the latest panic');
  });

  test('a panic poisons each argument by how it was borrowed', () => {
    const self = new Counter(99);
    const other = new Counter(1);
    panics(() => other.swap(self));
    assert.ok(recovery.isPoisoned(self) && recovery.isPoisoned(other), '&mut self and &mut T');
    assert.equal(poisoned(() => self.get()).cause, poisoned(() => other.get()).cause);
    const reader = new Counter(76);
    const adder = new Counter(1);
    panics(() => adder.absorb(reader));
    assert.ok(recovery.isPoisoned(adder) && !recovery.isPoisoned(reader), '&T keeps');
    assert.equal(reader.get(), 76);
    const beast = new Counter(666);
    panics(() => pkg.peek(beast));
    assert.equal(recovery.isPoisoned(beast), false);
    const bumped = new Counter(87);
    panics(() => pkg.bump(bumped));
    assert.equal(recovery.isPoisoned(bumped), true);
  });

  test('a call that is refused poisons nothing', () => {
    const torn = new Counter(4294967295);
    panics(() => torn.add(1));
    const fine = new Counter(1);
    poisoned(() => fine.absorb(torn));
    poisoned(() => fine.swap(torn));
    poisoned(() => torn.swap(fine));
    assert.equal(fine.get(), 1);
  });

  test('a panic in a consuming call leaves a stale handle', () => {
    const counter = new Counter(44);
    panics(() => counter.into_value());
    throwsClass(pkg, 'StaleHandleError', () => counter.get());
    const [first, second] = [new Counter(50), new Counter(5)];
    panics(() => first.merge(second));
    for (const gone of [first, second]) throwsClass(pkg, 'StaleHandleError', () => gone.get());
  });

  test('a poisoned element of a Vec<T>', () => {
    const torn = new Counter(4294967295);
    const error = panics(() => torn.add(1));
    const after = new Counter(2);
    assert.equal(poisoned(() => Counter.total([new Counter(1), torn, after])).cause, error);
    assert.equal(after.get(), 2);
    recovery.clearPoison(torn);
    assert.equal(torn.into_value(), 4294967295);
  });

  test('a poisoned object can be freed and disposed of, and is dropped once', () => {
    for (const end of ['free', Symbol.dispose]) {
      const before = pkg.probe.dropped();
      const bomb = new pkg.Bomb(false);
      panics(() => bomb.tear());
      poisoned(() => bomb.tick());
      bomb[end]();
      assert.equal(pkg.probe.dropped(), before + 1);
      throwsClass(pkg, 'StaleHandleError', () => bomb.tick());
      throwsClass(pkg, 'StaleHandleError', () => bomb.free());
      bomb[Symbol.dispose]();
      assert.equal(pkg.probe.dropped(), before + 1);
    }
    const armed = new pkg.Bomb(true);
    panics(() => armed.tear());
    assert.equal(panics(() => armed.free()).message, 'boom');
    throwsClass(pkg, 'StaleHandleError', () => armed.tick());
  });

  test('a call that panics in a callback after a caught refusal poisons its object', () => {
    const object = new pkg.Reentrant(1);
    const error = panics(() => object.panic_after(() => { object.read(); }));
    assert.equal(error.message, 'after the callback');
    assert.equal(poisoned(() => object.read()).cause, error);
    recovery.clearPoison(object);
    assert.equal(object.end(), 1);
  });

  test('the destructor of an argument may call in while a panic is settled', () => {
    // The panic of `panic_after` drops nothing; that of a consumed object does.
    const counter = new Counter(3);
    /** @type {unknown[]} */
    const seen = [];
    const parting = new pkg.Parting(() => seen.push(counter.add(1), pkg.add(1, 1)));
    const object = new pkg.Reentrant(1);
    panics(() => object.panic_after(() => parting.free()));
    assert.deepEqual(seen, [4, 2]);
    assert.equal(recovery.isPoisoned(counter), false);
    assert.equal(counter.get(), 4);
  });

  test('health counts panics and poisoned refusals', async () => {
    const { pkg: fresh } = await load('fixture-core');
    const counter = new fresh.Counter(4294967295);
    throwsClass(fresh, 'PanicError', () => counter.add(1));
    throwsClass(fresh, 'PoisonedError', () => counter.add(1));
    throwsClass(fresh, 'PoisonedError', () => counter.get());
    const { panics: count, refused } = fresh.recovery.health();
    assert.deepEqual({ count, refused }, { count: 1, refused: { busy: 0, poisoned: 2, stale: 0 } });
  });
} else {
  test('isPoisoned and clearPoison answer in every build', () => {
    const counter = new Counter(1);
    assert.equal(recovery.isPoisoned(counter), false);
    assert.equal(recovery.clearPoison(counter), false);
    assert.equal(counter.get(), 1);
  });
}
