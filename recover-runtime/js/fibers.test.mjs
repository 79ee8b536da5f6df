// @ts-check
// fibers.js against a module that waits once: what is switched, and when.
import test from 'node:test';
import assert from 'node:assert/strict';
import { left, outcome, recoverFiber, recoverPark, resumed, waitFor } from './fibers.js';

/**
 * `__recover_fiber` calls `body`, `park`, `resumed`, `body` and `left` with its number.
 * `(type (func (param i32))) (import "e" "park" …) (import "e" "resumed" …) (import "e" "left" …) (import "e" "body" …)`
 */
const MODULE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 127, 0,
  2, 40, 4, 1, 101, 4, 112, 97, 114, 107, 0, 0, 1, 101, 7, 114, 101, 115, 117, 109, 101, 100, 0, 0,
  1, 101, 4, 108, 101, 102, 116, 0, 0, 1, 101, 4, 98, 111, 100, 121, 0, 0,
  3, 2, 1, 0,
  7, 19, 1, 15, 95, 95, 114, 101, 99, 111, 118, 101, 114, 95, 102, 105, 98, 101, 114, 0, 4,
  10, 24, 1, 22, 0, 32, 0, 16, 3, 32, 0, 16, 0, 32, 0, 16, 1, 32, 0, 16, 3, 32, 0, 16, 2, 11,
]);

const MAIN = 1000;
const turn = () => new Promise((resolve) => { setImmediate(resolve); });

let forget = () => {};

/** @param {(id: number) => void} body */
function host(body) {
  // There is one instance at a time.
  forget();
  const pointer = { value: MAIN };
  const lowest = { value: 0 };
  /** @type {unknown[]} */
  const ends = [];
  const gate = {
    depth: 0, dead: false, sealed: 0,
    seal() { this.dead = true; this.sealed += 1; },
    onExit() { ends.push('exit'); },
    glue: {
      wasm: () => exported,
      unwrap(/** @type {unknown} */ thrown, /** @type {string} */ _, /** @type {boolean} */ dead) { ends.push([thrown, dead]); return thrown; },
    },
  };
  /** @type {any} */
  const links = {
    gate, instance: { dead: false }, abandonFibers() {},
    unsupported: (/** @type {string} */ message) => Object.assign(new Error(message), { code: 'E_UNSUPPORTED' }),
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE), {
    e: { park: new (/** @type {any} */ (WebAssembly).Suspending)(recoverPark), resumed, left, body },
  });
  const exported = { __recover_fiber: exports.__recover_fiber, __stack_pointer: pointer, __recover_stack_low: lowest };
  const begin = (/** @type {number} */ id) => {
    const promise = /** @type {Promise<unknown>} */ (recoverFiber(id, id * 100, id * 100 + 90, links));
    forget = links.abandonFibers;
    return promise;
  };
  return { links, gate, pointer, lowest, ends, begin };
}

test('pointer, lower end and depth are those of the stack that runs', async () => {
  /** @type {Map<number, (value?: unknown) => void>} */
  const resolves = new Map();
  /** @type {unknown[]} */
  const seen = [];
  const at = host((id) => {
    seen.push([id, at.pointer.value, at.lowest.value, at.gate.depth]);
    // As a frame would, that is left at the end.
    at.pointer.value -= 10;
    if (!resolves.has(id)) waitFor(id, new Promise((resolve) => resolves.set(id, resolve)));
  });
  const outside = () => [at.pointer.value, at.lowest.value, at.gate.depth];
  const fibers = [at.begin(2), at.begin(3)];
  assert.deepEqual(outside(), [MAIN, 0, 0]);
  await turn();
  assert.deepEqual(outside(), [MAIN, 0, 0]);
  resolves.get(2)?.();
  await turn();
  assert.deepEqual(outside(), [MAIN, 0, 0]);
  resolves.get(3)?.();
  await Promise.all(fibers);
  assert.deepEqual(outside(), [MAIN, 0, 0]);
  assert.deepEqual(seen, [[2, 290, 328, 1], [3, 390, 428, 1], [2, 280, 328, 1], [3, 380, 428, 1]]);
  assert.deepEqual(at.ends, []);
});

test('what was waited for is told, as a value or thrown', async () => {
  /** @type {unknown[]} */
  const seen = [];
  let waited = false;
  const settle = [() => Promise.resolve('good'), () => Promise.reject('bad')];
  const at = host((id) => {
    if (!waited) { waited = true; waitFor(id, settle.shift()?.()); return; }
    try { seen.push(outcome(id)); } catch (reason) { seen.push([reason]); }
  });
  await at.begin(2);
  waited = false;
  await at.begin(2);
  assert.deepEqual(seen, ['good', ['bad']]);
});

test('a segment that is cut seals the instance before anything else runs', async () => {
  let calls = 0;
  const boom = new Error('boom');
  /** @type {(value?: unknown) => void} */
  let resolve = () => {};
  const at = host((id) => {
    calls += 1;
    if (calls === 2) throw boom;
    waitFor(id, new Promise((settle) => { resolve = settle; }));
  });
  const never = at.begin(2);
  never.catch(() => {});
  await turn();
  resolve();
  /** @type {number[]} */
  const sealed = [];
  let next = Promise.resolve();
  for (let i = 0; i < 4; i += 1) next = next.then(() => { sealed.push(at.gate.sealed); });
  await turn();
  assert.equal(sealed.at(-1), 1);
  assert.deepEqual([at.pointer.value, at.gate.depth], [MAIN, 0]);
  assert.deepEqual(at.ends, [[boom, true]]);
  at.links.abandonFibers();
});

test('a wait with a call between is refused, and of an unknown fiber', async () => {
  /** @type {any[]} */
  const errors = [];
  const at = host((id) => {
    for (const [wrong, more] of [[id, 1], [7, 0]]) {
      at.gate.depth += /** @type {number} */ (more);
      try { waitFor(/** @type {number} */ (wrong), undefined); } catch (error) { errors.push(error); }
      at.gate.depth -= /** @type {number} */ (more);
    }
    waitFor(id, undefined);
  });
  await at.begin(2);
  assert.deepEqual(errors.map(({ code }) => code), ['E_UNSUPPORTED', 'E_UNSUPPORTED', 'E_UNSUPPORTED', 'E_UNSUPPORTED']);
});

test('fibers of an instance that ended go on to nothing, and are not begun', async () => {
  let bodies = 0;
  const at = host((id) => {
    bodies += 1;
    waitFor(id, new Promise(() => {}));
  });
  let settled = false;
  const waits = at.begin(2);
  waits.finally(() => { settled = true; });
  await turn();
  at.begin(3);
  at.links.instance.dead = true;
  at.gate.dead = true;
  at.links.abandonFibers();
  await turn();
  assert.equal(bodies, 1, 'the third was not begun, and what the module did was cut where it went on');
  assert.equal(settled, false);
  assert.deepEqual(at.ends, []);
});

test('an engine or a package that cannot suspend says so', () => {
  const at = host(() => {});
  at.links.gate = undefined;
  assert.throws(() => at.begin(2), { code: 'E_UNSUPPORTED' });
});
