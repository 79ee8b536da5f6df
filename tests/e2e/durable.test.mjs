// @ts-check
// Objects that are in a store: each promise of `open` is broken here if it does not hold. The store is the one for tests, which
// says when a write happens and tears it as a crash does, and SQLite; what the others do is in tests/durable/stores.
//
// Long because every promise of `open` has its test here, over the same few helpers.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, packageOf, unwind } from './load.mjs';
import { thrown } from './support.mjs';
import { collect } from './support-gc.mjs';
import { MemoryStore } from '../../recover-runtime/js/stores/memory.js';
import { readPiece } from '../../recover-runtime/js/chunks.js';
import { change, random, resealed } from '../../recover-runtime/js/chunks.changes.mjs';

/** A copy of the package, as another process has it. */
async function fresh() {
  const { pkg } = await load('fixture-durable');
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  // Whose store has crashed can't be closed well.
  pkg.recovery.onPanic(() => {});
  return pkg;
}

const create = (/** @type {any} */ pkg) => () => new pkg.Room('the room');

/** A store whose writes wait for each other in the hand of a test. */
function held() {
  /** @type {{ op: string, at: number, bytes: Uint8Array, go: () => void, fail: (error: unknown) => void }[]} */
  const writes = [];
  let holds = false;
  const store = new MemoryStore({
    hook: ({ op, at, bytes, when }) => {
      if (!holds || when !== 'before') return undefined;
      return new Promise((/** @type {(value?: unknown) => void} */ go, fail) => writes.push({ op, at, bytes, go, fail }));
    },
  });
  /** The next write, which waits. */
  const next = async () => {
    for (let turns = 0; writes.length === 0; turns += 1) {
      assert.ok(turns < 1000, 'a write is under way');
      await new Promise((turn) => setTimeout(turn, 1));
    }
    return /** @type {(typeof writes)[number]} */ (writes.shift());
  };
  return { store, writes, next, hold: (/** @type {boolean} */ on = true) => { holds = on; } };
}

/** Runs what is due. */
const turn = () => new Promise((done) => setTimeout(done, 5));

/** What a promise is now. @param {Promise<unknown>} promise */
async function stateOf(promise) {
  let state = 'pending';
  promise.then(() => { state = 'fulfilled'; }, () => { state = 'rejected'; });
  await turn();
  return state;
}

/** @param {Promise<unknown>} promise @param {any} pkg @param {string} name @returns {Promise<any>} */
async function rejects(promise, pkg, name) {
  const error = await promise.then((value) => assert.fail(`it gave ${String(value)}`), (/** @type {any} */ reason) => reason);
  assert.ok(error instanceof pkg[name], `a ${name}, not ${error?.stack ?? error}`);
  assert.equal(error.name, name);
  return error;
}

/** What another process finds. @param {any} store @param {string} [name] */
async function found(store, name = 'a') {
  const pkg = await fresh();
  const room = await pkg.Room.open(store, name);
  const all = await room.all();
  await room.close();
  return all;
}

test('what was answered is there in another process, and so is what an Err changed', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  assert.deepEqual([await room.say('one'), await room.say('two')], [1, 2]);
  await assert.rejects(room.refuse('three'), /no three/);
  await room.say_bytes(Uint8Array.of(1, 2));
  assert.equal(room.sequence, 4);
  assert.equal(room.name, 'a');
  assert.equal(await room.title, 'the room');
  store.crash();
  const other = await fresh();
  const again = await other.Room.open(store, 'a', { create: () => assert.fail('it is there') });
  assert.deepEqual(await again.all(), ['one', 'two', 'refused three', '[1, 2]']);
  assert.deepEqual([again.sequence, await again.title], [4, 'the room']);
  assert.equal(await again.say('five'), 5);
});

test('a call is answered when it is in the store, and so is one that shows what it did', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  hold();
  const said = room.say('one');
  const seen = room.all();
  const refused = room.refuse('two').catch((/** @type {unknown} */ error) => error);
  const write = await next();
  assert.deepEqual([await stateOf(said), await stateOf(seen), await stateOf(refused)], ['pending', 'pending', 'pending']);
  store.crash();
  assert.deepEqual(await found(store), [], 'it was not answered');
  write.go();
  await Promise.allSettled([said, seen]);
});

