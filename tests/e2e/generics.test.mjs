// @ts-check
// Generic items: each instantiation is a function or a class of its own, with its own name, state and
// failures. What they share is the Rust source. That it stays generic natively is in the fixture's tests.
import test from 'node:test';
import assert from 'node:assert/strict';
import { declarations, load, unwind } from './load.mjs';
import { answers, dies, isDeath, thrown, throwsClass } from './support.mjs';
import { later, rejection, settles } from './support-async.mjs';

const { pkg } = await load('fixture-generics');
const { StackU32, StackF64, StackString, LedgerU32, LedgerString, CellU32, CellF64, recovery } = pkg;
recovery.setRestartLimit({ restarts: Infinity, period: 1 });

/**
 * A panic, which ends the instance in a build that aborts.
 * @param {() => unknown} call
 */
function panics(call) {
  const error = throwsClass(pkg, 'PanicError', call);
  assert.equal(error.fatal, !unwind);
  return error;
}

test('each instantiation of a function has a name of its own', () => {
  answers(pkg, [
    ['shout_u32', [7], '7!'], ['shout_f64', [1.5], '1.5!'], ['shout_string', ['a'], 'a!'],
    ['largestU32', [3, 7], 7], ['largestNumber', [-1.5, -2], -1.5],
    ['U64FromU32', [7], 7n], ['FloatFromSingle', [0.5], 0.5],
    ['first_u8_2', [new Uint8Array([1, 2, 3])], new Uint8Array([1, 2])],
    ['first_u32_Three', [new Uint32Array([1, 2, 3, 4])], new Uint32Array([1, 2, 3])],
    ['parse_u32', ['7'], 7], ['parse_i64', ['-7'], -7n],
    ['double_u32', [4], 8], ['double_f64', [0.25], 0.5],
    ['depth_u8', [50], 50], ['depth_u32', [50], 50],
  ]);
  for (const name of ['shout', 'largest', 'widen', 'first', 'parse', 'double', 'Stack', 'Ring', 'Pair', 'Ledger']) {
    assert.equal(name in pkg, false, name);
  }
});

test('an instantiation converts and fails as a function of its types does', () => {
  assert.throws(() => pkg.shout_string(7), TypeError);
  const error = throwsClass(pkg, 'NotANumberError', () => pkg.parse_i64('x'));
  assert.equal(error.text, 'x');
  // A build that aborts knows the export by its name in the module.
  const path = panics(() => pkg.shout_string('')).export;
  assert.equal(path, unwind ? 'fixture_generics::functions::shout_string' : 'shout_string');
  panics(() => pkg.first_u32_Three(new Uint32Array(2)));
  assert.equal(pkg.shout_string('b'), 'b!');
});

test('a guard of a generic function ends recursion in each instantiation', () => {
  if (unwind) throwsClass(pkg, 'StackOverflowError', () => pkg.depth_u32(1000));
  else isDeath(pkg, thrown(() => pkg.depth_u32(1000)));
  assert.equal(pkg.depth_u8(10), 10);
});

test('an instantiation of an async function settles, by a panic too', async () => {
  assert.equal(await settles(pkg.after_i32(Promise.resolve(), 7)), 7);
  assert.equal(await settles(pkg.after_f64(Promise.resolve(), 0.5)), 0.5);
  const reason = new EvalError('no');
  assert.equal(await rejection(pkg.after_f64(Promise.reject(reason), 0.5)), reason);
  const error = await rejection(pkg.after_i32(Promise.resolve(), -1));
  assert.ok(error instanceof pkg.PanicError, String(error?.stack ?? error));
  assert.equal(await settles(pkg.after_i32(Promise.resolve(), 1)), 1);
});

