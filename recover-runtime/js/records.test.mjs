// @ts-check
// What records.js does without an instance. What needs one is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { materializeStack } from './errors.js';
import * as host from './host.js';
import * as records from './records.js';

const [SNAPSHOT, JOURNAL] = [0, 1];
const [APPENDED, DUE] = [0, 1];
const memory = new WebAssembly.Memory({ initial: 1 });
host.attach(memory, 0, 0, 0, 0, 0);
records.keep(host.linksOf());

/** Puts words into the memory. @param {number[]} words */
const put = (...words) => { new Uint32Array(memory.buffer).set(words); };
const made = () => { put(1); return records.record(0, 4); };
/** Lengths of the journal and of the snapshot. @param {number} id */
const lengths = (id) => [records.size(id, JOURNAL), records.bytes(id, SNAPSHOT).length];

test('an entry is in the journal at once, unless a snapshot is due', () => {
  const id = made();
  put(2, 3, 4);
  assert.equal(records.append(id, 0, 12, 2, false, 0), APPENDED);
  assert.deepEqual(lengths(id), [12, 4]);
  assert.equal(records.append(id, 0, 12, 2, false, 0), DUE);
  records.snapshot(id, 0, 8, false);
  assert.deepEqual(lengths(id), [0, 8]);
});

test('calls that took long make a snapshot due, also one that moves with others', () => {
  const id = made();
  put(2, 3, 4);
  assert.equal(records.append(id, 0, 12, 0, false, 600), APPENDED);
  assert.equal(records.append(id, 0, 12, 0, true, 600), DUE);
  records.snapshot(id, 0, 8, true);
  records.commit();
  assert.deepEqual(lengths(id), [0, 8]);
  assert.equal(records.append(id, 0, 12, 0, false, 0), APPENDED, 'what was replaced counts no more');
  assert.deepEqual(lengths(id), [12, 8]);
});

test("an entry whose snapshot can't be written is in the journal", () => {
  const id = made();
  put(2, 3, 4);
  assert.equal(records.append(id, 0, 12, 1, false, 0), DUE);
  records.missed(id, true, new Error('not written'), false);
  assert.deepEqual(lengths(id), [12, 4]);
});

test('a state that has neither entry nor snapshot loses its record', () => {
  const id = made();
  const reason = new Error('not written');
  records.missed(id, false, reason, false);
  assert.throws(() => records.bytes(id, SNAPSHOT), (error) => error === reason);
  records.snapshot(id, 0, 8, false);
  assert.deepEqual(lengths(id), [0, 8]);
});

test('what several records gain is applied by the commit', () => {
  const [one, other] = [made(), made()];
  put(2, 3, 4);
  assert.equal(records.append(one, 0, 12, 0, true, 0), APPENDED);
  records.snapshot(other, 0, 8, true);
  records.commit();
  assert.deepEqual([lengths(one), lengths(other)], [[12, 4], [0, 8]]);
  records.commit();
  assert.deepEqual([lengths(one), lengths(other)], [[12, 4], [0, 8]], 'nothing is left');
});

test('an object whose class does not persist has no record to change', () => {
  assert.equal(records.append(0, 0, 12, 0, true, 0), APPENDED);
  records.snapshot(0, 0, 8, true);
  records.missed(0, false, new Error('not written'), true);
  records.commit();
  assert.equal(records.load(0, 0, 8), 0);
  assert.equal(records.size(0, JOURNAL), 0);
  assert.equal(records.journal(0, JOURNAL, 0, 0, 4), 0);
});

test('a snapshot is handed over with what else there is, if there is room for it', () => {
  const id = made();
  put(7, 7, 7, 7);
  const there = (/** @type {number} */ room) => {
    const loaded = records.load(id, 8, room);
    return [Math.floor(loaded / 2 ** 32), loaded % 2 ** 32, new Uint32Array(memory.buffer)[2]];
  };
  assert.deepEqual(there(3), [1, 4, 7]);
  assert.deepEqual(there(4), [1, 4, 1]);
  put(2, 3, 4);
  records.append(id, 0, 12, 0, false, 0);
  assert.deepEqual(there(4), [3, 4, 1]);
  const long = new Uint8Array(memory.buffer, 0, 400).fill(9);
  records.snapshot(id, 0, 400, false);
  long.fill(0);
  assert.equal(records.load(id, 0, 400), 2 ** 32 + 400);
  assert.ok(long.every((byte) => byte === 9));
  records.missed(id, false, new Error('not written'), false);
  assert.equal(records.load(id, 0, 400), 0);
});

test('a journal is copied piece by piece, and no further than it goes', () => {
  const id = made();
  put(2, 3, 4);
  records.append(id, 0, 12, 0, false, 0);
  put(0, 0, 0);
  assert.equal(records.size(id, JOURNAL), 12);
  assert.equal(records.journal(id, JOURNAL, 4, 0, 8), 8);
  assert.deepEqual([...new Uint32Array(memory.buffer, 0, 3)], [3, 4, 0]);
  assert.equal(records.journal(id, JOURNAL, 4, 0, 12), 0);
  assert.deepEqual([...new Uint32Array(memory.buffer, 0, 3)], [3, 4, 0]);
});

