// @ts-check
// Failures of each kind, injected by hand at the points of a package with the feature `torture`: what
// happens is what would happen by itself. Which failures to inject is the affair of a driver.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, packageOf, unwind } from './load.mjs';
import { isDeath, thrown } from './support.mjs';

/** @typedef {import('../../recover-runtime/js/links.d.ts').Links} Links */
/** @typedef {(kind: string) => string | undefined} Plan what happens at a point of a kind, if anything does */

const DRIVER = Symbol.for('recover.torture');
const CRATE = 'fixture-torture';
const ANSWERS = { fail: 1, panic: 2, trap: 3 };

// When a journal is cut follows from how long its calls took.
Object.defineProperty(performance, 'now', { value: () => 1 });

/** A copy of the package with a driver, which does nothing until it is told to. */
async function driven() {
  /** @type {Links} */
  let links = /** @type {any} */ (undefined);
  const driver = {
    /** @type {Plan} */
    plan: () => undefined,
    /** The points that were passed. @type {string[]} */
    passed: [],
    /** The exports that were called. @type {string[]} */
    entered: [],
    instances: 0,
    attached: 0,
    /** @param {string} _name */
    onImport(_name) {},
    /** @param {string} _name @param {unknown} value */
    onReturn: (_name, value) => value,
  };
  /** @type {import('../../recover-runtime/js/links.d.ts').Torture} */
  const torture = {
    point(number) {
      const kind = links.points?.find(({ kind }) => kind === number);
      assert.ok(kind, `a point of no kind: ${number}`);
      driver.passed.push(kind.name);
      const action = driver.plan(kind.name);
      if (action === undefined) return 0;
      assert.ok(kind.actions.includes(action), `${kind.name} takes no ${action}`);
      return ANSWERS[/** @type {keyof typeof ANSWERS} */ (action)] ?? 0;
    },
    importCalled(name) { driver.onImport(name); },
    importReturned: (name, value) => driver.onReturn(name, value),
    instance(exports) {
      driver.instances += 1;
      const wrapped = Object.entries(exports).map(([name, value]) => [name, typeof value !== 'function' ? value : (/** @type {any[]} */ ...args) => {
        driver.entered.push(name);
        return value(...args);
      }]);
      return Object.fromEntries(wrapped);
    },
    attached(given) {
      links = given;
      driver.attached += 1;
    },
  };
  /** @type {any} */ (globalThis)[DRIVER] = torture;
  try {
    const { pkg, wasm } = await load(CRATE);
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    return { pkg, wasm, driver, links };
  } finally {
    delete (/** @type {any} */ (globalThis)[DRIVER]);
  }
}

/** The action at the point of a kind that is passed as the `at`-th, from 0. @param {string} kind @param {string} action @param {number} [at] @returns {Plan} */
function once(kind, action, at = 0) {
  let seen = 0;
  return (passed) => (passed === kind && seen++ === at ? action : undefined);
}

/**
 * Runs a call by a plan; what it returned or threw, and the points that it passed.
 * @param {Awaited<ReturnType<typeof driven>>['driver']} driver
 * @param {Plan} plan
 * @param {() => unknown} call
 * @returns {Promise<{ value?: any, error?: any, passed: string[] }>}
 */
async function run(driver, plan, call) {
  driver.passed = [];
  driver.plan = plan;
  try {
    return { value: await call(), passed: driver.passed };
  } catch (error) {
    return { error, passed: driver.passed };
  } finally {
    driver.plan = () => undefined;
  }
}

/** @param {any} pkg @param {any} error */
function isInjectedPanic(pkg, error) {
  assert.ok(error instanceof pkg.PanicError, `a PanicError, not ${error?.stack ?? error}`);
  assert.equal(error.message, 'torture: a panic was injected');
  assert.equal(error.fatal, !unwind);
}

/** @param {any} tally */
const state = (tally) => ({ sum: tally.sum, names: tally.names() });

/** A tally with an entry in its journal. @param {any} pkg */
function tallied(pkg) {
  const tally = new pkg.Tally();
  tally.add('one', 1);
  return { tally, before: state(tally) };
}