test('each instantiation of a struct is a class with all members', async () => {
  for (const [Stack, one, other, given] of [[StackU32, 1, 2, Uint32Array], [StackF64, 0.5, 1.5, Float64Array], [StackString, 'a', 'b', Array]]) {
    const stack = new Stack();
    assert.equal(stack.isEmpty, true);
    assert.equal(stack.top, undefined);
    stack.push(one);
    stack.push(other);
    assert.deepEqual([stack.len(), stack.pushes, stack.top, stack.isEmpty], [2, 2, other, false]);
    assert.throws(() => { 'use strict'; stack.pushes = 7; }, TypeError);
    stack.top = one;
    assert.equal(stack.pop(), one);
    assert.equal(stack.bottom, undefined);
    stack.bottom = other;
    assert.equal(stack.bottom, other);
    assert.equal(stack.require(0), one);
    assert.equal(thrown(() => stack.require(7)), 'nothing at 7');
    const same = Stack.of(one);
    assert.ok(same instanceof Stack);
    assert.equal(stack.same(same), true);
    stack.join(same);
    assert.equal(await settles(stack.push_later(Promise.resolve(), other)), 3);
    const copies = stack.copies();
    assert.deepEqual(copies.map((/** @type {any} */ copy) => [copy instanceof Stack, copy.top]), [[true, one], [true, one], [true, other]]);
    for (const copy of copies) copy.free();
    const values = stack.toArray();
    assert.ok(values instanceof given);
    assert.deepEqual([...values], [one, one, other]);
    throwsClass(pkg, 'StaleHandleError', () => stack.len());
  }
});

test('a block for some of the types gives its methods to their classes only', () => {
  const stack = pkg.stack_of(new Uint32Array([1, 2, 3]));
  assert.equal(stack.sum(), 6);
  assert.deepEqual([stack.scaled_f64(0.5), stack.scaled_i64(2n)], [3, 12]);
  assert.equal('text' in stack, false);
  const text = StackString.of('a');
  assert.equal(text.text(), 'a');
  assert.deepEqual(['sum' in text, 'scaled_f64' in text], [false, false]);
  stack.free();
  text.free();
});

test('objects of two instantiations cross beside each other', () => {
  const [numbers, words] = [pkg.stack_of(new Uint32Array([1, 2])), new StackString()];
  pkg.pour(numbers, words);
  assert.deepEqual([numbers.len(), words.text()], [0, '21']);
  assert.equal(pkg.height_string(words, [StackString.of('a'), StackString.of('b')], StackString.of('c')), 5);
  assert.equal(pkg.height_u32(numbers, [], undefined), 0);
  numbers.free();
  words.free();
});

test('an object of another instantiation is of another class', () => {
  const [numbers, words] = [StackU32.of(1), StackString.of('a')];
  for (const call of [
    () => pkg.pour(words, words), () => pkg.pour(numbers, numbers), () => numbers.same(words), () => numbers.join(words),
    () => pkg.height_u32(words, [], undefined), () => pkg.height_u32(numbers, [], words),
    () => StackU32.prototype.len.call(words),
  ]) {
    throwsClass(pkg, 'WrongClassError', call);
  }
  assert.equal(throwsClass(pkg, 'WrongClassError', () => numbers.same(words)).class, 'StackU32');
  assert.deepEqual([numbers.len(), words.text()], [1, 'a'], 'nothing was entered');
  numbers.free();
  words.free();
});

test('a handle that was freed is stale, and its error names the instantiation', () => {
  const words = StackString.of('a');
  words.free();
  assert.equal(throwsClass(pkg, 'StaleHandleError', () => words.text()).class, 'StackString');
});

test('a panic poisons its object, and no other instantiation', () => {
  const [torn, sound, other] = [StackU32.of(1), StackU32.of(1), StackString.of('a')];
  const error = panics(() => torn.tear(2));
  assert.equal(error.export, unwind ? 'fixture_generics::stack::StackU32::tear' : 'stacku32_tear');
  if (!unwind) {
    for (const stack of [torn, sound, other]) throwsClass(pkg, 'StaleHandleError', () => stack.len());
    return;
  }
  assert.deepEqual([torn, sound, other].map((stack) => recovery.isPoisoned(stack)), [true, false, false]);
  assert.equal(throwsClass(pkg, 'PoisonedError', () => torn.len()).class, 'StackU32');
  sound.push(2);
  other.push('b');
  assert.deepEqual([sound.len(), other.text()], [2, 'ab']);
  recovery.clearPoison(torn);
  assert.equal(torn.len(), 2);
  panics(() => other.slip('c'));
  assert.equal(other.text(), 'abc', 'on_panic = "keep"');
  for (const stack of [torn, sound, other]) stack.free();
});

