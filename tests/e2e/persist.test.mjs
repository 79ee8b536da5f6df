// @ts-check
// Objects that persist: their state after a call that fails, and after the instance has ended. In a
// build that can't unwind every panic ends the instance.
import test from 'node:test';
import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { payloadOf, sealed } from './bytes.mjs';
import { load, unwind } from './load.mjs';
import { clock, dies, isDeath, thrown, throwsClass } from './support.mjs';
import { later, rejection, turn } from './support-async.mjs';
import { collect, collectUntil } from './support-gc.mjs';

const { pkg } = await load('fixture-persist');
const { Ledger, Page, Tally, Loose, Copied, recovery } = pkg;
recovery.setRestartLimit({ restarts: Infinity, period: 1 });

/** The error of a panic, in either kind of build. @param {() => unknown} call @param {any} [from] */
function panics(call, from = pkg) {
  const error = unwind ? thrown(call) : dies(from, call);
  assert.ok(error instanceof from.PanicError, String(error));
  assert.equal(error.fatal, !unwind);
  return error;
}

/** An end that is no panic. */
const die = () => dies(pkg, () => pkg.trap());

// A call that takes long on a busy machine makes a snapshot due, and is not replayed: the clock is the tests'.
test.beforeEach(() => clock(0.0001));
test.afterEach(() => clock());

test('a journal restores every kind of call after the end of the instance', () => {
  const ledger = new Ledger(1);
  const other = new Ledger(100);
  assert.equal(ledger.add(2), 3);
  ledger.write('line', 2);
  assert.equal(ledger.take_bytes(new Uint8Array([1, 2, 3]), 'bytes'), 9);
  assert.equal(ledger.try_add(1, false), 10);
  assert.equal(String(thrown(() => ledger.try_add(10, true))), 'told to');
  assert.equal(ledger.add_other(other), 120);
  assert.equal(other.add(1), 101, 'what another becomes later changes nothing');
  assert.equal(ledger.merge(new Ledger(1000)), 1120);
  const expected = [1120, ['line', 'line', 'bytes']];
  for (let i = 0; i < 3; i += 1) {
    die();
    assert.deepEqual([ledger.total, ledger.lines()], expected);
    assert.equal(other.total, 101);
  }
  assert.equal(ledger.add(1), 1121);
  die();
  assert.equal(ledger.total, 1121);
  assert.ok(ledger instanceof Ledger);
  ledger.free();
  other.free();
  assert.throws(() => ledger.total, pkg.StaleHandleError);
  die();
  assert.throws(() => ledger.total, pkg.StaleHandleError);
});

test('a journal longer than the distance between snapshots', () => {
  const ledger = new Ledger(0);
  for (let i = 1; i <= 57; i += 1) {
    ledger.add(i);
    if (i % 9 === 0) die();
    assert.equal(ledger.total, (i * (i + 1)) / 2);
  }
  ledger.free();
});

test('a call that fails leaves no trace', () => {
  const ledger = new Ledger(5);
  ledger.add(1);
  panics(() => ledger.tear(50));
  assert.equal(ledger.total, 6);
  assert.equal(ledger.add(1), 7);
  dies(pkg, () => ledger.trap(50));
  assert.equal(ledger.total, 7);
  panics(() => ledger.tear(50));
  assert.equal(ledger.total, 7);
  assert.equal(recovery.isPoisoned(ledger), false);
  ledger.free();
});

test('setters, changes of other objects and calls of JavaScript take a snapshot', () => {
  Reflect.set(globalThis, 'persistNow', () => 7);
  const [ledger, other] = [new Ledger(1), new Ledger(2)];
  ledger.total = 10;
  die();
  assert.equal(ledger.total, 10);
  ledger.exchange(other);
  die();
  assert.deepEqual([ledger.total, other.total], [2, 10]);
  assert.equal(ledger.add_now(), 9);
  Reflect.set(globalThis, 'persistNow', () => assert.fail('nothing of JavaScript is called again'));
  die();
  assert.equal(ledger.total, 9);
  ledger.add(1);
  assert.equal(ledger.call({}), 11);
  die();
  assert.equal(ledger.total, 11);
  ledger.free();
  other.free();
});