test('calls of one tick are one write, and those that come during a write are the next', async () => {
  const [{ store, hold, next, writes }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  hold();
  const first = [room.say('one'), room.say('two'), room.say('three')];
  const write = await next();
  assert.deepEqual(readPiece(write.bytes).calls.length, 3);
  const second = [room.say('four'), room.say('five')];
  await turn();
  assert.equal(writes.length, 0, 'one write at a time');
  write.go();
  assert.deepEqual(await Promise.all(first), [1, 2, 3]);
  const other = await next();
  assert.deepEqual([readPiece(other.bytes).calls.length, await stateOf(/** @type {any} */ (second[0]))], [2, 'pending']);
  other.go();
  assert.deepEqual(await Promise.all(second), [4, 5]);
});

test('who asks for `journaled` is answered at once, for one call or for all', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  hold();
  assert.equal(await room.with({ acknowledge: 'journaled' }).say('one'), 1);
  const said = room.say('two');
  const write = await next();
  assert.equal(await stateOf(said), 'pending');
  hold(false);
  write.go();
  await said;
  await room.close();
  const quick = await pkg.Room.open(store, 'a', { acknowledge: 'journaled' });
  hold();
  assert.equal(await quick.say('three'), 3);
  assert.equal(await stateOf(quick.with({ acknowledge: 'durable' }).say('four')), 'pending');
});

test('a torn last write is as none, and the object goes on behind it', async () => {
  const pkg = await fresh();
  // The write is in the cache of the system when the machine stops, and half of it gets to the disk.
  let [stop, stops] = [() => {}, false];
  const torn = new MemoryStore({ hook: ({ op, when }) => (op === 'append' && when === 'written' && stops ? new Promise(() => stop()) : undefined) });
  const stopped = new Promise((done) => { stop = () => done(undefined); });
  const other = await pkg.Room.open(torn, 'a', { create: create(pkg) });
  await other.say('one');
  stops = true;
  const lost = other.say('two');
  lost.catch(() => {});
  await stopped;
  torn.crash((write) => write.bytes.length >> 1);
  stops = false;
  const third = await fresh();
  const again = await third.Room.open(torn, 'a');
  assert.deepEqual(await again.all(), ['one']);
  assert.equal(await again.say('three'), 2);
  torn.crash();
  assert.deepEqual(await found(torn), ['one', 'three']);
});

/** A store with what another one has, changed. @param {MemoryStore} store @param {(contents: any) => void} change */
function changed(store, change) {
  return {
    async open(/** @type {string} */ name) {
      const stored = /** @type {any} */ (await store.open(name));
      return { ...stored, async read() {
        const contents = await stored.read();
        change(contents);
        return contents;
      } };
    },
  };
}

test('a damaged chunk that was durable is refused by its number, and nothing is written', async () => {
  /** @type {string[]} */
  const written = [];
  const store = new MemoryStore({ hook: ({ op, when }) => { if (when === 'before') written.push(op); } });
  const pkg = await fresh();
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  for (const line of ['one', 'two', 'three']) await room.say(line);
  store.crash();
  written.length = 0;
  const damage = (/** @type {(contents: any) => void} */ how) => rejects(pkg2.Room.open(changed(store, how), 'a', { create: create(pkg2) }), pkg2, 'ImportError');
  const pkg2 = await fresh();
  const flipped = await damage(({ chunks }) => { chunks.find((/** @type {any} */ { at }) => at === 1).bytes[70] ^= 1; });
  assert.match(flipped.message, /^these bytes are no Room: chunk 1 is damaged: it was changed: its checksum is wrong; it was durable before chunk 2 was written$/);
  const missing = await damage((contents) => { contents.chunks = contents.chunks.filter((/** @type {any} */ { at }) => at !== 1); });
  assert.match(missing.message, /chunk 1 is damaged: it is missing/);
  assert.match((await damage((contents) => { contents.snapshots = []; })).message, /there is no whole snapshot/);
  assert.deepEqual(written, []);
  assert.deepEqual(await found(store), ['one', 'two', 'three'], 'it was the reading that was damaged');
});

test('when a write fails, all who wait for it hear of it, and the object goes on as the store has it', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  await room.say('one');
  hold();
  const waiting = [room.say('two'), room.all()];
  const write = await next();
  const later = room.say('three');
  const broken = new Error('the disk is full');
  hold(false);
  write.fail(broken);
  const errors = await Promise.all([...waiting, later].map((one) => rejects(one, pkg, 'StoreError')));
  for (const error of errors) {
    assert.deepEqual([error.code, error.kind, error.class, error.object, error.fatal], ['E_STORE', 'store', 'Room', 'a', false]);
    assert.ok(error instanceof pkg.RecoverError);
    assert.equal(pkg.RecoverError.fromJSON(JSON.parse(JSON.stringify(error))).name, 'StoreError');
  }
  // The store for tests says that nothing was written when a hook fails before.
  assert.equal(errors[0].cause.cause, broken);
  assert.equal(errors[0].retryable, true);
  assert.deepEqual(await room.all(), ['one']);
  assert.equal(await room.say('four'), 2);
  store.crash();
  assert.deepEqual(await found(store), ['one', 'four']);
});

test('a failed write whose outcome is not known is not to be made again', async () => {
  let fails = false;
  const store = new MemoryStore({ hook: ({ op, when }) => { if (fails && op === 'append' && when === 'synced') throw new Error('no answer'); } });
  const pkg = await fresh();
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  fails = true;
  const error = await rejects(room.say('one'), pkg, 'StoreError');
  assert.equal(error.retryable, false);
  assert.equal(error.cause.message, 'no answer');
  fails = false;
  // This one got there.
  assert.deepEqual(await room.all(), ['one']);
});

