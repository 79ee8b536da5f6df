// @ts-check
// Calls that suspend: each runs on a stack of its own, which leaves in another order than it was
// entered, and to its caller ends as any other call.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { later, rejection, turn, watchStrays } from './support-async.mjs';
import { dies, isDeath, measure, place, thrown } from './support.mjs';
import { collect } from './support-gc.mjs';

const strays = watchStrays();
/** What is waited for, by name. @type {Map<string, ReturnType<typeof later>>} */
const gates = new Map();
/** What Rust calls, by name. @type {Record<string, () => number>} */
const functions = {};
Object.assign(globalThis, {
  jspiWait: (/** @type {string} */ name) => gates.get(name)?.promise ?? name.length,
  jspiCall: (/** @type {string} */ name) => functions[name]?.() ?? 0,
});

/** Something new to wait for. @param {string} name */
function gate(name) {
  const made = later();
  gates.set(name, made);
  return made;
}

const { pkg, wasm } = await load('fixture-jspi');
const { BusyError, Counter, InstanceAbortedError, Ledger, PanicError, PoisonedError, RecoverError, recovery } = pkg;
recovery.setRestartLimit({ restarts: Infinity, period: 1 });

const address = pkg.probe.stackAddress();
/** The instance answers, and its stack is where it was. */
function works() {
  assert.equal(pkg.fill(20), 21);
  assert.equal(pkg.probe.stackAddress(), address);
}

/** The call of a name has reached its wait. @param {string} name @param {() => Promise<any>} call */
async function suspended(name, call) {
  const made = gate(name);
  const promise = call();
  promise.catch(() => {});
  await turn();
  return { ...made, promise };
}

test('values of every kind', async () => {
  const { promise, resolve } = await suspended('a', () => pkg.everything('text', new Uint8Array([1, 2]), 3n, undefined, 'a'));
  resolve(5);
  assert.equal(await promise, 'text [1, 2] 3 None 5');
  assert.equal(await pkg.at_once(1), 2);
  gate('n').resolve('ignored');
  assert.equal(await pkg.nothing('n'), undefined);
  const value = {};
  gate('v').resolve(value);
  assert.equal(await pkg.any('v'), value);
  assert.equal(await pkg.block_on(Promise.resolve(value)), value);
  assert.equal(await rejection(pkg.block_on(Promise.reject(value))), value);
  gates.delete('v');
  assert.equal(await pkg.any('v'), 1, 'what is no promise is waited for as await does');
  const slice = new Uint8Array(3);
  gate('s').resolve(7);
  await pkg.fill_slice(slice, 's');
  assert.deepEqual([...slice], [7, 7, 7]);
  gate('x').resolve(4);
  gate('y').resolve(2);
  assert.equal(await pkg.twice('x', 'y'), 42);
  gate('x').resolve(0);
  assert.match(String(await rejection(pkg.refuse('x'))), /zero/);
});

test('calls leave in another order than they entered', async () => {
  const calls = [];
  for (let i = 0; i < 12; i += 1) calls.push(await suspended(`c${i}`, () => pkg.deep(10 + i, `c${i}`)));
  for (const i of [5, 0, 11, 3, 8, 1, 10, 2, 9, 4, 7, 6]) {
    works();
    calls[i]?.resolve(i);
    assert.equal(await calls[i]?.promise, i + ((10 + i) * (11 + i)) / 2);
  }
  works();
});

test('calls go on in one turn, and wait for each other', async () => {
  const first = await suspended('a', () => pkg.twice('a', 'b'));
  const second = await suspended('b', () => pkg.twice('a', 'b'));
  gate('c').resolve(pkg.plus_one('d'));
  const outer = pkg.plus_one('c');
  gate('d').resolve(1);
  first.resolve(1);
  gates.get('b')?.resolve(2);
  second.resolve(2);
  assert.equal(await first.promise, 12);
  assert.equal(await second.promise, 12);
  assert.ok(await outer > 0);
  works();
});

test('what is on a suspended stack can be used by others', async () => {
  const { promise, resolve } = await suspended('a', () => pkg.lend('a'));
  const other = await suspended('b', () => pkg.deep(40, 'b'));
  works();
  assert.equal(pkg.use_lent(), 8);
  assert.equal(pkg.use_lent(), 9);
  resolve();
  assert.equal(await promise, 9);
  other.resolve(0);
  await other.promise;
});

