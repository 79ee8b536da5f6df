// @ts-check
// All records of one call move together, or none does; and what a call consumed that never happened
// is back. What each call persists is in persist.test.mjs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { clock, dies, isDeath, thrown, throwsClass } from './support.mjs';
import { later, rejection, settles, turn } from './support-async.mjs';

const { pkg } = await load('fixture-persist');
const { Brittle, Kept, Steps, Eater, Ledger, recovery } = pkg;
recovery.setRestartLimit({ restarts: Infinity, period: 1 });
Reflect.set(globalThis, 'persistCall', (/** @type {() => number} */ f) => f() ?? 0);

const die = () => dies(pkg, () => pkg.trap());
const [PANIC, ABORT, MEMORY] = [1, 2, 3];
/** What ends the instance while a state is written. In a build that unwinds, memory that runs out is a panic. */
const deaths = unwind ? [ABORT] : [PANIC, ABORT, MEMORY];

for (const fault of deaths) {
  test(`a call whose due snapshot ends the instance is in no journal (${fault})`, () => {
    const object = new Brittle(1);
    assert.equal(object.add(1, 0), 2);
    assert.equal(object.add(1, 0), 3);
    dies(pkg, () => object.add(10, fault));
    assert.equal(object.total(), 3, 'it never happened');
    assert.equal(object.add(10, 0), 13, 'a retry counts once');
    die();
    assert.equal(object.total(), 13);
    object.free();
  });

  test(`of two objects that a call changed neither moves if the second can't be written (${fault})`, () => {
    const [one, other] = [new Brittle(1), new Brittle(2)];
    dies(pkg, () => one.pour(other, 10, fault));
    assert.deepEqual([one.total(), other.total()], [1, 2]);
    one.pour(other, 10, 0);
    die();
    assert.deepEqual([one.total(), other.total()], [11, 12]);
    const [first, second] = [new Kept(1), new Kept(2)];
    dies(pkg, () => pkg.pour_both(first, second, 10, fault));
    assert.deepEqual([first.value(), second.value()], [1, 2]);
    pkg.pour_both(first, second, 10, 0);
    die();
    assert.deepEqual([first.value(), second.value()], [11, 12]);
    for (const object of [one, other, first, second]) object.free();
  });

  test(`a call in the journal of one object that changed another, and ends between (${fault})`, () => {
    const [object, steps] = [new Brittle(0), new Steps()];
    object.count_in(1, 0, steps);
    object.count_in(1, 0, steps);
    dies(pkg, () => object.count_in(1, fault, steps));
    assert.deepEqual([object.total(), steps.count()], [2, 2]);
    assert.equal(thrown(() => object.try_count_in(1, 0, steps)), 'told to');
    assert.deepEqual([object.total(), steps.count()], [3, 3]);
    die();
    assert.deepEqual([object.total(), steps.count()], [3, 3]);
    object.count_in(1, 0, steps);
    object.count_in(1, 0, steps);
    dies(pkg, () => object.try_count_in(1, fault, steps));
    assert.deepEqual([object.total(), steps.count()], [5, 5]);
    for (const each of [object, steps]) each.free();
  });

  test(`an asynchronous call that changed two objects, and ends while they are written (${fault})`, async () => {
    const [one, other] = [new Brittle(1), new Brittle(2)];
    const error = await rejection(one.pour_later(other, 10, fault, undefined));
    isDeath(pkg, error);
    assert.deepEqual([one.total(), other.total()], [1, 2]);
    await settles(one.pour_later(other, 10, 0, undefined));
    die();
    assert.deepEqual([one.total(), other.total()], [11, 12]);
    for (const object of [one, other]) object.free();
  });
}

// A call that takes long on a busy machine makes a snapshot due, and is not replayed: the clock is the tests'.
test.beforeEach(() => clock(0.0001));
test.afterEach(() => clock());

test('a call that panics and ends while it is settled changed neither object', { skip: !unwind }, () => {
  const [first, second] = [new Kept(1), new Kept(2)];
  dies(pkg, () => pkg.tear_both_kept(first, second, ABORT));
  assert.deepEqual([first.value(), second.value()], [1, 2]);
  assert.ok(thrown(() => pkg.tear_both_kept(first, second, 0)) instanceof pkg.PanicError);
  die();
  assert.deepEqual([first.value(), second.value()], [2, 3], 'their changes were kept');
  for (const object of [first, second]) object.free();
});

test('a call that JavaScript makes while a state is written moves its own records alone', () => {
  const [one, other, third, fourth] = [1, 2, 3, 4].map((total) => new Brittle(total));
  // `other` is staged by then; `one` is being written.
  Reflect.set(globalThis, 'persistWrites', () => { third.pour(fourth, 10, 0); third.add(1, 0); });
  dies(pkg, () => one.pour(other, 10, 4));
  assert.deepEqual([one, other, third, fourth].map((object) => object.total()), [1, 2, 14, 14]);
  // It finds what the call around it left of an object, and is recorded on top of that.
  Reflect.set(globalThis, 'persistWrites', () => { other.add(1, 0); });
  dies(pkg, () => one.pour(other, 10, 4));
  assert.deepEqual([one.total(), other.total()], [1, 13]);
  for (const object of [one, other, third, fourth]) object.free();
});

test('an object whose due snapshot panicked is rolled back by its journal', { skip: !unwind }, () => {
  const object = new Brittle(1);
  object.add(1, 0);
  object.add(1, 0);
  assert.equal(object.add(1, PANIC), 4, 'the call happened; the snapshot is missing');
  assert.ok(thrown(() => object.tear()) instanceof pkg.PanicError);
  assert.equal(object.total(), 4);
  object.mend();
  die();
  assert.equal(object.total(), 4);
  assert.equal(object.add(1, MEMORY), 5, 'memory that runs out is a panic, too');
  assert.ok(thrown(() => object.tear()) instanceof pkg.PanicError);
  assert.equal(object.total(), 5);
  object.free();
});