test('who loses the lease writes nothing more, and says so', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  await room.say('one');
  hold();
  const said = room.say('two');
  const write = await next();
  store.take('a');
  const error = await rejects(said, pkg, 'LeaseError');
  assert.deepEqual([error.code, error.kind, error.retryable, error instanceof pkg.StoreError], ['E_LEASE', 'lease', false, true]);
  hold(false);
  write.go();
  const other = await fresh();
  const theirs = await other.Room.open(store, 'a');
  assert.deepEqual(await theirs.all(), ['one']);
  await theirs.say('theirs');
  const refused = await rejects(room.say('three'), pkg, 'LeaseError');
  assert.match(refused.message, /somebody else has its lease/);
  await theirs.close();
  // They have given it up: it goes on as they left it.
  assert.deepEqual(await room.all(), ['one', 'theirs']);
});

test('the state is written behind the answers, and what it replaces is dropped', async () => {
  /** @type {string[]} */
  const written = [];
  const store = new MemoryStore({ hook: ({ op, at, when }) => { if (when === 'before') written.push(`${op} ${at}`); } });
  const pkg = await fresh();
  const room = await pkg.Room.open(store, 'a', { create: create(pkg), snapshotAfter: 400 });
  for (let each = 0; each < 12; each += 1) await room.say(`line ${each}`);
  assert.deepEqual(written.slice(0, 2), ['snapshot 0', 'append 0']);
  const at = written.findIndex((write) => write.startsWith('snapshot') && write !== 'snapshot 0');
  assert.ok(at > 2, written.join());
  const number = Number(written[at]?.split(' ')[1]);
  assert.deepEqual(written.slice(at - 1, at + 2), [`append ${number - 1}`, `snapshot ${number}`, `drop ${number}`]);
  await room.close();
  const { snapshots, chunks } = /** @type {any} */ (await store.open('a')).read();
  assert.deepEqual([snapshots.length, chunks.length], [1, 0], 'closing writes the state');
  store.crash();
  assert.equal((await found(store)).length, 12);
});

test('a state that can not be written leaves the journal, and the calls go on', async () => {
  let fails = false;
  const store = new MemoryStore({ hook: ({ op, when }) => { if (fails && op === 'snapshot' && when === 'before') throw new Error('too large'); } });
  const pkg = await fresh();
  /** @type {any[]} */
  const reported = [];
  pkg.recovery.onPanic((/** @type {any} */ error) => reported.push(error.cause));
  const room = await pkg.Room.open(store, 'a', { create: create(pkg), snapshotAfter: 200 });
  fails = true;
  for (let each = 0; each < 10; each += 1) await room.say(`line ${each}`);
  assert.ok(reported.length > 0 && reported.every((error) => error.name === 'StoreError' && /its state could not be written; its journal was/.test(error.message)));
  fails = false;
  store.crash();
  assert.equal((await found(store)).length, 10);
});

test('a panic, a trap and a poisoned object are as ever, and none of them is in the store', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  await room.say('one');
  const said = room.say('two');
  const panicked = room.panic().catch((/** @type {any} */ error) => error);
  assert.equal(await said, 2);
  assert.ok(await panicked instanceof pkg.PanicError);
  assert.deepEqual(await room.all(), ['one', 'two']);
  await rejects(room.crash(), pkg, 'InstanceAbortedError');
  assert.deepEqual(await room.all(), ['one', 'two']);
  assert.equal(await room.say('three'), 3);
  thrown(() => pkg.trap());
  assert.equal(await room.say('four'), 4);
  store.crash();
  assert.deepEqual(await found(store), ['one', 'two', 'three', 'four']);
  const tally = await pkg.Tally.open(store, 't', { create: () => new pkg.Tally(4_000_000_000) });
  assert.ok(await tally.add(1_000_000_000).catch((/** @type {any} */ error) => error) instanceof pkg.PanicError);
  if (unwind) {
    await rejects(tally.add(1), pkg, 'PoisonedError');
    await tally.close();
    const again = await pkg.Tally.open(store, 't');
    assert.equal(await again.count, 4_000_000_000, 'it is as it was before the call');
  }
});

