// @ts-check
// Every kind of argument and result, by free functions and by methods.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { answers, thrown, throwsClass } from './support.mjs';

const { pkg } = await load('fixture-core');

/** Runs `body` in unwind builds, where a panic ends one call. */
const unwinding = unwind ? test : () => {};

test('numbers of every width, at their ends', () => {
  answers(pkg, [
    ['echo_u8', [255], 255], ['echo_i8', [-128], -128], ['echo_u16', [65535], 65535],
    ['echo_i16', [-32768], -32768], ['echo_u32', [4294967295], 4294967295],
    ['echo_i32', [-2147483648], -2147483648], ['echo_u64', [2n ** 64n - 1n], 2n ** 64n - 1n],
    ['echo_i64', [-(2n ** 63n)], -(2n ** 63n)], ['echo_u128', [2n ** 128n - 1n], 2n ** 128n - 1n],
    ['echo_i128', [-(2n ** 127n)], -(2n ** 127n)], ['echo_usize', [4294967295], 4294967295],
    ['echo_isize', [-1], -1], ['echo_f32', [0.5], 0.5], ['echo_f64', [-0], -0],
    ['echo_f64', [NaN], NaN], ['echo_bool', [true], true], ['echo_bool', [false], false],
    ['echo_char', ['ß'], 'ß'], ['echo_char', ['😀'], '😀'],
  ]);
});

test('strings, vectors and boxed slices', () => {
  const key = { key: 1 };
  answers(pkg, [
    ['echo_string', [''], ''], ['echo_string', ['a\0€😀'], 'a\0€😀'],
    ['echo_bytes', [Uint8Array.of(1, 2)], Uint8Array.of(1, 2)],
    ['echo_bytes', [new Uint8Array(0)], new Uint8Array(0)],
    ['echo_floats', [Float64Array.of(0.5)], Float64Array.of(0.5)],
    ['echo_longs', [BigInt64Array.of(-1n)], BigInt64Array.of(-1n)],
    ['echo_strings', [['a', '']], ['a', '']], ['echo_values', [[1, key, null]], [1, key, null]],
    ['echo_boxed', [Uint8Array.of(3)], Uint8Array.of(3)],
    ['echo_boxed_values', [[undefined, 'x']], [undefined, 'x']],
    ['shout', ['ab€'], 'AB€'], ['renamedSum', [Float64Array.of(1, 2.5)], 3.5],
    ['renamedSum', [[1, 2, 3]], 6], ['sum_bytes', [Uint8Array.of(200, 100)], 300],
  ]);
  assert.equal(pkg.echo_values([key])[0], key);
});

test('JavaScript values and imported types keep their identity', () => {
  const object = {};
  const call = () => 1;
  const array = Uint8Array.of(9);
  assert.equal(pkg.echo_value(object), object);
  assert.equal(pkg.echo_value(undefined), undefined);
  assert.equal(pkg.echo_value(1n), 1n);
  assert.equal(pkg.echo_function(call), call);
  assert.equal(pkg.echo_array(array), array);
  assert.deepEqual(pkg.echo_functions([call, call]), [call, call]);
  assert.equal(pkg.type_of(Symbol.iterator), 'symbol');
  assert.equal(pkg.type_of(null), 'object');
  assert.equal(pkg.first_byte(array), 9);
  assert.equal(pkg.as_array(array), array);
  assert.equal(pkg.as_array('none'), undefined);
  assert.equal(pkg.call_twice((/** @type {number} */ n) => n + 1, 5), 7);
  const error = new Error('mine');
  assert.equal(thrown(() => pkg.call_twice(() => { throw error; }, 0)), error);
});

test('exported enums, by number and by string', () => {
  assert.equal(pkg.echo_colour(pkg.Colour.Green), 5);
  assert.equal(pkg.opt_colour(pkg.Colour.Red), 1);
  assert.equal(pkg.opt_colour(undefined), undefined);
  assert.equal(pkg.echo_mode('safe'), 'safe');
  assert.equal(pkg.opt_mode('fast'), 'fast');
  assert.equal(pkg.opt_mode(undefined), undefined);
});

test('Option of every type, with and without a value', () => {
  const call = () => 1;
  const key = {};
  /** @type {[string, unknown][]} */
  const some = [
    ['opt_u8', 0], ['opt_i16', -1], ['opt_u32', 4294967295], ['opt_i32', -2147483648],
    ['opt_u64', 2n ** 64n - 1n], ['opt_i64', -1n], ['opt_usize', 0], ['opt_f32', 0.5],
    ['opt_f64', 0], ['opt_bool', false], ['opt_char', 'x'], ['opt_string', ''],
    ['opt_bytes', Uint8Array.of(1)], ['opt_floats', Float64Array.of(1)], ['opt_strings', ['a']],
    ['opt_values', [key]], ['opt_boxed', Uint8Array.of(2)], ['opt_function', call], ['opt_value', key],
  ];
  for (const [name, value] of some) {
    answers(pkg, [[name, [value], value], [name, [undefined], undefined], [name, [null], undefined]]);
    answers(pkg, [[name, [], undefined]]);
  }
  answers(pkg, [['opt_len', ['abc'], 3], ['opt_len', [undefined], undefined]]);
});

