// @ts-check
// What the functions of callbacks do without an instance. What needs one is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as callbacks from './callbacks.js';
import * as errors from './errors.js';
import * as host from './host.js';

callbacks.link(host.linksOf());

/** A stand-in for wasm-bindgen's closure. @param {(...args: any[]) => any} call */
const shell = (call) => Object.assign((/** @type {any[]} */ ...args) => call(...args), { unrefs: 0, _wbg_cb_unref() { this.unrefs += 1; }, state: /** @type {any} */ (undefined) });

test('a released callback is not called', () => {
  const closure = shell((...args) => args);
  const callback = callbacks.callback(closure, 2);
  assert.equal(callback.length, 2);
  assert.deepEqual(callback(1, 2, 3), [1, 2]);
  callbacks.release(closure);
  assert.throws(() => callback(1, 2), errors.StaleHandleErrorClass);
  assert.equal(closure.unrefs, 1);
  assert.throws(() => callbacks.callback(shell(() => {}), 9), RangeError);
});

test('a scope is closed by what leaves it', () => {
  const closure = shell(() => 7);
  /** @type {any} */
  let kept;
  const thrown = new Error('leaves');
  assert.throws(() => callbacks.scope(closure, 0, (f) => { kept = f; assert.equal(kept(), 7); throw thrown; }), thrown);
  assert.throws(() => kept(), errors.StaleHandleErrorClass);
});

test('callbacks of an instance whose memory was replaced are stale', () => {
  host.attach(new WebAssembly.Memory({ initial: 1 }), 0, 0, 0, 0);
  const callback = callbacks.callback(shell(() => 7), 0);
  assert.equal(callback(), 7);
  host.attach(new WebAssembly.Memory({ initial: 1 }), 0, 0, 0, 0);
  assert.throws(() => callback(), errors.StaleHandleErrorClass);
  assert.equal(callbacks.callback(shell(() => 8), 0)(), 8);
});

test('what a detached callback throws is told with its cause, whatever it is', () => {
  /** @type {any[]} */
  const seen = [];
  const stop = host.recoveryControls.onPanic((error) => seen.push(error));
  const causes = [new RangeError('r'), 'text', undefined, Object.create(null)];
  for (const cause of causes) assert.equal(callbacks.detached(() => { throw cause; })(), undefined);
  stop();
  assert.deepEqual(seen.map((error) => [error.name, error.cause]), causes.map((cause) => ['PanicError', cause]));
});