test('what no journal has is in the store as a state: setters, calls of JavaScript, asynchronous calls, classes without a journal', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  Object.assign(globalThis, { outside: (/** @type {string} */ what) => `answer to ${what}`, wait: () => new Promise((done) => { setTimeout(done, 2); }) });
  await room.say('one');
  await room.assign({ title: 'renamed' });
  assert.equal(await room.ask('all'), 'answer to all');
  await room.unjournaled('two');
  const later = room.later('three');
  await rejects(room.say('too early'), pkg, 'BusyError');
  assert.equal(await later, 5);
  await room.say('four');
  const tally = await pkg.Tally.open(store, 't', { create: () => new pkg.Tally(3) });
  assert.equal(await tally.add(4), 7);
  store.crash();
  const other = await fresh();
  const again = await other.Room.open(store, 'a');
  assert.deepEqual(await again.all(), ['one', 'answer to all', 'two', 'before three', 'three', 'four']);
  assert.equal(await again.title, 'renamed');
  const count = await other.Tally.open(store, 't');
  assert.equal(await count.count, 7);
});

test('the calls that a new snapshot of the record takes in are in the store', async () => {
  /** @type {string[]} */
  const written = [];
  const store = new MemoryStore({ hook: ({ op, at, when }) => { if (when === 'before') written.push(`${op} ${at}`); } });
  const pkg = await fresh();
  const room = await pkg.Room.open(store, 'a', { create: create(pkg), snapshotAfter: Infinity });
  const large = 'x'.repeat(20_000);
  // The record is cut behind 64 KB: in the middle of these.
  await Promise.all(Array.from({ length: 5 }, (_, at) => room.say(`${at}${large}`)));
  await turn();
  assert.deepEqual(written, ['snapshot 0', 'append 0', 'snapshot 1', 'drop 1'], 'the state in the store follows that of the record');
  await room.say('last');
  store.crash();
  const all = await found(store);
  assert.deepEqual(all.map((/** @type {string} */ line) => line.slice(0, 4)), ['0xxx', '1xxx', '2xxx', '3xxx', '4xxx', 'last']);
  // Without what was written behind the answer.
  const other = await fresh();
  const second = await other.Room.open(store, 'b', { create: create(other) });
  await Promise.all(Array.from({ length: 5 }, (_, at) => second.say(`${at}${large}`)));
  await second.close();
  assert.equal((await found(store, 'b')).length, 5);
});

test('the bytes of a journal hold each call, also where the record was cut among them', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  hold();
  const calls = Promise.allSettled(Array.from({ length: 5 }, (_, at) => room.say(`${at}${'x'.repeat(20_000)}`)));
  const write = await next();
  const { calls: written, snapshot } = readPiece(write.bytes);
  assert.deepEqual([written.length, snapshot], [5, undefined]);
  hold(false);
  write.go();
  await calls;
});

test('a state that can not be encoded is not acknowledged', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  hold();
  const said = room.say('one');
  const wrecked = room.wreck().catch((/** @type {any} */ error) => error);
  const write = await next();
  hold(false);
  write.go();
  assert.equal(await said, 1, 'what was before it is written');
  assert.match((await wrecked).message, /can't be encoded/);
  assert.deepEqual(await room.all(), ['one'], 'the object is made anew from the store');
  await room.say('two');
  store.crash();
  assert.deepEqual(await found(store), ['one', 'two']);
});

test('calls that come while it is made anew wait, and run in their order', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  hold();
  const said = room.say('lost');
  (await next()).fail(new Error('no'));
  hold(false);
  await rejects(said, pkg, 'StoreError');
  const calls = [room.say('one'), room.say('two'), room.all(), room.say('three')];
  assert.deepEqual(await Promise.all(calls), [1, 2, ['one', 'two'], 3]);
  // Whenever they come: one in each microtask.
  hold();
  const again = room.say('lost');
  (await next()).fail(new Error('no'));
  hold(false);
  await rejects(again, pkg, 'StoreError');
  const many = [];
  for (let each = 4; each < 104; each += 1) {
    many.push(room.say(`${each}`));
    await undefined;
  }
  assert.deepEqual(await Promise.all(many), many.map((_, at) => at + 4));
});

test('an object that has a journal when it is created is in the store with that', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: () => {
    const made = new pkg.Room('made');
    for (const line of ['one', 'two', 'three']) made.say(line);
    return made;
  } });
  assert.equal(room.sequence, 0);
  store.crash();
  assert.deepEqual(await found(store), ['one', 'two', 'three']);
});

test('an object that is lost is made anew of what the store has, for the call that finds that', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const own = new pkg.Room('own');
  const room = await pkg.Room.open(store, 'a', { create: () => own });
  await room.say('one');
  own.free();
  assert.equal(await room.say('two'), 2);
  assert.deepEqual(await room.all(), ['one', 'two']);
});

test('closing that fails gives the lease up all the same', async () => {
  let fails = false;
  const store = new MemoryStore({ hook: ({ op, when }) => { if (fails && op === 'snapshot' && when === 'before') throw new Error('no'); } });
  const pkg = await fresh();
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  await room.say('one');
  fails = true;
  const error = await rejects(room.close(), pkg, 'StoreError');
  assert.match(error.message, /the store could not write its state/);
  fails = false;
  assert.deepEqual(await found(store), ['one']);
});

