// @ts-check
// Which objects are revived in the next instance, wherever they are held, whoever made them, and
// whatever fails meanwhile. What each call persists is in persist.test.mjs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sealed } from './bytes.mjs';
import { load, unwind } from './load.mjs';
import { clock, dies, isDeath, thrown, throwsClass } from './support.mjs';
import { later, never, rejection, settles, turn, watchStrays } from './support-async.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const strays = watchStrays();
Reflect.set(globalThis, 'persistCall', (/** @type {() => number} */ f) => f());
Reflect.set(globalThis, 'persistNow', () => 7);

const { pkg } = await load('fixture-persist');
const { Ledger, Page, Shelf, Trial, Faulty, Chain, recovery } = pkg;
recovery.setRestartLimit({ restarts: Infinity, period: 1 });

/** An end that is no panic, and the report of it. @param {any} [from] */
function die(from = pkg) {
  /** @type {any[]} */
  const reports = [];
  const stop = from.recovery.onAbort((/** @type {any} */ report) => reports.push(report));
  dies(from, () => from.trap());
  stop();
  assert.equal(reports.length, 1, 'an end is told once');
  return reports[0];
}

/** What is told to nobody in particular while `call` runs. @param {() => unknown} call @param {any} [from] */
function told(call, from = pkg) {
  /** @type {any[]} */
  const errors = [];
  const stop = from.recovery.onPanic((/** @type {any} */ error) => errors.push(error));
  try {
    call();
  } finally {
    stop();
  }
  return errors;
}

// A call that takes long on a busy machine makes a snapshot due, and is not replayed: the clock is the tests'.
test.beforeEach(() => clock(0.0001));
test.afterEach(() => clock());

test('objects that Rust made: alone, in an array, in an Option, in a promise', async () => {
  const list = pkg.ledgers([1, 2, 3]);
  const perhaps = pkg.maybe_ledger(4);
  assert.equal(pkg.maybe_ledger(undefined), undefined);
  const awaited = await settles(pkg.ledger_later(5, undefined));
  const page = new Page('a');
  const copy = page.copy();
  for (const [index, ledger] of [...list, perhaps, awaited].entries()) ledger.add(10 * index);
  for (let i = 0; i < 2; i += 1) {
    const { revived, lost } = die();
    assert.deepEqual([revived, lost], [7, []]);
    assert.deepEqual([...list, perhaps, awaited].map((ledger) => ledger.total), [1, 12, 23, 34, 45]);
    assert.ok(list.every((/** @type {unknown} */ ledger) => ledger instanceof Ledger));
    assert.equal(copy.text, 'a');
  }
  for (const object of [...list, perhaps, awaited, page, copy]) object.free();
});