test('a rejection reaches its call as the same value', async () => {
  const reason = { some: 'reason' };
  for (const call of [pkg.caught, ...unwind ? [pkg.caught_as_unwind] : []]) {
    const { promise, reject } = await suspended('a', () => call('a'));
    reject(reason);
    assert.equal(await promise, reason);
  }
  const { epoch } = recovery.health();
  const { promise, reject } = await suspended('a', () => pkg.plus_one('a'));
  reject(reason);
  assert.equal(await rejection(promise), reason);
  assert.equal(recovery.health().epoch, unwind ? epoch : epoch + 1);
  works();
});

test('a panic before and after a wait', async () => {
  for (const [name, message] of [['panic_at_once', 'before any wait'], ['panic_after', 'after the wait']]) {
    const { promise, resolve } = await suspended('a', () => pkg[/** @type {string} */ (name)]('a'));
    resolve(1);
    const error = await rejection(promise);
    assert.ok(error instanceof PanicError, error.stack);
    assert.equal(error.message, message);
    assert.equal(error.location.line, place('jspi/src/calls.rs', `panic!("${message}")`).line);
    assert.equal(error.fatal, !unwind);
    if (unwind) assert.match(error.export, new RegExp(`::${name}$`));
    works();
  }
});

test('a panic does not touch a call that is suspended', { skip: !unwind }, async () => {
  const { promise, resolve } = await suspended('a', () => pkg.deep(20, 'a'));
  const other = await suspended('b', () => pkg.panic_after('b'));
  other.resolve(1);
  await rejection(other.promise);
  resolve(3);
  assert.equal(await promise, 213);
});

test('an exception that no frame of Rust sees', async () => {
  const boom = new RangeError('boom');
  functions.boom = () => { throw boom; };
  const { epoch } = recovery.health();
  const other = await suspended('b', () => pkg.plus_one('b'));
  const { promise, resolve } = await suspended('a', () => pkg.call_unmarked_after('a', 'boom'));
  const alive = pkg.probe.made() - pkg.probe.dropped();
  resolve(1);
  const error = await rejection(promise);
  if (unwind) {
    assert.equal(error, boom);
    assert.equal(pkg.probe.made() - pkg.probe.dropped(), alive - 1);
    other.resolve(1);
    assert.equal(await other.promise, 2);
  } else {
    assert.ok(error instanceof InstanceAbortedError);
    assert.equal(error.cause, boom);
    assert.ok(await rejection(other.promise) instanceof InstanceAbortedError);
    assert.equal(recovery.health().epoch, epoch + 1);
  }
  works();
});

test('a wait where the stack cannot be suspended is refused', async () => {
  const { epoch } = recovery.health();
  /** @param {any} error */
  const refused = (error) => {
    assert.ok(error instanceof RecoverError, String(error));
    assert.deepEqual([error.code, error.kind, error.retryable], ['E_UNSUPPORTED', 'unsupported', false]);
    assert.match(error.message, /`jspi`/);
    assert.equal(RecoverError.fromJSON(error.toJSON()).code, error.code);
  };
  gate('a');
  refused(pkg.try_wait_without('a'));
  if (unwind) refused(thrown(() => pkg.wait_without('a')));
  // JavaScript is between the call and its stack.
  functions.between = () => { refused(pkg.try_wait_without('a')); return 1; };
  const { promise, resolve } = await suspended('b', () => pkg.call_after('b', 'between'));
  resolve(1);
  assert.equal(await promise, 2);
  if (unwind) {
    const { message } = await rejection(pkg.wait_in_drop('a'));
    assert.equal(message, 'and a destructor waits');
    assert.equal(pkg.was_refused(), 1);
  }
  assert.equal(recovery.health().epoch, epoch);
  works();
});

test('a promise whose constructor throws fails the wait', async () => {
  const thrownThere = new RangeError('a getter');
  const promise = Promise.resolve(1);
  Object.defineProperty(promise, 'constructor', { get() { throw thrownThere; } });
  gates.set('a', /** @type {any} */ ({ promise }));
  assert.equal(await pkg.caught('a'), thrownThere);
  works();
});

