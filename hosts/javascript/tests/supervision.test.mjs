// @ts-check
// The supervisor: limits of restarts, handles that are stale, calls that overlap, what is let go of, who hears of it, and
// that many ends cost no memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusyError, InstanceAbortedError, OutOfMemoryError, PanicError, RestartLimitError, StackOverflowError, StaleHandleError, raises, supervise } from '../index.js';
import { CLOCK, DROP, START, TRAP, bindingsOf, collected, entries, fixture, gc, hooks, thrownBy, trap } from './setup.mjs';

test('a call from within a call is refused at once, and the call under way goes on', async () => {
  /** @type {any} */
  let refused;
  const app = await hooks((n) => {
    if (n !== 5) return n;
    refused = [() => app.ask(1), () => new app.Counter(1), () => counter.value(), () => app.Counter.restore(new Uint8Array(4))].map(thrownBy);
    return 6;
  });
  const counter = new app.Counter(1);
  assert.equal(app.ask(5), 6);
  assert.equal(refused.length, 4);
  for (const error of refused) {
    assert(error instanceof BusyError);
    assert.deepEqual([error.code, error.retryable, error.fatal], ['E_BUSY', true, false]);
  }
  assert.equal(refused[2].export, 'Counter.value');
  assert.deepEqual([app.recovery.health().refused.busy, app.recovery.health().epoch], [4, 0]);
  assert.equal(counter.add(5), 7, 'a method, too');
  assert.equal(counter.value(), 7);
});

test('what an import throws ends the instance, and is the cause', async () => {
  const thrown = new Error('mine');
  const { ask, Counter } = await hooks((n) => { if (n === 5) throw thrown; return n; });
  const counter = new Counter(1);
  for (const call of [() => ask(5), () => counter.add(5)]) {
    const error = thrownBy(call);
    assert(error instanceof InstanceAbortedError);
    assert.equal(error.cause, thrown);
    assert.equal(counter.value(), 1);
  }
});

test('an error that an import throws with a payload, through a function without a result, ends the instance all the same', async () => {
  const thrown = Object.assign(new Error('mine'), { payload: { kind: 'domain', class: 'X', code: '', message: '', causes: [], fields: [], frames: [] } });
  const { ask, recovery } = await hooks((n) => { if (n === 5) throw thrown; return n; });
  assert.equal(thrownBy(() => ask(5)).cause, thrown);
  assert.equal(ask(1), 1);
  assert.equal(recovery.health().epoch, 1);
  const raising = await hooks(raises((n) => { if (n === 5) throw thrown; return n; }));
  assert.equal(thrownBy(() => raising.ask(5)).kind, 'aborted');
});

test('handles of objects that do not persist are stale in the next instance, and say of which they were', async () => {
  const { ledgers, recovery } = await fixture();
  const draft = new ledgers.Draft(), tally = new ledgers.Tally();
  trap(ledgers);
  for (const [call, name] of /** @type {const} */ ([[() => draft.text(), 'Draft'], [() => tally.add(1), 'Tally']])) {
    const error = thrownBy(call);
    assert(error instanceof StaleHandleError);
    assert.deepEqual([error.class, error.epoch, error.code, error.retryable], [name, 0, 'E_STALE_HANDLE', false]);
  }
  assert.equal(recovery.health().refused.stale, 2);
  const other = new ledgers.Draft();
  assert.equal(other.text(), '', 'a new object in the place of the old one is not reached by its handle');
  assert(thrownBy(() => draft.write('x')) instanceof StaleHandleError);
  assert.equal(other.text(), '');
});

test('an object is dropped when its handle is disposed of, once, and its handle is stale', async () => {
  const { ledgers, recovery } = await fixture();
  const before = ledgers.live();
  const all = [new ledgers.Ledger('a'), new ledgers.Draft(), new ledgers.Tally()];
  assert.equal(ledgers.live(), before + 3);
  for (const one of all) {
    one[Symbol.dispose]();
    one[Symbol.dispose]();
  }
  assert.equal(ledgers.live(), before);
  assert.equal(recovery.health().persistent, 0);
  const error = thrownBy(() => all[0].owner());
  assert(error instanceof StaleHandleError);
  assert.equal(error.epoch, undefined);
  trap(ledgers);
  assert(thrownBy(() => all[0].owner()) instanceof StaleHandleError, 'it does not come back');
});