test('objects in an array, an object, a Map and a private field keep their identity', () => {
  class Mine {
    #ledger = new Ledger(1);
    add() { return this.#ledger.add(1); }
    free() { this.#ledger.free(); }
  }
  const list = [new Ledger(1), new Ledger(2)];
  const [first] = list;
  const holder = { ledger: first, deep: { list } };
  const map = new Map([[first, 'first']]);
  const mine = new Mine();
  die();
  assert.ok(holder.ledger === first && holder.deep.list[0] === first && map.get(first) === 'first');
  assert.equal(holder.ledger.add(1), 2);
  assert.equal(mine.add(), 2);
  die();
  assert.equal(list[0].total, 2);
  assert.equal(mine.add(), 3);
  for (const ledger of list) ledger.free();
  mine.free();
});

test('an object that another one of Rust holds by value is part of it', () => {
  const shelf = new Shelf();
  const first = new Ledger(1);
  first.add(1);
  assert.equal(shelf.put(first), undefined);
  throwsClass(pkg, 'StaleHandleError', () => first.total);
  assert.equal(shelf.add(5), 7);
  let { revived } = die();
  assert.equal(revived, 1, 'one record, of the outer');
  throwsClass(pkg, 'StaleHandleError', () => first.total);
  const back = shelf.put(new Ledger(100));
  assert.equal(back.total, 7);
  ({ revived } = die());
  assert.equal(revived, 2);
  assert.deepEqual([back.add(1), shelf.add(1)], [8, 101]);
  shelf.free();
  back.free();
});

test('getters and setters, of fields and of methods', () => {
  const shelf = new Shelf();
  shelf.name = 'poems';
  shelf.width = 80;
  die();
  assert.deepEqual([shelf.name, shelf.width], ['poems', 80]);
  shelf.width += 1;
  shelf.name += '!';
  die();
  assert.deepEqual([shelf.name, shelf.width], ['poems!', 81]);
  shelf.free();
});

test('freed objects stay freed, and disposal after an end frees a revived object', () => {
  const [freed, consumed, kept, other] = [1, 2, 3, 4].map((total) => new Ledger(total));
  freed.free();
  new Shelf().put(consumed);
  die();
  for (const gone of [freed, consumed]) {
    for (const call of [() => gone.add(1), () => gone.free(), () => recovery.export(gone)]) {
      throwsClass(pkg, 'StaleHandleError', call);
    }
    gone[Symbol.dispose]();
  }
  kept[Symbol.dispose]();
  kept[Symbol.dispose]();
  throwsClass(pkg, 'StaleHandleError', () => kept.total);
  assert.equal(other.add(1), 5, 'the memory of another');
  die();
  throwsClass(pkg, 'StaleHandleError', () => kept.total);
  assert.equal(other.total, 5);
  other.free();
});

test('a record goes with its handle, in its first instance and in a later one', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  fresh.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  const kept = new fresh.Ledger(7);
  const litter = () => { for (let i = 0; i < 50; i += 1) new fresh.Page('x'.repeat(i)).write('y'); };
  /** Ends of instances until so many come back. */
  const until = async (/** @type {number} */ count) => {
    let revived;
    for (let round = 0; round < 40 && revived !== count; round += 1) {
      await turn();
      collect();
      await turn();
      ({ revived } = die(fresh));
    }
    return revived;
  };
  litter();
  assert.equal(die(fresh).revived, 51, 'nothing was collected yet');
  assert.equal(await until(1), 1, 'those that were revived are collected too');
  litter();
  assert.equal(await until(1), 1);
  assert.equal(kept.add(1), 8);
});

test('the record of a collected object goes with its handle, without an end', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  /** Bytes that the host keeps; those of the module's memory are not among them. */
  const kept = () => process.memoryUsage().arrayBuffers;
  collect();
  const before = kept();
  (() => { for (let i = 0; i < 100; i += 1) new fresh.Page('x'.repeat(100_000)); })();
  assert.ok(kept() - before > 9_000_000, `${kept() - before} bytes of snapshots`);
  for (let round = 0; round < 40 && kept() - before > 1_000_000; round += 1) {
    await turn();
    collect();
  }
  assert.ok(kept() - before <= 1_000_000, `${kept() - before} bytes are left`);
  assert.equal(fresh.recovery.health().epoch, 0);
});

for (const [how, what] of /** @type {const} */ ([[0, 'a panic'], [1, 'a trap'], [2, 'memory that runs out'], [3, 'an import']])) {
  // Where it unwinds, memory that ran out may be there for the next call.
  if (how === 2 && unwind) continue;
  test(`${what} in a call that is done again loses that object alone, and never loops`, async () => {
    const { pkg: fresh } = await load('fixture-persist');
    fresh.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    const before = new fresh.Ledger(1);
    const [bad, worse] = [new fresh.Trial(), new fresh.Trial()];
    const after = new fresh.Ledger(2);
    for (const trial of [bad, worse]) trial.fail_again(how);
    Reflect.set(globalThis, 'persistNow', () => assert.fail('JavaScript is not called again'));
    const { epoch } = fresh.recovery.health();
    /** @type {any[]} */
    const reports = [];
    fresh.recovery.onAbort((/** @type {any} */ report) => reports.push(report));
    isDeath(fresh, thrown(() => fresh.trap()));
    assert.deepEqual(reports.map((report) => [report.restarted, report.revived, report.lost]), [[true, 4, []]]);
    for (const trial of [bad, worse]) {
      const { cause: reason } = throwsClass(fresh, 'StaleHandleError', () => trial.total);
      const name = !unwind || how === 1 ? ['InstanceAbortedError', 'PanicError'] : ['PanicError'];
      assert.ok(name.includes(reason.name), String(reason));
      if (how === 3 && unwind) assert.match(reason.message, /no_journal/);
    }
    Reflect.set(globalThis, 'persistNow', () => 7);
    // One more instance for each call that ended one.
    assert.equal(fresh.recovery.health().epoch, epoch + (unwind && how !== 1 ? 1 : 3));
    for (const trial of [bad, worse]) throwsClass(fresh, 'StaleHandleError', () => trial.total);
    assert.deepEqual([before.add(1), after.add(1)], [2, 3]);
    assert.deepEqual([new fresh.Trial().add(1)], [1]);
    die(fresh);
    assert.deepEqual(reports.flatMap((report) => report.lost.map((/** @type {any} */ one) => one.class)), ['Trial', 'Trial']);
    const { revived, lost } = die(fresh);
    assert.deepEqual([revived >= 2, lost], [true, []], 'it is not tried again');
  });
}

