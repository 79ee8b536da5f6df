// @ts-check
// Calls that a signal ends: when, with which reason, and what is left of the object, the
// future and the signal.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { later, never, rejection, settles, turn, watchStrays, watchedController } from './support-async.mjs';

const { pkg, wasm } = await load('fixture-async');
const { BusyError, Job, PanicError, PoisonedError, StaleHandleError, recovery } = pkg;
const strays = watchStrays();

const made = () => pkg.probe.made();
const alive = () => pkg.probe.made() - pkg.probe.dropped();

/**
 * Each way to hand a signal to a call that waits for `promise`, and what the call gives.
 * @type {[string, (promise: any, signal?: any) => Promise<unknown>, unknown][]}
 */
const ways = [
  ['by value', (promise, signal) => pkg.with_signal(promise, signal), false],
  ['by reference', (promise, signal) => pkg.with_signal_ref(signal, promise), false],
  ['as an Option', (promise, signal) => pkg.with_maybe_signal(promise, signal), true],
  ['cancellable', (promise, signal) => pkg.cancellable(promise, signal), 7],
];

for (const [way, call, value] of ways) {
  test(`${way}: a call whose signal is not aborted ends normally`, async () => {
    const { signal, listeners, abort } = watchedController();
    const gate = later();
    const promise = call(gate.promise, signal);
    assert.equal(listeners(), 1);
    gate.resolve();
    assert.equal(await settles(promise), value);
    assert.equal(listeners(), 0, 'nobody listens any more');
    abort('late');
    await turn();
  });

  test(`${way}: a call whose signal was aborted before rejects at once`, async () => {
    const { signal, listeners, abort } = watchedController();
    const [before, reason] = [made(), { some: 'reason' }];
    abort(reason);
    assert.equal(await rejection(call(never, signal)), reason);
    assert.equal(listeners(), 0);
    assert.equal(made(), before, 'the body did not run');
  });

  test(`${way}: a call aborted before its first poll rejects, and its body does not run`, async () => {
    const { signal, listeners, abort } = watchedController();
    const [before, reason] = [made(), { some: 'reason' }];
    const promise = call(never, signal);
    abort(reason);
    assert.equal(await rejection(promise), reason);
    assert.equal(listeners(), 0);
    assert.equal(made(), before, 'the body did not run');
  });

  test(`${way}: a call aborted between polls rejects, and its future is dropped once`, async () => {
    const { signal, listeners, abort } = watchedController();
    const [live, reason, gate] = [alive(), { some: 'reason' }, later()];
    const promise = call(gate.promise, signal);
    await turn();
    abort(reason);
    assert.equal(alive(), live, 'dropped when the signal fires');
    assert.equal(await rejection(promise), reason);
    assert.equal(listeners(), 0);
    gate.resolve();
    await turn();
    assert.equal(alive(), live);
  });

  test(`${way}: an argument that is not a signal is a TypeError`, async () => {
    for (const wrong of [7, 'signal', {}, { aborted: false }, Symbol('s'), () => {}]) {
      assert.ok(await rejection(call(never, wrong)) instanceof TypeError, String(wrong));
    }
  });
}

for (const [way, call, value] of ways.slice(2)) {
  test(`${way}: an optional signal may be missing`, async () => {
    const without = way === 'cancellable' ? value : false;
    assert.equal(await settles(call(Promise.resolve())), without);
    assert.equal(await settles(call(Promise.resolve(), undefined)), without);
    const gate = later();
    const promise = call(gate.promise);
    await turn();
    gate.resolve();
    assert.equal(await settles(promise), without);
  });
}

test('null in place of a signal means no signal', async () => {
  assert.equal(await settles(pkg.cancellable(Promise.resolve(), null)), 7);
  assert.equal(await settles(pkg.with_maybe_signal(Promise.resolve(), null)), false);
});

test('a required signal that is missing is a TypeError', async () => {
  for (const nothing of [undefined, null]) {
    assert.ok(await rejection(pkg.with_signal(never, nothing)) instanceof TypeError);
    assert.ok(await rejection(pkg.with_signal_ref(nothing, never)) instanceof TypeError);
  }
});

test('a promise rejects with the very value of the reason, whatever its type', async () => {
  const error = new RangeError('mine');
  for (const reason of [null, 0, NaN, '', 'text', false, 7n, Symbol('own'), error, { some: 'object' }, () => {}]) {
    const controller = new AbortController();
    const promise = pkg.cancellable(never, controller.signal);
    await turn();
    controller.abort(reason);
    const got = await rejection(promise);
    assert.ok(Object.is(got, reason), String(reason));
  }
  for (const abort of [(/** @type {AbortController} */ c) => c.abort(), (/** @type {AbortController} */ c) => c.abort(undefined)]) {
    const controller = new AbortController();
    const promise = pkg.cancellable(never, controller.signal);
    abort(controller);
    const got = await rejection(promise);
    assert.equal(got, controller.signal.reason);
    assert.equal(got.name, 'AbortError', "the DOM's own, where none is given");
  }
  const bare = Object.assign(new EventTarget(), { aborted: false, reason: undefined });
  const promise = pkg.cancellable(never, bare);
  bare.dispatchEvent(new Event('abort'));
  assert.equal(await rejection(promise), undefined);
  assert.equal((await rejection(pkg.cancellable(never, AbortSignal.timeout(1)))).name, 'TimeoutError');
});

