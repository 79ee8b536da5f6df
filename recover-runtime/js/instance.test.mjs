// @ts-check
// The gate by itself: what it lets in, when the next instance is made, and how often. That
// instances end and begin so is tested end to end.
import test from 'node:test';
import assert from 'node:assert/strict';
import vm from 'node:vm';
import * as errors from './errors.js';
import * as host from './host.js';
import { Gate, fail } from './instance.js';

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

test('a call that fails throws its error when it has left, and throws it at once where there is no gate', () => {
  const own = new Error('of the first'), inner = new Error('of one within');
  assert.equal(thrown(() => fail(own)), own);
  /** @type {unknown[]} */
  const caught = [];
  const { gate } = gated({
    fails: () => { fail(own); return 0; },
    nests: () => { caught.push(thrown(() => gate.run('within', raise))); return 7; },
    within: () => { fail(inner); return 0; },
    // What Rust caught of an exception that nobody could classify.
    ends: () => { gate.dead = true; fail(own); return 0; },
  });
  assert.equal(thrown(() => gate.run('fails', raise)), own);
  assert.equal(gate.run('nests', raise), 7);
  assert.deepEqual(caught, [inner]);
  assert.deepEqual([gate.failed, gate.depth, gate.epoch], [false, 0, 0]);
  const error = thrown(() => gate.run('ends', raise));
  assert.ok(error instanceof errors.InstanceAbortedErrorClass);
  assert.deepEqual([error.cause, gate.dead, gate.epoch], [own, false, 1]);
});

test('what a call had failed by before it ended otherwise is not thrown by the next one', () => {
  const { gate } = gated({
    breaks: () => { fail(new Error('of the first')); throw trap; },
    slips: () => { fail(own); throw new Error('of its clean-up'); },
    four: () => 4,
  });
  Reflect.set(gate.glue, 'unwrap', (/** @type {any} */ value, /** @type {string} */ name, /** @type {boolean} */ dead) => (
    value === trap ? gate.caught(value, name, dead) : gate.thrown(value, name, dead)
  ));
  const own = new Error('of the second');
  assert.ok(thrown(() => gate.run('breaks', raise)) instanceof errors.InstanceAbortedErrorClass);
  assert.equal(gate.run('four', raise), 4);
  assert.equal(thrown(() => gate.run('slips', raise)), own, 'the first one is its error');
  assert.equal(gate.run('four', raise), 4);
});

/** What `error` is, and whether the same call may succeed. @param {any} error */
const kindOf = ({ code, kind, fatal, retryable }) => [code, kind, fatal, retryable];

test('a call before the instance was made is refused, and says what to await', async () => {
  const links = Object.create(host.linksOf());
  const wasm = { memory: new WebAssembly.Memory({ initial: 1 }), __wbindgen_start() {}, four: () => 4, __recover_malloc: () => 8 };
  /** @type {any} */
  const glue = { wasm: () => wasm, maximum: 65_536, loads: true, reset() {} };
  const gate = new Gate(links, glue);
  const { malloc } = gate.copying();
  for (const call of [() => gate.enter(), () => gate.refuse(), () => malloc(1, 1)]) {
    const error = thrown(call);
    assert.ok(error instanceof errors.RecoverErrorClass, String(error));
    assert.deepEqual(kindOf(error), ['E_NOT_LOADED', 'not-loaded', false, true]);
    assert.match(error.message, /`await init\(\)` before the first call/);
  }
  await assert.rejects(gate.restart(), { code: 'E_NOT_LOADED' });
  gate.dispose();
  gate.start();
  gate.enter();
  assert.deepEqual([gate.run('four', raise), malloc(1, 1), gate.dead], [4, 8, false]);
});