test('128-bit integers in an Option, where an error is thrown and not returned', () => {
  if (!unwind) {
    assert.equal(pkg.opt_u128, undefined, 'a Result of three words is more than wasm-bindgen returns');
    return;
  }
  assert.equal(pkg.opt_u128?.(2n ** 127n), 2n ** 127n);
  assert.equal(pkg.opt_i128?.(-1n), -1n);
  assert.equal(pkg.opt_u128(undefined), undefined);
});

test('many arguments keep their order', () => {
  assert.equal(
    pkg.mixed(true, 'text', Uint8Array.of(1, 2), 'value', ['a', 'b'], 2n ** 100n, 4),
    `true text [1, 2] JsValue("value") ["a", "b"] ${2n ** 100n} Some(5)`,
  );
  assert.equal(pkg.mixed(false, '', [], 0, [], 0n), 'false  [] JsValue(0) [] 0 None');
  assert.equal(pkg.nothing(), undefined);
});

test('a mutable slice is copied back', () => {
  const bytes = new Uint8Array(3);
  pkg.fill(bytes, 7);
  assert.deepEqual(bytes, Uint8Array.of(7, 7, 7));
  const floats = new Float64Array(2);
  assert.equal(thrown(() => pkg.fill_or_err(floats, -1)), 'negative');
  assert.deepEqual(floats, Float64Array.of(-1, -1));
  pkg.fill_or_err(floats, 2);
  assert.deepEqual(floats, Float64Array.of(2, 2));
});

unwinding('a mutable slice is copied back from a call that panics', () => {
  const bytes = new Uint8Array(3);
  throwsClass(pkg, 'PanicError', () => pkg.fill(bytes, 13));
  assert.deepEqual(bytes, Uint8Array.of(13, 13, 13));
  pkg.fill(bytes, 1);
  assert.deepEqual(bytes, Uint8Array.of(1, 1, 1));
});

test('Result in every spelling', () => {
  for (const name of ['halve', 'halve_std', 'halve_core', 'halve_alias', 'halve_default', 'halve_renamed', 'halve_unparametrised']) {
    assert.equal(pkg[name](8), 4, name);
    assert.equal(thrown(() => pkg[name](3)), 'odd', name);
    assert.equal(pkg[name](6), 3, name);
  }
  const error = thrown(() => pkg.halve_js_error(3));
  assert.ok(error instanceof Error && !(error instanceof pkg.RecoverError));
  assert.equal(error.message, 'odd number');
  assert.equal(pkg.halve_js_error(2), 1);
  assert.equal(pkg.parse('42'), 42);
  const io = thrown(() => pkg.parse('x'));
  assert.ok(io instanceof Error);
  assert.equal(io.message, 'invalid digit found in string');
});

test('an export whose symbol has its name', () => {
  assert.equal(pkg.exported_by_name(1), 2);
  assert.equal(pkg.unmangled(1), 3);
});

test('a class of the name Result is a value', () => {
  assert.equal(pkg.query(3).rows, 3);
});

test('Result of every shape of value', () => {
  const own = { own: true };
  assert.equal(pkg.unit_or_err(true), undefined);
  assert.equal(thrown(() => pkg.unit_or_err(false)), null);
  assert.equal(pkg.text_or_err(true), 'text');
  assert.equal(thrown(() => pkg.text_or_err(false)), 'no text');
  assert.equal(pkg.option_or_err(1), undefined);
  assert.equal(pkg.option_or_err(2), 2);
  assert.equal(thrown(() => pkg.option_or_err(0)), 'zero');
  assert.deepEqual(pkg.bytes_or_err(2), Uint8Array.of(7, 7));
  assert.equal(thrown(() => pkg.bytes_or_err(0)), 'empty');
  assert.equal(pkg.wide_or_err(2n ** 127n), 2n ** 127n);
  assert.equal(thrown(() => pkg.wide_or_err(0n)), 'zero');
  assert.equal(thrown(() => pkg.err_with(own)), own);
  assert.equal(thrown(() => pkg.err_with(undefined)), undefined);
});

test('objects as T, &T, &mut T, Option<T> and Vec<T>', () => {
  const counter = new pkg.Counter(5);
  assert.equal(pkg.peek(counter), 5);
  assert.equal(pkg.bump(counter), 6);
  assert.equal(pkg.consume_maybe(undefined), undefined);
  assert.equal(pkg.consume_maybe(counter), 6);
  const [zero, one] = pkg.Counter.many(2);
  assert.ok(zero instanceof pkg.Counter);
  assert.equal(pkg.consume_both(zero, one), 1);
  assert.equal(pkg.Counter.total(pkg.Counter.many(4)), 6);
  assert.equal(pkg.Counter.total([]), 0);
  assert.equal(pkg.Counter.maybe(undefined), undefined);
  assert.equal(pkg.Counter.maybe_many(undefined), undefined);
  assert.equal(pkg.Counter.maybe_many([new pkg.Counter(4)]), 4);
  const passed = pkg.Counter.maybe(new pkg.Counter(3));
  assert.equal(passed.get(), 3);
  const merged = passed.merge(new pkg.Counter(4));
  assert.equal(merged.get(), 7);
  const other = new pkg.Counter(1);
  merged.swap(other);
  assert.deepEqual([merged.value, other.value], [1, 7]);
  assert.equal(merged.absorb(other), 8);
  const value = pkg.as_value(merged);
  assert.ok(value instanceof pkg.Counter);
  assert.equal(value.into_value(), 8);
});

