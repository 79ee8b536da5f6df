// @ts-check
// Marked imports: what JavaScript throws unwinds through Rust, and reaches the caller as
// the very same value. Imports that are not marked are in unmarked.test.mjs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { answers, measure, thrown, throwsClass } from './support.mjs';

const { pkg, wasm } = await load('fixture-imports');
const { Counter, Tally, probe, recovery } = pkg;
// Where nothing unwinds, each exception that Rust does not handle is the end of an instance.
recovery.setRestartLimit({ restarts: unwind ? 5 : Infinity, period: 10_000 });

/** What JavaScript may throw: identity is all that is asked of it. */
const errors = [
  new Error('an error'), new TypeError('of a class'), 'a text', '', 7, NaN, 0n, true, null, undefined,
  Symbol('unique'), { plain: 'object' }, () => undefined, Object.freeze([1]),
];
/** @param {unknown} value @returns {() => any} */
const throwing = (value) => () => { throw value; };
const fails = throwing(new Error('from JavaScript'));
const nothing = () => undefined;

/** @param {unknown} value @param {() => unknown} call */
function throwsSame(value, call) {
  const error = thrown(call);
  assert.ok(Object.is(error, value), `${String(value)}, not ${String(error?.stack ?? error)}`);
}

const thing = pkg.thing_new(nothing);
const other = pkg.other_new(nothing);

/** Rust functions, each with an import of one type, and what the import gives. */
const returns = {
  unit: undefined, number: 7, text: 'text', bytes: new Uint8Array([1, 2]), option: undefined, value: { some: 'value' }, thing,
};
/** Calls that throw `error` out of an import of each shape. @type {Record<string, (error: unknown) => unknown>} */
const shapes = {
  ...Object.fromEntries(Object.keys(returns).map((name) => [name, (/** @type {unknown} */ error) => pkg[name](throwing(error))])),
  'a constructor': (error) => pkg.thing_new(throwing(error)),
  static: (error) => pkg.thing_make(throwing(error)),
  method: (error) => pkg.thing_run(thing, throwing(error)),
  getter: (error) => withAccess(error, () => pkg.thing_size(thing)),
  setter: (error) => withAccess(error, () => pkg.thing_set_size(thing, 1)),
  symbol: (error) => withAccess(error, () => pkg.thing_primitive(thing)),
  namespace: (error) => pkg.namespaced(throwing(error)),
  variadic: (error) => pkg.variadic(throwing(error), [1, 2]),
  inline: (error) => pkg.ticks(throwing(error)),
  'indexing getter': (error) => pkg.other_get(trap('get', error)),
  'indexing setter': (error) => pkg.other_set(trap('set', error), 1),
  'indexing deleter': (error) => pkg.other_delete(trap('deleteProperty', error)),
  'constructor that catches': (error) => pkg.other_new(throwing(error)),
  'method that catches': (error) => pkg.other_run(other, throwing(error)),
  'function that catches': (error) => pkg.fallible(throwing(error)),
  'function without a value that catches': (error) => pkg.fallible_void(throwing(error)),
};

/** @param {unknown} error @param {() => unknown} call */
function withAccess(error, call) {
  thing.onAccess = throwing(error);
  try {
    return call();
  } finally {
    thing.onAccess = undefined;
  }
}
/** @param {'get' | 'set' | 'deleteProperty'} name @param {unknown} error */
const trap = (name, error) => new Proxy(other, { [name]: throwing(error) });

test("imports that don't throw behave as in wasm-bindgen", () => {
  for (const [name, value] of Object.entries(returns)) {
    assert.deepStrictEqual(pkg[name](() => value), value, name);
  }
  answers(pkg, [
    ['option', [() => 4], 4],
    ['value', [() => null], null],
    ['value', [nothing], undefined],
    ['thing_run', [thing, () => 'run'], 'run'],
    ['thing_size', [thing], 3],
    ['thing_set_size', [thing, 1], undefined],
    ['thing_primitive', [thing], 7],
    ['namespaced', [() => 'word'], 'word'],
    ['static_count', [], 5],
    ['variadic', [nothing, new Uint32Array([1, 2, 3])], 3],
    ['closure', [100], 20 + 21 + 21],
    ['generic', ['text'], 'text'],
    ['texts', ['a'], 'aa'],
    ['fallible', [() => 1], 1],
    ['fallible_void', [nothing], undefined],
    ['parse', ['{"a":1}'], { a: 1 }],
    ['decoded', ['%20'], ' '],
    ['absolute', [-2], 2],
    ['other_run', [other, () => 'other'], 'other'],
  ]);
  pkg.other_set(other, 'set');
  assert.equal(pkg.other_get(other), 'set');
  pkg.other_delete(other);
  assert.equal(pkg.other_get(other), undefined);
  assert.ok(pkg.thing_make(nothing) instanceof thing.constructor);
});

