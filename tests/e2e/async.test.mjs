// @ts-check
// Asynchronous exports: every promise settles, by a value or by the same errors as in
// synchronous calls, and what a call held is let go of.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { later, rejection, turn, watchStrays } from './support-async.mjs';
import { dies, place } from './support.mjs';

const { pkg } = await load('fixture-async');
const { BusyError, OddError, PanicError, PoisonedError, Refusal, StaleHandleError, Store, recovery } = pkg;

const strays = watchStrays();

test('values of every kind', async () => {
  assert.equal(await pkg.halve(8), 4);
  assert.equal(await pkg.halve_renamed(8), 4);
  assert.equal(await pkg.add_later(Promise.resolve(3), 4), 7);
  assert.equal(await pkg.nothing(), undefined);
  assert.equal(await pkg.everything('a', 'b', new Uint8Array([1, 2]), 3n, 4.5), 'a b [1, 2] 3 Some(4.5)');
  assert.deepEqual(await pkg.bytes(3), [7, 7, 7].reduce((bytes, byte, n) => { bytes[n] = byte; return bytes; }, new Uint8Array(3)));
  assert.equal(await pkg.big(), 18446744073709551615n);
  assert.equal(await pkg.maybe(true), 'some');
  assert.equal(await pkg.maybe(false), undefined);
  assert.equal(await pkg.asBigAsItGets(5), 5);
  const opened = await Store.open(Promise.resolve(5));
  assert.ok(opened instanceof Store);
  assert.equal(opened.get(), 5);
  const slice = new Uint8Array(2);
  await pkg.fill_later(slice, Promise.resolve());
  assert.deepEqual([...slice], [7, 7]);
});

test('the body runs after the call returned its promise', async () => {
  const store = new Store(1);
  const gate = later();
  const promise = store.add_twice(gate.promise, 1);
  assert.throws(() => store.get(), BusyError, 'but the object is held at once');
  gate.resolve();
  assert.equal(await promise, 3);
  assert.equal(store.get(), 3);
});

test('an Err rejects with its class', async () => {
  assert.equal((await rejection(pkg.halve_renamed(3))).code, (await rejection(pkg.halve(3))).code);
  const error = await rejection(pkg.halve(3));
  assert.ok(error instanceof OddError && error instanceof Refusal);
  assert.equal(error.value, 3);
  const reason = { some: 'reason' };
  assert.equal(await rejection(pkg.rejected_with(Promise.reject(reason))), reason);
});

test('a panic at the first and at a later poll', { skip: !unwind }, async () => {
  for (const [promise, message] of [
    [pkg.panic_first(), 'at the first poll'], [pkg.panic_later(Promise.resolve()), 'at a later poll'],
  ]) {
    const error = await rejection(promise);
    assert.ok(error instanceof PanicError);
    assert.equal(error.message, message);
    assert.equal(error.location.line, place('async/src/calls.rs', `panic!("${message}")`).line);
    assert.match(error.export, /::calls::panic_/);
    // In a package without debug info all modules are one, which the error is made in, too.
    assert.match(error.stack, /at real [^\n]*\n[^\n]*\/(tasks|recover)\.js:/, 'the stack reaches the tick');
  }
  assert.equal(await pkg.halve(8), 4);
});

test('a panic between two changes poisons, or keeps', { skip: !unwind }, async () => {
  const store = new Store(999_998);
  const error = await rejection(store.add_twice(Promise.resolve(), 1));
  assert.equal(error.message, 'too much');
  assert.ok(recovery.isPoisoned(store));
  const refused = await rejection(store.add_twice(Promise.resolve(), 1));
  assert.ok(refused instanceof PoisonedError);
  assert.equal(refused.cause, error);
  assert.throws(() => store.get(), PoisonedError);
  recovery.clearPoison(store);
  assert.equal(store.get(), 1_000_000);

  const kept = new Store(1);
  assert.equal((await rejection(kept.add_kept(Promise.resolve(), 13))).message, 'thirteen');
  assert.equal(kept.get(), 14);
  const shared = new Store(1);
  assert.equal((await rejection(shared.panic_shared(Promise.resolve()))).message, 'under &self');
  assert.equal(shared.get(), 1, 'a panic under &self tears nothing');
});

test('overlapping calls: readers share the object, a writer excludes all others', async () => {
  const store = new Store(1);
  const gate = later();
  const readers = [store.get_later(gate.promise), store.get_later(gate.promise)];
  assert.equal(store.get(), 1);
  assert.ok(await rejection(store.add_twice(gate.promise, 1)) instanceof BusyError);
  assert.throws(() => store.add(1), BusyError);
  assert.throws(() => store.free(), BusyError);
  gate.resolve();
  assert.deepEqual(await Promise.all(readers), [1, 1]);
  const second = later();
  const writer = store.add_twice(second.promise, 1);
  for (const refused of [store.add_twice(second.promise, 1), store.get_later(second.promise)]) {
    const error = await rejection(refused);
    assert.ok(error instanceof BusyError && error.retryable);
  }
  second.resolve();
  assert.equal(await writer, 3);
  assert.equal(store.add(1), 4);
});

