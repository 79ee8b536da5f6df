// @ts-check
// Calls whose receiver or arguments do not fit: what the error is, and that nothing was entered.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, loadMinified, unwind } from './load.mjs';
import { dies, thrown, throwsClass } from './support.mjs';
import { rejection, watchStrays } from './support-async.mjs';

const strays = watchStrays();
const { pkg } = await load('fixture-core');
const { pkg: later } = await load('fixture-async');

/** @param {any} from @param {any} error @param {string} expected */
function isWrongClass(from, error, expected) {
  assert.ok(error instanceof from.WrongClassError && error instanceof from.RecoverError, String(error?.stack ?? error));
  assert.deepEqual(
    [error.name, error.code, error.kind, error.class, error.retryable, error.fatal, error.message],
    ['WrongClassError', 'E_WRONG_CLASS', 'wrong-class', expected, false, false, `expected an object of the class ${expected}`],
  );
}

test('an asynchronous export rejects where an argument does not fit, and throws nothing', async () => {
  const { Job } = later;
  const job = new Job();
  const bytes = new Uint8Array(2);
  const hostile = { get length() { throw new EvalError('a getter'); } };
  assert.equal(await later.fitted(job, 'abc', 4n, bytes, undefined), 1 + 3 + 4 + 2);
  isWrongClass(later, await rejection(later.fitted({}, 'abc', 4n, bytes, undefined)), 'Job');
  isWrongClass(later, await rejection(later.fitted(job, 'abc', 4n, bytes, new later.Crossed())), 'Job');
  for (const [args, expected] of /** @type {[unknown[], Function][]} */ ([
    [[job, 7, 4n, bytes, undefined], TypeError],
    [[job, 'abc', 4, bytes, undefined], TypeError],
    [[job, 'abc', {}, bytes, undefined], SyntaxError],
    [[job, 'abc', 4n, 7, undefined], TypeError],
    [[job, 'abc', 4n, hostile, undefined], EvalError],
  ])) {
    const error = await rejection(later.fitted(...args));
    assert.ok(error instanceof expected, `${error?.stack}`);
  }
  isWrongClass(later, await rejection(job.beside(7)), 'Job');
  assert.equal(await job.beside(new Job()), 2, 'the object is free again');
});

test('an asynchronous method of another class rejects, and a queued one too', async () => {
  const { Job, Crossed } = later;
  const other = new Crossed();
  isWrongClass(later, await rejection(Job.prototype.step.call(other, 1)), 'Job');
  isWrongClass(later, await rejection(Job.prototype.queued.call(other, 1)), 'Job');
  isWrongClass(later, await rejection(Job.prototype.queued.call({}, 1)), 'Job');
  other.free();
});

test('a receiver of another class is refused, and neither object is entered', () => {
  const { Counter, Reentrant } = pkg;
  const reentrant = new Reentrant(1);
  const counter = new Counter(1);
  const before = counter.value;
  const forged = { __wbg_ptr: reentrant.__wbg_ptr };
  for (const receiver of [counter, forged, Object.create(null), null, undefined, 7, Reentrant]) {
    isWrongClass(pkg, thrown(() => Reentrant.prototype.write.call(receiver)), 'Reentrant');
    isWrongClass(pkg, thrown(() => Reentrant.prototype.end.call(receiver)), 'Reentrant');
    isWrongClass(pkg, thrown(() => Reentrant.prototype.free.call(receiver)), 'Reentrant');
    isWrongClass(pkg, thrown(() => Reentrant.prototype[Symbol.dispose].call(receiver)), 'Reentrant');
    for (const use of ['get', 'set']) {
      const { [use]: accessor } = /** @type {any} */ (Object.getOwnPropertyDescriptor(Reentrant.prototype, 'n'));
      isWrongClass(pkg, thrown(() => accessor.call(receiver, 7)), 'Reentrant');
    }
  }
  assert.equal(counter.value, before);
  assert.equal(reentrant.read(), 1);
  // A subclass and a proxy are of the class.
  class Sub extends Reentrant {}
  assert.equal(new (/** @type {any} */ (Sub))(4).read(), 4);
  assert.equal(new Proxy(reentrant, {}).read(), 1);
  counter.free();
  reentrant.free();
});

test('an argument of another class is refused, with the name that Rust gave', () => {
  const { Counter, Reentrant } = pkg;
  const object = new Reentrant(1);
  for (const other of [new Counter(1), {}, null, undefined, 'Reentrant', { __wbg_ptr: object.__wbg_ptr }]) {
    isWrongClass(pkg, thrown(() => object.with(other)), 'Reentrant');
    isWrongClass(pkg, thrown(() => object.take_in(other)), 'Reentrant');
    isWrongClass(pkg, thrown(() => pkg.holding_exclusive(other, () => 0)), 'Reentrant');
  }
  assert.equal(object.write(), 2);
  object.free();
});