test('an asynchronous call is recorded once it has ended, not before', async () => {
  const ledger = new Ledger(1);
  const { promise: wait, resolve: release } = later();
  const call = ledger.add_later(10, wait, false);
  const rejected = rejection(call);
  await turn();
  die();
  assert.ok(await rejected instanceof pkg.InstanceAbortedError);
  assert.equal(ledger.total, 1);
  release();
  assert.equal(await ledger.add_later(10, undefined, false), 21);
  die();
  assert.equal(ledger.total, 21);
  const error = await rejection(ledger.add_later(10, undefined, true));
  assert.ok(error instanceof pkg.PanicError, String(error));
  assert.equal(ledger.total, 21);
  const abort = new AbortController();
  const cancelled = rejection(ledger.add_cancelled(10, new Promise(() => {}), abort.signal));
  await turn();
  abort.abort('enough');
  assert.equal(await cancelled, 'enough');
  assert.equal(ledger.total, 21, 'a call that is cancelled counts as failed');
  die();
  assert.equal(ledger.total, 21);
  ledger.free();
});

test('a snapshot for each call, and a panic whose changes are kept', () => {
  const page = new Page('a');
  page.write('b');
  page.write_value('c');
  die();
  assert.equal(page.text, 'abc');
  panics(() => page.tear('d'));
  assert.equal(page.text, unwind ? 'abcd' : 'abc', 'where nothing unwinds, the instance is gone');
  die();
  assert.equal(page.text, unwind ? 'abcd' : 'abc');
  const copy = page.copy();
  copy.write('!');
  die();
  assert.equal(copy.text, `${page.text}!`);
  page.free();
  copy.free();
});

test('a plain function changes its argument after a panic', () => {
  const [ledger, other] = [new Ledger(1), new Ledger(2)];
  panics(() => other.tear(1));
  assert.equal(pkg.plain_add(ledger, 2), 3);
  assert.equal(ledger.total, 3);
  die();
  assert.equal(ledger.total, 3);
  ledger.free();
  other.free();
});

test('changes through &self, poison, and the policy of one method', () => {
  const tally = new Tally();
  assert.equal(tally.step(), 1);
  die();
  assert.equal(tally.step(), 2);
  panics(() => tally.tear_back());
  assert.equal(tally.count(), 2);
  panics(() => tally.tear());
  if (unwind) {
    throwsClass(pkg, 'PoisonedError', () => tally.count());
    die();
    assert.equal(tally.count(), 2, 'what is revived is not torn');
    panics(() => tally.tear());
    recovery.clearPoison(tally);
    assert.equal(tally.count(), 102, 'the state was accepted');
    die();
    assert.equal(tally.count(), 102);
    panics(() => tally.tear());
    recovery.clearPoison(tally);
    die();
    assert.equal(tally.count(), 202, 'before any other call');
  }
  tally.free();
});

test('rollback by a copy before each call', { skip: !unwind }, () => {
  const copied = new Copied();
  assert.equal(copied.push(1, false), 1);
  panics(() => copied.push(10, true));
  assert.equal(copied.push(2, false), 3);
  copied.free();
});

test('the destructor of a state that is rolled back may make calls', { skip: !unwind }, () => {
  const [loud, tally, ledger] = [new pkg.Loud(), new Tally(), new Ledger(1)];
  let dropped = 0;
  Reflect.set(globalThis, 'persistDropped', () => { dropped += 1; ledger.add(1); });
  panics(() => pkg.tear_both(loud, tally));
  assert.equal(dropped, 1);
  assert.equal(recovery.isPoisoned(tally), true, 'the call that failed is the one that held it');
  assert.equal(ledger.total, 2);
  for (const object of [loud, tally, ledger]) object.free();
});

test('an object that does not persist is stale in the next instance', () => {
  const [loose, ledger] = [new Loose(1), new Ledger(1)];
  const { epoch } = recovery.health();
  die();
  const error = throwsClass(pkg, 'StaleHandleError', () => loose.add(1));
  assert.deepEqual([error.class, error.epoch], ['Loose', epoch]);
  const fresh = new Loose(10);
  throwsClass(pkg, 'StaleHandleError', () => loose.free());
  loose[Symbol.dispose]();
  assert.equal(fresh.add(1), 11);
  assert.equal(ledger.total, 1);
  fresh.free();
  ledger.free();
});