test('a handle that is collected drops its object', async () => {
  const { ledgers, recovery } = await fixture();
  const before = ledgers.live();
  (() => { for (let n = 0; n < 50; n += 1) new ledgers.Ledger('a').put('x', 1n); })();
  assert.equal(recovery.health().persistent, 50);
  assert(await collected(() => ledgers.live() === before && recovery.health().persistent === 0), `${ledgers.live()} of ${before}`);
});

test('a handle of an instance that ended is collected without a call into it', async () => {
  let drops = 0;
  const { ask, Counter, recovery } = await hooks((n) => {
    if (n === DROP) drops += 1;
    return n === 13 ? TRAP : n;
  });
  (() => { for (let n = 0; n < 20; n += 1) new Counter(n); })();
  thrownBy(() => ask(13));
  assert(await collected(() => recovery.health().persistent === 0));
  assert.equal(drops, 0);
});

test('a destructor that traps ends the instance: for who disposes, and for nobody', async () => {
  let traps = false;
  const { Counter, ask, recovery } = await hooks((n) => (traps && n === DROP ? TRAP : n));
  /** @type {any[]} */
  const heard = [];
  recovery.onPanic((error) => heard.push(error));
  const counter = new Counter(1), other = new Counter(2);
  traps = true;
  assert(thrownBy(() => counter[Symbol.dispose]()) instanceof InstanceAbortedError);
  assert.equal(other.value(), 2);
  assert(thrownBy(() => counter.value()) instanceof StaleHandleError);
  assert.equal(recovery.health().epoch, 1);
  (() => { new Counter(3); })();
  assert(await collected(() => recovery.health().epoch === 2));
  assert.equal(ask(1), 1);
  assert.equal(heard.length, 1);
  assert(heard[0].cause instanceof InstanceAbortedError);
});

test('an object that is disposed of within a call is dropped when the call has ended', async () => {
  /** @type {any} */
  let counter;
  let drops = 0;
  const { Counter } = await hooks((n) => {
    if (n === 5) counter[Symbol.dispose]();
    if (n === DROP) drops += 1;
    return n;
  });
  counter = new Counter(1);
  assert.equal(counter.add(5), 6);
  assert.equal(drops, 1);
  assert(thrownBy(() => counter.value()) instanceof StaleHandleError);
});

test('callers may end instances as often as they like', async () => {
  const { ledgers, recovery } = await fixture();
  for (let n = 0; n < 20; n += 1) trap(ledgers);
  assert.equal(ledgers.parse('5'), 5n);
  assert.equal(recovery.health().restarts, 20);
});

test('instances that end as they start are a crash loop, which recovery.restart() ends', async () => {
  let starts = true;
  const { ask, recovery } = await hooks((n) => {
    if (n === 13) return TRAP;
    if (n === START && !starts) throw new Error('no start');
    return n;
  });
  /** @type {any[]} */
  const heard = [];
  /** @type {any[]} */
  const reports = [];
  recovery.onPanic((error) => heard.push(error));
  recovery.onAbort((report) => reports.push(report));
  starts = false;
  thrownBy(() => ask(13));
  const kinds = [];
  for (let n = 0; n < 12; n += 1) kinds.push(thrownBy(() => ask(1)).kind);
  assert.deepEqual(new Set(kinds), new Set(['aborted', 'restart-limit']));
  const limit = thrownBy(() => ask(1));
  assert(limit instanceof RestartLimitError);
  assert.match(limit.message, /5 times in 10000 ms/);
  assert.equal(heard.length, 6, 'each try is told');
  assert.deepEqual(reports.map((one) => [one.export, one.restarted]), [['ask', false], [undefined, false]], 'the end, and that nothing more is tried');
  await assert.rejects(recovery.restart(), { message: /the next one could not be made/ });
  starts = true;
  await recovery.restart();
  assert.equal(ask(1), 1);
});

test('objects whose replay traps are a crash loop, too: those ends were asked for by no call', async () => {
  let traps = false;
  const { ask, Counter } = await hooks((n) => (n === 13 || (traps && n === 7) ? TRAP : n));
  const counters = Array.from({ length: 8 }, () => new Counter(1));
  counters.forEach((one) => one.add(7));
  traps = true;
  thrownBy(() => ask(13));
  const kinds = counters.map((one) => thrownBy(() => one.value()).kind);
  assert.deepEqual([kinds[0], kinds[7]], ['stale', 'restart-limit']);
});