test('one object is open once in a program; the next `open` waits for a `close` that is under way', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  const refused = await rejects(pkg.Room.open(store, 'a'), pkg, 'LeaseError');
  assert.match(refused.message, /it is open in this program already/);
  await room.say('one');
  const closing = room.close();
  const again = await pkg.Room.open(store, 'a');
  await closing;
  assert.deepEqual(await again.all(), ['one']);
  const closed = await rejects(room.say('two'), pkg, 'StaleHandleError');
  assert.match(closed.message, /the Room "a" was closed; open it again/);
  await room.close();
  await again.close();
  await Promise.all([pkg.Room.open(store, 'b', { create: create(pkg) }), rejects(pkg.Room.open(store, 'b', { create: create(pkg) }), pkg, 'LeaseError')]);
});

test('an object that nobody has any more gives its lease up', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  await (async () => {
    const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
    await room.say('one');
  })();
  const other = await fresh();
  for (let turns = 0; turns < 100; turns += 1) {
    await turn();
    collect();
    const again = await other.Room.open(store, 'a').catch(() => undefined);
    if (again === undefined) continue;
    assert.deepEqual(await again.all(), ['one']);
    return undefined;
  }
  return assert.fail('the lease is still held');
});

test('what is held wrong is refused in a line that names the fix', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const refuses = (/** @type {Promise<unknown>} */ promise, /** @type {RegExp} */ message) => assert.rejects(promise, (/** @type {any} */ error) => message.test(error.message) && error instanceof TypeError);
  await refuses(pkg.Fleeting.open(store, 'a'), /Fleeting\.open\(\) needs a class that persists: write #\[recoverable\(persist = "journal"\)\]/);
  await refuses(pkg.Room.open(undefined, 'a'), /takes a store, which has a method `open`/);
  await refuses(pkg.Room.open({ open: () => ({ read() {}, append() {}, snapshot() {}, close() {} }) }, 'a'), /gave has no method `drop`/);
  await refuses(pkg.Room.open(store, 7), /takes the name of an object, a string/);
  await refuses(pkg.Room.open(store, 'a', 'b'), /takes its options as an object/);
  await refuses(pkg.Room.open(store, 'a', { acknowledge: 'soon' }), /takes `acknowledge`, 'durable' or 'journaled'/);
  await refuses(pkg.Room.open(store, 'a', { create: () => new pkg.Tally(1) }), /takes `create`, which makes a Room/);
  await refuses(pkg.Room.open(store, 'a', { create: {} }), /takes `create`, a function/);
  await assert.rejects(pkg.Room.open(store, 'a', { create: create(pkg), snapshotAfter: -1 }), RangeError);
  const none = await rejects(pkg.Room.open(store, 'none'), pkg, 'StoreError');
  assert.match(none.message, /the store has none of this name, and `open` was given no `create`/);
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  assert.throws(() => room.with({ acknowledge: 'soon' }), TypeError);
  const own = new pkg.Room('own');
  const owner = await pkg.Room.open(store, 'own', { create: () => own });
  await refuses(pkg.Room.open(store, 'also', { create: () => own }), /this Room is in a store already; make another one/);
  assert.equal(await owner.say('one'), 1);
  assert.throws(() => { room.title = 'x'; }, /await object\.assign\(\{ title: value \}\)/);
  await refuses(room.assign({ count: 1 }), /no setter count/);
  await rejects(pkg.Tally.open(store, 'b', { create: () => new pkg.Tally(1) }).then((/** @type {any} */ one) => one.close()).then(() => pkg.Room.open(store, 'b')), pkg, 'ImportError');
});

test('a method that has the name of a control is under `calls`', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  assert.equal(await room.calls.close(), 1);
  assert.deepEqual(await room.calls.all(), ['closed']);
});

test('a call has a key, which is the same when it is made again after a crash that lost it', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  /** @type {any} */
  let current = pkg;
  /** @type {string[]} */
  const keys = [];
  Object.assign(globalThis, { outside: () => { keys.push(current.recovery.idempotencyKey); return ''; }, wait: () => Promise.resolve() });
  const room = await pkg.Room.open(store, 'a/ö', { create: create(pkg) });
  await room.say('one');
  hold();
  const asked = room.ask('pay');
  asked.catch(() => {});
  await next();
  const [key] = keys;
  assert.match(String(key), /^a%2F%C3%B6\/1\/[0-9a-f]{16}$/);
  assert.equal(pkg.recovery.idempotencyKey, undefined);
  store.crash();
  hold(false);
  const other = current = await fresh();
  const again = await other.Room.open(store, 'a/ö');
  await again.ask('pay');
  assert.equal(keys[1], key, 'the very same call');
  await again.ask('pay');
  await again.with({ key: 'request-7' }).ask('pay');
  assert.equal(keys[3], 'request-7');
  assert.equal(new Set(keys.slice(1)).size, 3, 'another call has another one');
  await Promise.all([again.later('x'), again.peek('y').catch(() => {})]);
  assert.ok(keys.at(-1) !== undefined && keys.at(-1) !== keys.at(-2), 'that of an asynchronous call is there when it runs');
  assert.equal(other.recovery.idempotencyKey, undefined);
  // A write fails: the process goes on, and so does the caller.
  hold();
  const lost = again.ask('pay later');
  (await next()).fail(new Error('the disk is full'));
  await rejects(lost, other, 'StoreError');
  hold(false);
  await again.ask('pay later');
  assert.equal(keys.at(-1), keys.at(-2), 'the very same call');
  const one = new other.Room('no store');
  one.ask('x');
  assert.equal(keys.at(-1), undefined);
});