test('one lost object is reported, and no other is lost', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  const [ledger, tally] = [new fresh.Ledger(3), new fresh.Tally()];
  tally.needs_calls();
  /** @type {any[]} */
  const reports = [];
  fresh.recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  thrown(() => fresh.trap());
  assert.deepEqual([reports.length, reports[0].revived, reports[0].lost], [1, 2, []], 'nobody has used it yet');
  assert.ok(throwsClass(fresh, 'StaleHandleError', () => tally.count()).cause instanceof fresh.PanicError);
  assert.equal(ledger.total, 3);
  const { epoch } = fresh.recovery.health();
  throwsClass(fresh, 'StaleHandleError', () => tally.count());
  assert.equal(fresh.recovery.health().epoch, epoch, 'it is not tried again');
  thrown(() => fresh.trap());
  const { revived, lost } = reports.at(-1);
  assert.deepEqual([revived, lost.length, lost[0].class], [1, 1, 'Tally']);
  assert.ok(lost[0].reason instanceof fresh.PanicError);
  assert.equal(ledger.total, 3);
  thrown(() => fresh.trap());
  assert.deepEqual([reports.at(-1).revived, reports.at(-1).lost], [1, []], 'it is told once');
});

test('a call that depends on more than the state diverges, and is reported', () => {
  const tally = new Tally();
  tally.add_calls(9);
  die();
  assert.equal(tally.count(), 1);
  // The previous instance had one more call.
  thrown(() => { for (let i = 0; i < 3; i += 1) tally.add_calls(3); });
  /** @type {any[]} */
  const reports = [];
  const stop = recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  die();
  assert.equal(throwsClass(pkg, 'StaleHandleError', () => tally.count()).cause.code, 'E_IMPORT');
  die();
  stop();
  assert.equal(reports[1].lost[0]?.class, 'Tally');
  assert.equal(reports[1].lost[0].reason.code, 'E_IMPORT');
});

test('a journal that does not lead to its snapshot is reported', () => {
  const tally = new Tally();
  /** @type {any[]} */
  const reports = [];
  const stop = recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  const { now } = Date;
  // A divergence is looked for at most once a second: at the first revival and at the third.
  let time = now();
  Date.now = () => time;
  clock(0.0001);
  for (const pause of [0, 999, 1]) {
    time += pause;
    // Two generations: the second begins at a snapshot, which lacks what the calls depend on.
    for (let i = 0; i < 12_000; i += 1) tally.add_skipped();
    die();
    tally.count();
  }
  die();
  Date.now = now;
  clock();
  stop();
  assert.deepEqual(reports.map(({ diverged }) => diverged), [[], ['Tally'], [], ['Tally']]);
  assert.deepEqual(reports.flatMap(({ lost }) => lost), []);
  assert.ok(tally.count() > 0);
  tally.free();
});

test('a replay calls no marked import', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  let asked = 0;
  Reflect.set(globalThis, 'persistNow', () => { asked += 1; return 7; });
  const [ledger, tally] = [new fresh.Ledger(1), new fresh.Tally()];
  tally.asks_again();
  isDeath(fresh, thrown(() => fresh.trap()));
  assert.match(throwsClass(fresh, 'StaleHandleError', () => tally.count()).cause.message, /no_journal/);
  assert.equal(asked, 0);
  assert.equal(ledger.add_now(), 8, 'the replay has ended');
  assert.equal(asked, 1);
});

test('a call of another object inside a call that uses an import', () => {
  const [ledger, other] = [new Ledger(1), new Ledger(2)];
  const within = [() => other.add(1), () => thrown(() => other.try_add(1, true))];
  if (unwind) within.push(() => thrown(() => other.tear(1)));
  for (const [index, call] of within.entries()) {
    Reflect.set(globalThis, 'persistNow', () => { call(); return 7; });
    assert.equal(ledger.add_now(), 8 + 7 * index);
    Reflect.set(globalThis, 'persistNow', () => assert.fail('nothing of JavaScript is called again'));
    die();
    assert.equal(ledger.total, 8 + 7 * index);
  }
  assert.equal(other.total, 4);
  ledger.free();
  other.free();
});

test("a state that can't be encoded is reported, and its object is lost at the next end", () => {
  const page = new Page('a');
  /** @type {any[]} */
  const told = [];
  const stop = recovery.onPanic((/** @type {any} */ error) => told.push(error));
  if (unwind) {
    page.write('?');
    assert.equal(page.text, 'a?');
    assert.deepEqual(told.map((error) => error.message), ['a question']);
    stop();
    die();
    throwsClass(pkg, 'StaleHandleError', () => page.text);
    return;
  }
  panics(() => page.write('?'));
  stop();
  assert.equal(page.text, 'a', 'the call never happened');
  page.write('b');
  assert.equal(page.text, 'ab');
  page.free();
});

