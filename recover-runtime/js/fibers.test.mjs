// @ts-check
// fibers.js against a module that waits once: what is switched, and when.
import test from 'node:test';
import assert from 'node:assert/strict';
import { isRunning, left, outcome, recoverFiber, recoverPark, waitFor } from './fibers.js';
import * as hosts from './host.js';
import { Gate } from './instance.js';

/**
 * `__recover_fiber` calls `body`, `park`, `body` and `left` with its number.
 * `(type (func (param i32))) (import "e" "park" …) (import "e" "left" …) (import "e" "body" …)`
 */
const MODULE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 127, 0,
  2, 28, 3, 1, 101, 4, 112, 97, 114, 107, 0, 0, 1, 101, 4, 108, 101, 102, 116, 0, 0, 1, 101, 4, 98, 111, 100, 121, 0, 0,
  3, 2, 1, 0,
  7, 19, 1, 15, 95, 95, 114, 101, 99, 111, 118, 101, 114, 95, 102, 105, 98, 101, 114, 0, 3,
  10, 20, 1, 18, 0, 32, 0, 16, 2, 32, 0, 16, 0, 32, 0, 16, 2, 32, 0, 16, 1, 11,
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
    e: { park: new (/** @type {any} */ (WebAssembly).Suspending)(recoverPark), left, body },
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

test('what goes on has its stack from its first function on, and nobody else has it', async () => {
  /** @type {(value?: unknown) => void} */
  let resolve = () => {};
  /** @type {unknown[]} */
  const seen = [];
  const at = host((id) => {
    seen.push([isRunning(id), at.pointer.value, at.lowest.value]);
    waitFor(id, new Promise((settle) => { resolve = settle; }));
  });
  const fiber = at.begin(2);
  await turn();
  assert.equal(isRunning(2), false);
  resolve();
  // They run before the stack goes on, between, and behind it.
  let next = Promise.resolve();
  for (let i = 0; i < 8; i += 1) next = next.then(() => { seen.push([isRunning(2), at.pointer.value, at.lowest.value]); });
  await fiber;
  await next;
  const others = seen.filter((one) => JSON.stringify(one) === JSON.stringify([false, MAIN, 0]));
  assert.deepEqual([seen.length, others.length], [10, 8]);
  assert.deepEqual(seen.filter((one) => !others.includes(one)), [[true, 290, 328], [true, 290, 328]]);
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
    // As the instance does.
    if (!isRunning(id)) throw new Error('a trap');
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
  assert.equal(bodies, 1, 'the third was not begun, and what went on trapped');
  assert.equal(settled, false);
  assert.deepEqual(at.ends, []);
});

test('an engine or a package that cannot suspend says so', () => {
  const at = host(() => {});
  at.links.gate = undefined;
  assert.throws(() => at.begin(2), { code: 'E_UNSUPPORTED' });
});

test('the gate counts the segment under way until that is left, and makes one next instance', async () => {
  forget();
  const trap = new WebAssembly.RuntimeError('a trap');
  const counts = { made: 0, bodies: 0 };
  /** @type {(value?: unknown) => void} */
  let resume = () => {};
  const body = () => {
    counts.bodies += 1;
    if (counts.bodies === 1) {
      waitFor(1, new Promise((resolve) => { resume = resolve; }));
      return;
    }
    // A call from within ends the instance. What returns into it traps.
    gate.run('traps', () => {});
    assert.deepEqual([gate.dead, gate.depth, counts.made], [true, 1, 0]);
    throw trap;
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE), {
    e: { park: new (/** @type {any} */ (WebAssembly).Suspending)(recoverPark), left, body },
  });
  const exported = {
    memory: new WebAssembly.Memory({ initial: 1 }), __instance_terminated: { value: 8 }, __wbindgen_start() {}, traps() { throw trap; },
    __recover_fiber: exports.__recover_fiber, __stack_pointer: { value: MAIN }, __recover_stack_low: { value: 0 },
  };
  const links = Object.create(hosts.linksOf(), { instance: { value: { dead: false }, writable: true } });
  const gate = new Gate(links, /** @type {any} */ ({
    wasm: () => exported,
    maximum: 65_536,
    unwrap: (/** @type {unknown} */ thrown, /** @type {string} */ name, /** @type {boolean} */ dead) => gate.caught(thrown, name, dead),
    reset() { counts.made += 1; gate.start(); },
  }));
  gate.start();
  recoverFiber(1, 100, 190, links);
  await turn();
  assert.deepEqual([gate.depth, counts.bodies], [0, 1]);
  resume();
  await turn();
  assert.deepEqual([gate.depth, gate.dead, counts], [0, false, { made: 1, bodies: 2 }]);
});
