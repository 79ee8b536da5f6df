// @ts-check
// What runs while an instance ends or the next one begins: code of the program's that calls the package at the worst moment, a
// stack that is full, a host that cuts the call, an instance that comes too late. None of these costs more than its call.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { load, packageOf } from './load.mjs';
import { isDeath, thrown } from './support.mjs';
import { never } from './support-async.mjs';
import { collectUntil } from './support-gc.mjs';

/** What the state of a `Peeking` does when it is read. */
let reads = () => {};
Object.assign(globalThis, {
  persistPeeks(/** @type {string} */ at) { if (at === 'deserialize') reads(); return 0; },
  persistCall: (/** @type {() => number | undefined} */ call) => call() ?? 0,
  upgradeFails: () => '', upgradeWaits: () => 0, upgradeTold() {},
});
const turn = () => new Promise((resolve) => { setTimeout(resolve, 2); });
/** @param {string} build */
const moduleOf = (build) => new WebAssembly.Module(readFileSync(join(packageOf(build).dir, 'fixture_upgrade_bg.wasm')));

test('the context of a report may ask the package: the call that failed has its error', async () => {
  const { pkg } = await load('fixture-reports');
  let asked = 0;
  pkg.recovery.onReport(() => {}, { context() { asked += 1; return { sum: pkg.add(1, 2) }; } });
  for (let time = 1; time <= 2; time += 1) {
    isDeath(pkg, thrown(() => pkg.trap()));
    assert.equal(asked, time);
    assert.equal(pkg.add(2, 2), 4);
  }
  assert.equal(pkg.recovery.health().epoch, 2);
});

test('a stack may be written by code that asks the package, when it is disposed of and when it is large', async () => {
  const { pkg } = await load('fixture-persist');
  const ledger = new pkg.Ledger(5);
  let asked = 0;
  /** @param {() => void} run */
  const asking = (run) => {
    Error.prepareStackTrace = (error) => {
      asked += 1;
      try { pkg.runs(); } catch { /* refused */ }
      return String(error);
    };
    try { run(); } finally { Reflect.deleteProperty(Error, 'prepareStackTrace'); }
  };
  asking(() => pkg.recovery.dispose());
  assert.equal(ledger.total, 5);
  // So large that its errors are read at once.
  pkg.hold(40);
  asking(() => isDeath(pkg, thrown(() => pkg.trap())));
  await turn();
  assert.ok(asked > 0);
  assert.deepEqual([ledger.total, pkg.recovery.health().restarts], [5, 2]);
});

test('a signal may ask the package when its call is given up', async () => {
  const { pkg } = await load('fixture-persist');
  const ledger = new pkg.Ledger(5);
  /** @type {unknown[]} */
  const refused = [];
  const signal = { aborted: false, addEventListener() {}, removeEventListener() { refused.push(thrown(() => pkg.runs())); } };
  const call = ledger.add_cancelled(1, never, signal).then(() => assert.fail('it was made'), (/** @type {any} */ error) => error);
  await turn();
  isDeath(pkg, thrown(() => pkg.trap()));
  isDeath(pkg, await call);
  assert.equal(refused.length, 1);
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.deepEqual([ledger.total, pkg.recovery.health().restarts], [5, 2]);
});

test('what comes in, or ends, where the stack is nearly full is there later', async () => {
  const { pkg } = await load('fixture-persist');
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  let frames = 0;
  /** @type {any} */
  let ledger;
  // Made once: what is not compiled yet fails before it calls anything.
  const adds = () => { try { ledger.add(1); } catch { /* as it is */ } };
  const ends = () => { try { pkg.trap(); } catch { /* as it should */ } };
  let touch = adds;
  /** At the end of the stack, and some frames before it. */
  const dig = () => {
    try {
      dig();
    } catch (error) {
      frames -= 1;
      if (frames !== 0) throw error;
      touch();
    }
  };
  // One that is to come in; and one that is there when the instance ends.
  const begin = async () => {
    if (touch === adds) ledger = new pkg.Ledger(5);
    await pkg.recovery.restart();
    if (touch === ends) ledger = new pkg.Ledger(5);
  };
  for (let time = 0; time < 10; time += 1) {
    touch = time % 2 === 0 ? adds : ends;
    await begin();
    touch();
  }
  // An object that is lost by what it is, so that what is needed for that is compiled, too.
  const peeking = new pkg.Peeking();
  peeking.add();
  await pkg.recovery.restart();
  reads = () => { throw new Error('it is never read again'); };
  assert.equal(/** @type {any} */ (thrown(() => peeking.add())).name, 'StaleHandleError');
  reads = () => {};
  for (touch of [adds, ends]) {
    for (let from = 1; from < 240; from += 1) {
      await begin();
      frames = from;
      try { dig(); } catch { /* as it is */ }
      await turn();
      assert.ok([5, 6].includes(ledger.total), `${from} frames before the end`);
    }
  }
});

