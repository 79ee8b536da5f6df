// @ts-check
// The end of an instance wherever it is entered: one call fails, by a typed error, and the
// next one works.
import test from 'node:test';
import assert from 'node:assert/strict';
import vm from 'node:vm';
import { load, prepare, unwind } from './load.mjs';
import { dies, isDeath, thrown, throwsClass } from './support.mjs';
import { later, never, rejection, turn, watchStrays } from './support-async.mjs';
import { collect } from './support-gc.mjs';

const strays = watchStrays();
let [starts, fails] = [0, false];
/** @type {unknown[]} */
const marks = [];
Object.assign(globalThis, {
  abortsStart() { starts += 1; return fails; },
  abortsCall: (/** @type {() => unknown} */ f) => f() ?? 0,
  abortsMark() { marks.push('ran on'); },
});

const { pkg } = await load('fixture-aborts');
const { Mine, Plain, recovery } = pkg;
recovery.setRestartLimit({ restarts: Infinity, period: 1 });
/** Collects, and lets the finalizers run. */
const collected = async () => { for (let i = 0; i < 10; i += 1) { collect(); await turn(); } };
const works = () => assert.equal(pkg.answer(), 42);

test('an error that somebody keeps keeps no memory of an instance that ended', async () => {
  const { Instance } = WebAssembly;
  /** @type {WeakRef<object>[]} */
  const memories = [];
  /** @type {any} */ (WebAssembly).Instance = class extends Instance {
    constructor(/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) {
      super(module, imports);
      memories.push(new WeakRef(/** @type {object} */ (this.exports.memory)));
    }
  };
  const kept = [];
  try {
    const { pkg: fresh } = await load('fixture-aborts');
    fresh.recovery.onAbort((/** @type {unknown} */ report) => kept.push(report));
    for (let i = 0; i < 10; i += 1) kept.push(thrown(() => fresh.abort()), thrown(() => fresh.out_of_bounds(0)));
    await collected();
    assert.equal(memories.length, 21);
    assert.equal(memories.filter((memory) => memory.deref() !== undefined).length, 1);
    assert.equal(fresh.answer(), 42);
  } finally {
    WebAssembly.Instance = Instance;
  }
  assert.equal(kept.length, 40);
});

