// @ts-check
// Whose exception it is, how often an instance may end, and what a failure costs those who
// did not cause it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { load, packageOf, prepare, unwind } from './load.mjs';
import { dies, isDeath, thrown, throwsClass } from './support.mjs';
import { rejection, turn, watchStrays } from './support-async.mjs';

const strays = watchStrays();
let hook = /** @type {string | undefined} */ (undefined);
Object.defineProperty(globalThis, 'abortsHook', { get: () => hook, set: (value) => { hook = value; }, configurable: true });
Object.assign(globalThis, {
  abortsStart: () => false,
  abortsCall: (/** @type {() => unknown} */ f) => f() ?? 0,
  abortsMark() {},
});
const { pkg, wasm } = await load('fixture-aborts');
const { Mine, recovery } = pkg;
const epoch = () => recovery.health().epoch;

/** A module that traps: `(module (func (export "trap") unreachable))`. */
const TRAP = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0, 0, 11,
]);
/** Another realm, with its own classes of errors. */
const realm = vm.createContext({ TRAP, pkg });
/** @param {string} code @returns {any} */
const there = (code) => vm.runInContext(code, realm);
/** Traps of other modules, in this realm and in another one. @type {[string, () => void][]} */
const traps = [
  ['of this realm', /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports.trap)],
  ['of another realm', there('new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports.trap')],
];
/** @type {any} */
const { Exception, Tag } = WebAssembly;
const foreign = new Exception(new Tag({ parameters: [] }), []);
/** What no module can catch, or is of a class of another realm. @type {[string, () => void][]} */
const exceptions = [
  ...traps,
  ['a stack that is full in another realm', there('(function dig() { dig(); })')],
  ['a RangeError of another realm', there('() => { throw new RangeError("theirs"); }')],
  ['a RuntimeError that is no trap', () => { throw new WebAssembly.RuntimeError('made by hand'); }],
  ['a panic of another module', () => { throw foreign; }],
  ['a value that is no error', () => { throw undefined; }],
];

test("another module's trap through an import is an exception of JavaScript like any other", () => {
  for (const [name, trap] of exceptions) {
    const before = epoch();
    /** @type {unknown} */
    let own;
    const call = () => { try { trap(); } catch (error) { own = error; throw error; } };
    assert.equal(pkg.kept_by_catch(call), own, name);
    if (unwind) {
      assert.equal(pkg.kept(call), own, name);
      assert.equal(thrown(() => pkg.around(call)), own, name);
      const mine = new Mine(false, false);
      assert.equal(thrown(() => mine.around(call)), own, name);
      assert.equal(thrown(() => pkg.fill(new Uint8Array(1), call)), own, name);
      mine.free();
    }
    assert.equal(epoch(), before, `${name} ended the instance`);
    assert.equal(pkg.answer(), 42);
  }
});

test('an instance of a package in another realm ends by its own trap', async () => {
  // Its classes are not those of the realm that the package's JavaScript is in.
  const { WebAssembly: ours } = globalThis;
  const bytes = readFileSync(join(packageOf('fixture-aborts').dir, 'fixture_aborts_bg.wasm'));
  const { pkg: fresh } = await prepare('fixture-aborts');
  const theirs = there('WebAssembly');
  const module = new theirs.Module(bytes);
  /** @type {any} */
  const mixed = Object.create(ours, { Instance: { value: theirs.Instance }, Module: { value: theirs.Module } });
  Reflect.set(globalThis, 'WebAssembly', mixed);
  try {
    fresh.initSync({ module });
    for (let end = 1; end < 3; end += 1) {
      const mine = new fresh.Mine(true, false);
      const error = throwsClass(fresh, 'InstanceAbortedError', () => mine.value);
      assert.ok(!(error.cause instanceof ours.RuntimeError), 'it is of the other realm');
      assert.equal(fresh.recovery.health().epoch, end);
      throwsClass(fresh, 'StaleHandleError', () => mine.value);
      assert.equal(fresh.answer(), 42);
    }
  } finally {
    Reflect.set(globalThis, 'WebAssembly', ours);
  }
});

test('a stack that fills up in the module under calls of another realm ends the instance or is a RangeError', () => {
  const dig = there('(function dig() { return pkg.around(dig); })');
  const from = there('(function from(frames, dig) { return frames === 0 ? dig() : from(frames - 1, dig); })');
  for (let frames = 0; frames < 40; frames += 1) {
    const mine = new Mine(false, false);
    const before = epoch();
    thrown(() => mine.around(() => from(frames, dig)));
    if (epoch() !== before) throwsClass(pkg, 'StaleHandleError', () => mine.value);
    else assert.ok(recovery.isPoisoned(mine), 'it is not locked');
    assert.equal(pkg.answer(), 42);
  }
});

test('an argument that cannot be converted fails that call only, whatever it throws', () => {
  const before = epoch();
  const mine = new Mine(false, false);
  for (const [name, trap] of exceptions) {
    const hostile = { valueOf() { trap(); } };
    for (const call of [
      () => pkg.echo_number(hostile), () => pkg.named('text', hostile, 2), () => pkg.length({ length: hostile }),
    ]) thrown(call);
    assert.equal(epoch(), before, name);
  }
  assert.ok(thrown(() => pkg.echo_u64(1)) instanceof TypeError);
  assert.equal(pkg.echo_u64(2n ** 64n + 5n), 5n);
  assert.equal(pkg.echo_number(2 ** 32 + 5), 5);
  assert.equal(pkg.echo_number('7'), 7);
  assert.equal(pkg.echo_number(undefined), 0);
  assert.equal(mine.value, 7);
  mine.free();
});

