// @ts-check
// JavaScript exceptions that cross Rust, because the import has no `catch`: the caller gets the
// value itself, and nothing that the call held stays locked.
import test from 'node:test';
import assert from 'node:assert/strict';
import { debug, load, unwind } from './load.mjs';
import { later, never, rejection, settles, turn, watchStrays } from './support-async.mjs';
import { isDeath, thrown } from './support.mjs';

const { pkg } = await load('fixture-async');
const { BusyError, Charge, Crossed, PanicError, PoisonedError, StaleHandleError, recovery } = pkg;
const strays = watchStrays();

/** What the import does. @param {() => void} thrower */
const importing = (thrower) => { Reflect.set(globalThis, 'recoverThrower', thrower); };
/** @param {unknown} value */
const throwing = (value) => importing(() => { throw value; });
throwing(new Error('unset'));

const VALUES = [new RangeError('mine'), { some: 'object' }, 'text', '', 7, -0, NaN, 7n, true, undefined, null, Symbol('own'), () => {}];

/**
 * What an object is like that a call left by an exception: poisoned, and not locked.
 * @param {any} object
 */
function poisonedNotLocked(object) {
  assert.ok(recovery.isPoisoned(object));
  const error = thrown(() => object.get());
  assert.ok(error instanceof PoisonedError, String(error));
  assert.match(/** @type {any} */ (error).cause.message, /^a JavaScript exception crossed fixture_async::foreign::/);
  assert.equal(recovery.clearPoison(object), true);
  assert.ok(object.get() > 0, 'the next call works');
}

/** Frees the object, which must not be locked. @param {any[]} objects */
function freed(...objects) {
  importing(() => {});
  for (const object of objects) {
    object.free();
    assert.throws(() => object.get(), StaleHandleError);
  }
}

