// @ts-check
// recovery.upgrade(): a planned end that goes on in other code. The fixture is built three times: as it is, with
// other code, and as the next version, which migrates. Long because all of it is told of these builds, by the same few helpers.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { load, packageOf, prepare, unwind } from './load.mjs';
import { isDeath, thrown, throwsClass } from './support.mjs';
import { later, never, turn } from './support-async.mjs';
import { collectUntil } from './support-gc.mjs';

/** @type {string} */
let fails = '';
/** What JavaScript does when a build asks what is to fail. @type {() => void} */
let asks = () => {};
/** @type {() => unknown} */
let waits = () => 0;
Object.assign(globalThis, { upgradeFails() { asks(); return fails; }, upgradeWaits: () => waits(), upgradeTold() {} });

/** Where the module of a build is. @param {'other' | 'next'} [build] */
const pathOf = (build) => join(packageOf(build === undefined ? 'fixture-upgrade' : `fixture-upgrade-${build}`).dir, 'fixture_upgrade_bg.wasm');
/** @param {'other' | 'next'} [build] */
const moduleOf = (build) => new WebAssembly.Module(readFileSync(pathOf(build)));
const [first, other, next] = [moduleOf(), moduleOf('other'), moduleOf('next')];

/** What a promise rejects with; to compile takes its time. @param {Promise<unknown>} promise @returns {Promise<any>} */
async function rejection(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  assert.fail(`the promise was fulfilled with ${value}`);
}

/** A package with the first build. */
const fresh = async () => (await load('fixture-upgrade')).pkg;

/** The error of an upgrade that is refused; what was there goes on. @param {any} pkg @param {Promise<unknown>} upgrade */
async function refused(pkg, upgrade) {
  const error = await rejection(upgrade);
  assert.ok(error instanceof pkg.UpgradeError, `an UpgradeError, not ${error?.stack ?? error}`);
  assert.deepEqual([error.name, error.code, error.kind, error.fatal, error.retryable], ['UpgradeError', 'E_UPGRADE', 'upgrade', false, false]);
  assert.ok(pkg.RecoverError.fromJSON(JSON.parse(JSON.stringify(error))) instanceof pkg.UpgradeError);
  return error;
}

test('objects live on under their handles, in the other code', async () => {
  const pkg = await fresh();
  const { build, restarts } = pkg.recovery.health();
  const [room, draft, gone] = [new pkg.Room(), new pkg.Draft(), new pkg.Room()];
  gone.free();
  for (let number = 1; number <= 20; number += 1) assert.equal(room.edit(7, number), number);
  room.write('first');
  draft.write('a');
  const report = await pkg.recovery.upgrade(other);
  assert.equal(pkg.code(), 2);
  assert.deepEqual([room.edits(7), room.text(), draft.write('b')], [20, 'first', 'ab']);
  room.write('second');
  assert.equal(room.text(), 'SECOND');
  assert.equal(room.edit(7, 21), 21);
  const health = pkg.recovery.health();
  assert.notEqual(health.build, build);
  assert.deepEqual([report.build, report.previous, report.epoch, report.revived, report.stale, report.rejected], [health.build, build, 1, 2, 0, 0]);
  assert.deepEqual([health.epoch, health.restarts], [1, restarts + 1]);
  for (const time of [report.waited, report.duration]) assert.ok(time >= 0 && time < 60_000, String(time));
  // A trap has the new module go on, from the journal of its own calls.
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.deepEqual([pkg.code(), room.text(), room.edits(7)], [2, 'SECOND', 21]);
  assert.equal(throwsClass(pkg, 'StaleHandleError', () => gone.total()).epoch, undefined);
});

test('the hooks and listeners of an end hear of it, and no report is made', async () => {
  const pkg = await fresh();
  /** @type {any[]} */
  const ends = [];
  pkg.recovery.onAbort((/** @type {any} */ end) => ends.push(end));
  const room = new pkg.Room();
  await pkg.recovery.upgrade(other);
  assert.equal(pkg.hooks(), 11);
  assert.deepEqual(ends.map(({ epoch, export: name, cause, restarted, revived, lost }) => [epoch, name, cause, restarted, revived, lost]), [[0, undefined, undefined, true, 1, []]]);
  room.free();
});

