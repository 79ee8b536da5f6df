// @ts-check
// Keys of calls: what is the same, and what is not. When one is under way in a real package is in tests/e2e/durable.test.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { began, keepKey, keyOf, keyUnderWay, polls, underKey } from './keys.js';

/** @param {string} name @param {unknown[]} args @param {{ name: string, sequence: number }} [owner] */
const of = (name, args, owner = { name: 'a', sequence: 3 }) => keyOf(owner, { name, args }, undefined).text;

test('the same call at the same place has the same key, and any other call another', () => {
  const calls = [
    ['say', []], ['say', [1]], ['say', ['1']], ['say', [1n]], ['say', [-0]], ['say', [0]], ['say', [null]], ['say', [undefined]], ['say', [undefined, undefined]],
    ['say', [[1]]], ['say', [[1, 2]]], ['say', [[1], 2]], ['say', [{ a: 1 }]], ['say', [{ b: 1 }]], ['say', [Uint8Array.of(1)]], ['say', [Int8Array.of(1)]], ['say', [new Uint8Array(0)]],
    ['says', []], ['say', ['s', '']], ['say', ['', 's']], ['say', [new Map()]], ['say', [() => 1]], ['say', ['\ud800']], ['say', ['\ud801']],
  ];
  const keys = calls.map(([name, args]) => of(/** @type {string} */ (name), /** @type {unknown[]} */ (args)));
  assert.equal(new Set(keys).size, calls.length);
  assert.deepEqual(keys, calls.map(([name, args]) => of(/** @type {string} */ (name), /** @type {unknown[]} */ (args))));
  assert.equal(of('say', [{ a: 1, b: 2 }]), of('say', [{ b: 2, a: 1 }]));
  assert.notEqual(of('say', [], { name: 'a', sequence: 4 }), keys[0]);
  assert.notEqual(of('say', [], { name: 'b', sequence: 3 }), keys[0]);
});

test('calls that ask at one place are told apart, and a key stays what it was', () => {
  const owner = { name: 'a', sequence: 1 };
  const [one, two] = [keyOf(owner, { name: 'say', args: [] }, undefined), keyOf(owner, { name: 'say', args: [] }, undefined)];
  const key = one.text;
  assert.match(key, /^a\/1\/[0-9a-f]{16}$/);
  assert.match(two.text, /^a\/1\.1\/[0-9a-f]{16}$/);
  owner.sequence = 2;
  assert.equal(one.text, key);
  assert.match(of('say', [], owner), /^a\/2\//);
  assert.equal(keyOf(owner, { name: 'say', args: [] }, 'mine').text, 'mine');
});

test('a key may stand in a header, whatever the name of the object is', () => {
  for (const name of ['', 'a/b c', 'ö\ud800', 'x'.repeat(1000), '\n']) {
    const key = of('say', [], { name, sequence: 0 });
    assert.match(key, /^[\w%.!~*'()-]*\/0\/[0-9a-f]{16}$/, JSON.stringify(name));
    assert.ok(key.length < 150);
  }
});

test('arguments that nest without end, or are changed, give a key all the same', () => {
  /** @type {any} */
  const round = {};
  round.round = round;
  assert.equal(of('say', [round]), of('say', [round]));
});

test('the key of a task is there when that runs', () => {
  const key = keyOf({ name: 'a', sequence: 1 }, { name: 'later', args: [] }, 'the key');
  assert.equal(keyUnderWay(), undefined);
  underKey(key, () => { began(7); assert.equal(keyUnderWay(), 'the key'); });
  assert.equal(keyUnderWay(), undefined);
  polls(7);
  assert.equal(keyUnderWay(), 'the key');
  polls(8);
  assert.equal(keyUnderWay(), undefined, "another's task");
  polls(undefined);
  key.end(true);
  polls(7);
  assert.equal(keyUnderWay(), undefined);
  // A task of somebody else's has the number next.
  underKey(key, () => began(7));
  began(7);
  polls(7);
  assert.equal(keyUnderWay(), undefined);
});

test('calls that began at one place are told apart, whoever asks meanwhile and whoever has ended', () => {
  const owner = { name: 'a', sequence: 5 };
  const pay = () => keyOf(owner, { name: 'pay', args: [10] }, undefined);
  const [one, two, three] = [pay(), pay(), pay()];
  assert.match(one.text, /^a\/5\/\w+$/);
  owner.sequence = 6;
  const later = pay();
  assert.match(later.text, /^a\/6\/\w+$/);
  assert.match(two.text, /^a\/5\.1\/\w+$/);
  one.end(true);
  later.end(true);
  assert.match(three.text, /^a\/5\.2\/\w+$/);
  two.end(true);
  three.end(true);
  // Nothing is kept of a place where no call runs. In a journal none begins there any more.
  owner.sequence = 5;
  assert.equal(pay().text, one.text);
});

test('a call that is made again because it failed has its key again', () => {
  const owner = { name: 'a', sequence: 5 };
  const pay = () => keyOf(owner, { name: 'pay', args: [10] }, undefined);
  const [other, failed, silent] = [pay(), pay(), pay()];
  assert.notEqual(other.text, failed.text);
  assert.deepEqual([failed.isAsked, silent.isAsked, keyOf(owner, { name: 'pay', args: [10] }, 'given').isAsked], [true, false, false]);
  failed.end(false);
  assert.equal(pay().text, failed.text);
  other.end(true);
  assert.notEqual(pay().text, other.text);
});

test('what runs later as a part of a call has its key', () => {
  const key = keyOf({ name: 'a', sequence: 1 }, { name: 'queued', args: [] }, 'the key');
  const run = underKey(key, () => keepKey(() => keyUnderWay()));
  assert.deepEqual([keyUnderWay(), run(), keyUnderWay()], [undefined, 'the key', undefined]);
  assert.equal(underKey(key, keepKey(() => keyUnderWay())), 'the key', 'that of no call takes none away');
});