test('memory that runs out in a call that is done again costs the call that asked, and no object', { skip: !unwind }, async () => {
  const { pkg: fresh } = await load('fixture-persist');
  fresh.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  const [before, trial, after] = [new fresh.Ledger(1), new fresh.Trial(), new fresh.Ledger(2)];
  trial.fail_again(2);
  die(fresh);
  const { epoch } = fresh.recovery.health();
  for (let time = 0; time < 3; time += 1) throwsClass(fresh, 'OutOfMemoryError', () => trial.total);
  assert.equal(fresh.recovery.health().epoch, epoch);
  assert.deepEqual([before.add(1), after.add(1)], [2, 3]);
  assert.deepEqual(die(fresh).lost, []);
  throwsClass(fresh, 'OutOfMemoryError', () => trial.total);
});

test('a snapshot cuts a journal after a number of calls or bytes', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  fresh.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  const trial = new fresh.Trial();
  // Nothing takes long.
  clock(0.0001);
  let total = 0;
  for (let i = 1; i <= 5; i += 1) total = trial.add(i);
  die(fresh);
  assert.equal(trial.total, total);
  assert.equal(fresh.runs(), 5, 'all are done again');
  const bytes = new Uint8Array(30_000);
  for (let i = 0; i < 20; i += 1) trial.note(bytes.fill(i));
  die(fresh);
  assert.equal(trial.total, total);
  // After 65,536 bytes of journal a snapshot was taken; a replay of the journal must give the same.
  const runs = fresh.runs();
  assert.ok(runs > 0 && runs < 10, `${runs} calls were done again`);
  trial.add_unlogged(9);
  die(fresh);
  clock();
  assert.equal(trial.total, total * 3 + 9);
  assert.equal(fresh.runs(), 0, 'no call is done again');
});

test('calls are replayed in order, with other objects as they were', () => {
  const [one, two] = [new Ledger(1), new Ledger(10)];
  const trial = new Trial();
  for (const by of [1, 2, 3]) trial.add(by);
  one.add_other(two);
  two.add_other(one);
  one.add_other(two);
  two.free();
  die();
  assert.equal(trial.total, (1 * 3 + 2) * 3 + 3, 'no other order gives that');
  assert.equal(one.total, 1 + 10 + 21, 'what was freed since is in the journal');
  one.free();
  trial.free();
});