/** What records.js asks of an object. */
const [IS_STALE, RECORD, REVIVE, EVICT] = [4, 7, 8, 10];
/** What a `REVIVE` is answered next, in place of a pointer. @type {unknown[]} */
const failures = [];
/** How many came in. */
let revived = 0;
/** The pointers of objects that were asked to leave the memory. @type {number[]} */
let evicted = [];
/** Those whose destructors throw then. @type {Set<number>} */
const torn = new Set();
/** Those that have their values all the same. @type {Set<number>} */
const locked = new Set();
/** The numbers of records, by the pointers of their objects. @type {Map<number, number>} */
const numbers = new Map();

/** A class as wasm-bindgen makes one. */
class Thing {
  constructor() {
    const pointer = 8 * (numbers.size + 1);
    numbers.set(pointer, made());
    Reflect.set(this, '__wbg_ptr', pointer);
  }

  __destroy_into_raw() { return 0; }

  get pointer() { return Reflect.get(this, '__wbg_ptr'); }
}

const links = host.linksOf();
links.track(Thing.prototype, inspect, 'Thing', '__wbg_ptr', [], 0);

/** @this {any} @param {number} operation */
function inspect(operation) {
  const pointer = this.__wbg_ptr;
  if (operation === RECORD) return numbers.get(pointer);
  if (operation === EVICT) evicted.push(pointer);
  if (operation === EVICT && torn.delete(pointer)) throw new Error('of its destructor');
  if (operation === IS_STALE && locked.has(pointer)) return 0;
  if (operation === REVIVE && failures.length !== 0) throw failures.shift();
  if (operation === REVIVE) revived += 1;
  return operation === REVIVE ? 4096 : 1;
}

/** The instance ends, and there is another one. */
function end() {
  links.renewed();
  return links.revive();
}

const outOfMemory = () => Object.assign(new Error('no room'), { kind: 'out-of-memory' });

test('memory that runs out while an object comes back costs the call, and not the object, also if it is the only one', () => {
  const thing = new Thing();
  end();
  const error = outOfMemory();
  failures.push(error);
  assert.ok(!thing.pointer);
  assert.equal(links.unrevived(), error);
  assert.equal(thing.pointer, 4096);
  assert.deepEqual(end().lost, []);
});

test('why an object could not come back is told to the call that asked for it, and to none behind it', async () => {
  const thing = new Thing();
  for (const [what, ends] of /** @type {const} */ ([['its end', () => links.relieve(new Error('of another'))], ['the job', () => undefined]])) {
    end();
    failures.push(outOfMemory());
    assert.ok(!thing.pointer);
    ends();
    if (what === 'the job') await undefined;
    assert.equal(links.unrevived(), undefined, `behind ${what}`);
  }
});

test('an object that left the memory and can not come back is not said to have gone with an instance', () => {
  end();
  const thing = new Thing();
  links.makeRoom();
  const reason = new Error('not decoded');
  failures.push(reason);
  assert.ok(!thing.pointer);
  const error = /** @type {any} */ (links.unrevived());
  assert.match(error.message, /^this Thing left the memory, which others needed, and could not come back/);
  assert.equal(error.cause, reason);
});

test('what has the place of an object whose handle was collected does not leave the memory in its stead', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  end();
  evicted = [];
  const kept = new Thing();
  const { pointer } = kept;
  const gone = (() => new Thing().pointer)();
  // A reference that was looked at in this job is kept to the end of it.
  await new Promise((resolve) => { setTimeout(resolve, 0); });
  // The finalizers have not run yet.
  collect();
  links.makeRoom();
  assert.ok(evicted.includes(pointer), 'one that has its handle does leave it');
  assert.ok(!evicted.includes(gone));
  assert.equal(kept.pointer, pointer);
});

test('a call that asks for the pointer of an object twice gets one answer', () => {
  const thing = new Thing();
  end();
  failures.push(outOfMemory());
  assert.deepEqual([!thing.pointer, !thing.pointer], [true, true], 'glue compares the pointers of two classes');
  assert.match(String(links.unrevived()), /no room/);
  assert.equal(thing.pointer, 4096, 'the next call');
});

test('a call after which an object is poisoned is not to be made again, whatever that object was poisoned by', async () => {
  const { exhausted } = links.facts;
  const kept = new Thing();
  /** @param {(error: any) => void} meanwhile */
  const retryable = async (meanwhile) => {
    const error = Object.assign(outOfMemory(), { requested: 8, retryable: false });
    exhausted(1, 0);
    meanwhile(error);
    links.facts.maximum = 65536;
    links.relieve(error);
    const { retryable: again } = error;
    // The object comes in again.
    assert.ok(kept.pointer);
    await undefined;
    return again;
  };
  materializeStack(new Error('of an earlier call'));
  assert.equal(await retryable(() => {}), true);
  assert.equal(await retryable((error) => { materializeStack(error); }), false);
  assert.equal(await retryable(() => { materializeStack(new Error('of the roll-back')); }), false);
});

test('an object whose destructor throws where it makes room is there for the next call', () => {
  end();
  const [thing, other] = [new Thing(), new Thing()];
  torn.add(thing.pointer);
  torn.add(other.pointer);
  locked.add(other.pointer);
  const { pointer } = other;
  links.makeRoom();
  revived = 0;
  assert.ok(thing.pointer);
  assert.equal(revived, 1, 'it comes in by its record');
  assert.equal(other.pointer, pointer);
  assert.equal(revived, 1, 'what has its value does not');
});