test('a suspended call holds its object', async () => {
  const counter = new Counter(1);
  const { promise, resolve } = await suspended('a', () => counter.add_twice('a'));
  assert.throws(() => counter.get(), BusyError);
  assert.ok(await rejection(counter.add_twice('a')) instanceof BusyError);
  assert.throws(() => counter.free(), BusyError);
  resolve(3);
  assert.equal(await promise, 5);
  assert.equal(counter.get(), 5);
  const reads = [await suspended('b', () => counter.read_later('b')), await suspended('c', () => counter.read_later('c'))];
  assert.equal(counter.get(), 5, 'several may read');
  assert.ok(await rejection(counter.add_twice('a')) instanceof BusyError);
  for (const read of reads) read.resolve(1);
  for (const read of reads) assert.equal(await read.promise, 6);
  const lines = [await suspended('d', () => counter.add_in_line('d')), await suspended('e', () => counter.add_in_line('e'))];
  lines[1]?.resolve(10);
  lines[0]?.resolve(1);
  assert.equal(await lines[0]?.promise, 6);
  assert.equal(await lines[1]?.promise, 16);
  const taken = await suspended('f', () => counter.consumed('f'));
  assert.throws(() => counter.get(), pkg.StaleHandleError);
  taken.resolve(1);
  assert.equal(await taken.promise, 17);
  gate('g').resolve(9);
  assert.equal((await Counter.open('g')).get(), 9);
});

test('an object whose suspended call panics is poisoned', { skip: !unwind }, async () => {
  const counter = new Counter(1);
  const { promise, resolve } = await suspended('a', () => counter.tear('a'));
  assert.throws(() => counter.get(), BusyError);
  resolve(1);
  const error = await rejection(promise);
  assert.ok(error instanceof PanicError);
  assert.equal(thrown(() => counter.get()).cause, error);
  assert.ok(thrown(() => counter.get()) instanceof PoisonedError);
  const reason = {};
  const other = new Counter(1);
  const rejected = await suspended('a', () => other.add_twice('a'));
  rejected.reject(reason);
  assert.equal(await rejection(rejected.promise), reason);
  assert.ok(thrown(() => other.get()) instanceof PoisonedError, 'as by a panic');
});

test('a record moves when the call ends, not when it suspends', async () => {
  const ledger = new Ledger();
  ledger.add(1);
  const done = await suspended('a', () => ledger.add_later(10, 'a'));
  done.resolve(100);
  assert.equal(await done.promise, 111);
  dies(pkg, () => pkg.trap());
  assert.equal(ledger.sum(), 111, 'it had ended');
  const cut = await suspended('a', () => ledger.add_later(10, 'a'));
  dies(pkg, () => pkg.trap());
  assert.ok(await rejection(cut.promise) instanceof InstanceAbortedError);
  cut.resolve(100);
  await turn();
  assert.equal(ledger.sum(), 111, 'it had not');
  const torn = await suspended('a', () => ledger.tear('a'));
  torn.resolve(1);
  await rejection(torn.promise);
  assert.equal(ledger.sum(), 111, 'rolled back, or revived');
  ledger.add(1);
  assert.equal(ledger.sum(), 112);
});

/** @type {string[]} */
const marks = [];
functions.mark = () => marks.push('ran on');

test('the instance ends while calls are suspended', async () => {
  for (const end of [() => dies(pkg, () => pkg.trap()), () => recovery.restart(), () => recovery.dispose()]) {
    const calls = [];
    for (const name of ['a', 'b', 'c']) calls.push(await suspended(name, () => pkg.call_after(name, 'mark')));
    calls[2]?.resolve(1);
    await calls[2]?.promise;
    assert.deepEqual(marks.splice(0), ['ran on']);
    await end();
    for (const { promise } of calls.slice(0, 2)) {
      const error = await rejection(promise);
      assert.ok(error instanceof InstanceAbortedError, error.stack);
    }
    calls[0]?.resolve(1);
    calls[1]?.reject(new Error('nobody cares'));
    works();
    await turn();
    assert.deepEqual(marks, [], 'no stack of it went on');
    works();
  }
});

test('the instance ends when a call is about to go on', async () => {
  const { promise, resolve } = await suspended('a', () => pkg.call_after('a', 'mark'));
  resolve(1);
  // The promise is settled, and the engine has not yet gone on.
  await Promise.resolve().then(() => dies(pkg, () => pkg.trap()));
  assert.ok(await rejection(promise) instanceof InstanceAbortedError);
  await turn();
  assert.deepEqual(marks, []);
  works();
});

