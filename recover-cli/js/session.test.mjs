// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, run } from './session.mjs';

class PanicError extends Error {
  name = 'PanicError';
  location = 'src/lib.rs:1:2';
}

/**
 * The ends of tests that are these functions.
 * @param {Record<string, () => unknown>} bodies
 * @param {Record<string, string | null>} panics what their panics must say
 */
async function ends(bodies, panics = {}) {
  const names = Object.keys(bodies);
  const tests = names.map((name, id) => ({ id, export: name, theirs: false, panics: panics[name] ?? null }));
  /** @type {any[]} */
  const lines = [];
  await run([{ glue: { ...bodies, PanicError }, tests }], true, (line) => { lines.push(line); });
  assert.deepEqual(lines.filter((line) => 'begin' in line).map((line) => line.begin), names.map((_, id) => id));
  return lines.filter((line) => 'end' in line);
}

test('a test passes when it returns or its promise is fulfilled, and fails when it throws or rejects', async () => {
  const [returns, fulfils, throws, rejects] = await ends({
    returns() {},
    fulfils: async () => {},
    throws() { throw new PanicError('now'); },
    rejects: async () => { throw new TypeError('later'); },
  });
  assert.equal(returns.failure, null);
  assert.equal(fulfils.failure, null);
  assert.equal(throws.failure.message, 'panicked: now');
  assert.equal(throws.failure.location, 'src/lib.rs:1:2');
  assert.equal(rejects.failure.message, 'TypeError: later');
});

test('a test that must panic passes by a panic with its words alone', async () => {
  const [right, other, error, none] = await ends({
    right() { throw new PanicError('the store is full'); },
    other() { throw new PanicError('the store is empty'); },
    error() { throw new Error('full'); },
    none() {},
  }, { right: 'full', other: 'full', error: 'full', none: '' });
  assert.equal(right.failure, null);
  assert.equal(other.failure.message, 'panicked with another message than `full`: the store is empty');
  assert.equal(error.failure.message, 'did not panic, but ended with Error: full');
  assert.equal(none.failure.message, 'did not panic');
});

test('what a test writes is its own', async () => {
  const [first, second] = await ends({
    first() { console.log('a', 1, { b: 2 }); },
    second() { console.error('c'); },
  });
  assert.equal(first.output, 'a 1 {"b":2}');
  assert.equal(second.output, 'c');
});

test('what no caller caught fails the test that runs, and no other', async () => {
  const [waits, after] = await ends({
    waits: () => new Promise(() => { setTimeout(() => assert.equal(fail(new Error('elsewhere')), true)); }),
    after() {},
  });
  assert.equal(waits.failure.message, 'Error: elsewhere');
  assert.equal(after.failure, null);
  assert.equal(fail(new Error('too late')), false);
});

test('a value that is no error is shown', async () => {
  const [one, other] = await ends({
    one() { throw 'words'; },
    other() { throw undefined; },
  });
  assert.equal(one.failure.message, 'threw words');
  assert.equal(other.failure.message, 'threw undefined');
});