test('what init was answered with is told where it is no module', async () => {
  const { gate } = gated({});
  const page = new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html; charset=utf-8' } });
  const missing = new Response('no', { status: 404, statusText: 'Not Found' });
  const cause = new WebAssembly.CompileError('no magic word');
  for (const [given, message] of /** @type {[Response, RegExp][]} */ ([[page, /an HTML page/], [missing, /404 Not Found/]])) {
    const error = await gate.load(async () => { throw cause; }, given, {}).catch((/** @type {any} */ thrown) => thrown);
    assert.deepEqual(kindOf(error), ['E_NOT_LOADED', 'not-loaded', false, false]);
    assert.match(error.message, message);
    assert.equal(error.cause, cause);
  }
  // Not known to be anything else: what the engine threw.
  assert.equal(await gate.load(async () => { throw cause; }, new Uint8Array(1), {}).catch((/** @type {any} */ thrown) => thrown), cause);
  const made = { instance: 1, module: 2 };
  assert.equal(await gate.load(async () => made, page, {}), made);
  assert.ok(thrown(() => gate.compile(new Uint8Array([1]))) instanceof WebAssembly.CompileError);
  assert.ok(gate.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) instanceof WebAssembly.Module);
});

test('whatever comes out of an export by no tag is the end, and the next instance is there', () => {
  /** @type {any} */
  const { Exception, Tag } = WebAssembly;
  // A panic that nothing caught, what another realm or another module makes, Firefox's full stack.
  const ends = [trap, new Exception(new Tag({ parameters: [] }), []), { name: 'RangeError' }, new TypeError('theirs'), undefined];
  const { gate, made } = gated(Object.fromEntries(ends.map((end, at) => [`end${at}`, () => { throw end; }])));
  for (const [at, end] of ends.entries()) {
    const error = thrown(() => gate.run(`end${at}`, raise));
    assert.ok(error instanceof errors.InstanceAbortedErrorClass, String(end));
    assert.equal(error.cause, end);
    assert.deepEqual([gate.dead, gate.depth, gate.epoch, made.count], [false, 0, at + 1, at + 1]);
  }
});