test('a trap of a call that was suspended', async () => {
  for (const call of [() => pkg.trap_at_once(), () => pkg.trap_after('a')]) {
    const { epoch } = recovery.health();
    const other = await suspended('b', () => pkg.plus_one('b'));
    const { promise, resolve } = await suspended('a', call);
    resolve(1);
    const error = await rejection(promise);
    assert.ok(error instanceof InstanceAbortedError, error.stack);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError, String(error.cause));
    assert.ok(await rejection(other.promise) instanceof InstanceAbortedError);
    await turn();
    assert.equal(recovery.health().epoch, epoch + 1);
    works();
  }
});

test('a panic of another call that ends the instance is not the error of a suspended one', { skip: unwind }, async () => {
  const { promise } = await suspended('a', () => pkg.plus_one('a'));
  assert.ok(dies(pkg, () => pkg.panic_now()) instanceof PanicError);
  assert.ok(await rejection(promise) instanceof InstanceAbortedError);
});

test('nothing runs between a trap and the end of its instance', async () => {
  const { epoch } = recovery.health();
  const traps = await suspended('a', () => pkg.trap_after('a'));
  const next = await suspended('b', () => pkg.call_after('b', 'mark'));
  traps.resolve(1);
  next.resolve(1);
  /** @type {number[]} */
  const epochs = [];
  // One of these comes between the trap and the microtask that knows of it.
  let at = Promise.resolve();
  for (let i = 0; i < 6; i += 1) at = at.then(() => { works(); epochs.push(recovery.health().epoch); });
  assert.ok(await rejection(traps.promise) instanceof InstanceAbortedError);
  assert.ok(await rejection(next.promise) instanceof InstanceAbortedError);
  await turn();
  assert.deepEqual(marks, []);
  assert.deepEqual([epochs[0], epochs.at(-1)], [epoch, epoch + 1]);
  assert.equal(recovery.health().epoch, epoch + 1);
  works();
});

test('a restart under the very call', async () => {
  const { epoch } = recovery.health();
  functions.restart = () => { void recovery.restart(); return 1; };
  const other = await suspended('b', () => pkg.plus_one('b'));
  const { promise, resolve } = await suspended('a', () => pkg.call_after('a', 'restart'));
  resolve(1);
  isDeath(pkg, await rejection(promise));
  isDeath(pkg, await rejection(other.promise));
  await turn();
  assert.equal(recovery.health().epoch, epoch + 1);
  works();
});

test('what JavaScript calls meanwhile is on the stack of the call', async () => {
  functions.nested = () => pkg.fill(100);
  const { promise, resolve } = await suspended('a', () => pkg.call_after('a', 'nested'));
  resolve(1);
  assert.equal(await promise, 102);
  const { epoch } = recovery.health();
  functions.trap = () => pkg.trap();
  const cut = await suspended('a', () => pkg.call_after('a', 'trap'));
  cut.resolve(1);
  isDeath(pkg, await rejection(cut.promise));
  await turn();
  assert.equal(recovery.health().epoch, epoch + 1);
  works();
});

test('a stack that is full ends its instance, and nothing else is overwritten', async () => {
  const { epoch } = recovery.health();
  const ledger = new Ledger();
  ledger.add(7);
  const lower = await suspended('b', () => pkg.deep(20, 'b'));
  // Of so much memory nothing is free, so the stacks are made above it.
  const [size, start] = [3 << 20, pkg.fence(3 << 20)];
  /** @type {Uint8Array | undefined} */
  let memory;
  const stop = recovery.onAbort((/** @type {any} */ report) => { memory = report.memory; }, { memory: true });
  const { promise, resolve } = await suspended('a', () => pkg.overflow_after('a'));
  resolve(1);
  isDeath(pkg, await rejection(promise));
  isDeath(pkg, await rejection(lower.promise));
  await turn();
  stop();
  assert.equal(recovery.health().epoch, epoch + 1);
  const fence = memory?.subarray(start, start + size);
  assert.equal(fence?.length, size);
  assert.ok(fence?.every((byte) => byte === 0xa5), 'what is below the stack is as it was');
  assert.equal(ledger.sum(), 7);
  works();
});