if (!unwind) {
  test('in an abort build a JavaScript exception reaches the caller unchanged, and ends the instance if it leaves an object', async () => {
    const fresh = (await load('fixture-async')).pkg;
    throwing('one');
    for (const epoch of [0, 1]) {
      for (let i = 0; i < 3; i += 1) assert.equal(thrown(() => fresh.thrown_now()), 'one');
      assert.equal(fresh.recovery.health().epoch, epoch);
      const crossed = new fresh.Crossed();
      assert.equal(thrown(() => crossed.cross_now()), 'one');
      assert.equal(fresh.recovery.health().epoch, epoch + 1);
      assert.ok(thrown(() => crossed.free()) instanceof fresh.StaleHandleError);
    }
  });
} else {
  test('the value that is thrown is the value that arrives', async () => {
    for (const value of VALUES) {
      throwing(value);
      assert.ok(Object.is(thrown(() => pkg.thrown_now()), value), String(value));
      assert.ok(Object.is(await rejection(pkg.thrown_first()), value), String(value));
      assert.ok(Object.is(await rejection(pkg.thrown_later(Promise.resolve())), value), String(value));
      const crossed = new Crossed();
      assert.ok(Object.is(thrown(() => crossed.cross_now()), value), String(value));
      assert.ok(Object.is(await rejection(new Crossed().cross(Promise.resolve())), value), String(value));
      freed(crossed);
    }
  });

  test('an exception under &mut self poisons the object and does not lock it', async () => {
    throwing('one');
    for (const call of [
      (/** @type {any} */ object) => thrown(() => object.cross_now()),
      (/** @type {any} */ object) => thrown(() => { object.doubled = 8; }),
      (/** @type {any} */ object) => rejection(object.cross(Promise.resolve())),
      (/** @type {any} */ object) => rejection(object.cross(undefined)),
      (/** @type {any} */ object) => rejection(object.cross_queued(Promise.resolve())),
    ]) {
      const object = new Crossed();
      assert.equal(await call(object), 'one');
      poisonedNotLocked(object);
      throwing('two');
      assert.equal(thrown(() => object.cross_now()), 'two', 'as often as it takes');
      poisonedNotLocked(object);
      throwing('one');
      freed(object);
      throwing('one');
    }
  });

  test('an exception under &self keeps the object and does not lock it', async () => {
    throwing('one');
    for (const call of [
      (/** @type {any} */ object) => thrown(() => object.cross_shared_now()),
      (/** @type {any} */ object) => thrown(() => object.doubled),
      (/** @type {any} */ object) => thrown(() => object.charge),
      (/** @type {any} */ object) => rejection(object.cross_shared(Promise.resolve())),
    ]) {
      throwing('one');
      const object = new Crossed();
      assert.equal(await call(object), 'one');
      assert.equal(recovery.isPoisoned(object), false);
      assert.equal(object.get(), 1);
      object.charge = new Charge(false);
      assert.equal(object.get(), 1, 'a writer gets in');
      freed(object);
    }
  });

  test('on_panic = "keep" keeps', () => {
    throwing('one');
    const object = new Crossed();
    assert.equal(thrown(() => object.cross_kept()), 'one');
    assert.equal(object.get(), 2);
    freed(object);
  });

  test('an exception from the destructor of a field that a setter replaces', () => {
    throwing('one');
    const object = new Crossed();
    object.charge = new Charge(true);
    assert.equal(thrown(() => { object.charge = new Charge(false); }), 'one');
    poisonedNotLocked(object);
    freed(object);
  });

  test('an exception poisons &mut arguments, keeps & arguments and locks none', async () => {
    for (const call of [
      (/** @type {any[]} */ ...[one, other, third]) => thrown(() => one.cross_both_now(other, third)),
      (/** @type {any[]} */ ...[one, other, third]) => rejection(one.cross_both(other, third, Promise.resolve())),
    ]) {
      throwing('one');
      const [one, other, third] = [new Crossed(), new Crossed(), new Crossed()];
      assert.equal(await call(one, other, third), 'one');
      poisonedNotLocked(one);
      poisonedNotLocked(other);
      assert.equal(recovery.isPoisoned(third), false);
      third.charge = new Charge(false);
      freed(one, other, third);
    }
    throwing('one');
    const [one, other] = [new Crossed(), new Crossed()];
    assert.equal(thrown(() => pkg.cross_lent(one, other)), 'one');
    poisonedNotLocked(one);
    assert.equal(recovery.isPoisoned(other), false);
    other.charge = new Charge(false);
    freed(one, other);
  });

  test('an exception from a destructor between objects of a refused call', async () => {
    for (const call of [
      (/** @type {any[]} */ ...args) => thrown(() => pkg.cross_refused(...args)),
      // The call throws, although it returns a promise: the exception comes before the promise exists.
      (/** @type {any[]} */ ...args) => thrown(() => pkg.cross_refused_later(...args)),
    ]) {
      throwing('one');
      const [first, second, gone] = [new Crossed(), new Crossed(), new Crossed()];
      freed(gone);
      throwing('one');
      assert.equal(call(first, new Charge(true), second, gone), 'one');
      for (const object of [first, second]) {
        assert.equal(recovery.isPoisoned(object), false, 'the body never had it');
        object.charge = new Charge(false);
      }
      assert.equal(await settles(pkg.halve(8)), 4, 'ticks go on');
      freed(first, second);
    }
  });

  test('an exception from a destructor before an object of a refused call', () => {
    for (const call of [pkg.spike_refused, pkg.spike_refused_later]) {
      throwing('one');
      const [object, gone] = [new Crossed(), new Crossed()];
      freed(gone);
      throwing('one');
      assert.equal(thrown(() => call(new pkg.Spike(), object, gone)), 'one');
      assert.equal(recovery.isPoisoned(object), false);
      object.charge = new Charge(false);
      freed(object);
    }
  });

  // In optimised builds such an exception skips frames, and what they held is lost.
  test('calls that an exception leaves before they have a promise leak nothing', { skip: !debug }, () => {
    throwing('one');
    const [object, gone] = [new Crossed(), new Crossed()];
    freed(gone);
    throwing('one');
    /** @param {number} times */
    const kept = (times) => {
      const before = pkg.probe.liveBlocks();
      for (let n = 0; n < times; n += 1) {
        assert.equal(thrown(() => pkg.spike_refused_later(new pkg.Spike(), object, gone)), 'one');
      }
      return pkg.probe.liveBlocks() - before;
    };
    kept(10);
    const blocks = kept(100);
    assert.ok(blocks < 50, `${blocks} blocks are kept`);
    object.charge = new Charge(false);
    freed(object);
  });

  test("an exception from an argument's destructor, in a call cancelled before it began", async () => {
    throwing('one');
    const controller = new AbortController();
    const [first, second, last] = [new Crossed(), new Crossed(), new Crossed()];
    const promise = pkg.cross_refused_later(first, new Charge(true), second, last, controller.signal);
    controller.abort('stop');
    assert.equal(await rejection(promise), 'one');
    for (const object of [first, second, last]) {
      assert.equal(recovery.isPoisoned(object), false);
      object.charge = new Charge(false);
    }
    freed(first, second, last);
  });

  test('a destructor that makes calls, in a call cancelled before it began', async () => {
    /** @type {Promise<number>[]} */
    const begun = [];
    importing(() => { begun.push(pkg.add_later(Promise.resolve(1), 1), pkg.add_later(Promise.resolve(2), 1)); });
    const [first, second, last] = [new Crossed(), new Crossed(), new Crossed()];
    const controller = new AbortController();
    const promise = pkg.cross_refused_later(first, new Charge(true), second, last, controller.signal);
    controller.abort('stop');
    assert.equal(await rejection(promise), 'stop');
    assert.deepEqual(await settles(Promise.all(begun)), [2, 3], 'each call has its own promise');
    freed(first, second, last);
  });

  test('a destructor that makes calls, in a refused call', async () => {
    /** @type {Promise<number>[]} */
    const begun = [];
    importing(() => {
      begun.push(pkg.add_later(Promise.resolve(1), 1));
      pkg.spawn_calling(Promise.resolve(5), (/** @type {any} */ value) => { spawned = value; });
    });
    let spawned;
    const [first, second, gone] = [new Crossed(), new Crossed(), new Crossed()];
    gone.free();
    assert.ok(await rejection(pkg.cross_refused_later(first, new Charge(true), second, gone)) instanceof StaleHandleError);
    assert.deepEqual(await settles(Promise.all(begun)), [2]);
    await turn();
    assert.equal(spawned, 5);
    freed(first, second);
  });

  test('after an exception in a consuming call or free() the handle is stale', () => {
    throwing('one');
    const object = new Crossed();
    assert.equal(thrown(() => object.cross_ended()), 'one');
    assert.throws(() => object.get(), StaleHandleError);
    const charge = new Charge(true);
    assert.equal(thrown(() => charge.free()), 'one');
    assert.throws(() => charge.free(), StaleHandleError);
    const holding = new Crossed();
    holding.charge = new Charge(true);
    assert.equal(thrown(() => holding.free()), 'one');
    assert.throws(() => holding.get(), StaleHandleError);
    assert.equal(new Crossed().get(), 1);
  });

  test('an exception without a caller goes to the listeners', async () => {
    const told = /** @type {any[]} */ ([]);
    const stop = recovery.onPanic((/** @type {any} */ error) => told.push(error));
    const value = { own: 1 };
    throwing(value);
    pkg.thrown_detached(Promise.resolve());
    await turn();
    stop();
    assert.equal(told.length, 1);
    assert.ok(told[0] instanceof PanicError);
    assert.equal(told[0].cause, value);
  });

  test('an exception from the destructor of a cancelled future', async () => {
    throwing('one');
    const controller = new AbortController();
    const promise = pkg.thrown_cancelled(never, controller.signal);
    await turn();
    controller.abort('stop');
    assert.equal(await rejection(promise), 'one', 'it takes the place of the reason');
    const object = new Crossed();
    const second = new AbortController();
    const holding = object.cross_cancelled(never, second.signal);
    await turn();
    second.abort('stop');
    assert.equal(await rejection(holding), 'one');
    poisonedNotLocked(object);
    freed(object);
  });

  test('a future that an exception left is never dropped in its last awaited state', async () => {
    throwing('one');
    const alive = () => pkg.probe.made() - pkg.probe.dropped();
    const before = alive();
    for (let n = 0; n < 20; n += 1) assert.equal(await rejection(pkg.thrown_opaquely(Promise.resolve())), 'one');
    assert.equal(alive(), before, 'what it had dropped is not dropped again');
    const calls = Array.from({ length: 40 }, (_, n) => pkg.add_later(new Promise((resolve) => setImmediate(resolve, n)), 1));
    assert.deepEqual(await settles(Promise.all(calls)), calls.map((_, n) => n + 1));
  });

  test('an exception crosses three levels of Rust and JavaScript', async () => {
    for (const value of VALUES) {
      const objects = [new Crossed(), new Crossed(), new Crossed()];
      let level = 0;
      importing(() => {
        level += 1;
        if (level < objects.length) objects[level].cross_now();
        else throw value;
      });
      assert.ok(Object.is(thrown(() => objects[0].cross_now()), value));
      assert.equal(level, 3);
      importing(() => {});
      objects.forEach(poisonedNotLocked);
      freed(...objects);
    }
    // The same from a tick; the promise of the innermost call rejects too.
    const [outer, inner] = [new Crossed(), new Crossed()];
    let level = 0;
    importing(() => { level += 1; if (level === 1) inner.cross_now(); else throw VALUES[0]; });
    assert.equal(await rejection(outer.cross(Promise.resolve())), VALUES[0]);
    importing(() => {});
    poisonedNotLocked(outer);
    poisonedNotLocked(inner);
    freed(outer, inner);
  });

  test('JavaScript between two levels of Rust may catch the exception', () => {
    const [outer, inner] = [new Crossed(), new Crossed()];
    let level = 0;
    importing(() => {
      level += 1;
      if (level === 2) throw new Error('inner');
      assert.equal(thrown(() => inner.cross_now()).message, 'inner');
    });
    assert.equal(outer.cross_now(), 2);
    assert.equal(recovery.isPoisoned(outer), false);
    importing(() => {});
    poisonedNotLocked(inner);
    freed(outer, inner);
  });

  test('the object is busy while the exception is in flight, and refuses calls', () => {
    const object = new Crossed();
    importing(() => {
      assert.ok(thrown(() => object.get()) instanceof BusyError);
      throw thrown(() => object.cross_now());
    });
    assert.ok(thrown(() => object.cross_now()) instanceof BusyError, 'the very error of the inner call');
    poisonedNotLocked(object);
    freed(object);
  });

  test('calls that are queued behind it reject', async () => {
    throwing('one');
    const object = new Crossed();
    const gate = later();
    const calls = [object.cross_queued(gate.promise), object.cross_queued(gate.promise), object.cross_queued(gate.promise)];
    const ends = Promise.all(calls.map(rejection));
    gate.resolve();
    const [first, ...rest] = await ends;
    assert.equal(first, 'one');
    for (const error of rest) assert.ok(error instanceof PoisonedError);
    poisonedNotLocked(object);
    freed(object);
  });

  test('an exception in one task does not keep the tick from polling others', async () => {
    throwing('one');
    const gate = later();
    const calls = Array.from({ length: 20 }, (_, n) => (n % 3 === 0 ? pkg.thrown_later(gate.promise) : pkg.add_later(gate.promise, 1)));
    const ends = Promise.allSettled(calls);
    gate.resolve(1);
    const states = (await settles(ends)).map((end) => (end.status === 'fulfilled' ? end.value : end.reason));
    assert.deepEqual(states, calls.map((_, n) => (n % 3 === 0 ? 'one' : 2)));
  });

  // The landing pad sees that a panic unwinds, but not whether the panic or the exception left the call.
  test('a call made while a panic unwinds, and left by an exception: its object stays busy', async () => {
    const fresh = (await load('fixture-async')).pkg;
    throwing('one');
    const object = new fresh.Crossed();
    let inner;
    const error = thrown(() => fresh.calls_unwinding(() => { inner = thrown(() => object.cross_now()); }));
    assert.ok(error instanceof fresh.PanicError);
    assert.equal(error.message, 'before the call');
    assert.equal(inner, 'one');
    assert.ok(thrown(() => object.get()) instanceof fresh.BusyError, 'where this fails it is mended');
    assert.equal(new fresh.Crossed().get(), 1);
    const other = new fresh.Crossed();
    assert.equal(thrown(() => other.cross_now()), 'one');
    assert.ok(fresh.recovery.isPoisoned(other), 'once the panic is over, all is well');
  });

  test('a call made while a panic unwinds, and left by a panic', () => {
    const object = new Crossed();
    let inner = /** @type {any} */ (undefined);
    const error = thrown(() => pkg.calls_unwinding(() => { inner = thrown(() => object.panic_now()); }));
    assert.equal(error.message, 'before the call');
    assert.equal(inner.message, 'in the call');
    assert.equal(thrown(() => object.get()).cause, inner);
    recovery.clearPoison(object);
    freed(object);
  });

  test('an exception from a destructor during a panic: std believes that the panic never ended', async () => {
    const fresh = (await load('fixture-async')).pkg;
    throwing('one');
    const left = thrown(() => fresh.thrown_unwinding());
    throwing('two');
    if (debug) {
      // If an exception leaves a destructor that std runs during cleanup, std aborts.
      isDeath(fresh, left);
      return;
    }
    const object = new fresh.Crossed();
    assert.equal(left, 'one');
    assert.equal(object.get(), 1, 'calls work');
    assert.ok(thrown(() => object.panic_now()) instanceof fresh.PanicError, 'panics are caught');
    fresh.recovery.clearPoison(object);
    assert.equal(thrown(() => object.cross_now()), 'two');
    assert.ok(thrown(() => object.get()) instanceof fresh.BusyError, 'where this fails it is mended');
  });

  test('in plain wasm-bindgen the object stays locked forever and the promise never settles', async () => {
    const fresh = (await load('fixture-async')).pkg;
    throwing('one');
    const plain = new fresh.PlainCrossed();
    assert.equal(thrown(() => plain.cross_now()), 'one');
    if (!debug) {
      assert.match(String(thrown(() => plain.get())), /recursive use of an object/);
      assert.match(String(thrown(() => plain.free())), /recursive use|attempted to take ownership/);
    }
    const states = ['pending', 'pending'];
    /** @type {unknown[]} */
    const surfaced = [];
    const others = process.listeners('uncaughtException');
    for (const other of others) process.off('uncaughtException', other);
    process.on('uncaughtException', (error) => surfaced.push(error));
    fresh.plain_thrown_later(Promise.resolve()).then(() => { states[0] = 'settled'; }, () => { states[0] = 'settled'; });
    fresh.thrown_later(Promise.resolve()).then(() => { states[1] = 'settled'; }, () => { states[1] = 'settled'; });
    for (let n = 0; n < 20; n += 1) await turn();
    assert.deepEqual(states, ['pending', 'settled']);
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
    assert.deepEqual(surfaced, ['one'], 'and it surfaces without a caller');
  });
}

test('no unexpected failure surfaced', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
