// @ts-check
// Asynchronous calls that end in every way, in a random order and on top of each other:
// each promise settles by one of the ends that its call can have, nothing surfaces without
// a caller, and nothing leaks. RECOVER_SEED=<seed> replays a run.
import test from 'node:test';
import assert from 'node:assert/strict';
import { debug, load, unwind } from './load.mjs';
import { turn, watchStrays } from './support-async.mjs';
import { measure } from './support.mjs';

const { pkg, wasm } = await load('fixture-async');
const { Job, OddError, OutOfMemoryError, PanicError, RecoverError, Store, recovery } = pkg;
const strays = watchStrays();

const CALLS = debug ? 10_000 : 100_000;
/** Calls under way at once. */
const WINDOW = 256;

const seed = Number(process.env.RECOVER_SEED ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
let state = seed;
/** The next number below 1 (mulberry32). */
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
/** @param {number} below */
const some = (below) => Math.floor(random() * below);
/** @template T @param {T[]} list @returns {T} */
const one = (list) => /** @type {T} */ (list[some(list.length)]);

/** What JavaScript's own failures are, each by its identity. */
const REASON = { own: 'reason' };
const THROWN = { own: 'exception' };
const ABORTED = { own: 'abort' };
Reflect.set(globalThis, 'recoverMarked', (/** @type {number} */ way) => {
  if (way === 0) throw THROWN;
  if (way === 1) return Promise.reject(THROWN);
  return way === 2 ? Promise.resolve(7) : 7;
});

/** Settles promises of calls under way. @type {(() => void)[]} */
const gates = [];

/** A promise for a call to wait for, of any kind. */
function promised() {
  switch (some(6)) {
    case 0: return undefined;
    case 1: return Promise.resolve(1);
    case 2: return { then: (/** @type {(value: number) => void} */ f) => f(1) };
    default: {
      const { promise, resolve, reject } = Promise.withResolvers();
      // A refused call awaits none of its promises.
      promise.catch(() => {});
      const fails = some(4) === 0;
      gates.push(() => (fails ? reject(REASON) : resolve(1)));
      return promise;
    }
  }
}

/** Aborts of calls under way. @type {(() => void)[]} */
const aborts = [];

/** A signal: none, aborted before, at some time, at the next chance. */
function signal() {
  const way = some(5);
  if (way === 0) return undefined;
  if (way === 1) return AbortSignal.abort(ABORTED);
  const controller = new AbortController();
  const abort = () => controller.abort(ABORTED);
  if (way === 2) queueMicrotask(abort);
  else aborts.push(abort);
  return controller.signal;
}

const stores = Array.from({ length: 12 }, () => new Store(some(10)));
const jobs = Array.from({ length: 6 }, () => new Job());
/** Those that a call was to consume, which may have been refused. @type {any[]} */
const given = [];
/** Takes one out of the list, which gets a new one. @param {any[]} list @param {() => any} make */
const spent = (list, make) => {
  const place = some(list.length);
  const [before] = list.splice(place, 1, make());
  given.push(before);
  return before;
};

const REFUSED = ['E_BUSY', 'E_POISONED', 'E_STALE_HANDLE'];
/** Calls that end well, or by these codes or reasons. @type {[call: () => Promise<unknown>, ends: unknown[]][]} */
const WAYS = [
  [() => pkg.halve(some(100)), ['E_ODD']],
  [() => pkg.nothing(), []],
  [() => pkg.everything('text', 'owned', new Uint8Array(some(64)), 1n, undefined), []],
  [() => pkg.bytes(some(1_000)), []],
  [() => pkg.rejected_with(promised()), [REASON]],
  [() => pkg.through_js_sys(Promise.resolve(1)), []],
  [() => pkg.first_of(promised(), Promise.resolve(2)), [REASON]],
  [() => one(stores).add_twice(promised(), 1), [...REFUSED, REASON]],
  [() => one(stores).add_queued(promised(), 1), [...REFUSED, REASON]],
  [() => one(stores).getQueued(), REFUSED],
  [() => one(stores).get_later(promised()), REFUSED],
  [() => Store.open(Promise.resolve(3)).then((/** @type {any} */ store) => store.free()), []],
  [() => one(stores).cancel_queued(promised(), 1, signal()), [...REFUSED, ABORTED]],
  [() => pkg.cancellable(promised(), signal()), [ABORTED]],
  [() => pkg.with_maybe_signal(promised(), signal()), [ABORTED]],
  [() => one(jobs).step(promised(), signal()), [...REFUSED, ABORTED]],
  [() => one(jobs).queued(promised(), signal()), [...REFUSED, ABORTED]],
  [() => spent(jobs, () => new Job()).end(promised(), signal()), [...REFUSED, ABORTED]],
  [() => pkg.mixed_marked(promised(), 3), []],
  [() => pkg.mixed_full(promised(), some(1_000)), []],
];
/** Those that unwind, or may. @type {typeof WAYS} */
const UNWINDING = [
  [() => pkg.panic_first(), ['E_PANIC']],
  [() => one(stores).absorb(one(stores), one(stores), promised()), [...REFUSED, 'E_PANIC']],
  [() => spent(stores, () => new Store(some(10))).end(promised()), [...REFUSED, 'E_PANIC']],
  [() => pkg.panic_later(promised()), ['E_PANIC']],
  [() => one(stores).add_kept(promised(), 13), [...REFUSED, 'E_PANIC']],
  [() => one(stores).add_queued(promised(), 13), [...REFUSED, REASON, 'E_PANIC']],
  [() => one(stores).panic_shared(promised()), [...REFUSED, 'E_PANIC']],
  [() => pkg.brittle(promised(), signal()), ['E_PANIC', ABORTED]],
  [() => one(jobs).brittle(promised(), signal()), [...REFUSED, 'E_PANIC', ABORTED]],
  [() => pkg.mixed_marked(promised(), 0), [THROWN]],
  [() => pkg.mixed_marked_later(one(stores), some(4)), [...REFUSED, THROWN]],
  [() => pkg.mixed_full(promised(), 2 << 20), ['E_OUT_OF_MEMORY']],
  [() => pkg.mixed_filled(one(stores), promised()), [...REFUSED, 'E_OUT_OF_MEMORY']],
];
const ways = unwind ? [...WAYS, ...UNWINDING] : WAYS;

/** What happened, by the code of the error. @type {Map<unknown, number>} */
const counts = new Map();
/** The machinery's errors, each once. @type {Set<any>} */
let seen = new Set();
/** Calls under way and over; detached tasks that are to reply, that panic, that replied. */
let [open, settled, detached, told, replied] = [0, 0, 0, 0, 0];

/** @param {unknown} error @param {unknown[]} ends @param {Function} call */
function ended(error, ends, call) {
  const end = error instanceof RecoverError || error instanceof OddError ? /** @type {any} */ (error).code : error;
  counts.set(end, (counts.get(end) ?? 0) + 1);
  if (error instanceof RecoverError) seen.add(error);
  if (!ends.includes(end)) strays.push(new Error(`${call} ended by ${String(error)}`, { cause: error }));
}

function begin() {
  const [call, ends] = one(ways);
  let promise;
  try {
    promise = call();
  } catch (error) {
    strays.push(new Error(`${call} threw`, { cause: error }));
    return;
  }
  open += 1;
  promise.then(
    () => counts.set('value', (counts.get('value') ?? 0) + 1),
    (error) => ended(error, ends, call),
  ).finally(() => { open -= 1; settled += 1; });
}

/** What a program does beside: frees, asks, clears, detaches. */
function beside() {
  const attempt = (/** @type {() => unknown} */ call) => {
    try { call(); } catch (error) { ended(error, REFUSED, call); }
  };
  switch (some(6)) {
    case 0: return attempt(() => one(stores).add(1));
    case 1: return attempt(() => one(jobs).get());
    case 2: return stores.forEach((store) => recovery.clearPoison(store));
    case 3: return jobs.forEach((job) => recovery.clearPoison(job));
    case 4: {
      const { promise, resolve, reject } = Promise.withResolvers();
      const fails = unwind && some(3) === 0;
      if (fails) told += 1;
      else detached += 1;
      gates.push(() => (fails ? reject(REASON) : resolve(1)));
      return pkg.spawn_calling(promise, () => { replied += 1; });
    }
    default: {
      const place = some(stores.length);
      return attempt(() => {
        stores[place].free();
        stores[place] = new Store(some(10));
      });
    }
  }
}

/** Settles some of what waits. @param {number} share */
async function stir(share) {
  for (const list of [gates, aborts]) {
    const much = list === gates ? Math.ceil(list.length * share) : Math.ceil(list.length * share / 2);
    for (let n = 0; n < much; n += 1) list.splice(some(list.length), 1)[0]?.();
  }
  await Promise.resolve();
  if (some(8) === 0) await turn();
}

/** @param {number} calls */
async function run(calls) {
  const before = settled;
  for (let n = 0; n < calls; n += 1) {
    begin();
    if (some(8) === 0) beside();
    if (unwind && some(200) === 0) {
      told += 1;
      pkg.spawn_panicking();
    }
    while (open >= WINDOW) await stir(0.5);
    if (some(16) === 0) await stir(0.2);
  }
  for (let n = 0; open > 0 && n < 1_000; n += 1) {
    for (const list of [gates, aborts]) while (list.length > 0) list.pop()?.();
    await turn();
  }
  assert.equal(open, 0, 'every promise settles');
  assert.equal(settled - before, calls);
  for (const object of given.splice(0)) object[Symbol.dispose]();
  for (const [list, make] of /** @type {[any[], () => any][]} */ ([[stores, () => new Store(1)], [jobs, () => new Job()]])) {
    for (const place of list.keys()) {
      list[place].free();
      list[place] = make();
    }
  }
}

test(`${CALLS} mixed calls, seed ${seed}`, { skip: !unwind }, async () => {
  console.log(`RECOVER_SEED=${seed} replays this run`);
  let heard = 0;
  if (unwind) recovery.onPanic(() => { heard += 1; });
  // First as many tasks, waits and table slots at once as the test ever has.
  const burst = Array.from({ length: 8 * WINDOW }, () => Promise.withResolvers());
  const calls = burst.map(({ promise }) => pkg.first_of(promise, promise));
  await turn();
  for (const { resolve } of burst) resolve(1);
  await Promise.all(calls);
  // And until memory is as fragmented as it gets.
  await run(CALLS / 2);
  const state = () => measure(pkg, wasm, () => new Store(1));
  const before = { ...state(), health: recovery.health(), heard, detached, told };
  seen = new Set();
  counts.clear();
  await run(CALLS);
  const { memory, ...after } = state();
  const health = recovery.health();
  console.log([...counts].map(([end, count]) => `${JSON.stringify(end)} ${count}`).join(', '));
  assert.deepEqual(after, Object.fromEntries(Object.keys(after).map((key) => [key, Reflect.get(before, key)])), 'nothing leaks');
  // What lives is the same to the byte. In another order it may lie in two pages more.
  assert.ok(memory - before.memory <= 2 * 65_536, `memory grew from ${before.memory} to ${memory}`);
  const kinds = new Map();
  for (const error of seen) kinds.set(error.code, (kinds.get(error.code) ?? 0) + 1);
  assert.equal(health.refused.busy - before.health.refused.busy, kinds.get('E_BUSY') ?? 0);
  assert.equal(health.refused.stale - before.health.refused.stale, kinds.get('E_STALE_HANDLE') ?? 0);
  assert.equal(health.refused.poisoned - before.health.refused.poisoned, kinds.get('E_POISONED') ?? 0);
  const panics = [...seen].filter((error) => error instanceof PanicError).length + told - before.told;
  assert.equal(health.panics - before.health.panics, panics);
  assert.equal(heard - before.heard, unwind ? panics : 0);
  assert.equal(replied, detached, 'every detached task came to its end');
  for (const end of ['value', 'E_ODD', 'E_BUSY', REASON, ABORTED, ...(unwind ? ['E_PANIC', 'E_POISONED', 'E_OUT_OF_MEMORY', THROWN] : [])]) {
    assert.ok((counts.get(end) ?? 0) >= CALLS / 1_000, `${JSON.stringify(end)} is among the ends`);
  }
  if (unwind) assert.ok([...seen].some((error) => error instanceof OutOfMemoryError));
});

test('no unexpected failure surfaced', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
