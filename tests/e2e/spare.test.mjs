// @ts-check
// recovery.spare: the next instance is made ahead, in idle time, and is as one that is made when it is needed.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, prepare } from './load.mjs';
import { clock, dies, isDeath, thrown, throwsClass } from './support.mjs';
import { turn } from './support-async.mjs';
import { collectUntil } from './support-gc.mjs';

let starts = 0;
let trapsInStart = false;
Object.assign(globalThis, {
  abortsStart() { starts += 1; return trapsInStart; },
  abortsCall: (/** @type {() => unknown} */ f) => f() ?? 0,
  abortsMark() {},
  persistCall: (/** @type {() => number} */ f) => f() ?? 0,
});
test.beforeEach(() => { starts = 0; clock(0.0001); });
test.afterEach(() => { trapsInStart = false; clock(); });

/**
 * The instances that packages make while `body` runs: those that are made ahead, and those that a call waits for.
 * @param {(made: { ahead: WebAssembly.Instance[], waited: number }, fail: (how: Error | undefined) => void) => Promise<void>} body
 */
async function watched(body) {
  const { instantiate, Instance } = WebAssembly;
  const made = { ahead: /** @type {WebAssembly.Instance[]} */ ([]), waited: 0 };
  /** @type {Error | undefined} */
  let failure;
  Reflect.set(WebAssembly, 'instantiate', async (/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) => {
    if (failure !== undefined) throw failure;
    const instance = await instantiate(module, imports);
    made.ahead.push(instance);
    return instance;
  });
  Reflect.set(WebAssembly, 'Instance', new Proxy(Instance, {
    construct(target, args) {
      made.waited += 1;
      return Reflect.construct(target, args);
    },
  }));
  try {
    await body(made, (how) => { failure = how; });
  } finally {
    Object.assign(WebAssembly, { instantiate, Instance });
  }
}

/** Time in which a spare is made. */
async function idle() {
  for (let i = 0; i < 4; i += 1) await turn();
}

test('the next instance is there when one ends, and is as any other', () => watched(async (made) => {
  const { pkg } = await load('fixture-persist');
  assert.equal(pkg.recovery.spare, false);
  await idle();
  assert.equal(made.ahead.length, 0, 'nobody asked for one');
  pkg.recovery.spare = true;
  assert.equal(pkg.recovery.spare, true);
  pkg.recovery.spare = true;
  const [ledger, loose] = [new pkg.Ledger(1), new pkg.Loose(1)];
  await idle();
  assert.equal(made.ahead.length, 1);
  for (let end = 1; end <= 20; end += 1) {
    ledger.add(1);
    const before = made.waited;
    dies(pkg, () => pkg.trap());
    assert.equal(ledger.total, 1 + end);
    assert.equal(made.waited, before, 'a call waited for an instance');
    await idle();
    assert.equal(made.ahead.length, end + 1);
  }
  throwsClass(pkg, 'StaleHandleError', () => loose.add(1));
}));

test('nothing has run in it, and nothing tells of it', () => watched(async (made) => {
  const { pkg } = await load('fixture-aborts');
  assert.equal(starts, 1);
  const before = pkg.recovery.health();
  /** @type {any[]} */
  const reports = [];
  pkg.recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  pkg.recovery.spare = true;
  await idle();
  assert.deepEqual([made.ahead.length, starts, reports], [1, 1, []]);
  assert.deepEqual(pkg.recovery.health(), before);
  // A second one of the same module, in which nothing has run either.
  const bytes = () => new Uint8Array(/** @type {any} */ (made.ahead.at(-1)?.exports.memory).buffer);
  const first = bytes().slice();
  dies(pkg, () => pkg.abort());
  assert.equal(starts, 2);
  assert.notDeepEqual(bytes(), first, 'it is in use');
  await idle();
  assert.equal(made.ahead.length, 2);
  assert.deepEqual(bytes(), first);
  assert.deepEqual([pkg.recovery.health().epoch, pkg.recovery.health().restarts, reports.length], [1, 1, 1]);
}));

test('ends that follow each other faster than spares are made get instances all the same', () => watched(async (made) => {
  const { pkg } = await load('fixture-persist');
  const { pkg: aborts } = await load('fixture-aborts');
  starts = 0;
  pkg.recovery.spare = aborts.recovery.spare = true;
  const ledgers = Array.from({ length: 10 }, () => new pkg.Ledger(0));
  let ends = 0;
  for (let storm = 0; storm < 30; storm += 1) {
    for (let end = 0; end <= storm % 4; end += 1) {
      for (const ledger of ledgers) ledger.add(1);
      dies(pkg, () => pkg.trap());
      dies(aborts, () => aborts.abort());
      ends += 1;
      assert.deepEqual(ledgers.map((ledger) => ledger.total), ledgers.map(() => ends));
      assert.equal(aborts.answer(), 42);
    }
    if (storm % 3 !== 0) await idle();
  }
  assert.equal(starts, ends, 'start runs once in each instance that is used');
  assert.equal(aborts.recovery.health().restarts, ends);
  assert.ok(made.ahead.length > 20 && made.waited > 20, `${made.ahead.length} ahead, ${made.waited} waited for`);
}));