test("a state that can't be written is reported, and never replaced by another", () => {
  for (const fault of [1, 2]) {
    const faulty = new Faulty(0);
    faulty.add(1);
    if (fault === 2 && !unwind) {
      // The panic of `Serialize` ends the instance: the call failed.
      dies(pkg, () => faulty.set(50, fault));
      assert.equal(faulty.total(), 2);
      faulty.free();
      continue;
    }
    const errors = told(() => faulty.set(50, fault));
    assert.deepEqual([errors.length, faulty.total()], [1, 50], 'the call itself went well');
    assert.match(errors[0].message, fault === 1 ? /can't be encoded/ : /can't be written/);
    const refused = thrown(() => recovery.export(faulty));
    assert.equal(refused.name, fault === 1 ? 'ImportError' : 'PanicError', String(refused));
    // The record is out of date: no call is replayed on it.
    told(() => faulty.add(1));
    die();
    assert.match(throwsClass(pkg, 'StaleHandleError', () => faulty.total()).cause.message, /can't be/);
    let { lost } = die();
    assert.deepEqual([lost.length, lost[0]?.class], [1, 'Faulty']);
    throwsClass(pkg, 'StaleHandleError', () => faulty.total());

    const mended = new Faulty(0);
    told(() => mended.set(50, fault));
    assert.deepEqual(told(() => mended.mend()), [], 'this one is written in full');
    assert.equal(mended.add(1), 51);
    ({ lost } = die());
    assert.deepEqual([lost, mended.total()], [[], 51]);
    mended.free();
  }
});

if (unwind) {
  test("a state that can't be written can't be rolled back to", () => {
    const faulty = new Faulty(0);
    told(() => faulty.set(50, 1));
    const panic = thrown(() => faulty.tear());
    assert.ok(panic instanceof pkg.PanicError);
    const error = throwsClass(pkg, 'PoisonedError', () => faulty.total());
    assert.match(error.cause.message, /can't be encoded/);
    faulty.free();
  });
}

test('export: refused while the object is busy or poisoned', async () => {
  const ledger = new Ledger(1);
  const { promise: wait, resolve: release } = later();
  const call = ledger.add_later(1, wait, false);
  await turn();
  throwsClass(pkg, 'BusyError', () => recovery.export(ledger));
  release();
  assert.equal(await settles(call), 3);
  const { Ledger: Class } = pkg;
  assert.equal(Class.import(recovery.export(ledger)).total, 3);
  ledger.free();
  const trial = new Trial();
  assert.equal(trial.held(() => {
    throwsClass(pkg, 'BusyError', () => recovery.export(trial));
    return 5;
  }), 5);
  trial.free();
  if (!unwind) return;
  const tally = new pkg.Tally();
  thrown(() => tally.tear());
  throwsClass(pkg, 'PoisonedError', () => recovery.export(tally));
  recovery.clearPoison(tally);
  assert.equal(pkg.Tally.import(recovery.export(tally)).count(), 100);
  tally.free();
});

test('with calls in flight on several objects each promise rejects, and waiting calls are served', async () => {
  const [one, two] = [new Trial(), new Trial()];
  const ledger = new Ledger(1);
  one.add(1);
  two.add(2);
  const held = [one.add_in_turn(10, never), two.add_in_turn(20, never), ledger.add_later(30, never, false)].map(rejection);
  const waiting = [one.add_in_turn(100, undefined), two.add_in_turn(200, undefined), one.add_in_turn(1000, undefined)].map(settles);
  await turn();
  die();
  for (const error of await Promise.all(held)) assert.ok(error instanceof pkg.InstanceAbortedError, String(error));
  assert.deepEqual(await Promise.all(waiting), [101, 202, 1101], 'from the state before what failed, in order');
  assert.deepEqual([one.total, two.total, ledger.total], [1101, 202, 1]);
  die();
  assert.deepEqual([one.total, two.total, ledger.total], [1101, 202, 1]);
  for (const object of [one, two, ledger]) object.free();
});

test('restart() rejects calls under way and revives the objects', async () => {
  const [trial, ledger] = [new Trial(), new Ledger(1)];
  trial.add(1);
  const flying = rejection(ledger.add_later(1, never, false));
  const { epoch } = recovery.health();
  /** @type {any} */
  let inside;
  const error = thrown(() => trial.held(() => {
    void recovery.restart();
    inside = thrown(() => ledger.total);
    return 1;
  }));
  for (const one of [error, inside, await flying]) assert.ok(one instanceof pkg.InstanceAbortedError, String(one));
  assert.equal(recovery.health().epoch, epoch + 1);
  assert.deepEqual([trial.total, ledger.total], [1, 1]);
  await Promise.all([recovery.restart(), recovery.restart()]);
  assert.deepEqual([trial.add(1), ledger.add(1)], [4, 2]);
  trial.free();
  ledger.free();
});

test('past the restart limit no instance is entered, and restart() revives the objects', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  fresh.recovery.setRestartLimit({ restarts: 2, period: 100_000 });
  const ledger = new fresh.Ledger(1);
  ledger.add(1);
  /** @type {any[]} */
  const reports = [];
  fresh.recovery.onAbort((/** @type {any} */ report) => reports.push([report.restarted, report.revived]));
  for (let i = 0; i < 3; i += 1) isDeath(fresh, thrown(() => fresh.trap()));
  assert.deepEqual(reports, [[true, 1], [true, 1], [false, 0]]);
  for (const call of [() => ledger.add(1), () => ledger.total, () => new fresh.Ledger(1), () => fresh.Ledger.import(new Uint8Array(3))]) {
    throwsClass(fresh, 'RestartLimitError', call);
  }
  assert.ok(await rejection(ledger.add_later(1, undefined, false)) instanceof fresh.RestartLimitError);
  await fresh.recovery.restart();
  assert.equal(ledger.add(1), 3);
});

test('an object that `start` made has a record of its own instance', async () => {
  /** @type {any[]} */
  const made = [];
  Reflect.set(globalThis, 'persistStarted', (/** @type {any} */ ledger) => made.push(ledger));
  const { pkg: fresh } = await load('fixture-persist');
  const other = new fresh.Ledger(1000);
  for (let i = 0; i < 3; i += 1) isDeath(fresh, thrown(() => fresh.trap()));
  Reflect.deleteProperty(globalThis, 'persistStarted');
  assert.deepEqual(made.map((ledger) => ledger.total), [57, 57, 57, 57]);
  isDeath(fresh, thrown(() => fresh.trap()));
  assert.deepEqual(made.map((ledger) => ledger.add(1)), [58, 58, 58, 58]);
  assert.equal(other.total, 1000);
});

test('hooks and listeners are called in order', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  const ledger = new fresh.Ledger(1);
  /** @type {string[]} */
  const seen = [];
  fresh.recovery.onAbort(() => seen.push(`host ${fresh.told().length} ${ledger.total}`));
  isDeath(fresh, thrown(() => fresh.trap()));
  // Rust's hooks run first, before and after the revival; then the host's listeners.
  assert.deepEqual(seen, ['host 3 1']);
  assert.deepEqual(fresh.told().map((/** @type {string} */ text) => text.split(' ')[0]), ['start', 'aborted', 'revived']);
  isDeath(fresh, thrown(() => fresh.trap()));
  assert.deepEqual(fresh.told().map((/** @type {string} */ text) => text.split(' ').slice(0, 2).join(' ')), ['start', 'aborted 1', 'revived 2']);
});

test('a closure of a dead instance is stale while persistent objects live on', () => {
  const [count, ledger] = [pkg.counter(), new Ledger(1)];
  assert.equal(count(), 1);
  die();
  const fresh = pkg.counter();
  throwsClass(pkg, 'StaleHandleError', () => count());
  assert.deepEqual([fresh(), fresh(), ledger.add(1)], [1, 2, 2]);
  throwsClass(pkg, 'StaleHandleError', () => count());
  ledger.free();
});

test('bytes that nest deeper than the stack fail one call and harm no other object', () => {
  const short = new Chain(40);
  assert.equal(Chain.import(recovery.export(short)).length(), 40);
  const ledger = new Ledger(1);
  const links = new Uint8Array(2_000_002).fill(1).with(-1, 0);
  const hostile = sealed('Chain', 0, links);
  for (let i = 0; i < 3; i += 1) {
    const error = thrown(() => Chain.import(hostile));
    // Refused if there is room for the error, else the instance ends.
    assert.ok(error instanceof pkg.ImportError || error instanceof pkg.InstanceAbortedError, String(error));
    assert.deepEqual([ledger.add(1), short.length()], [2 + i, 40]);
  }
  ledger.free();
  short.free();
});

test('no unexpected failure surfaced', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