test('without a driver the package works as any other', async () => {
  const { pkg } = await load(CRATE);
  const { tally } = tallied(pkg);
  assert.equal(tally.stamp(), 1001);
  assert.equal(tally.named('a'), 3);
  assert.equal(await tally.load(3), 'value of 3');
  await pkg.recovery.restart();
  assert.deepEqual(state(tally), { sum: 1003, names: 'one,stamp,a-label,load' });
});

test('the driver sees each instance, each call and each import, and is told of the package once', async () => {
  const { pkg, wasm, driver, links } = await driven();
  assert.deepEqual([driver.instances, driver.attached], [1, 1]);
  assert.ok(wasm.memory instanceof WebAssembly.Memory);
  const { tally } = tallied(pkg);
  assert.ok(driver.entered.includes('tally_add'), String(driver.entered));
  /** @type {string[]} */
  const names = [];
  driver.onImport = (name) => { names.push(name); };
  driver.onReturn = (name, value) => (name === 'now' ? 5 : value);
  assert.equal(tally.stamp(), 6);
  tally.named('a');
  tally.double();
  tally.check('text');
  await tally.load(1);
  assert.deepEqual(names, ['now', 'label', 'doubled', 'checked', 'fetched']);
  await pkg.recovery.restart();
  assert.equal(tally.names(), 'one,stamp,a-label,double,load');
  assert.deepEqual([driver.instances, driver.attached], [2, 1]);
  assert.equal(links.gate?.depth, 0);
  assert.ok(links.liveBytes() > 0);
});

for (const [kind, action] of /** @type {[string, string][]} */ ([
  ['before', 'trap'], ['enter', 'panic'], ['enter', 'trap'], ['leave', 'panic'], ['leave', 'trap'], ['after', 'trap'],
  ['encode', 'panic'], ['encode', 'trap'], ['append', 'trap'],
])) {
  test(`a call with '${action}' at '${kind}' fails, and nothing of it is left`, async () => {
    const { pkg, driver } = await driven();
    const { tally, before } = tallied(pkg);
    const { epoch } = pkg.recovery.health();
    const { error, passed } = await run(driver, once(kind, action), () => tally.add('two', 2));
    assert.ok(passed.includes(kind), String(passed));
    if (action === 'panic') isInjectedPanic(pkg, error);
    else isDeath(pkg, error);
    assert.equal(pkg.recovery.health().epoch > epoch, action === 'trap' || !unwind);
    assert.deepEqual(state(tally), before);
    assert.equal(tally.add('two', 2), 2);
    await pkg.recovery.restart();
    assert.deepEqual(state(tally), { sum: 3, names: 'one,two' });
  });
}

test('each allocation of a call may fail: the call works, or fails and leaves nothing', async () => {
  const { pkg, driver } = await driven();
  let failed = 0;
  for (let at = 0; ; at += 1) {
    const { tally } = tallied(pkg);
    // With the next one its vector grows.
    for (const name of ['two', 'three', 'four']) tally.add(name, 1);
    const before = state(tally);
    const { value, error, passed } = await run(driver, once('alloc', 'fail', at), () => tally.add('five', 1));
    if (error === undefined) {
      assert.equal(value, 5);
    } else {
      failed += 1;
      assert.ok(error instanceof pkg.RecoverError, error?.stack ?? error);
      assert.ok(error instanceof pkg.OutOfMemoryError || error.fatal, error.name);
      assert.deepEqual(state(tally), before);
      assert.equal(tally.add('five', 1), 5);
    }
    assert.deepEqual(state(tally), { sum: 5, names: 'one,two,three,four,five' });
    tally.free();
    if (passed.filter((kind) => kind === 'alloc').length <= at) break;
  }
  assert.ok(failed > 0);
});

test('a stack guard overflows as if nothing were left', async () => {
  const { pkg, driver } = await driven();
  const { tally, before } = tallied(pkg);
  const { error } = await run(driver, once('stack', 'fail', 2), () => tally.depth(3));
  assert.ok(error instanceof pkg.StackOverflowError, error?.stack ?? error);
  assert.equal(error.fatal, !unwind);
  assert.deepEqual(state(tally), before);
  assert.equal(tally.depth(3), 3);
});