/**
 * The bytes of an object whose journal has so many calls. On a busy machine a call may take so long that a state takes the place of
 * its journal: then it is another object's turn.
 * @param {any} pkg @param {() => any} make @param {number} calls
 */
function journaled(pkg, make, calls) {
  for (let attempt = 0; ; attempt += 1) {
    const object = make();
    const bytes = pkg.recovery.export(object, { journal: true });
    if (readPiece(bytes).calls.length === calls || attempt === 50) return { object, bytes };
  }
}

test('an exported object has its journal, and `import` takes both kinds of bytes', async () => {
  const [one, two] = [await fresh(), await fresh()];
  const { object: room, bytes } = journaled(one, () => {
    const made = new one.Room('exported');
    for (let each = 0; each < 100; each += 1) made.say(`line ${each}`);
    assert.throws(() => made.refuse('x'));
    return made;
  }, 101);
  const piece = readPiece(bytes);
  assert.deepEqual([piece.calls.length, piece.calls[0]?.method.name, piece.calls[100]?.ok], [101, 'Room::say', false]);
  assert.ok(Number(piece.snapshot?.length) < 100);
  for (const given of [bytes, one.recovery.export(room)]) {
    const made = two.Room.import(given);
    assert.deepEqual([made.title, made.count, made.all()[99]], ['exported', 101, 'line 99']);
    assert.equal(made.say('more'), 102);
  }
  const refused = (/** @type {Uint8Array} */ given, /** @type {RegExp} */ message, /** @type {any} */ of = two.Room) => {
    const error = thrown(() => of.import(given));
    assert.ok(error instanceof two.ImportError, error?.stack);
    assert.match(error.message, message);
  };
  refused(bytes.slice(0, -1), /these bytes are no Room: it is cut/);
  refused(bytes, /the object is of another class/, two.Tally);
  refused(piece.calls[0]?.args ?? bytes, /these bytes are no snapshot/);
  const { Writer, STATE } = await import('../../recover-runtime/js/chunks.js');
  const say = /** @type {any} */ (piece.calls[0]).method;
  for (const [method, args, message] of /** @type {[any, Uint8Array, RegExp][]} */ ([
    [{ ...say, name: 'Room::shout' }, piece.calls[0]?.args, /a call of Room::shout, which the class in this package has not/],
    [{ ...say, schema: 7 }, piece.calls[0]?.args, /a call of Room::say, whose arguments have other types in this package/],
    [say, Uint8Array.of(255, 255, 255, 255), /./],
  ])) {
    const writer = new Writer(piece.class);
    writer.snapshot(/** @type {any} */ (piece.snapshot));
    writer.call(method, true, args);
    refused(writer.sealed(STATE, 0, 0, 0, 1), message);
  }
});

test('a journal has calls of the methods of its class and of those that it extends, and of no others', async () => {
  const [one, two] = [await fresh(), await fresh()];
  const { bytes } = journaled(one, () => {
    const suite = new one.Suite('the suite');
    suite.say('first');
    suite.renumber(7);
    suite.say('second');
    return suite;
  }, 3);
  const { bytes: foreignBytes } = journaled(one, () => {
    const stranger = new one.Stranger();
    stranger.note('seven');
    return stranger;
  }, 1);
  const [whole, foreign] = [readPiece(bytes), readPiece(foreignBytes)];
  assert.deepEqual([...whole.calls, ...foreign.calls].map(({ method }) => method.name), ['Room::say', 'Suite::renumber', 'Room::say', 'Stranger::note']);
  const made = two.Suite.import(bytes);
  assert.deepEqual([made.number(), made.all(), made.say('third')], [7, ['first', 'second'], 3]);
  const { Writer, STATE } = await import('../../recover-runtime/js/chunks.js');
  const room = readPiece(one.recovery.export(new one.Room('bare'), { journal: true }));
  for (const [of, piece, calls, message] of /** @type {[any, any, any[], RegExp][]} */ ([
    [two.Suite, whole, foreign.calls, /a call of Stranger::note, which the class in this package has not/],
    [two.Room, room, foreign.calls, /a call of Stranger::note, which the class in this package has not/],
    // One that extends it knows more than it is.
    [two.Room, room, whole.calls, /a call of Suite::renumber, which the class in this package has not/],
    [two.Stranger, foreign, whole.calls, /a call of Room::say, which the class in this package has not/],
  ])) {
    const writer = new Writer(piece.class);
    writer.snapshot(piece.snapshot);
    for (const { method, ok, args } of calls) writer.call(method, ok, args);
    const error = thrown(() => of.import(writer.sealed(STATE, 0, 0, 0, calls.length)));
    assert.ok(error instanceof two.ImportError, error?.stack);
    assert.match(error.message, message);
  }
  assert.equal(two.recovery.health().restarts, 0);
});