test('a limit of the program counts every end', async () => {
  const { ledgers, recovery } = await fixture({ restartLimit: { restarts: 2, period: 60_000 } });
  const ledger = new ledgers.Ledger('ada');
  ledger.put('a', 1n);
  for (let n = 0; n < 3; n += 1) trap(ledgers);
  const error = thrownBy(() => ledgers.parse('5'));
  assert(error instanceof RestartLimitError);
  assert.deepEqual([error.code, error.fatal, error.retryable], ['E_RESTART_LIMIT', true, false]);
  assert(thrownBy(() => ledger.owner()) instanceof RestartLimitError);
  await recovery.restart();
  assert.deepEqual(entries(ledger), { a: 1 });
  recovery.setRestartLimit({ restarts: 0, period: 1 });
  trap(ledgers);
  assert(thrownBy(() => ledgers.parse('5')) instanceof RestartLimitError);
});

test('recovery.restart() and recovery.dispose() keep what persists', async () => {
  const { ledgers, recovery } = await fixture();
  const ledger = new ledgers.Ledger('ada'), draft = new ledgers.Draft();
  ledger.put('a', 1n);
  await recovery.restart();
  assert.deepEqual(entries(ledger), { a: 1 });
  assert(thrownBy(() => draft.text()) instanceof StaleHandleError);
  recovery.dispose();
  assert.equal(recovery.health().memoryBytes, 0);
  assert.deepEqual(entries(ledger), { a: 1 });
  assert.equal(recovery.health().epoch, 2);
  recovery.setRestartLimit({ restarts: 0, period: 60_000 });
  for (let n = 0; n < 20; n += 1) await recovery.restart();
  assert.equal(ledgers.parse('5'), 5n, 'no restart that was asked for counts');
});

test('an import that restarts ends the call under way', async () => {
  /** @type {any} */
  let refused;
  const app = await hooks((n) => {
    if (n === 5) {
      void app.recovery.restart();
      refused = thrownBy(() => app.ask(1));
    }
    if (n === 6) app.recovery.dispose();
    return n;
  });
  const counter = new app.Counter(1);
  for (const n of [5, 6]) {
    const error = thrownBy(() => counter.add(n));
    assert(error instanceof InstanceAbortedError);
    assert.match(error.message, n === 5 ? /restart\(\) ended the instance/ : /dispose\(\) ended the instance/);
    assert.equal(counter.value(), 1);
  }
  assert(refused instanceof InstanceAbortedError);
});

test('listeners hear of an end, with a copy of the memory if they want one', async () => {
  const { ledgers, recovery } = await fixture();
  /** @type {any[]} */
  const plain = [];
  /** @type {any[]} */
  const whole = [];
  const stops = [recovery.onAbort((one) => plain.push(one)), recovery.onAbort((one) => whole.push(one), { memory: true })];
  const error = thrownBy(() => ledgers.fail('unreachable'));
  assert.deepEqual([plain[0].error, plain[0].cause, plain[0].epoch, plain[0].export, plain[0].restarted], [error, error.cause, 0, 'fail', true]);
  assert(plain[0].duration >= 0 && plain[0].memoryBytes > 0);
  assert.equal(whole[0].memory.length, whole[0].memoryBytes);
  for (const stop of stops) {
    stop();
    stop();
  }
  trap(ledgers);
  assert.equal(plain.length, 1);
});

test("the engine's own stack that runs out is a StackOverflowError, and objects live on", async () => {
  /** @type {any} */
  let error;
  const { ask, Counter, recovery } = await hooks((n) => {
    if (n !== 5) return n;
    /** @param {number} depth @returns {number} */
  const dig = (depth) => dig(depth + 1) + depth;
    return dig(0);
  });
  const counter = new Counter(4);
  error = thrownBy(() => ask(5));
  assert(error instanceof StackOverflowError);
  assert.deepEqual([error.fatal, error.retryable], [true, false]);
  assert.equal(counter.value(), 4);
  // A caller whose own stack is full.
  const deep = (/** @type {number} */ n) => {
    try {
      deep(n + 1);
    } catch {
      // Every frame on the way back tries.
    }
    try {
      counter.add(1);
    } catch {
      // As far as there is room.
    }
  };
  deep(0);
  await recovery.restart();
  assert(counter.value() > 4);
});