test('the names of classes are those of Rust after a minifier renamed them', async () => {
  const { pkg: small } = await loadMinified('fixture-persist');
  const { Ledger, Loose, Faulty } = small;
  assert.notEqual(Ledger.name, 'Ledger', 'the class was renamed');
  const ledger = new Ledger(1);
  isWrongClass(small, thrown(() => Ledger.prototype.add.call({}, 1)), 'Ledger');
  const plain = new Loose(1);
  /** @type {any} */
  let report;
  small.recovery.onAbort((/** @type {any} */ told) => { report = told; });
  const faulty = new Faulty(0);
  const stop = small.recovery.onPanic(() => {});
  faulty.set(50, 1);
  stop();
  dies(small, () => small.trap());
  const stale = throwsClass(small, 'StaleHandleError', () => plain.value);
  assert.deepEqual([stale.class, stale.message.slice(0, 11)], ['Loose', 'this Loose ']);
  assert.equal(throwsClass(small, 'StaleHandleError', () => plain.free()).class, 'Loose');
  assert.equal(throwsClass(small, 'StaleHandleError', () => faulty.add(1)).class, 'Faulty');
  dies(small, () => small.trap());
  assert.deepEqual(report.lost.map((/** @type {any} */ one) => one.class), ['Faulty']);
  assert.equal(ledger.add(1), 2);
});

test('an object that Rust gets as a value is borrowed if it is one of the class and of the instance', async () => {
  const { pkg: own } = await load('fixture-persist');
  const { Loose, Ledger } = own;
  const [one, two] = [new Loose(1), new Loose(2)];
  /** @type {() => number} */
  let now = () => 0;
  Object.assign(globalThis, { persistNow: () => now() });
  assert.equal(own.borrowed([one, two, one]), 4);
  assert.equal(own.borrowed([new Proxy(two, {})]), 2);
  for (const other of [{}, null, undefined, 7, new Ledger(1), { __wbg_ptr: one.__wbg_ptr }]) {
    isWrongClass(own, thrown(() => own.borrowed([one, other])), 'Loose');
    isWrongClass(own, thrown(() => own.borrowed_mut(other)), 'Loose');
  }
  assert.equal(own.borrowed_mut(one), 2);
  now = () => { throwsClass(own, 'BusyError', () => own.borrowed([one])); throwsClass(own, 'BusyError', () => one.value); return 0; };
  assert.equal(own.borrowed_mut(one), 3);
  two.free();
  assert.equal(throwsClass(own, 'StaleHandleError', () => own.borrowed([one, two])).class, 'Loose');
  now = () => 13;
  throwsClass(own, 'PanicError', () => own.borrowed_mut(one));
  now = () => 0;
  if (unwind) {
    assert.match(throwsClass(own, 'PoisonedError', () => own.borrowed([one])).cause.message, /a panic unwound/);
    throwsClass(own, 'PoisonedError', () => one.value);
    own.recovery.clearPoison(one);
    dies(own, () => own.trap());
  }
  // The next object has the place of the old one in the new memory.
  const next = new Loose(50);
  const stale = throwsClass(own, 'StaleHandleError', () => own.borrowed([next, one]));
  assert.deepEqual([stale.class, stale.epoch], ['Loose', 0]);
  throwsClass(own, 'StaleHandleError', () => own.borrowed_mut(one));
  assert.equal(own.borrowed([next]), 50);
});

test('a stale handle has no pointer that Rust could read off it', async () => {
  const { pkg: own } = await load('fixture-persist');
  const { Loose, Ledger } = own;
  const [plain, persistent] = [new Loose(1), new Ledger(1)];
  const before = own.pointer_in(plain);
  assert.ok(before > 0);
  assert.equal(own.pointer_in(new Proxy(plain, {})), before);
  assert.ok(own.pointer_in(persistent) > 0);
  dies(own, () => own.trap());
  assert.equal(persistent.add(1), 2);
  assert.ok(own.pointer_in(persistent) > 0, 'it is revived');
  for (const handle of [plain, new Proxy(plain, {}), Object.create(plain)]) assert.equal(own.pointer_in(handle), 0);
  const next = new Loose(2);
  assert.ok(own.pointer_in(next) > 0);
  assert.equal(own.pointer_in(plain), 0);
  throwsClass(own, 'StaleHandleError', () => plain.value);
  throwsClass(own, 'StaleHandleError', () => plain.free());
  next.free();
  assert.equal(own.pointer_in(next), 0);
});

test('no unexpected failure surfaced', () => assert.deepEqual(strays, []));