test('an object whose caller has filled the stack comes in when there is room', async () => {
  const deeper = () => { deeper(); };
  let isFull = false;
  Object.assign(globalThis, { comesIn: (/** @type {number} */ operation) => { if (operation === 8 && isFull) deeper(); } });
  const { pkg } = await load('fixture-persist', (glue) => glue.replaceAll('__recover(operation, argument) {', (line) => `${line} comesIn(operation);`));
  const ledger = new pkg.Ledger(5);
  await pkg.recovery.restart();
  isFull = true;
  assert.match(String(thrown(() => ledger.add(1))), /call stack/i);
  isFull = false;
  await turn();
  assert.equal(ledger.add(1), 6);
});

test('an object that comes in is no object that fills the stack, however often its callers did', async () => {
  let isFull = false;
  Object.assign(globalThis, { comesIn: (/** @type {number} */ operation) => { if (operation === 8 && isFull) throw Object.assign(new Error('as of a guarded stack'), { kind: 'stack-overflow' }); } });
  const { pkg } = await load('fixture-persist', (glue) => glue.replaceAll('__recover(operation, argument) {', (line) => `${line} comesIn(operation);`));
  const ledger = new pkg.Ledger(5);
  for (let time = 0; time < 3; time += 1) {
    await pkg.recovery.restart();
    isFull = true;
    assert.match(String(thrown(() => ledger.total)), /guarded stack/);
    isFull = false;
    await turn();
    assert.equal(ledger.total, 5);
  }
  // Twice in a row it is the object's own.
  await pkg.recovery.restart();
  isFull = true;
  for (const says of [/guarded stack/, /StaleHandleError/]) {
    assert.match(String(thrown(() => ledger.total)), says);
    await turn();
  }
});

test('what JavaScript does while states are written for an upgrade is in them', async () => {
  let writes = () => {};
  Object.assign(globalThis, { serializes: () => writes() });
  // As a `Serialize` that asks JavaScript.
  const { pkg } = await load('fixture-upgrade', (glue) => glue.replace('ret = wasm.sealed___recover_export(__recover_0);', (call) => `serializes(); ${call}`));
  const [room, sealed] = [new pkg.Room(), new pkg.Sealed()];
  room.edit(1, 1);
  sealed.seal(false);
  let number = 1;
  const once = () => {
    writes = () => {};
    number += 1;
    assert.equal(room.edit(1, number), number);
  };
  writes = once;
  await pkg.recovery.upgrade(moduleOf('fixture-upgrade-other'));
  assert.deepEqual([pkg.code(), number, room.edits(1)], [2, 2, 2]);
  // Two that change each other are refused, with nothing lost.
  const both = [sealed, new pkg.Sealed()];
  for (const each of both) each.seal(false);
  let seals = 0;
  writes = () => {
    for (const each of both) {
      try {
        each.seal(false);
        seals += 1;
      } catch { /* that which is written is busy */ }
    }
  };
  const error = await pkg.recovery.upgrade(moduleOf('fixture-upgrade-next')).then(() => undefined, (/** @type {any} */ reason) => reason);
  assert.equal(error?.name, 'UpgradeError');
  assert.match(error.message, /changes them, each time/);
  assert.ok(seals > 2, String(seals));
  writes = () => {};
  assert.deepEqual([pkg.code(), room.edits(1)], [2, 2]);
});

test('a host that cuts a call while its object comes in loses that call alone', async () => {
  const { pkg } = await load('fixture-persist');
  const cut = (/** @type {() => void} */ call) => assert.match(String(thrown(() => vm.runInNewContext('call()', { call }, { timeout: 50 }))), /timed out/);
  const peeking = new pkg.Peeking();
  peeking.add();
  await pkg.recovery.restart();
  reads = () => { for (;;); };
  cut(() => peeking.add());
  reads = () => {};
  await turn();
  await pkg.recovery.restart();
  assert.equal(peeking.add(), 2);
  // In a listener: the ends of others are no crash loop by that.
  const stop = pkg.recovery.onAbort(() => { for (;;); });
  cut(() => pkg.trap());
  stop();
  await turn();
  for (let time = 0; time < 8; time += 1) isDeath(pkg, thrown(() => pkg.trap()));
  assert.equal(peeking.add(), 3);
});

