// @ts-check
// Stacks as engines wrote them, of a module with four functions behind one import: recorded from
// Node 24, Chromium, workerd, Deno 2, Firefox 140 and Bun 1; what Safari writes is JavaScriptCore's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framesOf } from './frames.js';

/** @param {string} stack @param {string} [message] */
const frames = (stack, message = 'boom\n    at wasm-function[7]:0x77') => framesOf({ stack, message }, 32);

/** The frames of the recorded stacks. */
const ALL = [[1, 0x33], [2, 0x38], [3, 0x3d]];

test('stacks of V8: Node, Chromium and workerd', () => {
  assert.deepEqual(frames(`PanicError: boom
    at wasm-function[7]:0x77
    at f (file:///app/stacks.mjs:20:62)
    at wasm://wasm/95ce783a:wasm-function[1]:0x33
    at wasm://wasm/95ce783a:wasm-function[2]:0x38
    at wasm://wasm/95ce783a:wasm-function[3]:0x3d
    at caller (file:///app/stacks.mjs:21:35)
    at async Object.fetch (file:///app/main.mjs:1:169)`), ALL);
  assert.deepEqual(frames(`PanicError: boom
    at wasm-function[7]:0x77
    at f (http://127.0.0.1:38861/stacks.mjs:20:62)
    at app::inner (wasm://wasm/5968e1de:wasm-function[1]:0x33)
    at outer<u32> (wasm://wasm/5968e1de:wasm-function[2]:0x38)
    at <app::Room as app::Put>::put::{{closure}} (wasm://wasm/5968e1de:wasm-function[3]:0x3d)
    at caller (http://127.0.0.1:38861/stacks.mjs:21:35)`), ALL);
});

test('stacks of V8 in Deno, which tells no index', () => {
  assert.deepEqual(frames(`RuntimeError: unreachable
    at <anonymous> (wasm://wasm/95ce783a:wasm-function[0]:0x33)
    at app::inner (wasm://wasm/95ce783a:wasm-function[0]:0x38)
    at caller (file:///app/stacks.mjs:23:41)`, 'unreachable'), [[-1, 0x33], [-1, 0x38]]);
  // Of a module that was fetched it says a line and a column.
  assert.deepEqual(frames(`RuntimeError: unreachable
    at std[d48e7637351843e]::process::abort (file:///app/pkg/app_bg.wasm:1:827440)
    at app[78eec05cb9854b65]::trap (file:///app/pkg/app_bg.wasm:1:827338)
    at file:///app/pkg/app_bg.wasm:1:827337
    at wasm.trap (file:///app/pkg/app.js:1:66)`, 'unreachable'), [[-1, 827_439], [-1, 827_337], [-1, 827_336]]);
});

test('stacks of SpiderMonkey, compiled of bytes and from a file', () => {
  assert.deepEqual(frames(`PanicError@http://127.0.0.1:38339/stacks.mjs:18:5
f@http://127.0.0.1:38339/stacks.mjs:20:62
@http://127.0.0.1:38339/stacks.mjs line 19 > WebAssembly.Module:wasm-function[1]:0x33
@http://127.0.0.1:38339/stacks.mjs line 19 > WebAssembly.Module:wasm-function[2]:0x38
@http://127.0.0.1:38339/stacks.mjs line 19 > WebAssembly.Module:wasm-function[3]:0x3d
caller@http://127.0.0.1:38339/stacks.mjs:21:35
`), ALL);
  assert.deepEqual(frames(`app::inner@http://127.0.0.1:38339/named.wasm:wasm-function[1]:0x33
outer<u32>@http://127.0.0.1:38339/named.wasm:wasm-function[2]:0x38
run@http://127.0.0.1:38339/named.wasm:wasm-function[3]:0x3d
caller@http://127.0.0.1:38339/stacks.mjs:21:35
`), ALL);
});

test('stacks of JavaScriptCore, which tells no offset; Bun tells nothing', () => {
  assert.deepEqual(frames(`f@http://127.0.0.1/stacks.mjs:20:66
wasm-function[1]@[wasm code]
<?>.wasm-function[2]@[wasm code]
wasm-stub@[wasm code]
caller@http://127.0.0.1/stacks.mjs:21:35`), [[1, -1], [2, -1]]);
  assert.deepEqual(frames(`Error: boom
    at wasm-function[7]:0x77
    at f (/app/stacks.mjs:20:66)
    at unknown
    at caller (/app/stacks.mjs:21:35)`), []);
  assert.deepEqual(frames(`PanicError: x
    at app.wasm.wasm-function[1] (native)
    at <?>.wasm-function[2] ([wasm code])
    at app.wasm.wasm-function[app::named] (native)
    at caller (/app/stacks.mjs:21:35)`, 'x'), [[1, -1], [2, -1]]);
});

test('frames of another module, and what is no stack', () => {
  assert.deepEqual(frames(`PanicError: x
    at wasm://wasm/95ce783a:wasm-function[1]:0x33
    at wasm://wasm/00000001:wasm-function[8]:0x99
    at wasm://wasm/95ce783a:wasm-function[3]:0x3d`, 'x'), [[1, 0x33], [3, 0x3d]]);
  for (const none of [undefined, null, 7, {}, { stack: 5 }, { stack: '' }]) assert.deepEqual(framesOf(none, 9), []);
  assert.equal(framesOf({ stack: '    at wasm://wasm/1:wasm-function[1]:0x1\n'.repeat(50), message: '' }, 20).length, 20);
});

test('a long line costs no time', () => {
  const began = performance.now();
  const name = `    at ${'('.repeat(20_000)}@wasm-function[`;
  assert.deepEqual(framesOf({ stack: `E: m\n${name}\n${'@'.repeat(20_000)}\n${'wasm-function[1]@'.repeat(2000)}`, message: 'm' }, 9), []);
  assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`);
});
