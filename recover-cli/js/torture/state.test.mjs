// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handlesIn, print } from './state.mjs';

class Handle {
  __wbg_ptr = 1;

  free() {}
}

test('handles are found in objects, arrays and maps, once each, and no getter is called', () => {
  const [a, b, c, d] = [new Handle(), new Handle(), new Handle(), new Handle()];
  const state = { a, list: [b, [a]], map: new Map([['k', c]]), around: /** @type {any} */ (undefined), get bad() { throw new Error('called'); }, bytes: new Uint8Array(5) };
  state.around = state;
  assert.deepEqual([...handlesIn(state, [d]).values()], ['state.a', 'state.list[0]', 'state.map[k]', 'own[0]']);
});

test('values are printed alike if they are alike, and only then', () => {
  const around = /** @type {any} */ ({ a: 1 });
  around.me = around;
  const all = [1, -0, 0, '1', 1n, null, undefined, true, NaN, [1], { a: 1 }, { b: 1 }, new Map([[1, 2]]), new Set([1]), new Uint8Array([1]), new Uint16Array([1]), new Date(1), new Error('x'), new TypeError('x'), around, new Handle(), () => {}, Promise.resolve()];
  assert.equal(new Set(all.map((each) => print(each))).size, all.length);
  assert.equal(print({ a: 1, b: [2] }), print({ b: [2], a: 1 }));
});