test('an object that a call holds is busy, and those of other instantiations are not', async () => {
  const [held, other] = [StackU32.of(1), StackString.of('a')];
  const { promise, resolve } = later();
  const pushed = held.push_later(promise, 2);
  assert.equal(throwsClass(pkg, 'BusyError', () => held.len()).class, 'StackU32');
  other.push('b');
  resolve();
  assert.equal(await settles(pushed), 2);
  assert.deepEqual([held.len(), other.text()], [2, 'ab']);
  held.free();
  other.free();
});

test('constants and names of the user are in the names of classes', () => {
  const [two, three] = [new pkg.U32Ring2(), new pkg.FloatRing3()];
  assert.deepEqual([1, 2, 3].map((value) => two.put(value)), [undefined, undefined, 1]);
  assert.deepEqual([...two.values()], [3, 2]);
  three.put(0.5);
  assert.deepEqual([...three.values()], [0.5, 0, 0]);
  two.free();
  three.free();
  const [words, numbers] = [new pkg.PairStringU32('k', 1), new pkg.PairU32U32(7, 2)];
  assert.deepEqual([words.key(), words.value(), numbers.key(), numbers.value()], ['k', 1, 7, 2]);
  words.free();
  numbers.free();
});

for (const [Ledger, one, other] of [[LedgerU32, 1, 2], [LedgerString, 'a', 'b']]) {
  test(`a panic rolls an instantiation back: ${Ledger.name}`, () => {
    const ledger = new Ledger();
    ledger.add(one);
    panics(() => ledger.tear(other));
    assert.deepEqual([...ledger.entries()], [one]);
    assert.equal(recovery.isPoisoned(ledger), false);
    assert.equal(ledger.add(other), 2);
    ledger.free();
  });
}

test('objects of each instantiation are revived from records of their own', () => {
  const [numbers, words, cell, float] = [new LedgerU32(), new LedgerString(), new CellU32(1), new CellF64(0.5)];
  const lost = StackU32.of(1);
  numbers.add(1);
  words.add('a');
  const empty = new LedgerString();
  words.add_all(['b'], empty);
  empty.free();
  cell.value = 7;
  float.value = 1.5;
  for (const end of [() => pkg.trap(), () => numbers.end(9), () => words.end('z')]) {
    dies(pkg, end);
    assert.deepEqual([[...numbers.entries()], words.entries(), cell.value, float.value], [[1], ['a', 'b'], 7, 1.5]);
    throwsClass(pkg, 'StaleHandleError', () => lost.len());
  }
  assert.equal(numbers.add(2), 2);
  assert.equal(words.add('c'), 3);
  dies(pkg, () => pkg.trap());
  assert.deepEqual([[...numbers.entries()], words.entries()], [[1, 2], ['a', 'b', 'c']]);
  assert.ok(numbers instanceof LedgerU32 && words instanceof LedgerString);
  for (const object of [numbers, words, cell, float]) object.free();
});

test('the bytes of one instantiation are no state of another', () => {
  const words = new LedgerString();
  words.add('a');
  const bytes = recovery.export(words);
  const copy = LedgerString.import(bytes);
  assert.deepEqual(copy.entries(), ['a']);
  throwsClass(pkg, 'ImportError', () => LedgerU32.import(bytes));
  words.free();
  copy.free();
});

test('each instantiation is declared by its types, with the documentation of the source', () => {
  const text = declarations('fixture-generics');
  for (const part of [
    /\/\*\*\n \* Repeats a value, loudly\.\n \*\/\nexport function shout_u32\(value: number\): string;/,
    /\nexport function shout_string\(value: string\): string;/,
    /\nexport function U64FromU32\(value: number\): bigint;/,
    /\nexport function after_f64\(promise: Promise<any>, value: number\): Promise<number>;/,
    /\/\*\*\n \* Values, the last one on top\.\n \*\/\nexport class StackString \{/,
    / {4}join\(other: StackString\): void;/,
    / {4}copies\(\): StackF64\[\];/,
    / {4}static of\(value: string\): StackString;/,
    / {4}toArray\(\): Uint32Array;/,
    / {4}top: number \| undefined;|get top\(\): number \| undefined;/,
  ]) assert.match(text, part);
  assert.doesNotMatch(text.split('export type InitInput')[0] ?? '', /__recover|\bT\b/);
});
