// @ts-check
// A mistake of who writes the program gets one line that says what to write; nothing is half done by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { StaleHandleError, WrongClassError, raises, supervise } from '../index.js';
import { load } from '../node.js';
import { CLOCK, COMPONENT, JCO, TRAP, bindingsOf, entries, fixture, hooks, jco, thrownBy } from './setup.mjs';

const { bindings, getCoreModule } = await bindingsOf('hooks');
const imports = { 'test:host/hooks': { tick: (/** @type {number} */ n) => n } };
const good = { getCoreModule, imports };

/** What `supervise` is given, and what it says. @type {[string, any, any, RegExp][]} */
const MISTAKES = [
  ['no bindings', undefined, good, /takes what `jco transpile --instantiation async` wrote/],
  ['bindings without `instantiate`', { ledgers: {} }, good, /takes what `jco transpile --instantiation async` wrote/],
  ['no options', bindings, undefined, /needs `getCoreModule`/],
  ['options that are no object', bindings, 5, /takes an object/],
  ['no imports', bindings, { getCoreModule }, /needs `imports`/],
  ['imports that are a text', bindings, { getCoreModule, imports: 'all' }, /needs `imports`/],
  ['a function of imports that gives nothing', bindings, { getCoreModule, imports: () => undefined }, /`imports` gave no object/],
  ['an import that is missing', bindings, { getCoreModule, imports: {} }, /the component imports test:host\/hooks: give it in `imports`/],
  ['an unknown option', bindings, { ...good, timeout: 5 }, /supervise\(\) has no option "timeout"; there are getCoreModule, /],
  ['an unknown limit', bindings, { ...good, limits: { time: 5 } }, /`limits` has no option "time"; there are memoryBytes/],
  ['a journal of no calls', bindings, { ...good, journal: { calls: 0 } }, /journal\.calls is 0; give a whole number from 1/],
  ['a journal of half a byte', bindings, { ...good, journal: { bytes: 0.5 } }, /journal\.bytes is 0\.5/],
  ['a limit below a page', bindings, { ...good, limits: { memoryBytes: 100 } }, /limits\.memoryBytes is 100; give a whole number from 65536/],
  ['a restart limit without a period', bindings, { ...good, restartLimit: { restarts: 5 } }, /takes \{ restarts, period \}/],
  ['reads of no class', bindings, { ...good, reads: { Ledger: [] } }, /reads\.Ledger is of no class that the component exports; there are Counter/],
  ['reads of no method', bindings, { ...good, reads: { Counter: ['get'] } }, /reads\.Counter names "get", which is no method of Counter; there are add, value, /],
  ['reads that are no array', bindings, { ...good, reads: { Counter: 'value' } }, /reads\.Counter takes an array/],
  ['a build that is no text', bindings, { ...good, build: 5 }, /`build` takes a build id/],
  ['errors that are no names', bindings, { ...good, errors: [5] }, /`errors` takes an array of names/],
  ['files that are not there', bindings, { ...good, getCoreModule: () => undefined }, /getCoreModule\("component\.core.*\) gave neither bytes nor a WebAssembly\.Module/],
  ['bytes that are no module', bindings, { ...good, limits: { memoryBytes: 1 << 20 }, getCoreModule: () => new Uint8Array(30).fill(255) }, /bytes that are no module/],
  ['a module where a limit needs bytes', bindings, { ...good, limits: { memoryBytes: 1 << 20 }, getCoreModule: (/** @type {string} */ path) => new WebAssembly.Module(/** @type {any} */ (getCoreModule(path))) }, /needs the bytes of the modules/],
  ['`instantiate` that gives nothing', () => undefined, good, /`instantiate` gave no exports/],
];

for (const [what, given, options, message] of MISTAKES) {
  test(`supervise() refuses ${what}`, async () => {
    await assert.rejects(supervise(given, options), (/** @type {any} */ error) => {
      assert.match(error.message, message);
      assert(!error.message.includes('\n'));
      return true;
    });
  });
}

test('a limit below what the component begins with is refused', async () => {
  await assert.rejects(fixture({ limits: { memoryBytes: 65_536 } }), /limits\.memoryBytes is 65536, and the component begins with \d+; give it more/);
});

test('a promise for bindings that are synchronous is refused, and nothing is left of it', async () => {
  const sync = await bindingsOf('hooks', 'sync');
  const given = async (/** @type {string} */ path) => sync.getCoreModule(path);
  await assert.rejects(supervise(sync.bindings, { getCoreModule: /** @type {any} */ (given), imports }), /transpile with `--instantiation async`/);
});

test('bindings with asynchronous exports are refused', async () => {
  const instantiate = () => ({ async fetch() {} });
  await assert.rejects(supervise(instantiate, /** @type {any} */ (good)), /fetch is asynchronous \(JSPI\), which can't be supervised/);
});

test('an argument that can not be converted is the error of the bindings, and the instance lives on', async () => {
  const { ledgers, recovery } = await fixture();
  const ledger = new ledgers.Ledger('ada');
  ledger.put('a', 1n);
  const getter = { get key() { throw new RangeError('mine'); } };
  for (const call of [() => ledger.put(5, 1n), () => ledger.put('a', 'x'), () => ledger.put(), () => ledger.fail('a', 'nope'), () => ledger.merge({}), () => ledger.merge(getter), () => new ledgers.Ledger(5)]) {
    const error = thrownBy(call);
    assert(error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError, String(error));
  }
  assert.equal(recovery.health().epoch, 0);
  assert.deepEqual(entries(ledger), { a: 1 });
});

test('an argument that fails behind one that was taken: the object is back', async () => {
  const { Counter, recovery } = await hooks((n) => n);
  const counter = new Counter(1);
  counter.add(1);
  for (let round = 0; round < 2; round += 1) {
    const error = thrownBy(() => Counter.give(counter, 5));
    assert(error instanceof TypeError && !/resource/i.test(error.message), 'it is the second argument that is no good');
    assert.equal(counter.value(), 2);
    assert.equal(counter.add(0), 2);
  }
  assert.deepEqual([recovery.health().epoch, recovery.health().persistent], [0, 1]);
  Counter.give(counter, 'x');
  assert(thrownBy(() => counter.value()) instanceof StaleHandleError);
});

test('an argument that fails behind one that was taken, and does not persist: its handle is stale', async () => {
  const { bindings, getCoreModule } = await bindingsOf('clock');
  const instantiate = async (/** @type {unknown[]} */ ...args) => {
    const root = await bindings.instantiate(...args);
    delete root.counters.Counter.restore;
    return root;
  };
  const app = await supervise(instantiate, /** @type {any} */ ({ getCoreModule, imports: { [CLOCK]: { tick: (/** @type {number} */ n) => n } } }));
  const { Counter } = /** @type {any} */ (app.exports).counters;
  const counter = new Counter(1);
  assert(thrownBy(() => Counter.give(counter, 5)) instanceof TypeError);
  assert(thrownBy(() => counter.value()) instanceof StaleHandleError);
  assert.equal(new Counter(2).value(), 2);
});

test('objects of another class, or of another component, are refused by name', async () => {
  const [one, two] = await Promise.all([hooks((n) => n), hooks((n) => n)]);
  const { ledgers } = await fixture();
  const mine = new one.Counter(1), theirs = new two.Counter(2), ledger = new ledgers.Ledger('ada');
  for (const call of [() => mine.merge(theirs), () => mine.value.call(theirs), () => mine.value.call({}), () => mine.value.call(undefined), () => ledger.merge(mine), () => ledger.owner.call(new ledgers.Draft())]) {
    const error = thrownBy(call);
    assert(error instanceof WrongClassError);
    assert.match(error.message, /expected an object of the class (Counter|Ledger)/);
  }
  assert.deepEqual([mine.value(), theirs.value(), ledger.owner()], [1, 2, 'ada']);
});

test('recovery takes functions, and objects that persist', async () => {
  const { recovery, ledgers } = await fixture();
  for (const name of /** @type {const} */ (['onPanic', 'onAbort', 'onLost'])) {
    assert.throws(() => recovery[name](/** @type {any} */ ('x')), new RegExp(`recovery\\.${name}\\(\\) takes a function`));
  }
  assert.throws(() => recovery.setRestartLimit(/** @type {any} */ ({})), /takes \{ restarts, period \}/);
  for (const object of [{}, new ledgers.Draft(), undefined]) assert.throws(() => recovery.export(/** @type {any} */ (object)), /of the class that persists/);
  assert.throws(() => raises(/** @type {any} */ (5)), /raises\(\) takes a function/);
});

test('restore refuses bytes that are no state, by an error of the component', async () => {
  const { ledgers, recovery } = await fixture();
  for (const bytes of [new Uint8Array([255, 254]), new TextEncoder().encode('a\nb')]) {
    const error = thrownBy(() => ledgers.Ledger.restore(bytes));
    assert.equal(typeof error.code, 'string');
    assert.equal(error.fatal, false);
  }
  assert.equal(recovery.health().persistent, 0);
});

test('load() says what it was given', async () => {
  await assert.rejects(load(/** @type {any} */ (undefined)), /load\(\) takes the path of a component, or its bytes/);
  await assert.rejects(load('nowhere.wasm'), /load\(\) can't read nowhere\.wasm; `cargo recover build --target component` makes a component/);
  await assert.rejects(load(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])), /load\(\) got a core module, not a component/);
  await assert.rejects(load(new TextEncoder().encode('(component)')), /load\(\) got no WebAssembly/);
  await assert.rejects(load(COMPONENT, { jco: '/nowhere' }), /needs jco: `npm install @bytecodealliance\/jco`/);
  await assert.rejects(load(COMPONENT, { jco: JCO, .../** @type {any} */ ({ limit: 5 }) }), /has no option "limit"/);
});

test('load() supervises a component in one step', async () => {
  const app = await load(readFileSync(COMPONENT), { jco: JCO });
  const { ledgers } = app.exports;
  assert.equal(new ledgers.Ledger('ada').owner(), 'ada');
  assert.equal(thrownBy(() => ledgers.fail('unreachable')).kind, 'aborted');
  assert.equal(ledgers.parse('5'), 5n);
});

test('exit() of a component that was loaded ends the instance, not the process', async () => {
  const bytes = await jco.parse(`(component
    (import "wasi:cli/exit@0.2.0" (instance $cli (export "exit" (func (param "status" (result))))))
    (core func $exit (canon lower (func $cli "exit")))
    (core module $m
      (import "cli" "exit" (func $exit (param i32)))
      (func (export "leave") (param i32) (call $exit (local.get 0))))
    (core instance $i (instantiate $m (with "cli" (instance (export "exit" (func $exit))))))
    (func $leave (param "status" u32) (canon lift (core func $i "leave")))
    (export "leave" (func $leave)))`);
  const app = await load(bytes, { jco: JCO });
  for (const [status, message] of /** @type {const} */ ([[0, /called exit$/], [1, /called exit with a failure$/]])) {
    const error = thrownBy(() => app.exports.leave(status));
    assert.equal(error.kind, 'aborted');
    assert.match(error.cause.message, message);
  }
  assert.equal(app.recovery.health().restarts, 2);
});

test('load() knows the build id that a component has', async () => {
  const section = [...new TextEncoder().encode('build_id')];
  const id = Array.from({ length: 20 }, (_, n) => n);
  const stamped = (/** @type {number[]} */ ...content) => {
    const contents = [section.length, ...section, ...content];
    return load(new Uint8Array([...component, 0, contents.length, ...contents]), { jco: JCO, imports: { 'test:host/hooks': { tick: () => TRAP } } });
  };
  const component = await jco.parse('(component)');
  const { recovery } = await stamped(20, ...id);
  assert.equal(recovery.health().build, '000102030405060708090a0b0c0d0e0f10111213');
  // What says another length than it has is no id.
  assert.equal((await stamped(21, ...id)).recovery.health().build, undefined);
});

test('load() reads the build id that the component itself tells', async () => {
  const { exports: { ledgers }, recovery } = await load(COMPONENT, { jco: JCO });
  const { build } = recovery.health();
  assert.match(build, /^[0-9a-f]{40}$/);
  assert.equal(thrownBy(() => ledgers.fail('unreachable')).build, build, 'before any failure told it');
  assert.equal(thrownBy(() => ledgers.fail('panic')).build, build);
});

test('a trap while arguments are copied is told from one in the call', async () => {
  const { ask, length } = await hooks((n) => (n === 13 ? TRAP : n), { limits: { memoryBytes: 1 << 20 } });
  assert.equal(thrownBy(() => ask(13)).kind, 'aborted');
  assert.equal(thrownBy(() => length('x'.repeat(1 << 20))).kind, 'out-of-memory');
  assert.equal(length('x'.repeat(1 << 16)), 1 << 16);
});