test('functions of one block share the state of its JavaScript module', () => {
  assert.deepEqual([...pkg.ticks(nothing)], [1, 11, 12]);
  thrown(() => pkg.ticks(fails));
  assert.deepEqual([...pkg.ticks(nothing)], [24, 34, 35]);
});

test('what an import throws reaches the caller as the very same value', () => {
  for (const [name, call] of Object.entries(shapes)) {
    for (const error of errors) throwsSame(error, () => call(error));
    assert.ok(true, name);
  }
  // The same holds for what the engine throws.
  assert.ok(thrown(() => pkg.decoded('%')) instanceof URIError);
  assert.ok(thrown(() => pkg.parse('{')) instanceof SyntaxError);
});

test('an exception is not a panic: no hook and no listener is called, and nothing is counted', { skip: !unwind }, async () => {
  const { pkg: fresh } = await load('fixture-imports');
  /** @type {unknown[]} */
  const told = [];
  fresh.recovery.onPanic((/** @type {unknown} */ error) => told.push(error));
  fresh.count_hooks();
  for (const error of errors) throwsSame(error, () => fresh.value(throwing(error)));
  assert.equal(fresh.hooked(), 0);
  assert.deepEqual(told, []);
  assert.equal(fresh.recovery.health().panics, 0);
  // Both hooks run.
  throwsClass(fresh, 'PanicError', () => fresh.panic_in_callback());
  assert.equal(fresh.hooked(), 1);
  assert.equal(told.length, 1);
});

test("in a build that can't unwind an exception ends the instance, and its objects are stale", { skip: unwind }, () => {
  const counter = new Counter(1);
  const { epoch } = pkg.recovery.health();
  throwsSame(1, () => counter.add(throwing(1)));
  assert.equal(throwsClass(pkg, 'StaleHandleError', () => counter.get()).epoch, epoch);
  assert.equal(pkg.recovery.health().epoch, epoch + 1);
  assert.equal(pkg.fallible(() => 1), 1);
});

test('every destructor runs, once', { skip: !unwind }, () => {
  for (const name of Object.keys(returns)) {
    const [made, dropped] = [probe.made(), probe.dropped()];
    for (let i = 0; i < 1_000; i += 1) thrown(() => pkg[name](fails));
    assert.equal(probe.made() - made, 2_000, name);
    assert.equal(probe.dropped() - dropped, 2_000, name);
  }
  const counter = new Counter(1);
  for (let i = 0; i < 1_000; i += 1) {
    thrown(() => pkg.holding('text', new Uint8Array(8), [{}, 1], counter, fails));
  }
  assert.equal(pkg.holding('text', new Uint8Array(8), [{}, 1], counter, nothing), 4 + 8 + 2 + 1);
});

test('an object that was borrowed exclusively is poisoned, with the value as the cause', { skip: !unwind }, () => {
  for (const error of errors) {
    const counter = new Counter(1);
    throwsSame(error, () => counter.add(throwing(error)));
    assert.equal(recovery.isPoisoned(counter), true);
    const refusal = throwsClass(pkg, 'PoisonedError', () => counter.get());
    assert.ok(Object.is(refusal.cause, error), String(error));
    recovery.clearPoison(counter);
    assert.equal(counter.get(), 2);
    assert.equal(counter.add(nothing), 4);
    counter.free();
  }
  const [first, second] = [new Counter(1), new Counter(2)];
  const error = new Error('two');
  throwsSame(error, () => first.with(second, throwing(error)));
  for (const counter of [first, second]) {
    assert.equal(throwsClass(pkg, 'PoisonedError', () => counter.get()).cause, error);
    counter.free();
  }
});