test('the end after a call that the host has cut is followed by the next instance', async () => {
  // No frame of it runs a `catch`, as where a Worker's call aborts its own object.
  const cut = () => vm.runInNewContext('call()', { call: () => pkg.around(() => { for (;;); }) }, { timeout: 50 });
  for (let i = 0; i < 2; i += 1) {
    const { epoch } = pkg.recovery.health();
    assert.throws(cut, { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' });
    works();
    isDeath(pkg, thrown(() => pkg.abort()));
    await turn();
    works();
    assert.equal(pkg.recovery.health().epoch, epoch + 1);
  }
});

test('in a call, a constructor, a getter, free(), a plain export', () => {
  for (const call of [
    () => pkg.abort(), () => new Mine(false, true), () => new Mine(true, false).value,
    () => new Mine(true, false).free(), () => pkg.plain_trap(), () => pkg.out_of_bounds(0),
  ]) {
    const error = dies(pkg, call);
    assert.ok(error instanceof pkg.InstanceAbortedError && error.retryable);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError, String(error.cause));
    works();
  }
  const error = dies(pkg, () => pkg.abort());
  assert.equal(error.export, 'abort');
  assert.match(error.stack, /^InstanceAbortedError: the instance ended[^]*aborts\.test\.mjs/, 'its frames are those of JavaScript');
});

test('an argument that the engine refuses fails that call only', () => {
  const { epoch } = recovery.health();
  const mine = new Mine(false, false);
  const wrong = [7, {}, true, 1n, Symbol('s'), new Date()].map((value) => () => pkg.length(value));
  for (const call of [() => pkg.echo_u64(1), () => pkg.echo_number(1n), () => pkg.echo_number(Symbol('s')), ...wrong]) {
    assert.ok(thrown(call) instanceof TypeError);
  }
  const error = new RangeError('of the caller');
  assert.equal(thrown(() => pkg.echo_number({ valueOf() { throw error; } })), error);
  assert.equal(recovery.health().epoch, epoch);
  assert.equal(mine.value, 7);
  mine.free();
  works();
});

test('when the instance ends while arguments are converted, none of them enters the next instance', () => {
  const ends = [() => { thrown(() => pkg.abort()); }, () => { void recovery.restart(); }];
  for (const end of ends) {
    const { epoch } = recovery.health();
    for (const call of [
      // The glue converts strings and arrays; the engine converts numbers.
      () => pkg.length({ length: 1, charCodeAt() { end(); return 97; } }),
      () => pkg.echo_number({ valueOf() { end(); return 7; } }),
      () => pkg.sum_list(new Proxy([1, 2, 3], { get(list, key) { if (key === '2') end(); return Reflect.get(list, key); } })),
    ]) {
      const error = thrown(call);
      assert.ok(error instanceof pkg.InstanceAbortedError, String(error));
      works();
    }
    assert.equal(recovery.health().epoch, epoch + 3);
  }
  assert.equal(pkg.length('text'), 4);
  assert.equal(pkg.named('text', 1, 2), 7, 'parameters of any name');
});

test('frames of a dead instance never resume, and the next instance waits until they have left', () => {
  for (const around of [pkg.around, pkg.around_unmarked]) {
    const { epoch } = recovery.health();
    const counting = pkg.counting_callback();
    let checked = false;
    /** @type {any[]} */
    const seen = [];
    const error = thrown(() => around(() => {
      seen.push(thrown(() => pkg.abort()));
      seen.push(thrown(() => pkg.answer()), thrown(() => pkg.length('text')), thrown(() => new Mine(false, false)));
      throwsClass(pkg, 'StaleHandleError', counting);
      assert.equal(recovery.health().epoch, epoch, 'frames are left');
      checked = true;
      return 1;
    }));
    assert.equal(error, seen[0], 'one end, one error');
    assert.ok(checked, 'what fails in between is not seen');
    for (const refused of seen) assert.ok(refused instanceof pkg.InstanceAbortedError, String(refused));
    assert.deepEqual(marks, []);
    assert.equal(recovery.health().epoch, epoch + 1);
    works();
    assert.equal(around(() => 5), 5);
    assert.deepEqual(marks.splice(0), ['ran on']);
  }
  // Three calls deep; the JavaScript between them swallows the exception.
  const quiet = (/** @type {() => unknown} */ call) => { try { call(); } catch { /* swallowed */ } return 1; };
  thrown(() => pkg.around(() => quiet(() => pkg.around(() => quiet(() => pkg.around(() => quiet(() => pkg.abort())))))));
  assert.deepEqual(marks, []);
  works();
});

test('a trap in a poll rejects its promise and all others', async () => {
  const { promise, resolve } = later();
  const others = [rejection(pkg.wait(never)), rejection(pkg.wait(promise))];
  const own = rejection(pkg.trap_later(promise));
  resolve();
  for (const error of [await own, await others[0]]) {
    assert.ok(error instanceof pkg.InstanceAbortedError && error.cause instanceof WebAssembly.RuntimeError, String(error));
  }
  assert.doesNotMatch((await others[0]).stack, /\n/, 'the frames would be those of another\'s call');
  assert.equal(Error.stackTraceLimit, 10);
  works();
  assert.equal(await pkg.wait(undefined), 1);
  await Promise.allSettled(others);
});

test("a trap in a detached task and in a timer's callback", async () => {
  const { epoch } = recovery.health();
  pkg.trap_in_task(undefined);
  await turn();
  await turn();
  assert.equal(recovery.health().epoch, epoch + 1);
  works();
  const [trapping, counting] = [pkg.trapping_callback(), pkg.counting_callback()];
  assert.equal(counting(), 1);
  const error = await new Promise((resolve) => setTimeout(() => resolve(thrown(trapping))));
  isDeath(pkg, error);
  works();
  for (const stale of [trapping, counting]) throwsClass(pkg, 'StaleHandleError', () => stale());
});

test('the next instance serves calls that wait for an object', async () => {
  const mine = new Mine(false, false);
  const first = rejection(mine.turn(never));
  const second = rejection(mine.turn(undefined));
  await turn();
  dies(pkg, () => pkg.abort());
  assert.ok(await first instanceof pkg.InstanceAbortedError);
  // The object does not persist, so the next instance refuses the call as stale.
  assert.ok(await second instanceof pkg.StaleHandleError);
  assert.ok(await rejection(mine.turn(undefined)) instanceof pkg.StaleHandleError);
});

test('restart() ends an instance, from outside and from within a call', async () => {
  const { epoch } = recovery.health();
  const [mine, waiting] = [new Mine(false, false), rejection(pkg.wait(never))];
  await recovery.restart();
  assert.equal(recovery.health().epoch, epoch + 1);
  assert.ok(await waiting instanceof pkg.InstanceAbortedError);
  throwsClass(pkg, 'StaleHandleError', () => mine.value);
  works();
  const error = thrown(() => pkg.around(() => { void recovery.restart(); return 1; }));
  assert.ok(error instanceof pkg.InstanceAbortedError);
  assert.deepEqual(marks, []);
  assert.equal(recovery.health().epoch, epoch + 2);
  works();
});

test('a full engine stack ends the instance or is a RangeError, at whatever frame it fills up', () => {
  /** @returns {unknown} */
  const dig = () => pkg.around(dig);
  // If the stack fills up in wasm, the instance ends. If it does so in JavaScript, that is an
  // exception like any other, also in the glue's code that would tell the two apart.
  /** @type {(frames: number) => unknown} */
  const from = (frames) => (frames === 0 ? dig() : from(frames - 1));
  for (let frames = 0; frames < 60; frames += 1) {
    const error = thrown(() => from(frames));
    assert.ok((error instanceof pkg.InstanceAbortedError ? error.cause : error) instanceof RangeError, String(error));
    works();
  }
});

test('an exception that the gate could not judge, because the stack was full, ends the instance', () => {
  /** Of the instances that are about to end. @type {number[]} */
  const epochs = [];
  const mark = Reflect.get(globalThis, 'abortsMark');
  Reflect.set(globalThis, 'abortsMark', () => { epochs.push(recovery.health().epoch); });
  // Begins at the deepest frame; each frame further out has a little more room.
  const dig = () => {
    try {
      dig();
    } catch {
      // The stack is full.
    }
    try {
      if (epochs.length < 50) pkg.mark_and_abort();
    } catch {
      // The instance ended, or there was no room for the call.
    }
  };
  dig();
  Reflect.set(globalThis, 'abortsMark', mark);
  works();
  assert.equal(new Set(epochs).size, 50, 'no instance that ended was entered again');
  assert.ok(recovery.health().epoch > /** @type {number} */ (epochs.at(-1)));
});

test('hooks of a dead instance are not called, and a hook that fails does not end the instance', async () => {
  const { pkg: fresh } = await load('fixture-aborts');
  /** @type {any[]} */
  const told = [];
  fresh.recovery.onPanic((/** @type {any} */ error) => told.push(error));
  fresh.hook_late();
  isDeath(fresh, thrown(() => fresh.abort()));
  assert.deepEqual([marks, told], [[], []]);
  assert.equal(fresh.answer(), 42);
  if (!unwind) return;
  for (const [at, hook] of ['on_revive', 'on_abort'].entries()) {
    Reflect.set(globalThis, 'abortsHook', hook);
    isDeath(fresh, thrown(() => fresh.abort()));
    Reflect.set(globalThis, 'abortsHook', undefined);
    assert.equal(told.length, at + 1);
    assert.match(told[at].message, /in a hook/);
    assert.equal(fresh.recovery.health().epoch, at + 2);
    assert.equal(fresh.answer(), 42);
  }
});

test('a start that panics in a later instance is retried by the next call, but not forever', { skip: !unwind }, async () => {
  const { pkg: fresh } = await load('fixture-aborts');
  fresh.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  /** @type {any[]} */
  const told = [];
  fresh.recovery.onPanic((/** @type {any} */ error) => told.push(error));
  Reflect.set(globalThis, 'abortsHook', 'start');
  starts = 0;
  isDeath(fresh, thrown(() => fresh.abort()));
  for (let i = 0; i < 20; i += 1) await turn();
  assert.equal(starts, 2, 'at once, and once the engine had made another instance');
  assert.match(told.at(-1).message, /in start/);
  assert.match(throwsClass(fresh, 'InstanceAbortedError', () => fresh.answer()).message, /next one was not ready/);
  Reflect.set(globalThis, 'abortsHook', undefined);
  assert.equal(fresh.answer(), 42);
});

test('a stale handle of a plain class never touches the memory of the next instance', () => {
  const old = Array.from({ length: 40 }, (_, n) => new Plain(n));
  dies(pkg, () => pkg.abort());
  const fresh = Array.from({ length: 40 }, (_, n) => new Plain(1000 + n));
  for (const [n, plain] of old.entries()) {
    for (const call of [() => plain.get(), () => plain.end(), () => pkg.plain_sum(fresh[0], plain), () => plain.free()]) {
      assert.equal(throwsClass(pkg, 'StaleHandleError', call).class, 'Plain', String(n));
    }
  }
  for (const plain of old) assert.ok(thrown(() => pkg.plain_total([plain])) instanceof Error);
  for (const [n, plain] of fresh.entries()) {
    assert.equal(plain.get(), 1000 + n);
    plain.free();
  }
});

test('a trap in start makes init() throw, and a start that traps later does not loop', async () => {
  fails = true;
  const { pkg: fresh, init } = await prepare('fixture-aborts');
  starts = 0;
  isDeath(fresh, thrown(init));
  assert.equal(starts, 1);
  fails = false;
  assert.equal(fresh.answer(), 42, 'the next call makes an instance');
  starts = 0;
  fails = true;
  isDeath(fresh, thrown(() => fresh.abort()));
  assert.equal(starts, 1);
  for (let i = 0; i < 9; i += 1) assert.ok(thrown(() => fresh.answer()) instanceof fresh.RecoverError);
  throwsClass(fresh, 'RestartLimitError', () => fresh.answer());
  // That of the end that a call provoked, and five of instances that ended by themselves.
  assert.ok(starts <= 6, `${starts} starts`);
  fails = false;
  await fresh.recovery.restart();
  assert.equal(fresh.answer(), 42);
});

test('past a limit that the host sets no instance is made until it asks', async () => {
  const { pkg: fresh } = await load('fixture-aborts');
  fresh.recovery.setRestartLimit({ restarts: 5, period: 10_000 });
  for (let i = 0; i < 6; i += 1) isDeath(fresh, thrown(() => fresh.abort()));
  assert.equal(fresh.recovery.health().restarts, 5);
  for (const call of [() => fresh.answer(), () => new fresh.Mine(false, false), () => fresh.length('text')]) {
    const error = throwsClass(fresh, 'RestartLimitError', call);
    assert.ok(error.fatal && !error.retryable);
  }
  assert.ok(await rejection(fresh.wait(undefined)) instanceof fresh.RestartLimitError, 'a promise is rejected, not thrown');
  await fresh.recovery.restart();
  assert.equal(fresh.answer(), 42);
  for (const wrong of [{ restarts: -1, period: 1 }, { restarts: 1, period: 0 }, {}]) {
    assert.throws(() => fresh.recovery.setRestartLimit(/** @type {any} */ (wrong)), RangeError);
  }
});

test('the report of an end, and a listener that throws', async () => {
  const { pkg: fresh } = await load('fixture-aborts');
  /** @type {any[]} */
  const reports = [];
  const stop = fresh.recovery.onAbort((/** @type {any} */ report) => reports.push(report), { memory: true });
  const error = thrown(() => fresh.abort());
  const [report] = reports;
  assert.equal(report.error, error);
  assert.equal(report.cause, error.cause);
  assert.deepEqual([report.epoch, report.export, report.restarted, report.revived, report.lost], [0, 'abort', true, 0, []]);
  assert.equal(report.memory.byteLength, report.memoryBytes);
  stop();
  isDeath(fresh, thrown(() => fresh.abort()));
  assert.equal(reports.length, 1);
  assert.throws(() => fresh.recovery.onAbort(/** @type {any} */ (1)), TypeError);
  const fault = new Error('of a listener');
  const others = process.listeners('uncaughtException');
  for (const other of others) process.off('uncaughtException', other);
  const surfaced = new Promise((resolve) => { process.once('uncaughtException', resolve); });
  let told = 0;
  fresh.recovery.onAbort(() => { throw fault; });
  fresh.recovery.onAbort(() => { told += 1; assert.equal(fresh.answer(), 42); });
  isDeath(fresh, thrown(() => fresh.abort()));
  assert.equal(fresh.answer(), 42);
  assert.equal(told, 1, 'the other listener is told');
  assert.equal(await Promise.race([surfaced, turn()]), fault, 'it surfaces as its own');
  for (const other of others) process.on('uncaughtException', other);
});

test('a finalizer that traps, and a finalizer of a dead instance', async () => {
  let { epoch } = recovery.health();
  (() => { new Mine(true, false); })();
  await collected();
  assert.equal(recovery.health().epoch, epoch + 1, 'its destructor trapped');
  works();
  (() => { for (let i = 0; i < 20; i += 1) { new Mine(true, false); new Plain(i); pkg.counting_callback(); } })();
  dies(pkg, () => pkg.abort());
  ({ epoch } = recovery.health());
  const fresh = Array.from({ length: 40 }, (_, n) => new Plain(n));
  await collected();
  assert.equal(recovery.health().epoch, epoch, 'nothing of the dead instance is dropped in this one');
  for (const [n, plain] of fresh.entries()) assert.equal(plain.get(), n);
});

test('10,000 traps leak neither heap nor instances', async () => {
  const { pkg: fresh, wasm } = await load('fixture-aborts');
  fresh.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  let live = 0;
  const registry = new FinalizationRegistry(() => { live -= 1; });
  const { Instance } = WebAssembly;
  // Counts the instances that the glue makes.
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, args) {
      const instance = Reflect.construct(target, args);
      live += 1;
      registry.register(instance.exports, undefined);
      return instance;
    },
  });
  const round = async (/** @type {number} */ count) => {
    for (let i = 0; i < count; i += 1) {
      thrown(() => fresh.abort());
      if (i % 500 === 499) await turn();
    }
    await collected();
    return process.memoryUsage().heapUsed;
  };
  try {
    const before = await round(1000);
    const after = await round(10_000);
    assert.ok(live <= 3, `${live} instances live`);
    assert.ok(after - before < 2_000_000, `the heap grew by ${after - before} bytes`);
    assert.equal(fresh.recovery.health().restarts, 11_000);
  } finally {
    WebAssembly.Instance = Instance;
  }
  assert.ok(wasm !== undefined);
});

test('an engine that creates instances only asynchronously', async () => {
  const { pkg: fresh } = await load('fixture-aborts');
  const { Instance } = WebAssembly;
  // An injected fault: browsers refuse large modules on their main thread like this.
  WebAssembly.Instance = new Proxy(Instance, { construct() { throw new RangeError('too large'); } });
  try {
    isDeath(fresh, thrown(() => fresh.abort()));
    throwsClass(fresh, 'InstanceAbortedError', () => fresh.answer());
    await fresh.recovery.restart();
    assert.equal(fresh.answer(), 42);
  } finally {
    WebAssembly.Instance = Instance;
  }
});

test("an exception through an import in a build that can't unwind", { skip: unwind }, () => {
  for (const around of [pkg.around, (/** @type {any} */ f) => pkg.around_unmarked(f)]) {
    const { epoch } = recovery.health();
    const error = new Error('mine');
    const got = (() => { try { return around(() => { throw error; }); } catch (caught) { return caught; } })();
    if (got === undefined) continue; // `call0` has `catch`: Rust caught it.
    assert.equal(got, error);
    assert.equal(recovery.health().epoch, epoch, 'the call held no object');
  }
  works();
});

test('no unexpected failure surfaced', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