/** An object, and every way to give it away. @type {[name: string, give: (eater: any, ledger: any, fatal: boolean) => unknown][]} */
const gifts = [
  ['as an argument', (eater, ledger, fatal) => eater.eat(ledger, fatal)],
  ['in an array', (eater, ledger, fatal) => eater.eat_all([ledger], fatal)],
  ['in an Option', (eater, ledger, fatal) => eater.eat_if_any(ledger, fatal)],
  ['to a constructor', (_, ledger, fatal) => new Eater(ledger, fatal)],
];

for (const [name, give] of gifts) {
  test(`what a call consumed ${name} is back if the instance ended under it`, () => {
    const [eater, ledger, bystander] = [new Eater(undefined, false), new Ledger(5), new Ledger(7)];
    ledger.add(1);
    dies(pkg, () => give(eater, ledger, true));
    assert.equal(ledger.total, 6);
    assert.equal(ledger.add(1), 7, 'it is as alive as any');
    dies(pkg, () => give(eater, ledger, true));
    assert.equal(ledger.total, 7);
    give(eater, ledger, false);
    throwsClass(pkg, 'StaleHandleError', () => ledger.total);
    die();
    throwsClass(pkg, 'StaleHandleError', () => ledger.total);
    throwsClass(pkg, 'StaleHandleError', () => ledger.free());
    assert.equal(eater.eaten() === 7 || name === 'to a constructor', true);
    assert.equal(bystander.total, 7);
    for (const object of [eater, bystander]) object.free();
  });
}

test('an object that a call consumed as its own receiver is back', () => {
  const eater = new Eater(new Ledger(3), false);
  dies(pkg, () => eater.finish(true));
  assert.equal(eater.eaten(), 3);
  assert.equal(eater.finish(false), 3);
  die();
  throwsClass(pkg, 'StaleHandleError', () => eater.eaten());
  const brittle = new Brittle(4);
  dies(pkg, () => brittle.replace(ABORT));
  assert.equal(brittle.total(), 4, 'the value that it returned never was');
  const next = brittle.replace(0);
  die();
  assert.equal(next.total(), 4);
  throwsClass(pkg, 'StaleHandleError', () => brittle.total());
  next.free();
});

test('many are back at once, and those of calls around the one that ended the instance', () => {
  const eater = new Eater(undefined, false);
  const ledgers = [1, 2, 3].map((total) => new Ledger(total));
  dies(pkg, () => eater.eat_all(ledgers, true));
  assert.deepEqual(ledgers.map((ledger) => ledger.total), [1, 2, 3]);
  const [outer, inner, before] = ledgers;
  const other = new Eater(undefined, false);
  dies(pkg, () => eater.eat_and_call(outer, () => {
    other.eat(before, false);
    other.eat(inner, true);
  }));
  assert.deepEqual([outer.total, inner.total], [1, 2]);
  throwsClass(pkg, 'StaleHandleError', () => before.total);
  assert.deepEqual([eater.eaten(), other.eaten()], [0, 3], 'a call that had ended stays so');
  for (const object of [eater, other, outer, inner]) object.free();
});

test('what an asynchronous call consumed is back while the call is under way, and gone when it has ended', async () => {
  const [eater, other] = [new Eater(undefined, false), new Eater(undefined, false)];
  const [ledger, quick] = [new Ledger(5), new Ledger(6)];
  const { promise, resolve } = later();
  const call = rejection(eater.eat_later(ledger, promise));
  await turn();
  assert.equal(await settles(other.eat_later(quick, undefined)), 6);
  throwsClass(pkg, 'StaleHandleError', () => ledger.total);
  die();
  assert.ok(await call instanceof pkg.InstanceAbortedError);
  assert.deepEqual([ledger.total, eater.eaten(), other.eaten()], [5, 0, 6]);
  throwsClass(pkg, 'StaleHandleError', () => quick.total);
  resolve();
  assert.equal(await settles(eater.eat_later(ledger, undefined)), 5);
  die();
  throwsClass(pkg, 'StaleHandleError', () => ledger.total);
  assert.equal(eater.eaten(), 5);
  // Refused: it never was under way.
  const third = new Ledger(1);
  const busy = eater.eat_later(new Ledger(1), new Promise(() => {}));
  assert.ok(await rejection(eater.eat_later(third, undefined)) instanceof pkg.BusyError);
  assert.equal(third.total, 1, 'it was not taken');
  die();
  await rejection(busy);
  assert.equal(third.total, 1);
  for (const object of [eater, other, third]) object.free();
});

test('a call that fails without an end consumes, as ever', { skip: !unwind }, () => {
  const eater = new Eater(undefined, false);
  assert.equal(eater.eat(new Ledger(1), false), 1);
  const rest = [new Ledger(0x7fffffff), new Ledger(0x7fffffff), new Ledger(2)];
  assert.ok(thrown(() => eater.eat_all(rest, false)) instanceof pkg.PanicError);
  die();
  for (const each of rest) throwsClass(pkg, 'StaleHandleError', () => each.total);
  eater.free();
});

test('an object that plain wasm-bindgen consumed stays gone', async () => {
  const [first, second] = [new Ledger(1), new Ledger(2)];
  assert.equal(pkg.plain_eat(first), 1);
  dies(pkg, () => pkg.plain_trap());
  throwsClass(pkg, 'StaleHandleError', () => first.total);
  assert.equal(pkg.plain_eat(second), 2);
  await turn();
  die();
  throwsClass(pkg, 'StaleHandleError', () => second.total);
});