test('a module is given as bytes, as a response, as an address or as a promise of one', async () => {
  const pkg = await fresh();
  const room = new pkg.Room();
  room.edit(1, 1);
  const path = pathOf('other');
  const bytes = readFileSync(path);
  for (const given of [
    bytes, bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), pathToFileURL(path), pathToFileURL(path).href,
    new Response(bytes, { headers: { 'Content-Type': 'application/wasm' } }), Promise.resolve(other),
  ]) {
    await pkg.recovery.upgrade(first);
    assert.equal(pkg.code(), 1);
    await pkg.recovery.upgrade(given);
    assert.deepEqual([pkg.code(), room.edits(1)], [2, 1]);
  }
  for (const given of [undefined, {}, 7]) assert.ok(await rejection(pkg.recovery.upgrade(given)) instanceof TypeError);
  const gone = await refused(pkg, pkg.recovery.upgrade(new Response('', { status: 404, statusText: 'Not Found' })));
  assert.match(gone.message, /404 Not Found/);
  const text = await refused(pkg, pkg.recovery.upgrade(new TextEncoder().encode('<!doctype html>')));
  assert.ok(text.cause instanceof WebAssembly.CompileError);
  assert.ok(await rejection(pkg.recovery.upgrade(other, { wait: -1 })) instanceof RangeError);
  assert.deepEqual([pkg.code(), room.edits(1)], [2, 1]);
});

test('a module of another face is refused before anything is touched', async () => {
  const pkg = await fresh();
  const [room, loose] = [new pkg.Room(), new pkg.Loose()];
  room.write('here');
  const held = pkg.later(new Promise((resolve) => { setTimeout(resolve, 20); }));
  const own = readFileSync(packageOf('fixture-persist').dir + '/fixture_persist_bg.wasm');
  assert.match((await refused(pkg, pkg.recovery.upgrade(own))).message, /cargo recover built with the feature `durable`/);
  // The same module, whose face says that it needs something else.
  const changed = readFileSync(pathOf('other'));
  const at = changed.indexOf('recover_face');
  const line = changed.indexOf('\n', at) + 1;
  changed.write(changed.toString('latin1', line, line + 8) === '00000000' ? '11111111' : '00000000', line, 'latin1');
  assert.match((await refused(pkg, pkg.recovery.upgrade(changed))).message, /another face.*load the new package as a whole/);
  assert.equal(pkg.recovery.health().epoch, 0);
  assert.deepEqual([loose.add(), room.text(), await held], [1, 'here', 1]);
  // What the first build does not need, the others may do without.
  await pkg.recovery.upgrade(next);
  assert.equal(pkg.code(), 3);
});

test('a build in which nothing can fail goes on as one in which calls do, and back', async () => {
  const { pkg } = await load('fixture-dial');
  const [fails, plain] = ['fixture-dial-fails', 'fixture-dial'].map((name) => new WebAssembly.Module(readFileSync(join(packageOf(name).dir, 'fixture_dial_bg.wasm'))));
  const [dial, high] = [new pkg.Dial(), new pkg.Dial()];
  dial.set(12);
  await pkg.recovery.upgrade(fails);
  assert.equal(dial.at(), 12);
  if (unwind) throwsClass(pkg, 'PanicError', () => dial.set(10));
  else isDeath(pkg, thrown(() => dial.set(10)));
  await pkg.recovery.upgrade(plain);
  high.set(9);
  await pkg.recovery.upgrade(fails);
  if (unwind) assert.match(throwsClass(pkg, 'PanicError', () => high.free()).message, /a dial at 9 is not to be dropped/);
  await pkg.recovery.upgrade(plain);
  assert.equal(new pkg.Dial().at(), 0);
});

