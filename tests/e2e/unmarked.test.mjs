// @ts-check
// Imports that are not marked: the user's own, js-sys's, a class of the platform. An
// exception skips Rust's destructors there, and leaves no object locked all the same.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { dies, thrown, throwsClass } from './support.mjs';

const { pkg } = await load('fixture-imports');
const { Counter, Guarded, Twin, recovery } = pkg;

const errors = [new Error('an error'), 'a text', 7, null, undefined, Symbol('unique'), {}];
/** @param {unknown} value @returns {() => any} */
const throwing = (value) => () => { throw value; };
/** @param {unknown} value @param {() => unknown} call */
function throwsSame(value, call) {
  const error = thrown(call);
  assert.ok(Object.is(error, value), `${String(value)}, not ${String(error?.stack ?? error)}`);
}
const trapped = (/** @type {unknown} */ error) => new Proxy({}, { ownKeys: throwing(error) });

test('in plain wasm-bindgen the object stays locked forever', { skip: !unwind }, () => {
  const twin = new Twin();
  throwsSame(1, () => twin.call(throwing(1)));
  if (process.env.RECOVER_OPT !== '3' && process.env.RECOVER_LTO !== 'fat') {
    // Without inlining, destructors run; which values are half changed is not known.
    assert.equal(twin.get(), 1);
    return;
  }
  assert.match(thrown(() => twin.get()).message, /recursive use of an object/);
  assert.throws(() => twin.free());
});

test("in a build that can't unwind such an exception ends the instance", { skip: unwind }, () => {
  assert.equal(thrown(() => new Guarded().call(throwing(1))), 1);
  assert.equal(recovery.health().epoch, 1);
  assert.equal(new Guarded().get(), 0);
});

test('the same error reaches the caller', { skip: !unwind }, () => {
  for (const error of errors) {
    throwsSame(error, () => new Guarded().call(throwing(error)));
    throwsSame(error, () => new Guarded().keys(trapped(error)));
  }
  assert.ok(thrown(() => new Guarded().href('no URL')) instanceof TypeError);
});

test('the object is poisoned, not locked, and not leaked', { skip: !unwind }, () => {
  /** @type {((object: any) => unknown)[]} */
  const calls = [
    (object) => object.call(throwing('thrown')),
    (object) => object.keys(trapped('thrown')),
    (object) => object.href('no URL'),
  ];
  for (const call of calls) {
    const object = new Guarded();
    thrown(() => call(object));
    assert.equal(recovery.isPoisoned(object), true);
    const refusal = throwsClass(pkg, 'PoisonedError', () => object.get());
    assert.match(refusal.cause.message, /crossed .*Guarded::/);
    recovery.clearPoison(object);
    assert.equal(object.get(), 1);
    assert.equal(object.call(() => 'well'), 'well');
    thrown(() => call(object));
    // A poisoned object can be freed.
    object.free();
    throwsClass(pkg, 'StaleHandleError', () => object.get());
  }
});

test('an object that was borrowed shared, or is kept, is released', { skip: !unwind }, () => {
  const object = new Guarded();
  const counter = new Counter(2);
  throwsSame(1, () => object.look(counter, throwing(1)));
  assert.equal(object.look(counter, () => undefined), 2);
  throwsSame(2, () => object.call_kept(throwing(2)));
  assert.equal(object.get(), 1);
  assert.equal(counter.get(), 2);
  counter.free();
  object.free();
});

test('other objects don\'t notice', { skip: !unwind }, () => {
  const [first, second] = [new Guarded(), new Guarded()];
  throwsSame(1, () => first.call(() => second.call(throwing(1))));
  throwsClass(pkg, 'PoisonedError', () => first.get());
  throwsClass(pkg, 'PoisonedError', () => second.get());
  const third = new Guarded();
  assert.equal(third.call(() => 'well'), 'well');
  assert.equal(third.get(), 1);
});

test('with a marked import inside, each exception ends its own call', { skip: !unwind }, () => {
  const object = new Guarded();
  const counter = new Counter(1);
  throwsSame(1, () => object.call(() => counter.add(throwing(1))));
  assert.equal(throwsClass(pkg, 'PoisonedError', () => counter.get()).cause, 1);
  throwsClass(pkg, 'PoisonedError', () => object.get());
  const other = new Counter(1);
  const inner = new Guarded();
  throwsSame(2, () => other.add(() => inner.call(throwing(2))));
  assert.equal(throwsClass(pkg, 'PoisonedError', () => other.get()).cause, 2);
  throwsClass(pkg, 'PoisonedError', () => inner.get());
});

test('a thousand such exceptions leak nothing', { skip: !unwind }, () => {
  const object = new Guarded();
  for (let i = 0; i < 1_000; i += 1) {
    throwsSame(i, () => object.call(throwing(i)));
    assert.equal(recovery.clearPoison(object), true);
  }
  assert.equal(object.get(), 1_000);
  object.free();
});

test("wasm-bindgen's `catch` works as before", { skip: !unwind }, () => {
  const object = new Guarded();
  assert.equal(object.handled(throwing(1)), true);
  assert.equal(object.handled(() => 1), false);
  assert.equal(object.get(), 0);
});

test('an exception through an unmarked import, at the end of a call', { skip: !unwind }, async () => {
  const { pkg: persist } = await load('fixture-persist');
  let at = '';
  Reflect.set(globalThis, 'persistPeeks', (/** @type {string} */ place) => {
    if (place === at) throw new Error(`at ${place}`);
    return 1;
  });
  /** @type {[string, (object: any) => unknown][]} */
  const ends = [
    ['serialize', (object) => object.add()],
    ['deserialize', (object) => object.fail()],
    ['peek', (object) => object.fail()],
    ['drop', (object) => object.fail()],
  ];
  for (const [place, call] of ends) {
    const object = new persist.Peeking();
    assert.deepEqual([object.add(), object.peek()], [1, 2]);
    at = place;
    assert.equal(thrown(() => call(object)).message, `at ${place}`);
    at = '';
    const { cause } = throwsClass(persist, 'PoisonedError', () => object.add());
    assert.match(cause.message, /a JavaScript exception crossed Peeking/);
    assert.ok(persist.recovery.clearPoison(object));
    const now = object.add();
    assert.equal(now, place === 'serialize' || place === 'drop' ? (place === 'drop' ? 3 : 4) : 100, place);
    dies(persist, () => persist.trap());
    assert.equal(object.add(), now + 1, 'and it persists as it was accepted');
    object.free();
  }
});
