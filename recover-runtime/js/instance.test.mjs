// @ts-check
// The gate by itself: what it lets in, when the next instance is made, and how often. That
// instances end and begin so is tested end to end.
import test from 'node:test';
import assert from 'node:assert/strict';
import * as errors from './errors.js';
import * as host from './host.js';
import { Gate } from './instance.js';

const trap = new WebAssembly.RuntimeError('a trap');

/** A gate before exports that are given, and what was made anew. @param {Record<string, any>} exports @param {boolean} [revives] */
function gated(exports, revives = true) {
  const links = Object.create(host.linksOf(), { instance: { value: { dead: false }, writable: true } });
  const memory = new WebAssembly.Memory({ initial: 2 });
  const made = { count: 0 };
  const wasm = { memory, __instance_terminated: { value: 8 }, __wbindgen_start() {}, ...exports };
  /** @type {any} */
  const glue = {
    wasm: () => wasm,
    maximum: 65_536,
    unwrap: (/** @type {unknown} */ thrown, /** @type {string} */ name, /** @type {boolean} */ dead) => gate.caught(thrown, name, dead),
    ...(revives ? { reset() { made.count += 1; gate.start(); } } : {}),
  };
  const gate = new Gate(links, glue);
  gate.start();
  return { gate, wasm, made };
}
/** @param {() => unknown} call @returns {any} */
function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}
const raise = (/** @type {unknown} */ error) => { throw error; };

test('a trap is the end, and the next instance is there; what is none is passed on', () => {
  /** @type {any} */
  const { Exception, Tag } = WebAssembly;
  const panic = new Exception(new Tag({ parameters: [] }), []);
  const { gate, made } = gated({ trap() { throw trap; }, refused() { throw new TypeError('no BigInt'); }, panics() { throw panic; } });
  const error = thrown(() => gate.run('trap', raise));
  assert.ok(error instanceof errors.InstanceAbortedErrorClass);
  assert.equal(error.cause, trap);
  assert.deepEqual([gate.dead, gate.depth, gate.epoch, made.count], [false, 0, 1, 1]);
  assert.ok(thrown(() => gate.run('refused', raise)) instanceof TypeError);
  assert.equal(made.count, 1);
  assert.equal(thrown(() => gate.run('panics', raise)).cause, panic, 'a panic that nothing caught');
  assert.equal(made.count, 2);
});

test('the next instance waits for the last frame of the dead one', () => {
  /** @type {unknown[]} */
  const seen = [];
  const { gate, made } = gated({
    trap() { throw trap; },
    outer() {
      seen.push(thrown(() => gate.run('trap', raise)));
      seen.push(thrown(() => gate.refuse()));
      seen.push(made.count);
      // What wasm-bindgen's wrapper does where an import returns into it.
      throw new WebAssembly.RuntimeError('unreachable');
    },
  });
  const error = thrown(() => gate.run('outer', raise));
  const [inner, between, count] = seen;
  assert.equal(error, inner, 'one end, one error');
  assert.ok(between instanceof errors.InstanceAbortedErrorClass);
  assert.deepEqual([count, made.count, gate.dead, gate.depth], [0, 1, false, 0]);
});

test('more restarts than allowed are refused, until the host asks for one', async () => {
  const { gate, made } = gated({ trap() { throw trap; } });
  gate.limit = { restarts: 2, period: 60_000 };
  /** @type {any[]} */
  const reports = [];
  gate.onAbort((report) => reports.push(report));
  for (let i = 0; i < 3; i += 1) thrown(() => gate.run('trap', raise));
  assert.equal(made.count, 2);
  for (let i = 0; i < 2; i += 1) assert.ok(thrown(() => gate.refuse()) instanceof errors.RestartLimitErrorClass);
  assert.deepEqual(reports.map(({ restarted }) => restarted), [true, true, false]);
  gate.limit = { restarts: 2, period: 1 };
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(thrown(() => gate.enter()) instanceof errors.RestartLimitErrorClass, 'time alone changes nothing');
  await gate.restart();
  assert.deepEqual([made.count, gate.dead, reports.length, reports[3].restarted], [3, false, 4, true]);
});

test('restarts that are long past do not count', async () => {
  const { gate, made } = gated({ trap() { throw trap; } });
  gate.limit = { restarts: 1, period: 20 };
  thrown(() => gate.run('trap', raise));
  await new Promise((resolve) => setTimeout(resolve, 60));
  thrown(() => gate.run('trap', raise));
  assert.equal(made.count, 2);
});