test('an end that comes while a call is recorded is one of the call', async () => {
  let full = false;
  // Where the stack is full just then, reading what the call gave throws.
  const { ledgers } = await fixture({}, ({ ledgers: { Ledger } }) => {
    const { put } = Ledger.prototype;
    Ledger.prototype.put = /** @this {any} @param {unknown[]} args */ function (...args) {
      const value = put.apply(this, args);
      return full ? { get all() { throw new RangeError('Maximum call stack size exceeded'); } } : value;
    };
  });
  const ledger = new ledgers.Ledger('ada');
  ledger.put('a', 1n);
  full = true;
  assert(thrownBy(() => ledger.put('b', 1n)) instanceof StackOverflowError);
  full = false;
  assert.deepEqual(entries(ledger), { a: 1 });
  assert.equal(ledger.put('b', 1n), 2);
});

test('a memory has the limit that was set, and no more', async () => {
  const memoryBytes = 8 << 20;
  const { ledgers, recovery } = await fixture({ limits: { memoryBytes } });
  const error = thrownBy(() => ledgers.fail('out-of-memory'));
  assert(error instanceof OutOfMemoryError);
  assert.equal(error.fatal, false);
  assert(recovery.health().memoryBytes <= memoryBytes);
  const ledger = new ledgers.Ledger('ada');
  ledger.put('a', 1n);
  const fatal = thrownBy(() => ledger.put('x'.repeat(memoryBytes), 1n));
  assert(fatal instanceof OutOfMemoryError && fatal instanceof PanicError);
  assert.deepEqual([fatal.fatal, fatal.limit, fatal.kind], [true, memoryBytes, 'out-of-memory']);
  assert.deepEqual(entries(ledger), { a: 1 });
});

test('without a limit a component may have what the engine gives it', async () => {
  const { bindings, getCoreModule } = await bindingsOf('hooks');
  const app = await supervise(bindings, { getCoreModule: /** @type {any} */ (getCoreModule), imports: { 'test:host/hooks': { tick: (/** @type {number} */ n) => n } } });
  assert.equal(/** @type {any} */ (app.exports).length('x'.repeat(1 << 20)), 1 << 20);
});