test('a failure that a caller can provoke never shuts out the others', async () => {
  const { pkg: fresh } = await load('fixture-aborts');
  for (let i = 0; i < 500; i += 1) assert.ok(thrown(() => fresh.parse('hostile')) instanceof fresh.PanicError);
  for (let i = 0; i < 20; i += 1) isDeath(fresh, thrown(() => fresh.abort()));
  for (let i = 0; i < 20; i += 1) assert.ok(await rejection(fresh.parse_later('hostile')) instanceof fresh.PanicError);
  for (let i = 0; i < 20; i += 1) thrown(() => fresh.around(() => { throw i; }));
  for (let i = 0; i < 20; i += 1) { fresh.trap_in_task(undefined); await turn(); await turn(); }
  assert.equal(fresh.parse('well'), 4);
  assert.ok(fresh.recovery.health().restarts >= 40);
  // Who wants every end to count says so.
  fresh.recovery.setRestartLimit({ restarts: 2, period: 60_000 });
  for (let i = 0; i < 3; i += 1) isDeath(fresh, thrown(() => fresh.abort()));
  throwsClass(fresh, 'RestartLimitError', () => fresh.answer());
});

test('an instance that ends by itself before a call has entered it is a crash loop', async () => {
  for (const way of ['task', 'start', 'listener']) {
    const { pkg: fresh } = await load('fixture-aborts');
    if (way === 'listener') fresh.recovery.onAbort(() => { try { fresh.abort(); } catch { /* it ended */ } });
    if (way === 'start') Reflect.set(globalThis, 'abortsStart', () => true);
    if (way === 'task') hook = way;
    isDeath(fresh, thrown(() => fresh.abort()));
    for (let i = 0; i < 40; i += 1) { await turn(); if (way === 'start') thrown(() => fresh.answer()); }
    const { restarts } = fresh.recovery.health();
    assert.ok(restarts <= 6, `${way}: ${restarts} restarts`);
    throwsClass(fresh, 'RestartLimitError', () => fresh.answer());
    hook = undefined;
    Reflect.set(globalThis, 'abortsStart', () => false);
    if (way === 'listener') continue;
    await fresh.recovery.restart();
    assert.equal(fresh.answer(), 42);
  }
});

test('an exception of JavaScript costs only the call that it crosses, where that holds no object', () => {
  const before = epoch();
  const mine = new Mine(false, false);
  const error = new Error('mine');
  const fails = () => { throw error; };
  // More than the whole stack, if the frames stayed.
  for (let i = 0; i < 3000; i += 1) {
    assert.equal(thrown(() => pkg.around_frame(fails)), error);
    assert.equal(thrown(() => pkg.around_frame(() => pkg.around_frame(fails))), error);
  }
  assert.equal(pkg.around(() => { assert.equal(thrown(() => pkg.around(fails)), error); return pkg.around(() => 3); }), 3);
  assert.equal(epoch(), before);
  assert.equal(mine.value, 7);
  // Where an object is borrowed, nobody gives it back in an abort build.
  assert.equal(thrown(() => mine.around(fails)), error);
  if (unwind) {
    assert.equal(epoch(), before);
  } else {
    assert.equal(epoch(), before + 1);
    throwsClass(pkg, 'StaleHandleError', () => mine.value);
    const other = new Mine(false, false);
    // Also where the call inside holds nothing: the frames outside do.
    assert.equal(thrown(() => other.around(() => pkg.around(fails))), error);
    assert.equal(epoch(), before + 2);
  }
  assert.equal(pkg.answer(), 42);
  assert.ok(wasm !== undefined);
});

test('a buffer that shrinks, moves or goes while Rust has it as &mut is written as far as it is there', () => {
  const before = epoch();
  const nothing = () => 0;
  const sized = (/** @type {number} */ length) => new ArrayBuffer(length, { maxByteLength: 64 });
  {
    const buffer = sized(16);
    const view = new Uint8Array(buffer);
    assert.equal(pkg.fill(view, () => { buffer.resize(4); return 0; }), 16);
    assert.deepEqual([...view], [7, 7, 7, 7]);
    assert.equal(pkg.fill(view, () => { buffer.resize(8); return 0; }), 4);
    assert.deepEqual([...view], [7, 7, 7, 7, 0, 0, 0, 0]);
  }
  {
    const buffer = sized(16);
    const view = new Uint8Array(buffer, 8, 8);
    assert.equal(pkg.fill(view, () => { buffer.resize(9); return 0; }), 8);
    assert.deepEqual([...new Uint8Array(buffer)], Array(9).fill(0), 'the view is out of bounds');
  }
  {
    const view = new Uint8Array(16);
    assert.equal(pkg.fill(view, () => { structuredClone(view, { transfer: [view.buffer] }); return 0; }), 16);
    assert.equal(view.length, 0);
  }
  {
    const buffer = sized(32);
    const wide = new Float64Array(buffer);
    pkg.fill_wide(wide, () => { buffer.resize(20); return 0; });
    assert.deepEqual([...wide], [7, 7]);
  }
  const view = new Uint8Array(3);
  pkg.fill(view, nothing);
  assert.deepEqual([...view], [7, 7, 7]);
  assert.equal(epoch(), before);
});

test('no unexpected failure surfaced', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