test('what a length is converted by is not the module, and a length that is none allocates nothing', () => {
  let entered = 0;
  const { gate, made } = gated({ __recover_malloc: () => entered += 1 });
  const { malloc } = gate.copying();
  const own = new RangeError('of a length');
  assert.equal(thrown(() => malloc(/** @type {any} */ ({ valueOf() { throw own; } }), 1)), own);
  assert.ok(thrown(() => malloc(/** @type {any} */ (undefined), 1)) instanceof TypeError);
  assert.deepEqual([entered, made.count], [0, 0]);
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

test('the next instance does not wait for a call that the host has cut', async () => {
  /** @type {() => void} */
  let within = () => {};
  const { gate, made } = gated({ loops() { for (;;); }, trap() { throw trap; }, nests() { within(); throw trap; }, four: () => 4 });
  // As workerd does to a call that aborts its object: no `catch` and no `finally` of it runs.
  const cut = () => {
    // On a busy machine the time may be up before the call has entered.
    while (gate.depth === 0) assert.throws(() => vm.runInNewContext('call()', { call: () => gate.run('loops', raise) }, { timeout: 10 }), { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' });
  };
  cut();
  assert.deepEqual([gate.depth, gate.run('four', raise)], [1, 4]);
  const error = thrown(() => gate.run('trap', raise));
  assert.deepEqual([error.cause, made.count, gate.dead], [trap, 0, true], 'a frame below may be a real one');
  await undefined;
  assert.deepEqual([made.count, gate.depth, gate.dead, gate.run('four', raise)], [1, 0, false, 4]);
  cut();
  gate.seal();
  assert.ok(thrown(() => gate.enter()) instanceof errors.InstanceAbortedErrorClass);
  await undefined;
  assert.deepEqual([made.count, gate.depth, gate.dead], [2, 0, false]);
  cut();
  await gate.restart();
  assert.deepEqual([made.count, gate.depth, gate.dead], [3, 0, false]);
  cut();
  gate.dispose();
  await undefined;
  assert.deepEqual([made.count, gate.depth], [3, 0]);
  gate.enter();
  assert.deepEqual([made.count, gate.dead], [4, false]);
  // Frames that are there leave before, and the instance that they make is not replaced.
  within = () => thrown(() => gate.run('trap', raise));
  thrown(() => gate.run('nests', raise));
  assert.equal(made.count, 5);
  await undefined;
  assert.deepEqual([made.count, gate.depth, gate.dead], [5, 0, false]);
});

test('ends that calls provoke never reach the limit; ends by itself do', () => {
  const { gate, made, wasm } = gated({ trap() { throw trap; } });
  for (let i = 0; i < 100; i += 1) thrown(() => gate.run('trap', raise));
  assert.deepEqual([made.count, gate.limited], [100, false]);
  const traps = () => { try { gate.run('trap', raise); } catch { /* the end */ } };
  const tick = () => (gate.isUnused() ? gate.unprompted(traps) : traps());
  for (let i = 0; i < 5; i += 1) tick();
  assert.deepEqual([made.count, gate.limited], [105, false]);
  // A call that reaches the instance is progress, even if it ends it.
  thrown(() => gate.run('trap', raise));
  for (let i = 0; i < 6; i += 1) tick();
  assert.deepEqual([made.count, gate.limited], [111, true]);
  assert.ok(wasm !== undefined);
});

test('a tick after a call has entered is no end by itself', () => {
  const { gate, made, wasm } = gated({ trap() { throw trap; } });
  const words = new Int32Array(wasm.memory.buffer);
  const traps = () => { try { gate.run('trap', raise); } catch { /* the end */ } };
  const tick = () => (gate.isUnused() ? gate.unprompted(traps) : traps());
  for (let i = 0; i < 20; i += 1) {
    // Rust attaches itself with its first call, and the next ones take the mark away.
    gate.links.flags = 16;
    words[4] = 0;
    gate.markUnused();
    assert.equal(words[4], 0x10000);
    words[4] = 0;
    tick();
  }
  assert.deepEqual([made.count, gate.limited], [20, false]);
  words[4] = 0;
  gate.markUnused();
  // A tick enters Rust, too, which takes the mark away: it is put back.
  gate.unprompted(() => { words[4] = 0; });
  assert.equal(words[4], 0x10000);
});

test('an exception that cut frames with nothing in them is no end', () => {
  const pointer = { value: 1000 };
  const value = new Error('through Rust');
  /** @type {Int32Array} */
  let words;
  /** Calls under way, as Rust counts them. @param {number} more */
  const enter = (more) => { words[5] = /** @type {number} */ (words[5]) + more; pointer.value -= 16; };
  const { gate, made, wasm } = gated({
    __stack_pointer: pointer,
    empty() { enter(1); throw gate.critical(value); },
    holds() { enter(0x1_0001); throw gate.critical(value); },
    plain() { throw gate.critical(value); },
    outer(/** @type {string} */ inner) {
      enter(1);
      assert.equal(thrown(() => gate.run(inner, raise)), value);
      assert.equal(gate.dead, inner !== 'empty');
      throw gate.critical(value);
    },
  });
  words = new Int32Array(wasm.memory.buffer);
  gate.links.entered = 20;
  assert.equal(thrown(() => gate.run('empty', raise)), value);
  assert.equal(thrown(() => gate.run('outer', raise, /** @type {any} */ ('empty'))), value);
  assert.deepEqual([made.count, gate.dead, words[5], pointer.value], [0, false, 0, 1000]);
  for (const [at, name] of ['holds', 'plain'].entries()) {
    gate.links.entered = 20;
    words[5] = 0;
    assert.equal(thrown(() => gate.run('outer', raise, /** @type {any} */ (name))), value, name);
    assert.equal(made.count, at + 1, name);
  }
  gate.links.entered = 20;
  words[5] = 0;
  assert.equal(gate.thrown(value, 'by Err', false), value);
  // By an intrinsic of wasm-bindgen's, in the middle of a call.
  enter(0x1_0001);
  assert.equal(gate.thrown(value, 'holds', false), value);
  assert.equal(made.count, 3);
});

test('a slice is copied back as far as its buffer is there', () => {
  const { gate } = gated({});
  const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
  const [whole, part] = [new Uint8Array(buffer), new Uint8Array(buffer, 4, 4)];
  buffer.resize(6);
  gate.copyBack(part, new Uint8Array(4).fill(1));
  gate.copyBack(whole, new Uint8Array(8).fill(2));
  assert.deepEqual([...whole], [2, 2, 2, 2, 2, 2]);
  buffer.transfer();
  gate.copyBack(whole, new Uint8Array(8));
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

test('an end whose handling a full stack cut is reported with its own cause', () => {
  const { gate } = gated({ answer: () => 42 });
  const trap = new WebAssembly.RuntimeError('the trap');
  // As an engine does that can call nothing more.
  gate.abort = () => { throw new RangeError('the stack is full'); };
  assert.throws(() => gate.caught(trap, 'inner', false), RangeError);
  delete (/** @type {any} */ (gate).abort);
  const error = /** @type {any} */ (gate.caught(new RangeError('the stack is full'), 'outer', false));
  assert.ok(error instanceof errors.InstanceAbortedErrorClass);
  assert.equal(error.cause, trap);
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
  // A length may be an object, whose conversion ends the instance.
  const other = gated({ trap() { throw trap; }, __recover_malloc: enters }, false);
  const length = /** @type {any} */ ({ valueOf() { thrown(() => other.gate.run('trap', raise)); return 8; } });
  assert.ok(thrown(() => other.gate.copying().malloc(length, 1)) instanceof errors.InstanceAbortedErrorClass);
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
    const error = /** @type {any} */ (thrown(call));
    assert.equal(error.constructor, errors.OutOfMemoryErrorClass);
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

test('a block that could not be resized is asked for again when there is room, and is freed once when there is none', () => {
  /** @type {number[]} */
  const sizes = [];
  let fails = 1;
  const { gate } = gated({
    __recover_realloc: (/** @type {number} */ block, /** @type {number} */ old, /** @type {number} */ size) => {
      assert.deepEqual([block, old], [8, 5], 'the block is the one that there is');
      sizes.push(size);
      fails -= 1;
      return size === 0 || fails >= 0 ? 0 : 16;
    },
    __recover_refused: () => 0,
    trap() { throw trap; },
  });
  const { realloc } = gate.copying();
  gate.links.makeRoom = () => true;
  assert.equal(realloc(8, 5, 9, 1), 16);
  assert.deepEqual(sizes.splice(0), [9, 9]);
  gate.links.makeRoom = () => false;
  fails = 1;
  assert.equal(/** @type {any} */ (thrown(() => realloc(8, 5, 9, 1))).constructor, errors.OutOfMemoryErrorClass);
  assert.deepEqual(sizes.splice(0), [9, 0]);
  // The instance that the block was of has ended: nothing is freed in the next one.
  gate.links.makeRoom = () => {
    thrown(() => gate.run('trap', raise));
    return true;
  };
  fails = 1;
  assert.equal(/** @type {any} */ (thrown(() => realloc(8, 5, 9, 1))).constructor, errors.InstanceAbortedErrorClass);
  assert.deepEqual(sizes, [9]);
});

test('who hears of an end finds the instance given up, and an end that nobody is told of keeps no memory', () => {
  const { gate } = gated({ trap() { throw trap; }, four: () => 4 }, false);
  /** @type {unknown[]} */
  const heard = [];
  errors.facts.event = (event, error) => {
    heard.push(event, error);
    // A listener must not, but may, call the package.
    heard.push(thrown(() => gate.enter()) instanceof errors.InstanceAbortedErrorClass);
  };
  gate.copies += 1;
  const error = thrown(() => gate.run('trap', raise));
  errors.facts.event = undefined;
  assert.deepEqual(heard, ['end', error, true]);
  assert.equal(gate.end?.memory, undefined);
});
