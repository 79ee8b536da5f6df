// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, run } from './session.mjs';

class PanicError extends Error {
  name = 'PanicError';
  location = { file: 'src/lib.rs', line: 1, column: 2 };
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
  await run([{ load: async () => ({ ...bodies, PanicError }), tests }], { capture: true }, (line) => { lines.push(line); });
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

test('what wasm-bindgen-test prints of a failure is read without its frames', async () => {
  const lines = ['running 1 test', 'test f ... FAIL', '', 'failures:', '', '---- f output ----', '    JS exception that was thrown:',
    '        PanicError: sums differ', '          left: 2', '            at f (f.wasm)', '', 'failures:', '', '    f', ''];
  /** @type {any[]} */
  const said = [];
  let reset = 0;
  class WasmBindgenTestContext {
    include_ignored() {}
    /** @param {((address: number) => void)[]} tests */
    async run(tests) {
      tests.forEach((each) => each(7));
      for (const line of lines) /** @type {any} */ (globalThis).__wbgtest_og_console_log(line);
      try {
        /** @type {any} */ (globalThis).__wbg_test_invoke(() => { throw new Error('a panic'); });
      } catch { /* as wasm-bindgen-test does */ }
      return false;
    }
  }
  const glue = {
    WasmBindgenTestContext,
    initSync: () => ({ f: (/** @type {number} */ address) => assert.equal(address, 7) }),
    __wbg_reset_state: () => { reset += 1; },
  };
  await run([{ load: async () => glue, tests: [{ id: 0, export: 'f', theirs: true, panics: null }] }], { capture: true }, (line) => { said.push(line); });
  assert.equal(said[1].failure.message, 'PanicError: sums differ\nleft: 2');
  assert.equal(said[1].failure.stack, 'at f (f.wasm)');
  said.length = 0;
  const hooked = class extends WasmBindgenTestContext {
    /** @param {((address: number) => void)[]} tests */
    async run(tests) {
      console.error('panicked at src/a.rs:1:2:\nsums differ\n\nStack:\n\nError\n    at f');
      return super.run(tests);
    }
  };
  await run([{ load: async () => ({ ...glue, WasmBindgenTestContext: hooked }), tests: [{ id: 0, export: 'f', theirs: true, panics: null }] }], { capture: true }, (line) => { said.push(line); });
  assert.deepEqual(said[1].failure, { message: 'panicked: sums differ', location: 'src/a.rs:1:2', stack: 'Error\n    at f' });
  assert.equal(said[1].output, '');
  assert.equal(reset, 2, 'an instance in which a test threw is not used again');
});

test('a value that is no error is shown', async () => {
  const [one, other] = await ends({
    one() { throw 'words'; },
    other() { throw undefined; },
  });
  assert.equal(one.failure.message, 'threw words');
  assert.equal(other.failure.message, 'threw undefined');
});