test('objects as arguments are held for the whole call', async () => {
  const [store, other, mine] = [new Store(1), new Store(2), new Store(3)];
  const gate = later();
  const promise = store.absorb(other, mine, gate.promise);
  assert.equal(other.get(), 2, 'lent to be read');
  assert.throws(() => other.add(1), BusyError);
  assert.throws(() => mine.get(), BusyError);
  gate.resolve();
  assert.equal(await promise, 3);
  assert.equal(mine.add(1), 1);
  assert.equal(other.add(1), 3);
  if (!unwind) return;
  const eleven = new Store(11);
  const two = new Store(2);
  assert.equal((await rejection(eleven.absorb(two, mine, Promise.resolve()))).message, 'thirteen');
  assert.ok(recovery.isPoisoned(eleven) && recovery.isPoisoned(mine) && !recovery.isPoisoned(two));
});

test('a call that consumes its object', async () => {
  const store = new Store(5);
  const promise = store.end(Promise.resolve());
  assert.throws(() => store.get(), StaleHandleError);
  assert.equal(await promise, 5);
  assert.ok(await rejection(store.end(Promise.resolve())) instanceof StaleHandleError);
  assert.ok(await rejection(store.get_later(Promise.resolve())) instanceof StaleHandleError);
});

test('queued calls run in order, and a failing call stalls none', { skip: !unwind }, async () => {
  const store = new Store(0);
  const order = /** @type {number[]} */ ([]);
  const gates = [1, 2, 13, 4].map((by) => ({ by, ...later() }));
  const calls = gates.map(({ promise, by }) => store.add_queued(promise, by).then(
    (/** @type {number} */ value) => { order.push(by); return value; },
    (/** @type {any} */ error) => { order.push(-by); return error; },
  ));
  const reader = store.getQueued();
  assert.throws(() => store.get(), BusyError, 'a synchronous call is not queued');
  for (const gate of [...gates].reverse()) gate.resolve();
  const [one, three, thirteen, four] = await Promise.all(calls);
  assert.deepEqual([one, three], [1, 3]);
  assert.equal(thirteen.message, 'thirteen');
  assert.ok(four instanceof PoisonedError, 'the panic poisoned it, those behind are told so');
  assert.deepEqual(order, [1, 2, -13, -4]);
  assert.ok(await rejection(reader) instanceof PoisonedError);
  recovery.clearPoison(store);
  assert.equal(await store.getQueued(), 16);
});

test('a queued call waits for calls that are not queued', async () => {
  const store = new Store(0);
  const gate = later();
  const held = store.get_later(gate.promise);
  const queued = store.add_queued(Promise.resolve(), 2);
  assert.equal(await store.getQueued().constructor, Promise);
  await turn();
  gate.resolve();
  assert.equal(await held, 0);
  assert.equal(await queued, 2);
  const freed = new Store(1);
  const blocked = later();
  const first = freed.add_queued(blocked.promise, 1);
  const second = freed.add_queued(Promise.resolve(), 1);
  assert.throws(() => freed.free(), BusyError);
  blocked.reject(7);
  assert.equal(await rejection(first), 7);
  assert.equal(await second, 3);
});

test('detached tasks', async () => {
  const gate = later();
  const { made, dropped } = pkg.probe;
  const value = await new Promise((resolve) => { pkg.spawn_calling(gate.promise, resolve); gate.resolve(5); });
  assert.equal(value, 5);
  await turn();
  assert.equal(made(), dropped() + liveStores());
  if (!unwind) return;
  const told = /** @type {any[]} */ ([]);
  const stop = recovery.onPanic((/** @type {any} */ error) => told.push(error));
  pkg.spawn_panicking();
  await turn();
  stop();
  assert.deepEqual(told.map((error) => error.message), ['in a task']);
});

/** Tokens of objects that the tests above did not free. */
function liveStores() {
  return pkg.probe.made() - pkg.probe.dropped();
}

test('futures of other executors and several promises of one task', async () => {
  assert.equal(await pkg.through_js_sys(Promise.resolve(5)), 5);
  assert.equal(await rejection(pkg.through_js_sys(Promise.reject(6))), 6);
  assert.equal(await pkg.first_of(new Promise(() => {}), Promise.resolve(7)), 7);
  assert.equal(await pkg.first_of(Promise.resolve(8), new Promise(() => {})), 8);
  assert.equal(await pkg.rejected_with(/** @type {any} */ (9)), 9, 'what is no promise');
  assert.equal(await pkg.rejected_with(/** @type {any} */ ({ then: (/** @type {any} */ f) => f(10) })), 10, 'a thenable');
});

test('the end of an instance rejects calls under way and calls that wait for an object', async () => {
  const fresh = (await load('fixture-async')).pkg;
  const [store, never] = [new fresh.Store(1), new Promise(() => {})];
  const calls = [
    fresh.cancellable(never), store.add_queued(never, 1), store.add_queued(undefined, 1), store.getQueued(),
    fresh.nothing(), ...Array.from({ length: 20 }, () => fresh.rejected_with(never)),
  ];
  const settled = calls.map(rejection);
  dies(fresh, () => fresh.trap());
  for (const [index, call] of settled.entries()) {
    const error = await call;
    // Calls that wait begin in the next instance, where this object does not exist.
    const expected = index === 2 || index === 3 ? fresh.StaleHandleError : fresh.InstanceAbortedError;
    assert.ok(error instanceof expected, `${index}: ${error}`);
  }
  await fresh.nothing();
});

test('no unexpected failure surfaced', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
