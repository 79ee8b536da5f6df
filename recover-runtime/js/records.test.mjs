// @ts-check
// What records.js does without an instance. What needs one is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
const lengths = (id) => [records.bytes(id, JOURNAL).length, records.bytes(id, SNAPSHOT).length];

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
  assert.equal(records.parts(0), 0);
});
