// @ts-check
// What methods.js does without an instance: journals there and back, by the checksum that Rust makes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allMethods, described, journalOf, lineOf, numberOf, tellCalls, watchMethods } from './methods.js';

const ODD = 0x9e37_79b9_7f4a_7c15n;
const U64 = (1n << 64n) - 1n;
/** @param {bigint} word @param {bigint} by */
const rotated = (word, by) => ((word << by) | (word >> (64n - by))) & U64;

/** As in persist/codec.rs, word for word. @param {bigint} state @param {Uint8Array} bytes */
function checksum(state, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  if (bytes.length >= 32) {
    const sums = [state, state, state, state];
    for (; at + 32 <= bytes.length; at += 32) {
      for (const [lane, sum] of sums.entries()) sums[lane] = rotated((sum + view.getBigUint64(at + lane * 8, true)) & U64, 23n);
    }
    state = sums.reduce((all, sum) => rotated(((all ^ sum) * ODD) & U64, 32n), 0n);
  }
  for (; at < bytes.length; at += 4) state = rotated((state + BigInt(view.getUint32(at, true))) & U64, 23n);
  return Number(((((state ^ (state >> 32n)) * ODD) & U64) >> 32n));
}

/** Numbers that look random, and are the same each time. @param {number} seed */
function random(seed) {
  return () => {
    seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9) | 0;
    return (seed ^ (seed >>> 13)) >>> 0;
  };
}

const memory = new WebAssembly.Memory({ initial: 1 });
const NAMES = ['app::Thing::set', 'app::Thing::ändern'];
NAMES.forEach((name, at) => {
  const bytes = new TextEncoder().encode(name);
  new Uint8Array(memory.buffer).set(bytes, 2048 + at * 64);
  new Uint32Array(memory.buffer, 1024 + at * 64).set([0x72636d64, 0xa91e5c37, 7 + at, 77, 2048 + at * 64, bytes.length, 1]);
});
const host = /** @type {any} */ ({ renew() {} });
watchMethods(host);
host.renew(memory);
described(1024, 4096);

test('methods are found by their marks, within the static data', () => {
  assert.deepEqual(allMethods().map(({ address, class: of, schema, name }) => [address, of, schema, name]), [
    [1024, 7, 77, NAMES[0]], [1088, 8, 77, NAMES[1]],
  ]);
  described(1030, 4096);
  assert.deepEqual(allMethods().map(({ name }) => name), [NAMES[1]]);
  described(1024, 4096);
});

test('a class has the methods of those that it extends, and no others', () => {
  class Base {}
  class Middle extends Base {}
  class Derived extends Middle {}
  class Other {}
  // What is between them in JavaScript alone has none.
  const classes = { Base, Renamed: Derived, Other };
  assert.deepEqual([...lineOf(classes, 'Renamed')], [numberOf('Renamed'), numberOf('Base')]);
  assert.deepEqual([...lineOf(classes, 'Base')], [numberOf('Base')]);
  assert.deepEqual([...lineOf(classes, 'Nobody')], []);
});

test('a journal that is made has the checksums of Rust, and is read back', () => {
  const next = random(7);
  const calls = Array.from({ length: 300 }, (_, at) => ({
    method: /** @type {import('./methods.js').Method} */ (allMethods()[at % 2]), ok: at % 3 !== 0, args: Uint8Array.from({ length: at }, () => next()),
  }));
  const log = journalOf(calls);
  const view = new DataView(log.buffer);
  let at = 0;
  for (const { method, args } of calls) {
    const first = view.getUint32(at, true);
    const mark = Math.imul(method.class ^ method.address, 0x7f4a_7c15) >>> 0;
    const end = at + Math.ceil((12 + args.length) / 4) * 4;
    assert.equal(view.getUint32(at + 4, true), checksum(BigInt(first) | (BigInt(mark) << 32n), log.subarray(at + 8, end)), `${args.length} bytes`);
    at = end;
  }
  assert.equal(at, log.length);
  /** @type {typeof calls} */
  const told = [];
  assert.equal(tellCalls(log, (method, ok, args) => told.push({ method, ok, args: args.slice() })), undefined);
  assert.deepEqual(told, calls);
});

test('a journal with a method that the module does not describe ends there', () => {
  const [method] = allMethods();
  const log = journalOf([{ method: /** @type {any} */ (method), ok: true, args: Uint8Array.of(1) }, { method: { address: 4096, class: 1, schema: 1, name: '' }, ok: true, args: Uint8Array.of() }]);
  const told = /** @type {unknown[]} */ ([]);
  assert.equal(tellCalls(log, (...call) => told.push(call)), 4096);
  assert.equal(told.length, 1);
});

test('the hash of a class is that of Rust', () => {
  // `codec::number_of("Store")`, written out.
  let number = 0;
  for (const byte of new TextEncoder().encode('Store')) {
    const mixed = Number((BigInt((number ^ byte) >>> 0) * 0x7f4a_7c15n) & 0xffff_ffffn);
    number = Number(((BigInt(mixed) << 15n) | (BigInt(mixed) >> 17n)) & 0xffff_ffffn);
  }
  assert.equal(numberOf('Store'), number);
  assert.notEqual(numberOf('Store'), numberOf('Stored'));
});
