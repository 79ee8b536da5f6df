import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { coredump } from './coredump.js';

const V8 = 'RuntimeError: unreachable\n    at wasm://wasm/1a:wasm-function[3]:0x2f\n    at f (file:///a.js:1:2)\n    at wasm://wasm/1a:wasm-function[12]:0x1267';
/** A module with one import and two functions, of 2 and 3 bytes. */
const MODULE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 4, 1, 96, 0, 0,
  2, 7, 1, 1, 101, 1, 102, 0, 0,
  3, 3, 2, 0, 0,
  10, 8, 2, 2, 0, 11, 3, 0, 1, 11,
]);

const report = (more) => ({
  error: Object.assign(new Error('the instance ended'), { stack: '' }), cause: { stack: V8 }, epoch: 2, export: 'put',
  memory: undefined, objects: [], ...more,
});

test('a coredump is a module that the engine can read, with the sections of the tool conventions', () => {
  const memory = new Uint8Array(3 * 65536);
  memory.set([1, 2, 3], 2 * 65536 + 5);
  const module = new WebAssembly.Module(coredump(report({ memory }), { build: '0a1b' }));
  for (const name of ['core', 'coremodules', 'coreinstances', 'corestack', 'recover']) {
    assert.equal(WebAssembly.Module.customSections(module, name).length, 1, name);
  }
  const [own] = WebAssembly.Module.customSections(module, 'recover');
  const told = JSON.parse(new TextDecoder().decode(own));
  assert.deepEqual(told.frames, [[3, 47], [12, 4711]]);
  assert.equal(told.build, '0a1b');
  assert.equal(told.message, 'the instance ended');
});

test('memory that holds nothing but zeros is left out', () => {
  const empty = coredump(report({ memory: new Uint8Array(64 * 65536) })).length;
  const memory = new Uint8Array(64 * 65536);
  memory[40 * 65536 + 1] = 7;
  assert.ok(empty < 1000, String(empty));
  assert.ok(coredump(report({ memory })).length < empty + 65536 + 20);
});

test('with the module, frames have their offset in the function', () => {
  const at = 8 + 6 + 9 + 5 + 2 + 1 + 1;
  const stack = `    at wasm://wasm/1a:wasm-function[1]:0x${(at + 1).toString(16)}\n    at wasm://wasm/1a:wasm-function[2]:0x${(at + 5).toString(16)}`;
  const offsets = (dump) => {
    const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(dump), 'corestack');
    const bytes = [...new Uint8Array(section)];
    // 0, "main", the count; of each: 0, the instance, the function, the offset, no locals, no stack.
    return [bytes[10], bytes[16]];
  };
  assert.deepEqual(offsets(coredump(report({ cause: { stack } }), { module: MODULE })), [1, 2]);
  assert.deepEqual(offsets(coredump(report({ cause: { stack } }))), [0, 0]);
});

test('what ended without a stack has a coredump without frames', () => {
  for (const cause of [undefined, null, 'gone', { stack: 7 }, new Error('no frames of a module')]) {
    const dump = coredump(report({ cause, error: undefined }));
    assert.ok(WebAssembly.validate(dump));
  }
});