test('constructors, static methods, getters and setters', () => {
  const counter = new pkg.Counter(4);
  counter.doubled = 10;
  assert.equal(counter.value, 5);
  assert.equal(counter.doubled, 10);
  assert.equal(counter.add(1), 6);
  assert.equal(counter.try_add(1), 7);
  assert.equal(thrown(() => counter.try_add(4294967295)), 'full');
  assert.equal(counter.get(), 7, 'an Err poisons nothing');
  assert.equal(counter.calls, 3);
  assert.throws(() => { counter.calls = 1; }, TypeError);
  assert.equal(pkg.Counter.fallible(2).get(), 2);
  assert.equal(thrown(() => pkg.Counter.fallible(0)), 'zero');
  assert.equal(counter.hidden, undefined);
});

test('names, namespaces and fields', () => {
  assert.equal(pkg.times_started(), 1);
  assert.equal(pkg.sumOf(1, 2, 3), 6);
  assert.equal(pkg.sumOf(1), 1);
  assert.equal((pkg.yield ?? pkg._yield)(1), 2);
  assert.equal(pkg.outer.inner.nested(), 1);
  assert.equal(pkg.side(true, { deep: 1 }), 'left');
  assert.equal(pkg.untold(), 3);
  assert.equal(thrown(() => new pkg.Boxed(1, '')), 'no text');
  const boxed = new pkg.Boxed(1.5, 'ab');
  boxed.number += 1;
  boxed.text += 'c';
  assert.deepEqual([boxed.number, boxed.text, boxed.isSet, boxed.type], [2.5, 'abc', true, 4]);
  assert.equal(boxed.skipped, undefined);
  assert.equal(boxed.textLength, 3);
  assert.equal(boxed.upper, 'ABC');
  boxed.upper = 'XY';
  assert.equal(boxed.text, 'xy');
  assert.equal(pkg.Boxed.version, 2);
  assert.equal(boxed.joinAll('1', '2'), '1xy2');
  assert.equal(boxed.await(), 4);
  boxed.type = 6;
  assert.deepEqual(JSON.parse(JSON.stringify(boxed)), { number: 2.5, text: 'xy', isSet: true, type: 6, textLength: 2, upper: 'XY' });
  assert.equal(String(boxed), JSON.stringify(boxed));
  const pair = new pkg.Pair();
  pair[0] = 4;
  assert.deepEqual([pair[0], pair.second], [4, 2.5]);
  assert.equal(new pkg.Unit().name(), 'unit');
  const cloned = new pkg.shapes.Cloned();
  cloned.names = ['x', 'y'];
  assert.deepEqual(cloned.names, ['x', 'y']);
  assert.equal(cloned.value, undefined);
  const any = {};
  cloned.value = any;
  assert.equal(cloned.value, any);
});

test('arguments of the wrong type are refused and the next call works', () => {
  const { Counter } = pkg;
  for (const wrong of [{}, 1, new pkg.Unit()]) {
    assert.ok(thrown(() => pkg.peek(wrong)) instanceof Error);
    assert.ok(thrown(() => pkg.bump(wrong)) instanceof Error);
    assert.ok(thrown(() => pkg.consume(wrong)) instanceof Error);
    assert.ok(thrown(() => Counter.total([wrong])) instanceof Error);
    assert.ok(thrown(() => Counter.maybe(wrong)) instanceof Error);
  }
  assert.ok(thrown(() => pkg.echo_strings([1])) instanceof Error);
  assert.ok(thrown(() => pkg.echo_colour(77)) instanceof Error);
  assert.equal(pkg.peek(new Counter(1)), 1);
  assert.equal(pkg.echo_char('y'), 'y');
});

test('an element or a variant that wasm-bindgen refuses is a TypeError', () => {
  assert.ok(thrown(() => pkg.echo_strings([1])) instanceof TypeError);
  assert.ok(thrown(() => pkg.echo_colour(77)) instanceof TypeError);
});

test('a number in place of a BigInt fails that call only', async () => {
  // The engine throws before Rust runs.
  for (const name of ['echo_u64', 'echo_i64', 'echo_u128']) {
    const { pkg: fresh } = await load('fixture-core');
    assert.ok(thrown(() => fresh[name](1)) instanceof TypeError, name);
    assert.equal(fresh.add(1, 2), 3, name);
    assert.equal(fresh.recovery.health().epoch, 0, name);
  }
});