test('unreachable objects lose their records and values, and are not revived', async () => {
  const size = 200_000;
  const make = () => Array.from({ length: 50 }, () => new Page('x'.repeat(size)));
  const makeAndLose = () => { make(); };
  /** Collects, and lets the finalizers run. */
  const settle = () => collectUntil(() => false);
  /** @type {any[]} */
  const [reports, told] = [/** @type {any[]} */ ([]), /** @type {any[]} */ ([])];
  const stops = [
    recovery.onAbort((/** @type {any} */ report) => reports.push(report)),
    recovery.onPanic((/** @type {any} */ error) => told.push(error)),
  ];
  await settle();
  const bytes = process.memoryUsage().arrayBuffers;
  makeAndLose();
  const kept = () => process.memoryUsage().arrayBuffers - bytes;
  await collectUntil(() => kept() < 20 * size);
  assert.ok(kept() < 20 * size, `${kept()} bytes of records are kept`);
  // A handle that is collected between the end and the next job is stale in the next instance.
  makeAndLose();
  await turn();
  collect();
  die();
  await settle();
  (() => {
    const pages = make();
    die();
    assert.equal(reports[1].revived, pages.length);
    for (const page of pages) assert.equal(page.text.length, size);
  })();
  const before = recovery.health().memoryBytes;
  await settle();
  const pages = make();
  const grown = recovery.health().memoryBytes - before;
  assert.ok(grown < 20 * size, `the memory grew by ${grown} bytes`);
  die();
  assert.equal(reports[2].revived, pages.length);
  pages.length = 0;
  await turn();
  collect();
  die();
  await settle();
  stops.forEach((stop) => stop());
  assert.deepEqual(told, [], 'of an instance that is gone nothing is dropped');
});

test('handles keep their identity: subclasses, elements of an array, objects that Rust made', () => {
  class Mine extends Ledger {
    get double() { return /** @type {any} */ (this).total * 2; }
  }
  const mine = Reflect.construct(Mine, [4]);
  mine.note = 'kept';
  mine.add(1);
  die();
  assert.equal(mine.double, 10);
  assert.equal(mine.note, 'kept');
  assert.equal(mine.add(1), 6);
  mine.free();
});

test('exported bytes give the same state here and in another process', async () => {
  const ledger = new Ledger(1);
  ledger.write('line', 1);
  const bytes = recovery.export(ledger);
  assert.ok(bytes instanceof Uint8Array);
  const { pkg: elsewhere } = await load('fixture-persist');
  for (const { Ledger: Class } of [pkg, elsewhere]) {
    /** @type {any} */
    const imported = Class.import(bytes);
    assert.deepEqual([imported.total, imported.lines()], [1, ['line']]);
    assert.equal(imported.add(1), 2);
  }
  /** @type {any} */
  const copy = Ledger.import(bytes);
  die();
  assert.equal(copy.total, 1);
  for (const [bad, why] of /** @type {[Uint8Array, RegExp][]} */ ([
    [new Uint8Array(), /no snapshot/], [bytes.subarray(0, -1), /too early/], [bytes.with(-1, Number(bytes.at(-1)) ^ 1), /checksum/],
    [recovery.export(new Page('x')), /class Page/],
  ])) {
    const error = throwsClass(pkg, 'ImportError', () => Ledger.import(bad));
    assert.match(error.message, why);
    assert.equal(error.class, 'Ledger');
  }
  assert.throws(() => recovery.export(new Loose(1)), TypeError);
  assert.throws(() => recovery.export({}), TypeError);
  copy.free();
  throwsClass(pkg, 'StaleHandleError', () => recovery.export(copy));
});

