// @ts-check
import test from 'node:test';
import assert from 'node:assert/strict';
import { missing } from './declarations.mjs';
import { show } from './show.mjs';

const plain = `
/** Docs of A. */
export class A {
    free(): void;
    /**
     * More.
     */
    add(n: number): number;
    readonly n: number;
}
export function f(a: A): void;
export type InitInput = string;
export function init(): void;
`;

test('more is well, less is named with the class around it', () => {
  const more = plain.replace('free(): void;', 'free(): void;\n    more(): void;').replace('Docs', 'Other docs');
  assert.deepEqual(missing(plain, more), []);
  const less = plain.replace('add(n: number)', 'add(n?: number)').replace('f(a: A)', 'f(a: any)').replace('init()', 'other()');
  assert.deepEqual(missing(plain, less), ['export class A … add(n: number): number;', 'export function f(a: A): void;']);
});

test('a member of another class does not count', () => {
  const moved = plain.replace('    readonly n: number;\n', '') + 'export class B {\n    readonly n: number;\n}\n';
  assert.deepEqual(missing(plain, moved.replace(/export type[\s\S]*?void;/, '')), ['export class A … readonly n: number;']);
});

test('values are the same text if they are the same to the byte', () => {
  const same = [new Uint8Array([1, 2]), new Float32Array([1]), { b: [1, null], a: new Map([['x', 1n]]) }, new TypeError('t'), -0, undefined];
  const again = [new Uint8Array([1, 2]), new Float32Array([1]), { a: new Map([['x', 1n]]), b: [1, null] }, new TypeError('t'), -0, undefined];
  const others = [new Uint8Array([1, 3]), new Float64Array([1]), { a: new Map([['x', 1]]), b: [1, null] }, new Error('t'), 0, null];
  for (const [index, value] of same.entries()) {
    assert.equal(show(value), show(again[index]));
    assert.notEqual(show(value), show(others[index]));
  }
  /** @type {any} */
  const round = { name: 'round' };
  round.self = round;
  assert.equal(show(round), '{"name": "round", "self": itself}');
});