test('whatever becomes of the bytes of an object, it is imported or refused, and the package goes on', async () => {
  const [runs, seed] = [Number(process.env.RECOVER_FUZZ_RUNS ?? 400), Number(process.env.RECOVER_FUZZ_SEED ?? 18)];
  const [pkg, next] = [await fresh(), random(seed)];
  const room = new pkg.Room('fuzzed');
  for (let each = 0; each < 5; each += 1) room.say(`line ${each}`);
  room.say_bytes(Uint8Array.of(1, 2, 3));
  assert.throws(() => room.refuse('x'));
  const bytes = pkg.recovery.export(room, { journal: true });
  let [imported, refused] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    const given = change(bytes.slice(), next);
    // Mostly as somebody does it who knows the checksum.
    if (next(5) !== 0) resealed(given);
    try {
      const made = pkg.Room.import(given);
      assert.ok(made.count >= 0);
      made.free();
      imported += 1;
    } catch (/** @type {any} */ error) {
      assert.ok(error instanceof pkg.ImportError, `run ${run} of seed ${seed}: ${error?.stack ?? error}`);
      refused += 1;
    }
  }
  assert.ok(imported > 0 && refused > runs / 10, `${imported} imported, ${refused} refused`);
  assert.equal(pkg.recovery.health().restarts, 0);
  assert.equal(pkg.Room.import(bytes).count, 7);
});

test('objects are in SQLite, too, and a call in another process finds them', async (t) => {
  const { NodeSqliteStore } = await import('../../recover-runtime/js/stores/node-sqlite.js').then((module) => module, () => ({ NodeSqliteStore: undefined }));
  if (NodeSqliteStore === undefined) return t.skip('this Node has no SQLite');
  const directory = mkdtempSync(join(tmpdir(), 'recover-durable-'));
  try {
    const pkg = await fresh();
    const room = await pkg.Room.open(new NodeSqliteStore(join(directory, 'rooms.db')), 'a', { create: create(pkg), snapshotAfter: 2000 });
    await Promise.all(Array.from({ length: 500 }, (_, at) => room.say(`line ${at}`)));
    for (let each = 0; each < 20; each += 1) await room.say(`more ${each}`);
    await room.close();
    const other = await fresh();
    const again = await other.Room.open(new NodeSqliteStore(join(directory, 'rooms.db')), 'a');
    assert.deepEqual([(await again.all()).length, again.sequence], [520, 520]);
    await again.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return undefined;
});

/** Has the fixture's imports tell which keys calls have; `go` ends what waits. @param {any} pkg */
function asking(pkg) {
  /** @type {[string, string | undefined][]} */
  const asked = [];
  let [current, go] = [pkg, () => {}];
  let gate = new Promise((done) => { go = () => done(undefined); });
  Object.assign(globalThis, { outside: (/** @type {string} */ what) => { asked.push([what, current.recovery.idempotencyKey]); return what; }, wait: () => gate });
  const of = (/** @type {string} */ what) => asked.filter(([name]) => name === what).map(([, key]) => key);
  return { of, asks: (/** @type {any} */ other) => { current = other; }, go: () => go(), stop: () => { gate = new Promise((done) => { go = () => done(undefined); }); } };
}

/** @param {(string | undefined)[]} keys */
function differ(keys) {
  assert.ok(keys.every((key) => typeof key === 'string'), keys.join());
  assert.equal(new Set(keys).size, keys.length, keys.join());
}

test('a call that asked for its key and changed nothing has a place: the same one later is another', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const { of, asks } = asking(pkg);
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  await room.peek('x');
  await room.all();
  assert.equal(room.sequence, 1, 'what asked for none has no place');
  await room.peek('x');
  await room.with({ key: 'mine' }).peek('own');
  assert.equal(room.sequence, 2);
  store.crash();
  const other = await fresh();
  asks(other);
  const again = await other.Room.open(store, 'a');
  assert.equal(again.sequence, 2);
  await again.peek('x');
  await again.close();
  const last = await other.Room.open(store, 'a');
  await last.peek('x');
  assert.equal(last.sequence, 4);
  differ(of('x'));
  assert.equal(of('x').length, 4);
  await last.close();
});