test('the stack guard counts on the stack of the call', async () => {
  if (unwind) {
    const { promise, resolve } = await suspended('a', () => pkg.guarded_after('a'));
    resolve(1);
    const error = await rejection(promise);
    assert.ok(error instanceof pkg.StackOverflowError, error.stack);
    assert.ok(error.remaining < 65_536, `${error.remaining}`);
  }
  const calls = [];
  for (const name of ['a', 'b', 'c']) calls.push(await suspended(name, () => pkg.wait_guarded(15, name)));
  for (const at of [1, 0, 2]) {
    assert.equal(pkg.guarded_now(15), 16, 'those that wait are on other stacks');
    calls[at]?.resolve(1);
    assert.equal(await calls[at]?.promise, 16);
  }
  works();
});

test('running out of memory', async () => {
  const { promise, resolve } = await suspended('a', () => pkg.exhaust_after('a'));
  resolve(1);
  const error = await rejection(promise);
  if (unwind) assert.ok(error instanceof pkg.OutOfMemoryError, error.stack);
  else isDeath(pkg, error);
  works();
});

test('nothing leaks', async () => {
  const { pkg: fresh, wasm: raw } = await load('fixture-jspi');
  const reason = {};
  functions.boom = () => { throw reason; };
  const round = async () => {
    const shapes = [
      (/** @type {string} */ name) => fresh.deep(5, name), fresh.caught, fresh.twice,
      ...unwind ? [fresh.panic_after, fresh.plus_one, (/** @type {string} */ name) => fresh.call_unmarked_after(name, 'boom')] : [],
    ];
    const calls = [];
    for (let i = 0; i < 24; i += 1) calls.push(await suspended(`${i}`, () => shapes[i % shapes.length]?.(`${i}`, `${i}`)));
    // In a build that can't unwind, a rejection that nobody catches ends the instance.
    for (const [at, { resolve, reject }] of calls.reverse().entries()) (unwind && at % 5 === 0 ? reject : resolve)(1);
    await Promise.allSettled(calls.map(({ promise }) => promise));
    await turn();
  };
  for (let i = 0; i < 4; i += 1) await round();
  const before = measure(fresh, raw);
  for (let i = 0; i < 25; i += 1) await round();
  assert.deepEqual(measure(fresh, raw), before);
});

test('a stack that nobody will go on with is let go with its instance', async () => {
  const { Instance } = WebAssembly;
  /** @type {WeakRef<object>[]} */
  const memories = [];
  /** @type {any} */ (WebAssembly).Instance = class extends Instance {
    constructor(/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) {
      super(module, imports);
      memories.push(new WeakRef(/** @type {object} */ (this.exports.memory)));
    }
  };
  const never = [];
  try {
    const { pkg: fresh } = await load('fixture-jspi');
    for (let i = 0; i < 4; i += 1) {
      const { promise } = await suspended('never', () => fresh.plus_one('never'));
      never.push(gates.get('never'));
      dies(fresh, () => fresh.trap());
      await rejection(promise);
    }
    for (let i = 0; i < 10; i += 1) { collect(); await turn(); }
    assert.equal(memories.length, 5);
    assert.equal(memories.filter((memory) => memory.deref() !== undefined).length, 1);
    assert.equal(fresh.fill(1), 2);
  } finally {
    WebAssembly.Instance = Instance;
  }
  assert.equal(never.length, 4);
});

test('an engine that cannot suspend says so', async () => {
  const engine = /** @type {any} */ (WebAssembly);
  const { promising, Suspending } = engine;
  try {
    engine.promising = engine.Suspending = undefined;
    const { pkg: old } = await load('fixture-jspi');
    assert.equal(old.fill(2), 3, 'what does not suspend works');
    const error = await rejection(old.plus_one('a'));
    assert.ok(error instanceof old.RecoverError);
    assert.equal(error.code, 'E_UNSUPPORTED');
    assert.match(error.message, /WebAssembly\.promising/);
    const counter = new old.Counter(1);
    assert.equal((await rejection(counter.add_twice('a'))).code, 'E_UNSUPPORTED');
    assert.equal(counter.get(), 1, 'it did not begin, and holds nothing');
  } finally {
    Object.assign(engine, { promising, Suspending });
  }
});

test('nothing surfaced without a caller', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
