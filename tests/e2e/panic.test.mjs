// @ts-check
// What a caller gets of a panic: its fields, payloads and locations.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { dies, place, thrown, throwsClass } from './support.mjs';

const { pkg } = await load('fixture-core');

/** @param {() => unknown} call */
const panics = (call) => throwsClass(pkg, 'PanicError', call);

if (unwind) {
  test('the fields of a PanicError', () => {
    const error = panics(() => pkg.panic_formatted(3));
    const at = place('core/src/panics.rs', 'panic!("formatted {n}")');
    assert.equal(error.message, 'formatted 3');
    assert.match(error.location.file, /core[/\\]src[/\\]panics\.rs$/);
    assert.deepEqual({ ...error.location }, { file: error.location.file, ...at });
    assert.equal(error.export, 'fixture_core::panics::panic_formatted');
    assert.equal(error.kind, 'panic');
    assert.equal(error.code, 'E_PANIC');
    assert.equal(error.fatal, false);
    assert.equal(error.retryable, false);
    assert.equal(error.name, 'PanicError');
    assert.equal(error.cause, undefined);
    assert.ok(!('cause' in error));
    assert.match(error.stack, /^PanicError: formatted 3\n/);
    for (const name of ['PanicError', 'RecoverError']) assert.ok(error instanceof pkg[name]);
    for (const name of ['BusyError', 'OutOfMemoryError', 'PoisonedError']) assert.ok(!(error instanceof pkg[name]));
    assert.ok(error instanceof Error);
    assert.equal(Reflect.get(error, Symbol.for('recover.error')), true);
    assert.equal(pkg.add(1, 2), 3);
  });

  test('the stack of a PanicError reaches the JavaScript that called', () => {
    function theCallerOfRust() {
      return panics(() => pkg.panic_formatted(3));
    }
    assert.match(theCallerOfRust().stack, /theCallerOfRust/);
    assert.equal(Error.stackTraceLimit, 10, 'the limit is as it was');
  });

  test('toJSON has every field of the error', () => {
    const error = panics(() => pkg.panic_formatted(4));
    const { name, message, code, kind, fatal, retryable, location, stack } = error;
    assert.deepEqual(JSON.parse(JSON.stringify(error)), {
      name, message, code, kind, fatal, retryable, location: { ...location }, stack, export: error.export,
    });
    const cause = new TypeError('inner');
    const json = JSON.parse(JSON.stringify(panics(() => pkg.panic_value(cause))));
    assert.deepEqual(json.cause, { name: 'TypeError', message: 'inner' });
  });

  test("toJSON of a cause that JSON can't represent", () => {
    const circle = /** @type {any} */ ({});
    circle.circle = circle;
    for (const cause of [1n, circle]) {
      const error = panics(() => pkg.panic_value(cause));
      assert.equal(error.cause, cause);
      assert.equal(JSON.parse(JSON.stringify(error)).message, error.message);
    }
  });

  test('a panic with a payload of any type', () => {
    assert.equal(panics(() => pkg.panic_static()).message, 'a static text');
    assert.equal(panics(() => pkg.panic_string('own € text')).message, 'own € text');
    assert.equal(panics(() => pkg.panic_string('')).message, '');
    const number = panics(() => pkg.panic_number());
    assert.equal(number.message, 'panic with a payload that is not a string');
    assert.equal(number.location.line, place('core/src/panics.rs', 'panic_any(7_u32)').line);
    assert.equal(number.cause, undefined);
    const value = { own: 1 };
    const thrownValue = panics(() => pkg.panic_value(value));
    assert.equal(thrownValue.cause, value);
    assert.equal(thrownValue.message, 'panic with a JavaScript value');
    assert.equal(panics(() => pkg.panic_value(null)).cause, null);
    assert.match(panics(() => pkg.index(5)).message, /^index out of bounds: the len is 2 but the index is 5$/);
  });

  test('a payload whose drop panics', () => {
    const before = pkg.probe.made() - pkg.probe.dropped();
    for (let round = 0; round < 3; round += 1) {
      const error = panics(() => pkg.panic_with_bomb());
      assert.equal(error.message, 'panic with a payload that is not a string');
      assert.equal(error.location.line, place('core/src/panics.rs', 'panic_any(DropBomb(').line);
    }
    assert.equal(pkg.probe.made() - pkg.probe.dropped(), before, 'its fields are dropped');
    assert.equal(pkg.add(1, 1), 2);
  });

  test('panics in constructors, static methods, getters and setters', () => {
    const { Counter } = pkg;
    const made = panics(() => new Counter(13));
    assert.equal(made.export, 'fixture_core::counter::Counter::new');
    assert.match(made.message, /unlucky/);
    assert.equal(panics(() => Counter.many(14)).export, 'fixture_core::counter::Counter::many');
    const counter = new Counter(666);
    const read = panics(() => counter.doubled);
    assert.equal(read.export, 'fixture_core::counter::Counter::doubled');
    assert.match(read.message, /beastly property/);
    assert.equal(counter.value, 666, '&self keeps');
    const set = panics(() => { counter.doubled = 3; });
    assert.equal(set.export, 'fixture_core::counter::Counter::set_doubled');
    throwsClass(pkg, 'PoisonedError', () => counter.value);
    counter.free();
  });

  test('a panic in the drop of an object that is freed', () => {
    for (const end of ['free', Symbol.dispose]) {
      const bomb = new pkg.Bomb(true);
      const error = panics(() => bomb[end]());
      assert.equal(error.message, 'boom');
      assert.equal(error.location.line, place('core/src/panics.rs', '"boom"').line);
      throwsClass(pkg, 'StaleHandleError', () => bomb.tick());
      throwsClass(pkg, 'StaleHandleError', () => bomb.free());
      bomb[Symbol.dispose]();
    }
    const { made, dropped } = pkg.probe;
    assert.equal(made() - dropped(), 0, 'its fields are dropped');
  });

  test('a panic in the drop of an argument', () => {
    const error = panics(() => pkg.drop_bomb(new pkg.Bomb(true)));
    assert.equal(error.message, 'boom');
    assert.equal(error.export, 'fixture_core::panics::drop_bomb');
    assert.equal(panics(() => pkg.drop_bombs([new pkg.Bomb(true), new pkg.Bomb(false)])).message, 'boom');
    const held = new pkg.Bomb(true);
    assert.equal(panics(() => pkg.replace_bomb(held)).message, 'boom');
    throwsClass(pkg, 'PoisonedError', () => held.tick());
    held.free();
    assert.equal(pkg.probe.made() - pkg.probe.dropped(), 0);
  });

  test('an argument that is given twice is dropped, and a panic in its drop is not reported', () => {
    const stale = new pkg.Bomb(false);
    stale.free();
    const armed = new pkg.Bomb(true);
    throwsClass(pkg, 'StaleHandleError', () => pkg.bomb_and(armed, stale));
    armed.tick();
    throwsClass(pkg, 'StaleHandleError', () => pkg.bombs_and(armed, armed));
    throwsClass(pkg, 'StaleHandleError', () => armed.tick());
    assert.equal(pkg.probe.made() - pkg.probe.dropped(), 0);
  });

  test('a drop that panics in an element that is in a Vec<T> twice', () => {
    const stale = new pkg.Bomb(false);
    stale.free();
    const armed = new pkg.Bomb(true);
    assert.ok(thrown(() => pkg.drop_bombs([armed, stale])) instanceof pkg.RecoverError);
    armed.tick();
    assert.ok(thrown(() => pkg.drop_bombs([armed, armed])) instanceof pkg.RecoverError);
    assert.equal(pkg.add(1, 1), 2);
    assert.equal(pkg.drop_bombs([]), 0);
    assert.equal(pkg.probe.made() - pkg.probe.dropped(), 0);
  });

  test('a listener of onPanic gets every panic once', async () => {
    const { pkg: fresh } = await load('fixture-core');
    /** @type {unknown[]} */
    const told = [];
    const stop = fresh.recovery.onPanic((/** @type {unknown} */ error) => told.push(error));
    const stopTwin = fresh.recovery.onPanic((/** @type {any} */ error) => told.push(error.message));
    const error = throwsClass(fresh, 'PanicError', () => fresh.panic_static());
    assert.deepEqual(told, [error, 'a static text']);
    assert.equal(told[0], error);
    stopTwin();
    stopTwin();
    assert.equal(thrown(() => fresh.panic_static()), told[2]);
    thrown(() => fresh.halve(3));
    stop();
    thrown(() => fresh.panic_static());
    assert.equal(told.length, 3);
    assert.equal(fresh.recovery.health().panics, 3);
    assert.throws(() => fresh.recovery.onPanic(1), TypeError);
  });

  test('what a listener throws replaces no error and surfaces as its own', { timeout: 5_000 }, async () => {
    const { pkg: fresh } = await load('fixture-core');
    const fault = new Error('of the listener');
    let after = 0;
    const stop = fresh.recovery.onPanic(() => { throw fault; });
    fresh.recovery.onPanic(() => { after += 1; });
    const surfaced = /** @type {Promise<unknown>} */ (new Promise((resolve) => {
      process.prependOnceListener('uncaughtException', resolve);
    }));
    const others = process.listeners('uncaughtException').slice(1);
    for (const other of others) process.off('uncaughtException', other);
    throwsClass(fresh, 'PanicError', () => fresh.panic_static());
    assert.equal(await surfaced, fault);
    for (const other of others) process.on('uncaughtException', other);
    assert.equal(after, 1, 'the other listener is told');
    stop();
  });

  test('a listener that calls in finds the object busy and all others usable', () => {
    const counter = new pkg.Counter(4294967295);
    /** @type {unknown[]} */
    const seen = [];
    const stop = pkg.recovery.onPanic(() => {
      seen.push(throwsClass(pkg, 'BusyError', () => counter.value).name, pkg.add(1, 2));
    });
    panics(() => counter.add(1));
    stop();
    assert.deepEqual(seen, ['BusyError', 3]);
    throwsClass(pkg, 'PoisonedError', () => counter.value);
    counter.free();
  });

  test('panics nested through JavaScript keep their identity', () => {
    /** @type {any} */
    let inner;
    const outer = panics(() => pkg.call_back_or_panic(() => {
      inner = panics(() => pkg.panic_formatted(1));
      throw inner;
    }));
    assert.equal(outer.cause, inner);
    assert.notEqual(outer, inner);
    assert.equal(inner.location.line, place('core/src/panics.rs', 'panic!("formatted {n}")').line);
    assert.equal(outer.location.line, place('core/src/panics.rs', 'unwrap_or_else(|error| panic_any(error))').line);
    const passed = thrown(() => pkg.call_back(() => { throw inner; }));
    assert.equal(passed, inner, 'an Err is the very same value');
    assert.equal(pkg.probe.made() - pkg.probe.dropped(), 0);
    let depth = 0;
    /** @returns {unknown} */
    const recurse = () => {
      depth += 1;
      return depth < 5 ? pkg.call_back(recurse) : pkg.panic_formatted(depth);
    };
    assert.equal(panics(() => pkg.call_back(recurse)).message, 'formatted 5');
    assert.equal(pkg.probe.made() - pkg.probe.dropped(), 0);
  });

  test('a panic inside another call leaves that call and its object alone', () => {
    const outer = new pkg.Reentrant(1);
    const inner = new pkg.Counter(4294967295);
    assert.equal(outer.under_exclusive(() => panics(() => inner.add(1)).name), 'PanicError');
    assert.equal(pkg.recovery.isPoisoned(outer), false);
    assert.equal(pkg.recovery.isPoisoned(inner), true);
    assert.equal(outer.read(), 2);
    const error = panics(() => outer.rethrow_by_panic(() => inner.value));
    assert.equal(error.cause.name, 'PoisonedError');
    assert.equal(throwsClass(pkg, 'PoisonedError', () => outer.read()).cause, error);
    outer.free();
    inner.free();
  });

  // If std aborts, the instance ends, and the next one serves the calls.
  for (const [what, name] of [
    ['a panic in a drop while a panic unwinds', 'panic_while_unwinding'],
    ['a panic in Display while a payload is formatted', 'panic_with_bad_display'],
  ]) {
    test(`${what} ends the instance, and the next call works`, async () => {
      const { pkg: fresh } = await load('fixture-core');
      dies(fresh, () => fresh[String(name)]());
      assert.equal(fresh.add(1, 2), 3);
      const { pkg: other } = await load('fixture-core');
      assert.equal(other.add(1, 2), 3, 'another instance is not concerned');
    });
  }
} else {
  test('a panic ends the instance, whose objects are stale, and the next call works', async () => {
    const { pkg: fresh } = await load('fixture-core');
    const counter = new fresh.Counter(4294967295);
    const error = dies(fresh, () => counter.add(1));
    assert.ok(error instanceof fresh.PanicError);
    assert.match(error.location.file, /fixtures\/core/);
    const stale = throwsClass(fresh, 'StaleHandleError', () => counter.get());
    assert.deepEqual([stale.class, stale.epoch], ['Counter', 0]);
    assert.equal(fresh.add(1, 2), 3);
    assert.equal(new fresh.Counter(1).get(), 1);
  });
}