test('calls that run at a time have keys of their own, whatever ends between', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const { of, go } = asking(pkg);
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  const calls = [room.notify('x'), room.notify('x')];
  await room.peek('x');
  await room.peek('other');
  go();
  await Promise.all(calls);
  await room.notify('x');
  assert.equal(of('x').length, 4);
  differ(of('x'));
  await room.close();
});

test('a call that was taken back is the very same when it is made again', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const { of, go } = asking(pkg);
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  const { outside } = /** @type {any} */ (globalThis);
  let [ends, throws] = [true, true];
  Object.assign(globalThis, { outside: (/** @type {string} */ what) => {
    outside(what);
    if (ends) pkg.trap();
    if (throws) throw new Error('not now');
    return what;
  } });
  go();
  for (const call of [() => room.ask('mut'), () => room.peek('ref'), () => room.later('async'), () => room.notify('async ref')]) {
    [ends, throws] = [true, true];
    await rejects(call(), pkg, 'InstanceAbortedError');
    ends = false;
    await assert.rejects(call());
    throws = false;
    await call();
    await call();
  }
  for (const what of ['mut', 'ref', 'async', 'async ref']) {
    const [first, thrown, good, another] = of(what);
    assert.equal(thrown, first, what);
    // What an exception left of `&mut self` was taken back; of `&self` nothing is, and the state is written.
    if (!what.endsWith('ref')) assert.equal(good, first, what);
    differ([good, another]);
  }
  await room.close();
});

test('a call that waits, in line or for an upgrade, has its key when it begins', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const { of, go, stop } = asking(pkg);
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  const calls = [room.pay('x'), room.pay('x'), room.with({ key: 'mine' }).pay('own')];
  await turn();
  go();
  await Promise.all(calls);
  differ(of('x'));
  assert.equal(of('x').length, 2);
  assert.deepEqual(of('own'), ['mine']);
  stop();
  const first = room.notify('before');
  const { sequence } = room;
  const upgraded = pkg.recovery.upgrade(await WebAssembly.compile(readFileSync(join(packageOf('fixture-durable').dir, 'fixture_durable_bg.wasm'))));
  await turn();
  const waiting = [room.notify('y'), room.with({ key: 'theirs' }).pay('z')];
  await turn();
  assert.deepEqual(of('y'), []);
  go();
  await upgraded;
  await Promise.all([first, ...waiting]);
  differ([...of('before'), ...of('y')]);
  assert.deepEqual(of('z'), ['theirs']);
  assert.match(String(of('y')[0]), /^a\/\d+/);
  assert.equal(room.sequence, sequence + 2, 'one for what began at one place and changed nothing, and none for the state that the upgrade wrote');
  await room.close();
});

test('closing says that what was answered ahead was lost', async () => {
  const [{ store, hold, next }, pkg] = [held(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  hold();
  assert.equal(await room.with({ acknowledge: 'journaled' }).say('one'), 1);
  const closing = room.close();
  const write = await next();
  hold(false);
  write.fail(new Error('the disk is full'));
  await rejects(closing, pkg, 'StoreError');
  // Before it is closed, where somebody else waited for the same write.
  /** @type {any[]} */
  const reported = [];
  pkg.recovery.onPanic((/** @type {any} */ error) => reported.push(error.cause));
  const again = await pkg.Room.open(store, 'a');
  hold();
  const [, said] = [again.with({ acknowledge: 'journaled' }).say('one'), again.say('two')];
  (await next()).fail(new Error('the disk is full'));
  hold(false);
  await rejects(said, pkg, 'StoreError');
  assert.deepEqual(reported.map(({ name }) => name), ['StoreError']);
  assert.deepEqual(await again.all(), []);
  await rejects(again.close(), pkg, 'StoreError');
  assert.deepEqual(await found(store), [], 'the lease was given up');
});

test('a call that closes its object is answered', async () => {
  // A store that takes its time.
  const [store, pkg] = [new MemoryStore({ hook: async () => { await turn(); } }), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  /** @type {Promise<void> | undefined} */
  let closing;
  Object.assign(globalThis, { outside: () => { closing = room.close(); return 'closed within'; } });
  await room.ask('x');
  await closing;
  assert.deepEqual(await found(store), ['closed within']);
});

test('a call is not acknowledged that a call from within it took back', async () => {
  const [store, pkg] = [new MemoryStore(), await fresh()];
  const room = await pkg.Room.open(store, 'a', { create: create(pkg) });
  await room.say('one');
  /** @type {Promise<unknown> | undefined} */
  let wrecked;
  // Its length is asked for before Rust has the object.
  const bytes = { get length() { wrecked ??= room.wreck().catch((/** @type {unknown} */ error) => error); return 0; } };
  const error = await room.say_bytes(bytes).then(() => assert.fail('it was acknowledged'), (/** @type {any} */ reason) => reason);
  assert.match(String(error?.message), /can't be encoded/);
  assert.equal(await wrecked, error);
  assert.deepEqual(await room.all(), ['one']);
  await room.close();
});
