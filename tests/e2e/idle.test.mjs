// @ts-check
// Objects that nobody uses: an end does not wait for them, and they keep no memory that others
// need. How the bytes lead to a state is in persist.test.mjs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { clock, dies, isDeath, thrown, throwsClass } from './support.mjs';
import { rejection, settles, turn } from './support-async.mjs';

/** A copy of a package whose instances may end as often as they like. @param {string} crate */
async function fresh(crate = 'fixture-persist') {
  const { pkg, wasm } = await load(crate);
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  return { pkg, wasm };
}

/** The reports of ends. @param {any} pkg */
function reportsOf(pkg) {
  /** @type {any[]} */
  const reports = [];
  pkg.recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  return reports;
}

// A call that takes long on a busy machine makes a snapshot due, and is not replayed: the clock is the tests'.
test.beforeEach(() => clock(0.0001));
test.afterEach(() => clock());

test('an end revives no object; a use revives the one that is used, once', async () => {
  const { pkg } = await fresh();
  const reports = reportsOf(pkg);
  clock(0.0001);
  const mills = Array.from({ length: 1000 }, () => new pkg.Mill());
  for (const mill of mills) mill.turn(7);
  dies(pkg, () => pkg.trap());
  assert.deepEqual([reports[0].revived, reports[0].lost], [1000, []]);
  assert.equal(pkg.ground(), 0, 'no call was replayed');
  for (let i = 0; i < 3; i += 1) assert.equal(mills[500].total(), 7);
  assert.equal(pkg.ground(), 1);
  dies(pkg, () => pkg.trap());
  assert.equal(pkg.ground(), 0);
  for (const mill of mills) assert.equal(mill.turn(0), 21);
  assert.equal(pkg.ground(), 2000);
});

test('whatever a call uses is there: receivers, arguments, arrays, options, promises', async () => {
  const { pkg } = await fresh();
  const { Ledger, Eater, Kept } = pkg;
  const die = () => dies(pkg, () => pkg.trap());
  const [one, other] = [new Ledger(1), new Ledger(2)];
  die();
  assert.equal(one.add_other(other), 3);
  die();
  one.exchange(other);
  assert.deepEqual([one.total, other.total], [2, 3]);
  const [first, second] = [new Kept(1), new Kept(2)];
  die();
  pkg.pour_both(first, second, 10, 0);
  die();
  assert.deepEqual([first.value(), second.value()], [11, 12]);
  const eater = new Eater(undefined, false);
  const ledgers = [1, 2, 3, 4, 5].map((total) => new Ledger(total));
  die();
  assert.equal(eater.eat_all(ledgers.slice(0, 2), false), 3);
  die();
  assert.equal(eater.eat_if_any(ledgers[2], false), 6);
  die();
  assert.equal(await settles(eater.eat_later(ledgers[3], undefined)), 10);
  die();
  assert.equal(new Eater(ledgers[4], false).eaten(), 5);
  for (const gone of ledgers) throwsClass(pkg, 'StaleHandleError', () => gone.total);
  die();
  assert.equal(await settles(one.add_later(1, undefined, false)), 4);
  one.total = 9;
  die();
  one.total += 1;
  die();
  assert.equal(pkg.Ledger.import(pkg.recovery.export(one)).total, 10);
  die();
  assert.equal(pkg.recovery.isPoisoned(one), false);
  assert.equal(pkg.plain_add(one, 1), 11);
  die();
  one.free();
  throwsClass(pkg, 'StaleHandleError', () => one.total);
  other[Symbol.dispose]();
  throwsClass(pkg, 'StaleHandleError', () => other.total);
});

test('what is asked for within a call comes in there', async () => {
  const { pkg } = await fresh();
  const [outer, inner, trial] = [new pkg.Trial(), new pkg.Ledger(2), new pkg.Trial()];
  // Done again, it ends the instance.
  trial.fail_again(1);
  inner.add(1);
  Reflect.set(globalThis, 'persistCall', (/** @type {() => number} */ f) => f() ?? 0);
  dies(pkg, () => pkg.trap());
  assert.equal(outer.held(() => inner.add(1)), 4);
  assert.equal(inner.total, 4);
  // Its end takes the call around it along.
  isDeath(pkg, thrown(() => outer.held(() => { thrown(() => trial.total); return 1; })));
  assert.equal(inner.total, 4);
  throwsClass(pkg, 'StaleHandleError', () => trial.total);
});