test('an object that is kept, or borrowed shared, is as the method left it', { skip: !unwind }, () => {
  const counter = new Counter(1);
  throwsSame(1, () => counter.add_kept(throwing(1)));
  assert.equal(counter.get(), 2);
  throwsSame(2, () => counter.peek(throwing(2)));
  assert.equal(counter.add_kept(nothing), 4);
  counter.free();
});

test('an object that was consumed is stale', { skip: !unwind }, () => {
  const counter = new Counter(1);
  throwsSame(1, () => counter.consume(throwing(1)));
  throwsClass(pkg, 'StaleHandleError', () => counter.get());
});

test('an exception of a marked import crosses three levels of Rust and JavaScript', { skip: !unwind }, () => {
  for (const error of errors) {
    const alive = probe.made() - probe.dropped();
    throwsSame(error, () => pkg.nest(() => pkg.nest(() => pkg.nest(throwing(error)))));
    const counter = new Counter(1);
    throwsSame(error, () => counter.add(() => pkg.value(() => pkg.unit(throwing(error)))));
    assert.ok(Object.is(throwsClass(pkg, 'PoisonedError', () => counter.get()).cause, error));
    counter.free();
    assert.equal(probe.made() - probe.dropped(), alive);
  }
});

test('errors of Rust cross unchanged', { skip: !unwind }, () => {
  /** @type {any} */
  let inside;
  const rust = () => { inside = thrown(() => pkg.panic_in_callback()); throw inside; };
  const outside = throwsClass(pkg, 'PanicError', () => pkg.nest(rust));
  assert.equal(outside, inside);
  assert.match(outside.export, /panic_in_callback$/);
  const counter = new Counter(1);
  throwsClass(pkg, 'BusyError', () => counter.add(() => counter.get()));
  // The import gets a closure's panic as a JavaScript exception.
  assert.match(thrown(() => pkg.closure(10)).message, /past the limit/);
  assert.equal(pkg.closure(100), 62);
});

test('an exception in a destructor reaches the caller', { skip: !unwind }, () => {
  const alive = probe.made() - probe.dropped();
  throwsSame(5, () => pkg.in_drop(throwing(5)));
  assert.equal(probe.made() - probe.dropped(), alive);
});

test('catch_js stops it, and Rust goes on', { skip: !unwind }, () => {
  for (const error of errors) {
    const [first, second] = pkg.caught(throwing(error));
    assert.ok(Object.is(first, error) && Object.is(second, error), String(error));
  }
  assert.deepEqual(pkg.caught(() => 3), [3, 3]);
  const tally = new Tally();
  assert.equal(tally.count(() => 1), 1);
  assert.equal(tally.count(fails), 101);
  assert.equal(tally.count(() => 1), 102);
});

test('catch_js lets a panic pass, which keeps its location', { skip: !unwind }, () => {
  /** @type {any[]} */
  const told = [];
  const off = recovery.onPanic((/** @type {unknown} */ error) => told.push(error));
  const alive = probe.made() - probe.dropped();
  const error = throwsClass(pkg, 'PanicError', () => pkg.panics_inside());
  off();
  assert.deepEqual(told, [error]);
  assert.equal(error.message, 'not JavaScript\'s');
  assert.match(error.location.file, /catching\.rs$/);
  assert.equal(probe.made() - probe.dropped(), alive);
});

test('catch_unwind of the user\'s stops it as well, and may resume it', { skip: !unwind }, () => {
  for (const error of errors) {
    throwsSame(error, () => pkg.resumed(throwing(error)));
    assert.equal(pkg.forgotten(throwing(error)), true);
  }
  assert.equal(pkg.resumed(() => 4), 4);
});

test('exceptions leak nothing', { skip: !unwind }, () => {
  const runs = { ...shapes, caught: (/** @type {unknown} */ error) => pkg.caught(throwing(error)), forgotten: (/** @type {unknown} */ error) => pkg.forgotten(throwing(error)) };
  for (const [name, call] of Object.entries(runs)) {
    const run = () => { try { call(fails); } catch { /* as it should */ } };
    for (let i = 0; i < 100; i += 1) run();
    const before = measure(pkg, wasm);
    for (let i = 0; i < 2_000; i += 1) run();
    assert.deepEqual(measure(pkg, wasm), before, name);
  }
});