test('a new version number of the crate is no other face', async () => {
  const pkg = await fresh();
  const room = new pkg.Room();
  room.edit(1, 1);
  const bytes = readFileSync(pathOf('other'));
  const text = bytes.toString('latin1');
  // The module imports by the name of the folder, which has a hash of the version.
  const folders = [...text.matchAll(/snippets\/recover-runtime-([0-9a-f]{16})\//g)];
  assert.ok(folders.length > 0);
  for (const { index } of folders) bytes.write('0123456789abcdef', index + 'snippets/recover-runtime-'.length, 'latin1');
  await pkg.recovery.upgrade(bytes);
  assert.deepEqual([pkg.code(), room.edits(1)], [2, 1]);
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.deepEqual([pkg.code(), room.edits(1)], [2, 1]);
  await pkg.recovery.upgrade(first);
  assert.equal(pkg.code(), 1);
});

test('asynchronous calls may end, later ones wait in their order, synchronous ones are made in the old code', async () => {
  const pkg = await fresh();
  const room = new pkg.Room();
  const ready = later();
  const under = room.write_later('done', ready.promise);
  const alone = pkg.later(ready.promise);
  await turn();
  const upgraded = pkg.recovery.upgrade(other);
  await turn();
  await turn();
  /** @type {string[]} */
  const order = [];
  const waiting = ['a', 'b', 'c'].map(async (name) => {
    const code = await (name === 'b' ? pkg.later(Promise.resolve()) : room.write_in_turn(name, Promise.resolve()));
    order.push(name);
    return code;
  });
  assert.equal(pkg.code(), 1);
  await turn();
  assert.deepEqual(order, []);
  ready.resolve();
  assert.deepEqual(await Promise.all([under, alone]), [1, 1]);
  assert.equal((await upgraded).rejected, 0);
  assert.deepEqual(await Promise.all(waiting), [2, 2, 2]);
  assert.equal(room.text(), 'doneac');
});

test('what is not done in time rejects as retryable, and its objects are as before the call', async () => {
  const pkg = await fresh();
  const [room, torn, eaten] = [new pkg.Room(), new pkg.Room(), new pkg.Room()];
  for (const each of [room, torn, eaten]) {
    each.write('before');
    each.edit(1, 1);
  }
  if (unwind) {
    throwsClass(pkg, 'PanicError', () => torn.tear());
    throwsClass(pkg, 'PoisonedError', () => torn.text());
  }
  const calls = [room.write_later('never', never), pkg.later(never)].map(rejection);
  await turn();
  const report = await pkg.recovery.upgrade(other, { wait: 30 });
  assert.equal(report.rejected, 2);
  assert.ok(report.waited >= 25 && report.waited < 3000, String(report.waited));
  for (const error of await Promise.all(calls)) {
    assert.ok(error instanceof pkg.InstanceAbortedError, String(error));
    assert.equal(error.retryable, true);
  }
  for (const each of [room, torn, eaten]) assert.deepEqual([each.text(), each.edits(1)], ['before', 1]);
  assert.equal(await room.write_later('again', Promise.resolve()), 2);
  assert.equal((await pkg.recovery.upgrade(first, { wait: 0 })).rejected, 0);
});

test('of an object that a call holds which is given up, the record goes on, also where the call only reads it', async () => {
  const pkg = await fresh();
  const [board, bare] = [new pkg.Board(), new pkg.Board()];
  board.mark();
  const calls = [board, bare].map((each) => rejection(each.mark_for_a_while(never)));
  await turn();
  assert.equal((await pkg.recovery.upgrade(other, { wait: 10 })).rejected, 2);
  for (const error of await Promise.all(calls)) assert.equal(error.retryable, true);
  assert.deepEqual([pkg.code(), board.marks(), bare.marks(), board.mark()], [2, 1, 0, 2]);
});

test('a call that is suspended is one of them', { skip: typeof (/** @type {any} */ (WebAssembly).promising) !== 'function' && 'this engine suspends nothing' }, async () => {
  const pkg = await fresh();
  const [ready, lost] = [later(), later()];
  waits = () => ready.promise;
  const done = pkg.suspended();
  await turn();
  const upgraded = pkg.recovery.upgrade(other);
  await turn();
  ready.resolve(4);
  assert.equal(await done, 41);
  await upgraded;
  waits = () => lost.promise;
  const cut = rejection(pkg.suspended());
  await turn();
  assert.equal((await pkg.recovery.upgrade(first, { wait: 10 })).rejected, 1);
  assert.ok(await cut instanceof pkg.InstanceAbortedError);
  waits = () => 5;
  lost.resolve(1);
  assert.equal(await pkg.suspended(), 51);
});

test('objects that do not persist are stale, and the report tells how many', async () => {
  const pkg = await fresh();
  const [freed, ...kept] = Array.from({ length: 6 }, () => new pkg.Loose());
  freed.free();
  pkg.loosen([kept.pop()]);
  (() => { for (let i = 0; i < 50; i += 1) new pkg.Loose(); })();
  await collectUntil(() => false);
  assert.equal((await pkg.recovery.upgrade(other)).stale, 4);
  // One of them is in a list, before the class had an object in the new code.
  throwsClass(pkg, 'StaleHandleError', () => pkg.loosen([kept[0]]));
  for (const each of kept) throwsClass(pkg, 'StaleHandleError', () => each.add());
  const loose = new pkg.Loose();
  assert.equal(loose.add(), 1);
  assert.equal(pkg.loosen([loose]), 1);
  assert.equal((await pkg.recovery.upgrade(first)).stale, 0);
});

test('objects are arguments in the other code, before its class has another', async () => {
  const pkg = await fresh();
  const [room, one, two, three] = [0, 1, 2, 3].map(() => new pkg.Room());
  [one, two, three].forEach((each, client) => each.edit(client, 1));
  await pkg.recovery.upgrade(other);
  assert.equal(room.absorb_all([one, two]), 2);
  assert.equal(room.absorb(three), 3);
  throwsClass(pkg, 'StaleHandleError', () => two.total());
  await pkg.recovery.upgrade(first);
  assert.equal(room.total(), 3);
});

test('a state that can\'t be written refuses the upgrade, with nothing lost', async () => {
  const pkg = await fresh();
  const [room, sealed, loose] = [new pkg.Room(), new pkg.Sealed(), new pkg.Loose()];
  room.write('here');
  assert.equal(sealed.seal(true), 1);
  const error = await refused(pkg, pkg.recovery.upgrade(other));
  assert.deepEqual([error.class, pkg.code(), pkg.recovery.health().epoch], ['Sealed', 1, 0]);
  assert.match(error.message, /Sealed can't be written/);
  assert.deepEqual([room.text(), loose.add(), sealed.seal(false)], ['here', 1, 2]);
  await pkg.recovery.upgrade(other);
  assert.deepEqual([pkg.code(), sealed.seal(false), room.text()], [2, 3, 'here']);
});

for (const [how, build, says] of /** @type {const} */ ([
  ['read-error', 'other', /refuses the state of a Draft/],
  ['read-panic', 'other', /refuses the state of a Draft/],
  ['read-trap', 'other', /refuses the state of a Draft/],
  ['start-panic', 'other', /ended while it started/],
  ['start-trap', 'other', /ended while it started/],
  ['hook-trap', 'other', /ended while it started/],
])) {
  test(`the old module goes on if the new one fails: ${how}`, async () => {
    const pkg = await fresh();
    // One that counts each end would refuse the next.
    pkg.recovery.setRestartLimit({ restarts: 0, period: 100_000 });
    const [room, draft, second] = [new pkg.Room(), new pkg.Draft(), new pkg.Draft()];
    room.edit(3, 1);
    room.write('kept');
    draft.write('a');
    second.write('b');
    const { build: id } = pkg.recovery.health();
    fails = how;
    try {
      const error = await refused(pkg, pkg.recovery.upgrade(moduleOf(build)));
      assert.match(error.message, says);
      assert.match(error.message, /the old module goes on/);
      assert.equal(error.class, how.startsWith('read') ? 'Draft' : undefined);
      assert.notEqual(error.cause, undefined);
    } finally {
      fails = '';
    }
    assert.deepEqual([pkg.code(), pkg.recovery.health().build], [1, id]);
    assert.deepEqual([room.edits(3), room.text(), draft.write('!'), second.write('!')], [1, 'kept', 'a!', 'b!']);
    room.write('on');
    await pkg.recovery.upgrade(other);
    assert.deepEqual([pkg.code(), room.text(), draft.write('?')], [2, 'on', 'a!?']);
  });
}

test('states are migrated, and a migration that fails goes back', async () => {
  const pkg = await fresh();
  const [room, bad] = [new pkg.Room(), new pkg.Room()];
  room.edit(1, 1);
  room.write('old');
  bad.write("can't migrate");
  const error = await refused(pkg, pkg.recovery.upgrade(next));
  assert.equal(error.class, 'Room');
  assert.match(error.cause.message, /no next version/);
  assert.deepEqual([pkg.code(), room.text(), room.migrated(), bad.text()], [1, 'old', 0, "can't migrate"]);
  bad.write('can');
  fails = 'once';
  await pkg.recovery.upgrade(next);
  assert.deepEqual([pkg.code(), room.text(), room.migrated(), bad.text(), room.edits(1)], [3, 'old', 4, 'can', 1]);
  // A migration may find something else the next time: what it gave is kept from the first call on.
  room.edit(1, 2);
  fails = 'not again';
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.deepEqual([pkg.code(), room.migrated(), room.edits(1)], [3, 4, 2]);
  fails = '';
  // Older code does not read what newer code wrote.
  const back = await refused(pkg, pkg.recovery.upgrade(first));
  assert.equal(back.class, 'Room');
  assert.deepEqual([pkg.code(), room.text(), room.migrated()], [3, 'old', 4]);
});

test('what JavaScript does while other code is on trial is undone if that is refused', async () => {
  const [pkg, store] = [await fresh(), await storeOf()];
  const kept = await pkg.Room.open(store, 'kept', { create: () => new pkg.Room() });
  const [room, draft, asking, bad] = [new pkg.Room(), new pkg.Draft(), new pkg.Room(), new pkg.Room()];
  await kept.edit(5, 1);
  room.edit(1, 1);
  draft.write('a');
  bad.write("can't migrate");
  /** @type {any[]} */
  const [made, answers] = [[], []];
  let isAsked = false;
  // The first migration asks, and those of what it uses do.
  asks = () => {
    if (isAsked || made.length !== 0) return;
    isAsked = true;
    try {
      if (pkg.code() !== 3) return;
      try {
        answers.push(room.edit(1, 2));
      } catch {
        // The start asks, too: no object is there yet.
        return;
      }
      draft.write('b');
      made.push(new pkg.Room());
      answers.push(made[0].edit(1, 1), kept.edit(5, 2));
    } finally {
      isAsked = false;
    }
  };
  const error = await refused(pkg, pkg.recovery.upgrade(next)).finally(() => { asks = () => {}; });
  assert.equal(error.class, 'Room', error.message);
  assert.deepEqual([pkg.code(), made.length, answers.slice(0, 2)], [1, 1, [2, 1]]);
  assert.deepEqual([room.edits(1), draft.write('!'), asking.total(), bad.text()], [1, 'a!', 0, "can't migrate"]);
  throwsClass(pkg, 'StaleHandleError', () => made[0].edits(1));
  // One on an object that is in a store waits, and is made by the old code.
  assert.equal(await answers[2], 2);
  assert.deepEqual([room.edit(1, 2), await kept.edit(5, 3)], [2, 3]);
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.deepEqual([room.edits(1), await kept.edits(5)], [2, 3]);
  store.crash();
  await kept.close().catch(() => {});
  assert.equal(await (await (await fresh()).Room.open(store, 'kept')).edits(5), 3);
});

test('what JavaScript does while other code is on trial stays if that is kept, and no migration is made twice', async () => {
  const pkg = await fresh();
  const [asking, room] = [new pkg.Room(), new pkg.Room()];
  asking.edit(1, 1);
  room.edit(1, 1);
  let isAsked = false;
  // The room is migrated before its turn, for the migration of the other one.
  asks = () => {
    if (isAsked) return;
    isAsked = true;
    try {
      if (pkg.code() === 3) assert.equal(room.edit(1, 2), 2);
    } catch {
      // The start asks, too.
      isAsked = false;
    }
  };
  fails = 'once';
  await pkg.recovery.upgrade(next).finally(() => { asks = () => {}; });
  assert.deepEqual([pkg.code(), isAsked, room.edits(1), room.migrated()], [3, true, 2, 4]);
  room.edit(1, 3);
  fails = 'not again';
  isDeath(pkg, thrown(() => pkg.trap()));
  assert.deepEqual([room.edits(1), room.migrated()], [3, 4]);
  fails = '';
});

test('a module two of whose methods have one name in a journal is refused', async () => {
  const [pkg, store] = [await fresh(), await storeOf()];
  const room = await pkg.Room.open(store, 'a', { create: () => new pkg.Room() });
  await room.edit(1, 1);
  // The same module, but for the name of a method.
  const text = readFileSync(pathOf('other')).toString('latin1');
  assert.ok(text.includes('room::Room::tear'));
  const bytes = Buffer.from(text.replaceAll('room::Room::tear', 'room::Room::edit'), 'latin1');
  const error = await refused(pkg, pkg.recovery.upgrade(bytes));
  assert.match(error.message, /can have no journal in a store: two methods would have one name in a journal: fixture_upgrade::room::Room::edit and fixture_upgrade::room::Room::edit; the old module goes on/);
  assert.deepEqual([pkg.code(), await room.edit(1, 2)], [1, 2]);
  await room.close();
  assert.equal(await (await (await fresh()).Room.open(store, 'a')).edits(1), 2);
});

test('two at once come one after the other', async () => {
  const pkg = await fresh();
  const room = new pkg.Room();
  room.edit(1, 1);
  const upgrades = [other, first, next].map((module) => pkg.recovery.upgrade(module));
  const reports = await Promise.all(upgrades);
  assert.deepEqual(reports.map(({ epoch }) => epoch), [1, 2, 3]);
  assert.deepEqual([pkg.code(), room.edits(1)], [3, 1]);
  // The second does not wait for calls, but for the first, which does.
  const ready = later();
  const under = pkg.later(ready.promise);
  const both = [pkg.recovery.upgrade(next), pkg.recovery.upgrade(next, { wait: 0 })];
  setTimeout(() => ready.resolve(), 30);
  assert.equal(await under, 3);
  assert.deepEqual((await Promise.all(both)).map(({ epoch, rejected }) => [epoch, rejected]), [[4, 0], [5, 0]]);
  // One that is refused holds none up.
  room.edit(1, 2);
  const [bad, good] = [refused(pkg, pkg.recovery.upgrade(first)), pkg.recovery.upgrade(next)];
  await bad;
  assert.equal((await good).epoch, 8);
});

test('from within a call it waits until that has ended', async () => {
  const pkg = await fresh();
  const room = new pkg.Room();
  room.write('x');
  /** @type {Promise<any> | undefined} */
  let upgraded;
  assert.equal(pkg.call(() => { upgraded = pkg.recovery.upgrade(other); }), 1);
  await upgraded;
  assert.deepEqual([pkg.code(), room.text()], [2, 'x']);
});

test('an instance that ends or is given up meanwhile changes nothing', async () => {
  const pkg = await fresh();
  const room = new pkg.Room();
  room.edit(1, 1);
  const cut = rejection(pkg.later(never));
  const upgraded = pkg.recovery.upgrade(other);
  await turn();
  await turn();
  isDeath(pkg, thrown(() => pkg.trap()));
  await upgraded;
  assert.ok(await cut instanceof pkg.InstanceAbortedError);
  assert.deepEqual([pkg.code(), room.edits(1)], [2, 1]);
  pkg.later(never).catch(() => {});
  const again = pkg.recovery.upgrade(first);
  await turn();
  await turn();
  pkg.recovery.dispose();
  await again;
  assert.equal(pkg.recovery.health().memoryBytes, 0);
  assert.deepEqual([room.edits(1), pkg.code()], [1, 1]);
  // One that was given up before has nothing under way.
  pkg.recovery.dispose();
  await pkg.recovery.upgrade(other);
  assert.deepEqual([room.edits(1), pkg.code()], [1, 2]);
});

test('before the package is loaded there is nothing to upgrade', async () => {
  const { pkg, init } = await prepare('fixture-upgrade');
  assert.equal((await rejection(pkg.recovery.upgrade(other))).code, 'E_NOT_LOADED');
  init();
  await pkg.recovery.upgrade(other);
  assert.equal(pkg.code(), 2);
});

test('a crash loop of the old code is left by an upgrade', async () => {
  const pkg = await fresh();
  const room = new pkg.Room();
  room.edit(1, 1);
  for (const [restarts, next] of /** @type {const} */ ([[0, other], [1, first], [3, other]])) {
    pkg.recovery.setRestartLimit({ restarts, period: 100_000 });
    for (let time = 0; time <= restarts; time += 1) isDeath(pkg, thrown(() => pkg.trap()));
    throwsClass(pkg, 'RestartLimitError', () => room.edits(1));
    await pkg.recovery.upgrade(next);
    assert.deepEqual([pkg.code(), room.edits(1)], [next === first ? 1 : 2, 1]);
  }
  // The limit is there for the new code.
  for (let time = 0; time <= 3; time += 1) isDeath(pkg, thrown(() => pkg.trap()));
  throwsClass(pkg, 'RestartLimitError', () => room.edits(1));
});

test('after many upgrades no instance but the last is held', async () => {
  const { pkg, init } = await prepare('fixture-upgrade');
  let [made, collected] = [0, 0];
  const registry = new FinalizationRegistry(() => { collected += 1; });
  init();
  const room = new pkg.Room();
  for (let i = 1; i <= 40; i += 1) {
    made += 1;
    registry.register(init().memory, undefined);
    assert.equal(room.edit(1, i), i);
    if (unwind) throwsClass(pkg, 'PanicError', () => pkg.fail());
    await pkg.recovery.upgrade(i % 2 === 0 ? first : other);
  }
  await collectUntil(() => collected >= made - 1);
  assert.ok(collected >= made - 1, `${collected} of ${made}`);
  assert.equal(room.edits(1), 40);
});

/** The store that comes with the package. */
const storeOf = async () => new (await import(pathToFileURL(join(packageOf('fixture-upgrade').dir, 'stores/memory.js')).href)).MemoryStore();

/** A package with another build from the beginning. @param {WebAssembly.Module} module */
async function begun(module) {
  const { pkg } = await prepare('fixture-upgrade');
  pkg.initSync({ module });
  return pkg;
}

test('objects that are being closed meanwhile are in their store, whole', async (t) => {
  const { DirectoryStore } = await import(pathToFileURL(join(packageOf('fixture-upgrade').dir, 'stores/directory.js')).href);
  const path = mkdtempSync(join(tmpdir(), 'recover-upgrade-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  const pkg = await fresh();
  const rooms = await Promise.all(Array.from({ length: 20 }, (_, n) => pkg.Room.open(new DirectoryStore(path), `${n}`, { create: () => new pkg.Room() })));
  for (const room of rooms) await room.edit(1, 1);
  const closed = rooms.map((room) => room.close());
  await pkg.recovery.upgrade(other);
  await Promise.all(closed);
  await turn();
  for (const n of rooms.keys()) {
    const room = await pkg.Room.open(new DirectoryStore(path), `${n}`);
    assert.equal(await room.edits(1), 1);
    await room.close();
  }
});

test('of an upgrade that is refused, what became of its promise is nobody\'s error', async () => {
  const pkg = await fresh();
  /** @type {unknown[]} */
  const unhandled = [];
  const note = (/** @type {unknown} */ reason) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  assert.ok(await rejection(pkg.recovery.upgrade(Promise.reject(new Error('the fetch failed')), { wait: -1 })) instanceof RangeError);
  await new Promise((resolve) => { setTimeout(resolve, 10); });
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
  assert.equal((await rejection(pkg.recovery.upgrade(Promise.reject(new Error('the fetch failed'))))).message, 'the fetch failed');
});

test('what is in a store goes on, and is never replayed by other code than made it', async () => {
  const [pkg, store] = [await fresh(), await storeOf()];
  const room = await pkg.Room.open(store, 'a', { create: () => new pkg.Room() });
  await room.edit(1, 1);
  await room.write('first');
  const { sequence } = room;
  // Nothing is awaited before the upgrade: these answers come behind it.
  const answers = [room.edit(1, 2), room.edit(2, 1)];
  await pkg.recovery.upgrade(other);
  assert.deepEqual(await Promise.all(answers), [2, 1]);
  assert.equal(await room.text(), 'first');
  assert.ok(room.sequence >= sequence);
  await turn();
  // The other code would write it in capitals, if it made the call again.
  store.crash();
  const again = await begun(other);
  const there = await again.Room.open(store, 'a');
  assert.deepEqual([again.code(), await there.text(), await there.edits(1), await there.edits(2)], [2, 'first', 2, 1]);
  await there.write('second');
  assert.deepEqual([await there.edit(1, 3), await there.text()], [3, 'SECOND']);
  // What the other code journaled is made again by it, and by it alone.
  store.crash();
  const third = await begun(other);
  const same = await third.Room.open(store, 'a');
  assert.deepEqual([await same.text(), await same.edits(1)], ['SECOND', 3]);
  fails = 'there';
  await third.recovery.upgrade(next);
  fails = '';
  assert.deepEqual([await same.text(), await same.edits(1), await same.edit(1, 4), await same.migrated()], ['SECOND', 3, 4, 5]);
  await same.close();
  const last = await (await begun(next)).Room.open(store, 'a');
  assert.deepEqual([await last.text(), await last.edits(1), await last.migrated()], ['SECOND', 4, 5]);
});

test('an upgrade that is refused leaves what is in a store, and calls go on', async () => {
  const [pkg, store] = [await fresh(), await storeOf()];
  const room = await pkg.Room.open(store, 'a', { create: () => new pkg.Room() });
  const draft = new pkg.Draft();
  draft.write('x');
  await room.edit(1, 1);
  fails = 'read-error';
  const answer = room.edit(1, 2);
  await refused(pkg, pkg.recovery.upgrade(other)).finally(() => { fails = ''; });
  assert.deepEqual([await answer, await room.edit(1, 3), pkg.code()], [2, 3, 1]);
  await room.close();
  const again = await fresh();
  assert.equal(await (await again.Room.open(store, 'a')).edits(1), 3);
});

test('a call that waits for an upgrade, and whose object is given up meanwhile, hears why', async () => {
  const [pkg, store] = [await fresh(), await storeOf()];
  const room = await pkg.Room.open(store, 'a', { create: () => new pkg.Room() });
  await room.edit(1, 1);
  const holds = rejection(pkg.later(never));
  const upgrade = pkg.recovery.upgrade(other, { wait: 50 });
  await turn();
  const written = rejection(room.write_later('text', Promise.resolve()));
  store.take('a');
  await upgrade;
  await holds;
  assert.ok(await written instanceof pkg.LeaseError, `a LeaseError, not ${await written}`);
  assert.deepEqual([await room.edits(1), await room.text()], [1, '']);
});