test('a listener that traps each time does not keep an upgrade from the end of the loop, nor nests without end', async () => {
  const { pkg } = await load('fixture-upgrade');
  const room = new pkg.Room();
  room.edit(1, 1);
  let heard = 0;
  const stop = pkg.recovery.onAbort(() => {
    heard += 1;
    try { pkg.trap(); } catch { /* as it should */ }
  });
  thrown(() => pkg.trap());
  assert.equal(/** @type {any} */ (thrown(() => pkg.code())).name, 'RestartLimitError');
  heard = 0;
  await pkg.recovery.upgrade(moduleOf('fixture-upgrade-other'));
  assert.ok(heard > 0 && heard < 20, String(heard));
  stop();
  await pkg.recovery.upgrade(moduleOf('fixture-upgrade-other'));
  assert.deepEqual([pkg.code(), room.edits(1)], [2, 1]);
});

test('an instance of the old code that comes behind an upgrade is not taken', async (t) => {
  const { pkg } = await load('fixture-upgrade');
  const next = moduleOf('fixture-upgrade-next');
  const { Instance, instantiate } = WebAssembly;
  t.after(() => Object.assign(WebAssembly, { Instance, instantiate }));
  let come = () => {};
  // As an engine that makes large instances only asynchronously.
  WebAssembly.Instance = new Proxy(Instance, { construct() { throw new RangeError('too large'); } });
  Object.assign(WebAssembly, {
    instantiate: (/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) => (module === next
      ? instantiate(module, imports) : new Promise((resolve) => { come = () => resolve(instantiate(module, imports)); })),
  });
  const room = new pkg.Room();
  pkg.recovery.setRestartLimit({ restarts: 0, period: 100_000 });
  thrown(() => pkg.trap());
  await pkg.recovery.upgrade(next);
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  assert.equal(room.edit(1, 1), 1);
  thrown(() => pkg.trap());
  come();
  for (let time = 0; time < 5; time += 1) await turn();
  assert.deepEqual([pkg.code(), room.edits(1)], [3, 1]);
});

test('what is collected behind an end that was not handled yet is let go of in no other instance', async () => {
  /** @type {unknown[]} */
  const released = [];
  Object.assign(globalThis, { releasedAt: (/** @type {number} */ operation, /** @type {number} */ instance) => { if (operation === 9) released.push(instance); } });
  const { pkg } = await load('fixture-persist', (glue) => `${glue.replaceAll('ret = wasm.ledger___recover(__recover_0', (call) => `releasedAt(operation, __wbg_instance_id); ${call}`)}
export { __recover_gate as GATE };`);
  let ledger = new pkg.Ledger(5);
  await pkg.recovery.restart();
  assert.equal(ledger.add(1), 6);
  ledger = undefined;
  // As the glue leaves it where the stack is too full to judge an exception.
  pkg.GATE.dead = true;
  await collectUntil(() => false);
  assert.deepEqual(released, []);
});

test('the program has the instance that it asks for, whatever the limit says, and no limit counts what it disposes of', async () => {
  const { pkg } = await load('fixture-persist');
  pkg.recovery.setRestartLimit({ restarts: 0, period: 100_000 });
  const ledger = new pkg.Ledger(5);
  pkg.recovery.dispose();
  assert.equal(ledger.total, 5);
  await pkg.recovery.restart();
  assert.equal(ledger.total, 5);
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.equal(/** @type {any} */ (thrown(() => ledger.total)).name, 'RestartLimitError');
  await pkg.recovery.restart();
  assert.equal(ledger.total, 5);
  pkg.recovery.setRestartLimit({ restarts: 1, period: 100_000 });
  pkg.recovery.dispose();
  assert.equal(ledger.total, 5);
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.equal(ledger.total, 5);
  // What it asked for counts, as any end does.
  await pkg.recovery.restart();
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.equal(/** @type {any} */ (thrown(() => ledger.total)).name, 'RestartLimitError');
});