test('a call whose argument cannot be encoded is kept by a snapshot', async () => {
  for (const at of [0, 1]) {
    const { pkg, driver } = await driven();
    const { tally } = tallied(pkg);
    const { value, passed } = await run(driver, once('encode', 'fail', at), () => tally.add('two', 2));
    assert.equal(value, 2);
    assert.ok(passed.includes('snapshot') && !passed.includes('append'), String(passed));
    await pkg.recovery.restart();
    assert.deepEqual(state(tally), { sum: 3, names: 'one,two' });
  }
});

test('an entry that cannot be appended is a snapshot; where that fails too, the object ends with its instance', async () => {
  const { pkg, driver } = await driven();
  const { tally } = tallied(pkg);
  const { value, passed } = await run(driver, once('append', 'fail'), () => tally.add('two', 2));
  assert.equal(value, 2);
  assert.ok(passed.includes('snapshot'));
  await pkg.recovery.restart();
  assert.deepEqual(state(tally), { sum: 3, names: 'one,two' });
  /** @type {any[]} */
  const reported = [];
  pkg.recovery.onPanic((/** @type {any} */ error) => { reported.push(error); });
  const both = await run(driver, (kind) => (kind === 'append' || kind === 'snapshot' ? 'fail' : undefined), () => tally.add('three', 3));
  assert.equal(both.value, 3);
  assert.equal(tally.sum, 6);
  assert.equal(reported.length, 1);
  await pkg.recovery.restart();
  const error = thrown(() => tally.sum);
  assert.ok(error instanceof pkg.StaleHandleError, error?.stack ?? error);
  assert.equal(error.cause, reported[0].cause);
});

for (const [kind, action] of /** @type {[string, string][]} */ ([['decode', 'fail'], ['decode', 'panic'], ['replay', 'fail'], ['replay', 'panic']])) {
  test(`an object whose revival has '${action}' at '${kind}' is lost, and a new one works`, async () => {
    const { pkg, driver } = await driven();
    const { tally } = tallied(pkg);
    await pkg.recovery.restart();
    const { error, passed } = await run(driver, once(kind, action), () => tally.sum);
    assert.ok(passed.includes(kind), String(passed));
    assert.ok(error instanceof pkg.RecoverError, error?.stack ?? error);
    if (unwind || action === 'fail') assert.ok(error instanceof pkg.StaleHandleError, error.stack);
    assert.equal(tallied(pkg).tally.sum, 1);
  });
}