test('a thousand ends: neither memory nor handles grow', async () => {
  const { ledgers, recovery } = await fixture();
  const ledger = new ledgers.Ledger('ada');
  ledger.put('a', 1n);
  /** @type {any[]} */
  const held = [];
  const round = (/** @type {number} */ n) => {
    // Stale handles, and errors, are held: neither may hold an instance.
    const draft = new ledgers.Draft();
    draft.write('x');
    held.push(draft, thrownBy(() => ledger.fail('torn', n % 2 === 0 ? 'unreachable' : 'double-panic')));
    assert.equal(ledger.put(`${n % 50}`, 1n) > 0, true);
  };
  const settle = async () => {
    for (let n = 0; n < 5; n += 1) {
      gc();
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    const { arrayBuffers, external, heapUsed } = process.memoryUsage();
    return { buffers: arrayBuffers + external, heap: heapUsed };
  };
  for (let n = 0; n < 100; n += 1) round(n);
  const before = await settle();
  for (let n = 0; n < 1000; n += 1) round(n);
  const after = await settle();
  const mib = (/** @type {number} */ bytes) => bytes / (1 << 20);
  assert(mib(after.buffers - before.buffers) < 8, `buffers grew by ${mib(after.buffers - before.buffers)} MiB`);
  // 2,000 handles and errors with their texts are about 10 KiB each.
  assert(mib(after.heap - before.heap) < 30, `the heap grew by ${mib(after.heap - before.heap)} MiB`);
  assert.equal(recovery.health().persistent, 1);
  assert.equal(recovery.health().restarts, 1100);
  const live = ledgers.live();
  assert.equal(ledger.owner(), 'ada');
  assert(live <= 1);
});

test('bindings that are made synchronously do the same', async () => {
  const { bindings, getCoreModule } = await bindingsOf('hooks', 'sync');
  const app = await supervise(bindings, { getCoreModule: /** @type {any} */ (getCoreModule), imports: { 'test:host/hooks': { tick: (/** @type {number} */ n) => (n === 13 ? TRAP : n) } } });
  const { ask, counters } = /** @type {any} */ (app.exports);
  const counter = new counters.Counter(1);
  counter.add(2);
  thrownBy(() => ask(13));
  assert.equal(counter.value(), 3);
});

test('imports can be made for each instance', async () => {
  const { bindings, getCoreModule } = await bindingsOf('hooks');
  let made = 0;
  const imports = () => {
    made += 1;
    const own = made;
    return { 'test:host/hooks@1.2.3': { tick: (/** @type {number} */ n) => (n === 13 ? TRAP : own) } };
  };
  const app = await supervise(bindings, { getCoreModule: /** @type {any} */ (getCoreModule), imports });
  const { ask } = /** @type {any} */ (app.exports);
  assert.equal(ask(1), 1);
  thrownBy(() => ask(13));
  assert.equal(ask(1), 2);
});

/** An app whose next instances are made asynchronously, and may fail to. @param {() => void} [before] the next one is made */
async function slowly(before = () => {}) {
  const { bindings, getCoreModule } = await bindingsOf('clock');
  let made = 0;
  const instantiate = async (/** @type {unknown[]} */ ...args) => {
    made += 1;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    if (made > 1) before();
    return bindings.instantiate(...args);
  };
  const app = await supervise(instantiate, { getCoreModule: /** @type {any} */ (getCoreModule), imports: { [CLOCK]: { tick: (/** @type {number} */ n) => (n === 13 ? TRAP : n) } } });
  return { ...app, ask: /** @type {any} */ (app.exports).ask, made: () => made };
}
const aWhile = () => new Promise((resolve) => { setTimeout(resolve, 100); });

test('an instance that the program gave up while it was made is let go of', async () => {
  const { ask, recovery, made } = await slowly();
  /** @type {any[]} */
  const reports = [];
  recovery.onAbort((report) => reports.push(report));
  thrownBy(() => ask(13));
  recovery.dispose();
  await aWhile();
  assert.deepEqual([recovery.health().memoryBytes, recovery.health().restarts, made()], [0, 0, 2]);
  assert.equal(thrownBy(() => ask(1)).kind, 'aborted', 'this call has the next one made');
  await aWhile();
  assert.equal(ask(1), 1);
  assert.deepEqual(reports.map(({ restarted, export: name }) => [restarted, name]), [[true, 'ask']]);
});

test('recovery.restart() after recovery.dispose() has an instance, while one is made and within a call', async () => {
  const { ask, recovery } = await slowly();
  thrownBy(() => ask(13));
  recovery.dispose();
  await recovery.restart();
  assert.equal(ask(1), 1);
  /** @type {any} */
  let restart;
  const app = await hooks((n) => {
    if (n === 5) {
      app.recovery.dispose();
      restart = app.recovery.restart();
    }
    return n;
  });
  thrownBy(() => app.ask(5));
  await restart;
  assert.equal(app.recovery.health().restarts, 1, 'it has waited for it');
  assert.equal(app.ask(1), 1);
});

test('who listens hears of an end whose next instance could not be made', async () => {
  let fails = true;
  const { ask, recovery } = await slowly(() => { if (fails) throw new Error('no network'); });
  /** @type {any[]} */
  const reports = [];
  recovery.onAbort((report) => reports.push(report));
  recovery.onPanic(() => {});
  const error = thrownBy(() => ask(13));
  await aWhile();
  assert.deepEqual(reports.map((one) => [one.error, one.restarted, one.epoch]), [[error, false, 0]]);
  fails = false;
  thrownBy(() => ask(1));
  await aWhile();
  assert.equal(ask(1), 1);
});

test('modules that come asynchronously do the same', async () => {
  const { bindings, getCoreModule } = await bindingsOf('hooks');
  const given = async (/** @type {string} */ path) => WebAssembly.compile(/** @type {any} */ (getCoreModule(path)));
  const app = await supervise(bindings, { getCoreModule: given, imports: { 'test:host/hooks': { tick: (/** @type {number} */ n) => (n === 13 ? TRAP : n) } } });
  const { ask } = /** @type {any} */ (app.exports);
  thrownBy(() => ask(13));
  assert.equal(ask(1), 1, 'the next instance is there at once');
});