test('an exception that a faulty signal throws rejects the call', async () => {
  const fault = new Error('of the signal');
  const raise = () => { throw fault; };
  assert.equal(await rejection(pkg.cancellable(never, { aborted: false, addEventListener: raise })), fault);
  assert.equal(await rejection(pkg.cancellable(never, { get aborted() { return raise(); }, addEventListener() {} })), fault);
  assert.equal(await rejection(pkg.cancellable(never, { aborted: true, reason: fault, addEventListener() {} })), fault);
  const job = new Job();
  assert.equal(await rejection(job.step(never, { aborted: false, addEventListener: raise })), fault);
  assert.equal(job.get(), 1, 'and let go of the object');
  job.free();
});

test('a signal that keeps its listeners aborts no later call', async () => {
  /** @type {any[]} */
  const kept = [];
  const leaky = { aborted: false, reason: 'leaky', addEventListener: (/** @type {any} */ _, /** @type {any} */ f) => kept.push(f), removeEventListener() {} };
  assert.equal(await settles(pkg.cancellable(Promise.resolve(), leaky)), 7);
  const gate = later();
  const next = pkg.cancellable(gate.promise);
  await turn();
  for (const listener of kept) listener();
  gate.resolve();
  assert.equal(await settles(next), 7);
});

test('a call aborted during a poll, by a function that the future calls', async () => {
  const { signal, listeners, abort } = watchedController();
  const reason = new Error('while it runs');
  const promise = pkg.calls_then_waits(() => abort(reason), never, signal);
  assert.equal(await rejection(promise), reason);
  assert.equal(listeners(), 0);
});

test('a call aborted during its last poll fulfils', async () => {
  const controller = new AbortController();
  const promise = pkg.calls_then_waits(() => controller.abort('late'), undefined, controller.signal);
  // The await of `undefined` takes one more poll, so the abort comes in time.
  assert.equal(await rejection(promise), 'late');
  const last = new AbortController();
  const told = pkg.calls_and_ends(() => last.abort('late'), last.signal);
  assert.equal(await settles(told), 7);
});

test('a call aborts another call, which aborts the first', async () => {
  const [outer, inner] = [new AbortController(), new AbortController()];
  const waiting = pkg.cancellable(never, inner.signal);
  await turn();
  inner.signal.addEventListener('abort', () => outer.abort('outer'));
  const calling = pkg.calls_then_waits(() => inner.abort('inner'), never, outer.signal);
  assert.equal(await rejection(calling), 'outer');
  assert.equal(await rejection(waiting), 'inner');
});

test('a cancelled call leaves its object free, not poisoned, and as it was at the await', async () => {
  const live = alive();
  for (const [when, expected] of /** @type {[(() => unknown) | undefined, number][]} */ ([
    [undefined, 1], [turn, 2],
  ])) {
    const [job, controller] = [new Job(), new AbortController()];
    const promise = job.step(never, controller.signal);
    if (when !== undefined) await when();
    assert.throws(() => job.get(), BusyError);
    controller.abort('stop');
    assert.equal(job.get(), expected, 'let go of at once');
    assert.equal(await rejection(promise), 'stop');
    assert.equal(recovery.isPoisoned(job), false);
    assert.equal(await settles(job.step(Promise.resolve())), expected + 2);
    job.free();
  }
  assert.equal(alive(), live);
});

test('a cancelled call releases all of its objects', async () => {
  const [one, other, controller] = [new Job(), new Job(), new AbortController()];
  const promise = one.step_both(other, controller.signal, never);
  await turn();
  assert.throws(() => other.get(), BusyError);
  controller.abort(1);
  assert.equal(await rejection(promise), 1);
  assert.deepEqual([one.get(), other.get()], [1, 1]);
  one.free();
  other.free();
});

test('a cancelled call drops the object that it consumed', async () => {
  const live = alive();
  for (const wait of [() => {}, turn]) {
    const [job, controller] = [new Job(), new AbortController()];
    const promise = job.end(never, controller.signal);
    await wait();
    controller.abort(1);
    assert.equal(alive(), live);
    assert.equal(await rejection(promise), 1);
    assert.throws(() => job.get(), StaleHandleError);
  }
});

test('a refused call does not listen to its signal', async () => {
  const { signal, listeners } = watchedController();
  const job = new Job();
  job.free();
  assert.ok(await rejection(job.step(never, signal)) instanceof StaleHandleError);
  assert.equal(listeners(), 0);
});