test('import() refuses everything but a Uint8Array', () => {
  const ledger = new Ledger(1);
  const bytes = recovery.export(ledger);
  const { epoch } = recovery.health();
  for (const wrong of [
    undefined, null, 1, 1n, 'RCVR', Symbol('s'), {}, [...bytes], { length: 2 ** 31 }, bytes.buffer, new DataView(bytes.buffer),
    new Uint16Array(bytes), new Uint8ClampedArray(bytes), { [Symbol.toStringTag]: 'Uint8Array', length: 1 },
  ]) {
    const error = thrown(() => Ledger.import(/** @type {any} */ (wrong)));
    assert.ok(error instanceof TypeError, String(error));
    assert.equal(error.message, 'Ledger.import() takes a Uint8Array');
  }
  const detached = bytes.slice();
  structuredClone(detached, { transfer: [detached.buffer] });
  const error = thrown(() => Ledger.import(detached));
  assert.ok(error instanceof TypeError && /was transferred/.test(error.message), String(error));
  assert.match(throwsClass(pkg, 'ImportError', () => Ledger.import(new Uint8Array())).message, /no snapshot/);
  // More than a memory can have: no allocator is asked.
  assert.equal(throwsClass(pkg, 'OutOfMemoryError', () => Ledger.import(new Uint8Array(2 ** 32))).requested, 2 ** 32);
  assert.match(throwsClass(pkg, 'ImportError', () => Ledger.import(new Uint8Array(2 ** 24))).message, /no snapshot/);
  assert.equal(recovery.health().epoch, epoch, 'none of them cost the instance');
  // Whoever made the bytes.
  const foreign = runInNewContext('(bytes) => Uint8Array.from(bytes)')(bytes);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const good of [foreign, shared, Buffer.from(bytes), bytes.subarray()]) {
    const copy = /** @type {any} */ (Ledger.import(good));
    assert.equal(copy.total, 1);
    copy.free();
  }
  ledger.free();
});

test('bytes of an older or a newer version of a class are refused', () => {
  const page = new Page('text');
  const bytes = recovery.export(page);
  const payload = payloadOf('Page', bytes);
  assert.deepEqual(sealed('Page', 2, payload), bytes);
  for (const version of [0, 1, 3, 2 ** 32 - 1]) {
    const error = throwsClass(pkg, 'ImportError', () => Page.import(sealed('Page', version, payload)));
    assert.match(error.message, new RegExp(`is of version ${version} of the class`));
    assert.equal(error.class, 'Page');
  }
  // A class without a `version` has version 0.
  const ledger = new Ledger(1);
  const state = payloadOf('Ledger', recovery.export(ledger));
  assert.equal(/** @type {any} */ (Ledger.import(sealed('Ledger', 0, state))).total, 1);
  throwsClass(pkg, 'ImportError', () => Ledger.import(sealed('Ledger', 1, state)));
  page.free();
  ledger.free();
});

test('bytes of an older or a newer format are refused, and say which', () => {
  const ledger = new Ledger(1);
  const bytes = recovery.export(ledger);
  for (const format of [0, 1, 3, 255]) {
    const error = throwsClass(pkg, 'ImportError', () => Ledger.import(bytes.with(4, format)));
    assert.match(error.message, new RegExp(`has format ${format}, and this version of recover-runtime reads 2`));
  }
  ledger.free();
});

test('a false length is refused, and allocates nothing of that size', async () => {
  const { pkg: fresh, wasm } = await load('fixture-persist');
  const before = wasm.memory.buffer.byteLength;
  for (const length of [[255, 255, 255, 255, 15], [255, 255, 255, 127], [255, 255, 3]]) {
    const payload = new Uint8Array([...length, 0, 0, 0]);
    assert.match(throwsClass(fresh, 'ImportError', () => fresh.Ledger.import(sealed('Ledger', 0, payload))).message, /no state/);
    // The total, the flag and an empty text; then numbers.
    const numbers = new Uint8Array([0, 0, 0, 0, 0, 0, ...payload]);
    assert.match(throwsClass(fresh, 'ImportError', () => fresh.Mill.import(sealed('Mill', 0, numbers))).message, /no state/);
  }
  assert.equal(wasm.memory.buffer.byteLength, before);
});

test("Rust's hooks run in the next instance, whose start ran once", async () => {
  const { pkg: fresh } = await load('fixture-persist');
  assert.deepEqual(fresh.told(), ['start']);
  const ledger = new fresh.Ledger(1);
  const error = thrown(() => fresh.panic_twice());
  isDeath(fresh, error);
  assert.deepEqual(fresh.told(), ['start', `aborted 0 panic_twice ${error.message}`, 'revived 1 1 0']);
  assert.equal(ledger.total, 1);
  throwsClass(fresh, 'InstanceAbortedError', () => fresh.trap());
});

test('a counter survives a panic, an out-of-memory, a stack overflow and an abort in a row', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  const counter = new fresh.Ledger(0);
  const others = [];
  for (const fail of [() => counter.tear(1), () => fresh.exhaust(), () => fresh.overflow(1e7), () => fresh.trap()]) {
    counter.add(1);
    assert.ok(thrown(fail) instanceof fresh.RecoverError);
    others.push(new fresh.Ledger(9));
  }
  assert.equal(counter.total, 4);
  for (const other of others) assert.equal(other.total, 9, 'made after a failure');
});
