// @ts-check
// What the end-to-end tests share: catching, comparing, looking into sources.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/**
 * What `call` throws; a call that throws nothing fails the test.
 * @param {() => unknown} call
 * @returns {any}
 */
export function thrown(call) {
  let value;
  try {
    value = call();
  } catch (error) {
    return error;
  }
  assert.fail(`nothing was thrown, but ${String(value)} returned`);
}

/**
 * The error of class `name` that `call` throws.
 * @param {any} pkg
 * @param {string} name
 * @param {() => unknown} call
 */
export function throwsClass(pkg, name, call) {
  const error = thrown(call);
  assert.ok(error instanceof pkg[name], `a ${name}, not ${error?.stack ?? error}`);
  assert.equal(error.name, name);
  return error;
}

/**
 * An error that says that an instance ended.
 * @param {any} pkg
 * @param {any} error
 */
export function isDeath(pkg, error) {
  assert.ok(error instanceof pkg.RecoverError, `a RecoverError, not ${error?.stack ?? error}`);
  assert.ok(error instanceof pkg.InstanceAbortedError || error instanceof pkg.PanicError, error.name);
  assert.equal(error.fatal, true);
}

/**
 * The error of `call`, of which the instance dies; the next one is there afterwards.
 * @param {any} pkg
 * @param {() => unknown} call
 */
export function dies(pkg, call) {
  const { epoch } = pkg.recovery.health();
  const error = thrown(call);
  isDeath(pkg, error);
  assert.equal(pkg.recovery.health().epoch, epoch + 1);
  return error;
}

/**
 * The names of a table of calls, each with its arguments and its result.
 * @param {any} pkg
 * @param {[name: string, args: unknown[], expected: unknown][]} rows
 */
export function answers(pkg, rows) {
  for (const [name, args, expected] of rows) {
    const got = pkg[name](...args);
    assert.deepStrictEqual(got, expected, `${name}(${args.map(String).join(', ')})`);
  }
}

/**
 * Where in a Rust source of `tests/fixtures` a text stands, counted from 1.
 * @param {string} file
 * @param {string} text
 */
export function place(file, text) {
  const lines = readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8').split('\n');
  const line = lines.findIndex((each) => each.includes(text));
  assert.ok(line >= 0, `${text} is in ${file}`);
  return { line: line + 1, column: (lines[line] ?? '').indexOf(text) + 1 };
}

/**
 * What a test for leaks compares.
 * @param {any} pkg
 * @param {any} wasm
 * @param {() => { free(): void }} [make]
 */
export function measure(pkg, wasm, make = () => new pkg.Counter(1)) {
  const { probe } = pkg;
  // The blocks of the last freed objects stay allocated (pointer.rs): these are always the same ones.
  for (let i = 0; i < 8; i += 1) make().free();
  return {
    memory: wasm.memory.buffer.byteLength,
    table: wasm.__wbindgen_externrefs.length,
    externrefs: probe.liveExternrefs(),
    blocks: probe.liveBlocks(),
    bytes: probe.liveBytes(),
    stack: probe.stackAddress(),
    alive: probe.made() - probe.dropped(),
  };
}

const { now } = performance;

/**
 * From now on the clock shows so many milliseconds more each time that it is read; without a number
 * it is the real one again.
 * @param {number} [step]
 */
export function clock(step) {
  let time = 1000;
  performance.now = step === undefined ? now : () => time += step;
}