test('queued calls can be aborted while they wait and after they began', async () => {
  const job = new Job();
  const [first, second, third, fourth] = [1, 2, 3, 4].map(() => watchedController());
  const gate = later();
  const calls = [
    job.queued(never, first?.signal), job.queued(never, second?.signal), job.queued(gate.promise, third?.signal),
    job.queued(gate.promise, fourth?.signal),
  ];
  await turn();
  second?.abort('while it waits');
  assert.equal(await rejection(calls[1]), 'while it waits');
  assert.equal(second?.listeners(), 0);
  first?.abort('while it runs');
  assert.equal(await rejection(calls[0]), 'while it runs');
  gate.resolve();
  assert.equal(await settles(calls[2]), 3, 'the first changed it, the second did not');
  assert.equal(await settles(calls[3]), 4);
  assert.deepEqual([first, third, fourth].map((each) => each?.listeners()), [0, 0, 0], 'nobody listens any more');
  assert.equal(job.get(), 4);
  job.free();
});

test('a queued call whose signal was aborted before is rejected at once', async () => {
  const job = new Job();
  const controller = new AbortController();
  const holding = job.queued(never, controller.signal);
  const waiting = job.queued(never, AbortSignal.abort('before'));
  assert.equal(await rejection(waiting), 'before');
  controller.abort(0);
  assert.equal(await rejection(holding), 0);
  assert.equal(await settles(job.queued(undefined)), 3);
  job.free();
});

test('a signal that a queued call does not take does not end it', async () => {
  const job = new Job();
  const [gate, controller] = [later(), new AbortController()];
  const first = job.queued_beside(gate.promise, {});
  const second = job.queued_beside(gate.promise, controller.signal);
  controller.abort('not yours');
  gate.resolve();
  assert.deepEqual(await settles(Promise.all([first, second])), [true, true]);
  job.free();
});

test('a queue whose calls are all aborted is empty', async () => {
  const [job, holding] = [new Job(), new AbortController()];
  const first = job.queued(never, holding.signal);
  const controller = new AbortController();
  const calls = Array.from({ length: 10 }, () => job.queued(never, controller.signal));
  controller.abort('all');
  for (const call of calls) assert.equal(await rejection(call), 'all');
  holding.abort(0);
  assert.equal(await rejection(first), 0);
  assert.equal(job.get(), 2);
  assert.equal(await settles(job.queued(undefined)), 3);
  job.free();
});

test('a future whose destructor panics when it is cancelled', { skip: !unwind }, async () => {
  const live = alive();
  /** @type {unknown[]} */
  const told = [];
  const stop = recovery.onPanic((/** @type {unknown} */ error) => told.push(error));
  const controller = new AbortController();
  const promise = pkg.brittle(never, controller.signal);
  await turn();
  controller.abort('stop');
  const error = await rejection(promise);
  assert.ok(error instanceof PanicError);
  assert.equal(error.message, 'dropped before it was ready');
  assert.equal(error.export, 'fixture_async::cancel::brittle');
  assert.deepEqual(told, [error], 'told once');
  stop();
  assert.equal(alive(), live, 'the rest of the future is dropped');
  assert.equal(await settles(pkg.brittle(Promise.resolve())), 7);

  const job = new Job();
  const second = new AbortController();
  const poisoning = job.brittle(never, second.signal);
  await turn();
  second.abort('stop');
  const cause = await rejection(poisoning);
  assert.ok(cause instanceof PanicError);
  assert.ok(recovery.isPoisoned(job));
  assert.equal((await rejection(job.step(never))).cause, cause);
  assert.throws(() => job.get(), PoisonedError);
  recovery.clearPoison(job);
  const third = new AbortController();
  const keeping = job.brittle_kept(never, third.signal);
  await turn();
  third.abort('stop');
  assert.ok(await rejection(keeping) instanceof PanicError);
  assert.equal(job.get(), 1, 'as the policy says');
  job.free();
  assert.equal(alive(), live);
});

test('1,000 calls can share a signal', async () => {
  const round = async () => {
    const { signal, listeners, abort } = watchedController();
    const calls = Array.from({ length: 1_000 }, (_, n) => pkg.cancellable(n % 10 === 0 ? Promise.resolve() : never, signal));
    const ends = Promise.allSettled(calls);
    await turn();
    assert.equal(listeners(), 900);
    abort('all');
    assert.equal(listeners(), 0);
    const counts = Map.groupBy(await settles(ends), (/** @type {any} */ end) => end.value ?? end.reason);
    assert.deepEqual([...counts].map(([end, calls]) => [end, calls.length]), [[7, 100], ['all', 900]]);
  };
  await round();
  const state = () => [wasm.memory.buffer.byteLength, wasm.__wbindgen_externrefs.length, pkg.probe.liveBytes(), pkg.probe.liveBlocks(), pkg.probe.liveExternrefs(), alive()];
  const before = state();
  await round();
  assert.deepEqual(state(), before);
});

test('no unexpected failure surfaced', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