test('an instance whose start traps is none that can be used, made ahead or not', () => watched(async (made) => {
  const { pkg } = await load('fixture-aborts');
  pkg.recovery.spare = true;
  await idle();
  trapsInStart = true;
  isDeath(pkg, thrown(() => pkg.abort()));
  assert.equal(made.ahead.length, 1);
  for (let i = 0; i < 40; i += 1) { thrown(() => pkg.answer()); await turn(); }
  const { restarts } = pkg.recovery.health();
  assert.ok(restarts <= 6, `${restarts} restarts`);
  throwsClass(pkg, 'RestartLimitError', () => pkg.answer());
  trapsInStart = false;
  await pkg.recovery.restart();
  assert.equal(pkg.answer(), 42);
  await idle();
  const before = made.waited;
  dies(pkg, () => pkg.abort());
  assert.equal(made.waited, before, 'there was a spare again');
}));

test('the limit of restarts is what it is without', async () => {
  const { pkg } = await load('fixture-aborts');
  pkg.recovery.spare = true;
  pkg.recovery.setRestartLimit({ restarts: 2, period: 60_000 });
  for (let i = 0; i < 3; i += 1) {
    await idle();
    isDeath(pkg, thrown(() => pkg.abort()));
  }
  throwsClass(pkg, 'RestartLimitError', () => pkg.answer());
});

test('dispose lets go of it, and so does turning it off', () => watched(async (made) => {
  const { pkg } = await load('fixture-persist');
  const ledger = new pkg.Ledger(1);
  const gone = async () => {
    let collected = false;
    const registry = new FinalizationRegistry(() => { collected = true; });
    registry.register(/** @type {any} */ (made.ahead.pop()).exports.memory, undefined);
    await collectUntil(() => collected);
    return collected;
  };
  pkg.recovery.spare = true;
  await idle();
  pkg.recovery.dispose();
  assert.ok(await gone(), 'dispose() has left its memory');
  await idle();
  assert.equal(made.ahead.length, 0, 'one was made for a package that was given up');
  assert.equal(ledger.total, 1);
  await idle();
  assert.equal(made.ahead.length, 1, 'it stays wanted');
  pkg.recovery.spare = false;
  assert.ok(await gone(), 'turned off, it has left its memory');
  dies(pkg, () => pkg.trap());
  await idle();
  assert.deepEqual([made.ahead.length, ledger.total], [0, 1]);
  // One that is on its way is not kept either.
  pkg.recovery.spare = true;
  pkg.recovery.spare = false;
  await idle();
  const before = made.waited;
  dies(pkg, () => pkg.trap());
  assert.equal(made.waited, before + 1);
}));

test('where there is no memory for it nothing is told, and it is tried again', () => watched(async (made, fail) => {
  const { pkg } = await load('fixture-aborts');
  /** @type {unknown[]} */
  const told = [];
  pkg.recovery.onPanic((/** @type {unknown} */ error) => told.push(error));
  fail(new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance'));
  pkg.recovery.spare = true;
  await idle();
  dies(pkg, () => pkg.abort());
  assert.equal(pkg.answer(), 42);
  await idle();
  assert.deepEqual([made.ahead.length, told], [0, []]);
  fail(undefined);
  dies(pkg, () => pkg.abort());
  await idle();
  assert.equal(made.ahead.length, 1, 'after the next end');
  pkg.recovery.spare = false;
  fail(new RangeError('not yet'));
  pkg.recovery.spare = true;
  await idle();
  fail(undefined);
  for (let waits = 0; waits < 100 && made.ahead.length < 2; waits += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(made.ahead.length, 2, 'after a while');
}));

test('one that is wanted before there is an instance is made after it', () => watched(async (made) => {
  const { pkg, init } = await prepare('fixture-aborts');
  pkg.recovery.spare = true;
  await idle();
  assert.equal(made.ahead.length, 0);
  init();
  await idle();
  assert.equal(made.ahead.length, 1);
  assert.equal(pkg.answer(), 42);
  for (const wrong of [undefined, 1, 'yes']) assert.throws(() => { pkg.recovery.spare = wrong; }, { name: 'TypeError', message: 'recovery.spare is true or false' });
}));

test('no module has a start section, which would run when a spare is made', () => watched(async (made) => {
  const { pkg } = await load('fixture-aborts');
  pkg.recovery.spare = true;
  await idle();
  assert.equal(made.ahead.length, 1);
  assert.equal(typeof made.ahead[0]?.exports.__wbindgen_start, 'function', 'start is an export');
  assert.equal(starts, 1);
}));