test("an object that can't be revived is refused where it is used, with the reason, and told in the next report", async () => {
  const { pkg } = await fresh();
  const reports = reportsOf(pkg);
  const [ledger, tally] = [new pkg.Ledger(3), new pkg.Tally()];
  tally.needs_calls();
  const { epoch } = pkg.recovery.health();
  dies(pkg, () => pkg.trap());
  assert.deepEqual([reports[0].revived, reports[0].lost], [2, []]);
  for (const call of [() => tally.count(), () => tally.add(1), () => tally.free(), () => pkg.recovery.export(tally)]) {
    const error = throwsClass(pkg, 'StaleHandleError', call);
    assert.deepEqual([error.class, error.epoch, error.retryable], ['Tally', epoch, false]);
    assert.ok(error.cause instanceof pkg.PanicError, String(error.cause));
  }
  assert.equal(ledger.total, 3);
  const freed = new pkg.Tally();
  freed.free();
  const gone = throwsClass(pkg, 'StaleHandleError', () => freed.count());
  assert.deepEqual([gone.epoch, gone.cause], [undefined, undefined], 'the reason is of the other');
  dies(pkg, () => pkg.trap());
  const lost = reports.flatMap((report) => report.lost);
  assert.deepEqual(lost.map((one) => one.class), ['Tally']);
  assert.ok(lost[0].reason instanceof pkg.PanicError);
  assert.equal(ledger.total, 3);
});

test('a promise that needs such an object rejects', async () => {
  const { pkg } = await fresh();
  const [eater, tally] = [new pkg.Eater(undefined, false), new pkg.Trial()];
  tally.fail_again(0);
  dies(pkg, () => pkg.trap());
  let error;
  try {
    error = await rejection(tally.add_in_turn(1, undefined));
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof pkg.StaleHandleError, String(error));
  assert.equal(eater.eaten(), 0);
});

const slabs = () => fresh('fixture-memory-plain');

