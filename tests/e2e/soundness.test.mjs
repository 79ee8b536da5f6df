// @ts-check
// What JavaScript can do between the reading of a handle and the call, at the end of
// a call, and while a panic unwinds.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { measure, thrown, throwsClass } from './support.mjs';

const { pkg, wasm } = await load('fixture-core');
const { Sound } = pkg;
const BAD = /** @type {any} */ (undefined);

/** Ways to an object that can't be given up, with what is left of it. */
const refused = /** @type {Record<string, (use: (object: any) => void) => any>} */ ({
  busy(use) {
    const object = new Sound(3);
    object.under(() => use(object));
    return object;
  },
  ...(unwind && {
    poisoned(/** @type {(object: any) => void} */ use) {
      const object = new Sound(3);
      thrown(() => object.tear());
      use(object);
      assert.ok(pkg.recovery.clearPoison(object));
      return object;
    },
  }),
  stale(use) {
    const object = new Sound(3);
    object.free();
    use(object);
  },
});

for (const [state, arrange] of Object.entries(refused)) {
  test(`a ${state} object beside an argument that can't be converted: nothing is taken`, () => {
    const round = () => {
      const other = new Sound(1);
      const left = arrange((object) => {
        for (const call of [
          () => pkg.sound_pair(object, other, BAD),
          () => pkg.sound_pair(other, object, BAD),
          () => pkg.sound_maybe(object, BAD),
        ]) {
          assert.ok(thrown(call) instanceof TypeError);
        }
      });
      assert.equal(other.add(1), 2);
      other.free();
      if (left === undefined) return;
      assert.equal(left.add(1), 4);
      left.free();
      throwsClass(pkg, 'StaleHandleError', () => left.add(1));
    };
    for (let i = 0; i < 10; i++) round();
    const before = measure(pkg, wasm);
    for (let i = 0; i < 500; i++) round();
    assert.deepEqual(measure(pkg, wasm), before);
  });
}

test('plain functions of the same module take an object, and refuse it with a message', () => {
  const object = new Sound(3);
  assert.equal(pkg.plain_peek(object, 1), 4);
  object.under(() => {
    assert.match(thrown(() => pkg.plain_consume(object)).message, /busy with another call/);
    assert.match(thrown(() => pkg.plain_peek(object, 1)).message, /busy with another call/);
  });
  assert.equal(pkg.plain_consume(object), 3);
  assert.match(thrown(() => pkg.plain_consume(object)).message, /was freed or consumed/);
});

test('a type that can be borrowed for calls that end at once alone is an argument', () => {
  const object = new Sound(3);
  assert.equal(pkg.borrowed_briefly(4, object), 7);
  object.free();
});

test('a proxy whose traps throw is an argument of the wrong type, and leaks nothing', () => {
  const trap = new Proxy({}, { getPrototypeOf() { throw new RangeError('trapped'); } });
  const round = () => {
    const sound = new Sound(1);
    assert.equal(thrown(() => pkg.sound_all([sound, trap])).message, 'trapped');
    sound.free();
  };
  for (let i = 0; i < 10; i++) round();
  const before = measure(pkg, wasm);
  for (let i = 0; i < 2_000; i++) round();
  assert.deepEqual(measure(pkg, wasm), before);
});

if (unwind) {
  test('a buffer that is detached during the call gets nothing, and no object is harmed', () => {
    const object = new Sound(3);
    const other = new Sound(4);
    const values = new Uint8Array(8);
    const detach = () => structuredClone(values.buffer, { transfer: [values.buffer] });
    object.fill(values, other, detach);
    assert.equal(values.length, 0);
    assert.equal(object.add(1), 4);
    assert.equal(other.add(1), 5);
    object.free();
    other.free();
  });

  test('an export that is called while a panic of plain code unwinds works', async () => {
    const fresh = (await load('fixture-core')).pkg;
    let answer;
    assert.match(thrown(() => fresh.plain_panic_calling(() => { answer = fresh.add(1, 2); })).message, /plain/);
    assert.equal(answer, 3);
    const error = throwsClass(fresh, 'PanicError', () => fresh.add(4294967295, 1));
    assert.ok(error.location.line > 0, 'the hook is chained by a later call');
  });

  test('destructors that panic while a refused call is cleaned up leak nothing', () => {
    const round = () => {
      const bomb = new pkg.Bomb(true);
      throwsClass(pkg, 'StaleHandleError', () => pkg.bombs_and(bomb, bomb));
    };
    for (let i = 0; i < 10; i++) round();
    const before = measure(pkg, wasm);
    for (let i = 0; i < 500; i++) round();
    assert.deepEqual(measure(pkg, wasm), before);
  });
}

test('an object that is freed while a number is converted is stale, and no other object is touched', () => {
  for (const end of [
    (/** @type {any} */ object) => object.free(),
    (/** @type {any} */ object) => object.end(0),
    (/** @type {any} */ object) => pkg.sound_all([object]),
    (/** @type {any} */ object) => pkg.plain_consume(object),
  ]) {
    for (const use of [
      (/** @type {any} */ object, /** @type {any} */ by) => object.add(by),
      (/** @type {any} */ object, /** @type {any} */ by) => { object.n = by; },
      (/** @type {any} */ object, /** @type {any} */ by) => new Sound(1).with(object, by),
    ]) {
      const object = new Sound(5);
      /** @type {any[]} */
      const others = [];
      throwsClass(pkg, 'StaleHandleError', () => use(object, {
        valueOf() {
          end(object);
          for (let i = 0; i < 8; i++) others.push(new Sound(100));
          return 1;
        },
      }));
      for (const other of others) assert.equal(other.n, 100);
    }
  }
});

test('an object that is freed after its pointer was read is stale, and no other object is touched', () => {
  for (const end of [
    (/** @type {any} */ object) => object.free(),
    (/** @type {any} */ object) => object.end(0),
    (/** @type {any} */ object) => pkg.plain_consume(object),
  ]) {
    const object = new Sound(5);
    /** @type {any[]} */
    const others = [];
    // The glue reads the pointers, and then the length of what is to be a string.
    throwsClass(pkg, 'StaleHandleError', () => pkg.sound_pair(object, new Sound(1), {
      get length() {
        if (others.length === 0) end(object);
        while (others.length < 8) others.push(new Sound(100));
        return 0;
      },
    }));
    for (const other of others) assert.equal(other.n, 100);
  }
});