test('an import throws what is injected: marked or not, with arguments or without; what catches it, catches it', async () => {
  for (const [method, name, ...args] of [['stamp', 'now'], ['named', 'label', 'a'], ['double', 'doubled']]) {
    const { pkg, driver } = await driven();
    const { tally, before } = tallied(pkg);
    const injected = new Error('injected');
    driver.onImport = (called) => { if (called === name) throw injected; };
    const { error } = await run(driver, () => undefined, () => tally[/** @type {string} */ (method)](...args));
    driver.onImport = () => {};
    assert.equal(error, injected, method);
    assert.deepEqual(state(tally), before);
    assert.ok(pkg.recovery.health().panics === 0);
    tally[/** @type {string} */ (method)](...args);
  }
  const { pkg, driver } = await driven();
  const { tally } = tallied(pkg);
  driver.onImport = () => { throw new Error('injected'); };
  assert.match(tally.check('text'), /^caught JsValue\(Error: injected/);
  assert.equal(tally.sum, 2);
});

test('a promise of an import rejects, or stays pending until the instance ends', async () => {
  const { pkg, driver } = await driven();
  const { tally, before } = tallied(pkg);
  const injected = new Error('injected');
  driver.onReturn = (name, value) => (name === 'fetched' ? Promise.reject(injected) : value);
  assert.equal((await run(driver, () => undefined, () => tally.load(3))).error, injected);
  assert.deepEqual(state(tally), before);
  driver.onReturn = (name, value) => (name === 'fetched' ? new Promise(() => {}) : value);
  const pending = run(driver, () => undefined, () => tally.load(3));
  await new Promise((resolve) => { setTimeout(resolve); });
  await pkg.recovery.restart();
  isDeath(pkg, (await pending).error);
  driver.onReturn = (_, value) => value;
  assert.deepEqual(state(tally), before);
  assert.equal(await tally.load(3), 'value of 3');
});

for (const [kind, action, at] of /** @type {[string, string, number][]} */ ([
  ['before', 'trap', 0], ['poll', 'panic', 0], ['poll', 'panic', 1], ['poll', 'trap', 0], ['poll', 'trap', 1], ['leave', 'panic', 0], ['leave', 'trap', 0], ['after', 'trap', 0],
])) {
  test(`an asynchronous call with '${action}' at '${kind}' ${at} rejects, and nothing of it is left`, async () => {
    const { pkg, driver } = await driven();
    const { tally, before } = tallied(pkg);
    const { error, passed } = await run(driver, once(kind, action, at), () => tally.load(3));
    assert.ok(passed.includes(kind), String(passed));
    if (action === 'panic') isInjectedPanic(pkg, error);
    else isDeath(pkg, error);
    assert.deepEqual(state(tally), before);
    assert.equal(await tally.load(3), 'value of 3');
  });
}

test('a closure panics where it begins, and is poisoned', async () => {
  const { pkg, driver } = await driven();
  const summing = pkg.summing();
  assert.equal(summing(2), 2);
  const { error } = await run(driver, once('callback', 'panic'), () => summing(2));
  isInjectedPanic(pkg, error);
  const after = thrown(() => summing(2));
  assert.ok(after instanceof (unwind ? pkg.PoisonedError : pkg.StaleHandleError), after?.stack ?? after);
});

test('an object panics or traps where it is dropped', async () => {
  const { pkg, driver } = await driven();
  const one = new pkg.Fleeting('text');
  isInjectedPanic(pkg, (await run(driver, once('drop', 'panic'), () => one.free())).error);
  const two = new pkg.Fleeting('text');
  isDeath(pkg, (await run(driver, once('drop', 'trap'), () => two.free())).error);
  assert.equal(new pkg.Fleeting('text').text(), 'text');
});

test('what a rollback replaces may panic or trap where it is dropped: the object is as it was', async () => {
  for (const action of ['panic', 'trap']) {
    const { pkg, driver } = await driven();
    const { tally, before } = tallied(pkg);
    const [panics, drops] = [once('leave', 'panic'), once('drop', action)];
    const { error, passed } = await run(driver, (kind) => panics(kind) ?? drops(kind), () => tally.add('two', 2));
    assert.equal(passed.includes('drop'), unwind);
    if (action === 'panic' || !unwind) isInjectedPanic(pkg, error);
    else isDeath(pkg, error);
    assert.deepEqual(state(tally), before);
  }
});

test('the host restarts the instance from within a point', async () => {
  const { pkg, driver } = await driven();
  for (const kind of ['before', 'enter', 'leave', 'after', 'encode']) {
    const { tally, before } = tallied(pkg);
    const restart = once(kind, 'restart');
    /** @type {Promise<void> | undefined} */
    let restarted;
    const { error } = await run(driver, (passed) => {
      const action = restart(passed);
      if (action !== undefined) restarted = pkg.recovery.restart();
      return action;
    }, () => tally.add('two', 2));
    assert.ok(error instanceof pkg.InstanceAbortedError, `${kind}: ${error?.stack ?? error}`);
    await restarted;
    assert.deepEqual(state(tally), before);
  }
});

test('a package without the feature has no word of it', () => {
  const { dir } = packageOf('fixture-persist');
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(js|wasm|d\.ts)$/.test(file));
  assert.ok(files.some((file) => file.endsWith('.wasm')) && files.some((file) => file.endsWith('.js')));
  for (const file of files) assert.ok(!readFileSync(join(dir, file), 'latin1').includes('torture'), file);
});