/** What a call throws, if it does. @param {() => unknown} call @returns {any} */
function thrownBy(call) {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Objects that have most of the memory. @param {any} pkg */
function filled(pkg) {
  const made = [1, 2, 3].map((n) => new pkg.Slab(1, n));
  // Nothing takes long, so no journal is cut.
  clock(0.0001);
  for (const slab of made) slab.grow(14);
  return made;
}

/** The result of a call, or of the same call again if it may succeed then. @param {any} pkg @param {() => any} call */
function retried(pkg, call) {
  try {
    return call();
  } catch (/** @type {any} */ error) {
    assert.ok(error instanceof pkg.OutOfMemoryError || error.fatal, String(error?.stack));
    assert.equal(error.retryable, true, String(error));
    return call();
  }
}

test('idle objects keep no memory that a new one needs', async () => {
  const { pkg, wasm } = await slabs();
  const made = Array.from({ length: 12 }, (_, n) => retried(pkg, () => new pkg.Slab(8, n)));
  for (let round = 1; round <= 2; round += 1) {
    for (const [n, slab] of made.entries()) {
      assert.equal(retried(pkg, () => slab.mark()), round);
      assert.deepEqual([...retried(pkg, () => slab.read())], [n, n, round]);
    }
  }
  for (const slab of made.slice(1)) assert.equal(retried(pkg, () => slab.sum(made[0])), made.indexOf(slab));
  assert.ok(wasm.memory.buffer.byteLength <= 64 << 20);
  if (unwind) assert.equal(pkg.recovery.health().epoch, 0, 'no instance ended');
  await pkg.recovery.restart();
  for (const [n, slab] of made.entries()) assert.deepEqual([...retried(pkg, () => slab.read())], [n, n, 2], 'each has its record');
  for (const slab of made) retried(pkg, () => slab.free());
  for (const slab of made) throwsClass(pkg, 'StaleHandleError', () => slab.read());
});

test('idle objects make room for arguments, without an error', async () => {
  const { pkg } = await slabs();
  const made = filled(pkg);
  const bytes = new Uint8Array(20 << 20);
  assert.equal(pkg.count_bytes(bytes), bytes.length);
  assert.equal(pkg.recovery.health().epoch, 0);
  assert.deepEqual(made.map((slab) => slab.read()[0]), [1, 2, 3]);
  const error = throwsClass(pkg, 'OutOfMemoryError', () => pkg.count_bytes(new Uint8Array(65 << 20)));
  assert.equal(error.retryable, false, 'it never fits');
});

test('a call that runs out of memory may be repeated, unless it left its object poisoned', { skip: !unwind }, async () => {
  const { pkg } = await slabs();
  const [slab, other] = filled(pkg);
  const error = throwsClass(pkg, 'OutOfMemoryError', () => pkg.borrow_memory(20));
  assert.equal(error.retryable, true);
  assert.equal(pkg.borrow_memory(20), 20 << 20);
  assert.equal(throwsClass(pkg, 'OutOfMemoryError', () => pkg.borrow_memory(62)).retryable, false, 'nothing is left to go');
  other.read();
  assert.equal(throwsClass(pkg, 'OutOfMemoryError', () => slab.sort(56)).retryable, false);
  throwsClass(pkg, 'PoisonedError', () => slab.read());
  assert.equal(pkg.recovery.clearPoison(slab), true, 'one that is poisoned stays');
  assert.equal(slab.read()[2], 100);
});

test('a call that consumed an object is not said to be repeatable', { skip: !unwind }, async () => {
  const { pkg } = await slabs();
  const made = filled(pkg);
  const melted = new pkg.Slab(0, 1);
  const error = throwsClass(pkg, 'OutOfMemoryError', () => pkg.melt(melted, 20));
  assert.equal(error.retryable, false);
  throwsClass(pkg, 'StaleHandleError', () => melted.read());
  await turn();
  for (const slab of made) slab.read();
  assert.equal(throwsClass(pkg, 'OutOfMemoryError', () => pkg.borrow_memory(20)).retryable, true, 'that was the call before');
});

test('memory that runs out anywhere while an object comes back fails the call, and costs no object', { skip: !unwind }, async () => {
  const { pkg } = await fresh('fixture-memory');
  const [slab, other] = [new pkg.Slab(0, 7), new pkg.Slab(0, 8)];
  slab.mark();
  /** With how many bytes more each time: what comes back by itself needs a few. @type {[() => void, number][]} */
  const leaving = [
    [() => { throwsClass(pkg, 'OutOfMemoryError', () => pkg.borrow_memory(63)); }, 4],
    // What wasm-bindgen needs in a new instance the other has it make: where that finds no memory the instance ends.
    [() => { pkg.recovery.restart(); other.read(); }, 16],
  ];
  for (const [leave, step] of leaving) {
    /** @type {number[]} */
    const failed = [];
    for (let room = 0; room <= 256 * step; room += step) {
      leave();
      pkg.set_limit(pkg.live_bytes() + room);
      const error = thrownBy(() => slab.mark());
      pkg.set_limit(undefined);
      if (error !== undefined) {
        assert.ok(error instanceof pkg.OutOfMemoryError, `${error} with ${room} bytes`);
        failed.push(room);
        pkg.recovery.clearPoison(slab);
      }
      assert.equal(slab.read().length, 3, `with ${room} bytes`);
    }
    assert.ok(failed.length > 2 && failed.length < 250, `with ${failed}`);
  }
  assert.deepEqual(reportsOf(pkg).flatMap(({ lost }) => lost), []);
});

test("a call that asks for more than leaves can't be repeated, where somebody counts", { skip: !unwind }, async () => {
  const { pkg } = await fresh('fixture-memory');
  /** @param {number} mebibytes */
  const retryable = (mebibytes) => throwsClass(pkg, 'OutOfMemoryError', () => pkg.borrow_memory(mebibytes)).retryable;
  const small = new pkg.Slab(8, 7);
  assert.equal(retryable(58), false, '8 MiB have left');
  assert.equal(small.mark(), 1);
  filled(pkg);
  assert.equal(retryable(20), true, '45 MiB have left');
  assert.equal(pkg.borrow_memory(20), 20 << 20);
});

test('no object leaves for an allocation that would not fit if all had', { skip: !unwind }, async () => {
  const { pkg } = await fresh('fixture-memory');
  const made = filled(pkg);
  const marks = made.map((slab) => slab.mark());
  const before = pkg.live_bytes();
  const error = throwsClass(pkg, 'OutOfMemoryError', () => pkg.borrow_memory(70));
  await turn();
  assert.equal(error.retryable, false);
  assert.equal(pkg.live_bytes(), before);
  assert.deepEqual(made.map((slab) => slab.mark()), marks.map((mark) => mark + 1));
});

test('a poisoned or busy object does not leave the memory', { skip: !unwind }, async () => {
  const { pkg } = await slabs();
  const [torn, idle] = [new pkg.Slab(1, 1), new pkg.Slab(1, 2)];
  thrown(() => torn.tear());
  const call = idle.scan(1);
  throwsClass(pkg, 'OutOfMemoryError', () => pkg.borrow_memory(62));
  throwsClass(pkg, 'PoisonedError', () => torn.read());
  assert.equal(await settles(call), 1 << 20);
  assert.equal(idle.read()[0], 2);
});

test('a task that runs out of memory makes room, too', { skip: !unwind }, async () => {
  const { pkg } = await slabs();
  const [slab, ...made] = filled(pkg);
  const error = await rejection(slab.scan(20));
  assert.ok(error instanceof pkg.OutOfMemoryError, String(error));
  await turn();
  assert.equal(pkg.borrow_memory(20), 20 << 20);
  assert.deepEqual([slab, ...made].map((each) => each.read()[0]), [1, 2, 3]);
});