test('a start that traps leaves no instance, and is tried again', () => {
  let fails = false;
  const { gate, made } = gated({ trap() { throw trap; }, __wbindgen_start() { if (fails) throw trap; } });
  fails = true;
  thrown(() => gate.run('trap', raise));
  assert.deepEqual([made.count, gate.dead], [1, true]);
  fails = false;
  assert.ok(thrown(() => gate.refuse()) instanceof errors.InstanceAbortedErrorClass);
  assert.deepEqual([made.count, gate.dead], [2, false]);
  fails = true;
  thrown(() => gate.run('trap', raise));
  fails = false;
  gate.enter();
  assert.deepEqual([made.count, gate.dead], [4, false], 'a call that has converted nothing yet goes on');
});

test('where the stack is too full to say what an exception was, it was the end', () => {
  const { gate, made } = gated({ answer: () => 42 });
  // As the glue leaves it if nothing can be called.
  gate.dead = true;
  assert.ok(thrown(() => gate.refuse()) instanceof errors.InstanceAbortedErrorClass);
  assert.deepEqual([made.count, gate.dead], [1, false]);
  gate.dead = true;
  assert.ok(gate.caught(new TypeError('of an outer call'), 'outer', true) instanceof errors.InstanceAbortedErrorClass);
  assert.deepEqual([made.count, gate.dead], [2, false]);
});

test('where nothing makes another instance every call is refused', async () => {
  let entered = 0;
  const enters = () => entered += 1;
  const { gate } = gated({ trap() { throw trap; }, __recover_malloc: enters, __recover_realloc: enters }, false);
  /** @type {any[]} */
  const reports = [];
  gate.onAbort((report) => reports.push(report));
  await assert.rejects(() => gate.restart(), /build it for web/);
  assert.equal(gate.dead, false, 'an instance that works is not ended for nothing');
  thrown(() => gate.run('trap', raise));
  assert.equal(gate.dead, true);
  for (let i = 0; i < 2; i += 1) {
    const error = thrown(() => gate.refuse());
    assert.ok(error instanceof errors.InstanceAbortedErrorClass && !error.retryable);
  }
  assert.equal(gate.run('trap', raise), undefined, 'nothing is called');
  assert.deepEqual(reports.map(({ restarted }) => restarted), [false]);
  const { malloc, realloc } = gate.copying();
  for (const call of [() => malloc(1, 1), () => realloc(8, 1, 2, 1)]) assert.ok(thrown(call) instanceof errors.InstanceAbortedErrorClass);
  assert.equal(entered, 0);
});

test('a report, with the memory where that was asked for', () => {
  const { gate, wasm } = gated({ trap() { throw trap; } });
  new Uint8Array(wasm.memory.buffer)[100] = 7;
  /** @type {any[]} */
  const reports = [];
  const stop = gate.onAbort((report) => reports.push(report), { memory: true });
  thrown(() => gate.run('trap', raise));
  assert.equal(reports[0].memory[100], 7);
  assert.equal(reports[0].memory[8], 1, 'what returns into it traps');
  assert.deepEqual([reports[0].epoch, reports[0].export, reports[0].cause, reports[0].memoryBytes], [0, 'trap', trap, 131_072]);
  stop();
  gate.onAbort((report) => reports.push(report));
  thrown(() => gate.run('trap', raise));
  assert.deepEqual([reports.length, reports[1].memory, reports[1].epoch], [2, undefined, 1]);
});

test('what the glue copies arguments in with throws where there is no room', () => {
  /** @type {unknown[][]} */
  const calls = [];
  let [room, refused] = [true, 0];
  const { gate } = gated({
    __recover_malloc: (/** @type {unknown[]} */ ...args) => { calls.push(['malloc', ...args.slice(0, 2)]); return room ? 8 : 0; },
    __recover_realloc: (/** @type {unknown[]} */ ...args) => { calls.push(['realloc', ...args.slice(0, 4)]); return room ? -16 : 0; },
    __recover_refused: () => refused,
  });
  const { malloc, realloc } = gate.copying();
  assert.equal(malloc(5, 1), 8);
  assert.equal(realloc(8, 5, 9, 1), -16);
  assert.deepEqual(calls, [['malloc', 5, 1], ['realloc', 8, 5, 9, 1]]);
  room = false;
  /** @param {() => unknown} call @param {number} requested @param {number} limit */
  const fails = (call, requested, limit) => {
    const error = thrown(call);
    assert.ok(error instanceof errors.OutOfMemoryErrorClass);
    assert.deepEqual([error.requested, error.limit], [requested, limit]);
  };
  fails(() => malloc(5, 1), 5, 65_536);
  refused = -1;
  fails(() => realloc(8, 5, 9, 1), 9, 4_294_967_295);
  refused = 0;
  calls.length = 0;
  fails(() => malloc(2 ** 32, 1), 2 ** 32, 65_536);
  assert.deepEqual(calls, [], 'a size that 32 bits do not hold is not asked for');
});
