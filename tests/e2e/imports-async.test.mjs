// @ts-check
// Imports that return a promise: what they throw and what the promise rejects with both unwind,
// and the caller's promise rejects with the same value.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { measure, throwsClass } from './support.mjs';

const { pkg, wasm } = await load('fixture-imports');
const { Counter, probe, recovery } = pkg;
// Where nothing unwinds, each exception that Rust does not handle is the end of an instance.
recovery.setRestartLimit({ restarts: unwind ? 5 : Infinity, period: 10_000 });

/** Failures that nobody asked for, in the whole run. @type {unknown[]} */
const strays = [];
process.on('uncaughtException', (error) => strays.push(error));
process.on('unhandledRejection', (reason) => strays.push(reason));

const errors = [new Error('an error'), 'a text', 0, null, undefined, Symbol('unique'), { plain: 'object' }];
const thing = pkg.thing_new(() => undefined);
/** The three ways to fail. @type {Record<string, (error: unknown) => () => any>} */
const ways = {
  throws: (error) => () => { throw error; },
  rejects: (error) => () => Promise.reject(error),
  'rejects later': (error) => () => new Promise((_, reject) => { setImmediate(reject, error); }),
};

/** @param {Promise<unknown>} promise @returns {Promise<any>} */
async function rejection(promise) {
  assert.ok(promise instanceof Promise);
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  assert.fail(`fulfilled with ${String(value)}`);
}
/** @param {unknown} error @param {Promise<unknown>} promise */
async function rejectsSame(error, promise) {
  const reason = await rejection(promise);
  assert.ok(Object.is(reason, error), `${String(error)}, not ${String(reason?.stack ?? reason)}`);
}

const kinds = ['async_unit', 'async_number', 'async_text', 'async_value', 'async_thing', 'async_caught'];
/** @type {Record<string, (f: () => unknown) => Promise<unknown>>} */
const calls = Object.fromEntries(kinds.map((name) => [name, (f) => pkg[name](f)]));
calls.method = (f) => pkg.async_method(thing, f);
calls['a synchronous import first'] = (f) => pkg.around(f, Promise.resolve(), () => undefined);
calls['a synchronous import after a wait'] = (f) => pkg.around(() => undefined, Promise.resolve(), f);

test('an async import gives the value of the promise', async () => {
  const later = (/** @type {unknown} */ value) => () => Promise.resolve(value);
  assert.equal(await pkg.async_unit(later(3)), undefined);
  assert.equal(await pkg.async_number(later(3)), 3);
  assert.equal(await pkg.async_number(() => 3), 3, 'as in JavaScript, no promise is needed');
  assert.equal(await pkg.async_text(later('text')), 'text');
  assert.equal(await pkg.async_text(later(undefined)), undefined);
  assert.equal(await pkg.async_value(later(thing)), thing);
  assert.equal(await pkg.async_thing(later(thing)), thing);
  assert.equal(await pkg.async_caught(later(4)), 4);
  assert.equal(await pkg.async_method(thing, later(5)), 5);
});

test('a promise that fulfils with another type is a TypeError', async () => {
  for (const name of ['async_number', 'async_text', 'async_caught']) {
    const error = await rejection(pkg[name](() => Promise.resolve(Symbol('no value of these'))));
    assert.ok(error instanceof TypeError, name);
  }
});

test('each failure rejects with the very same value', async () => {
  /** @type {unknown[]} */
  const told = [];
  const off = recovery.onPanic((/** @type {unknown} */ error) => told.push(error));
  const alive = probe.made() - probe.dropped();
  for (const [name, call] of Object.entries(calls)) {
    for (const [way, failing] of Object.entries(ways)) {
      if (name.startsWith('a sync') && way !== 'throws') continue;
      for (const error of errors) await rejectsSame(error, call(failing(error)));
    }
  }
  off();
  assert.deepEqual(told, []);
  if (unwind) assert.equal(probe.made() - probe.dropped(), alive);
});

test('the object is poisoned by it', { skip: !unwind }, async () => {
  for (const failing of Object.values(ways)) {
    const counter = new Counter(1);
    const promise = counter.add_later(failing('reason'));
    throwsClass(pkg, 'BusyError', () => counter.get());
    await rejectsSame('reason', promise);
    assert.equal(throwsClass(pkg, 'PoisonedError', () => counter.get()).cause, 'reason');
    recovery.clearPoison(counter);
    assert.equal(counter.get(), 2);
    assert.equal(await counter.add_later(() => Promise.resolve()), 4);
    counter.free();
  }
});

test('async imports leak nothing', { skip: !unwind }, async () => {
  for (const [name, call] of Object.entries(calls)) {
    const run = async (/** @type {number} */ count) => {
      for (let i = 0; i < count; i += 1) await rejection(call(() => { throw i; }));
      if (name.startsWith('a sync')) return;
      for (let i = 0; i < count; i += 1) await rejection(call(() => Promise.reject(i)));
    };
    await run(100);
    const before = measure(pkg, wasm);
    await run(2_000);
    assert.deepEqual(measure(pkg, wasm), before, name);
  }
});

test('no unexpected failure surfaced', async () => {
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.deepEqual(strays, []);
});
