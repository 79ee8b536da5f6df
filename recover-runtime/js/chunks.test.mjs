// @ts-check
// Pieces there and back, what a store has after crashes and damage, and bytes that are changed at random. A longer run of
// the last: RECOVER_FUZZ_RUNS=1000000 RECOVER_FUZZ_SEED=7 node --test recover-runtime/js/chunks.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change, random, resealed } from './chunks.changes.mjs';
import { behindTorn, CHUNK, Damaged, isPiece, readPiece, recovered, STATE, Writer } from './chunks.js';

const RUNS = Number(process.env.RECOVER_FUZZ_RUNS ?? 30_000);
const SEED = Number(process.env.RECOVER_FUZZ_SEED ?? 18);

const SAY = { class: 7, schema: 77, name: 'Room::say' }, NOTE = { class: 7, schema: 78, name: 'Room::ändern' };

/** A chunk of calls, each with its number as the argument. @param {number} at @param {number} first @param {number} count @param {Uint8Array} [snapshot] */
function chunk(at, first, count, snapshot) {
  const writer = new Writer(7);
  if (snapshot !== undefined) writer.snapshot(snapshot);
  for (let each = 0; each < count; each += 1) writer.call(each % 2 ? NOTE : SAY, each % 3 !== 0, Uint8Array.of(first + each));
  return { at, bytes: writer.sealed(CHUNK, at, at, first, first + count + Number(snapshot !== undefined)).slice() };
}

/** @param {number} at @param {number} last @param {Uint8Array} [bytes] */
function state(at, last, bytes = Uint8Array.of(at, 1, 2)) {
  const writer = new Writer(7);
  writer.snapshot(bytes);
  return { at, bytes: writer.sealed(STATE, at, at, last, last).slice() };
}

/** @param {{ at: number, bytes: Uint8Array }} piece */
const cut = ({ at, bytes }) => ({ at, bytes: bytes.slice(0, bytes.length >> 1) });

/** What a store gives, of which only the arguments count. @param {import('./chunks.js').Recovered | undefined} found */
const seen = (found) => found && { at: found.at, sequence: found.sequence, args: found.calls.map(({ args }) => args[0]), torn: found.torn };

test('a piece is read as it was written, and a large one, too', () => {
  const writer = new Writer(0xffff_fffe);
  writer.call(SAY, true, Uint8Array.of(9));
  writer.snapshot(Uint8Array.of(1, 2, 3));
  const large = Uint8Array.from({ length: 100_001 }, (_, at) => at);
  for (const [method, ok, args] of /** @type {const} */ ([[SAY, true, Uint8Array.of()], [NOTE, false, large], [SAY, false, Uint8Array.of(5)]])) writer.call(method, ok, args);
  const bytes = writer.sealed(CHUNK, 2 ** 40 + 7, 2 ** 40 + 6, 2 ** 50, 2 ** 50 + 4);
  assert.ok(isPiece(bytes));
  // In whatever buffer it is.
  const moved = new Uint8Array(bytes.length + 9).subarray(5, 5 + bytes.length);
  moved.set(bytes);
  const read = readPiece(moved);
  assert.deepEqual({ ...read, snapshot: read.snapshot && [...read.snapshot], calls: read.calls.map(({ method, ok, args }) => [method, ok, args.length]) }, {
    kind: CHUNK, at: 2 ** 40 + 7, durable: 2 ** 40 + 6, first: 2 ** 50, last: 2 ** 50 + 4, class: 0xffff_fffe, size: bytes.length, snapshot: [1, 2, 3],
    calls: [[SAY, true, 0], [NOTE, false, large.length], [SAY, false, 1]],
  });
  assert.deepEqual(read.calls[1]?.args, large);
  assert.equal(read.calls[0]?.method, read.calls[2]?.method, 'a method is named once');
});

test('whatever bit or byte of a piece is changed or cut off, it is refused', () => {
  const { bytes } = chunk(3, 5, 4, Uint8Array.of(1, 2, 3));
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = bytes.slice();
      changed[at] = Number(changed[at]) ^ (1 << bit);
      assert.throws(() => readPiece(changed), Damaged, `bit ${bit} of byte ${at}`);
    }
    assert.throws(() => readPiece(bytes.slice(0, at)), Damaged, `${at} bytes`);
  }
  assert.throws(() => readPiece(Uint8Array.of(...bytes, 0)), { message: 'more bytes follow than it has' });
  // As a disk leaves it that had written the length of a file, and not all of its blocks.
  const holed = bytes.slice();
  holed.fill(0, 64);
  assert.throws(() => readPiece(holed), { message: 'it was changed: its checksum is wrong' });
});

test('a store is read from its newest whole state on', () => {
  assert.equal(recovered({ snapshots: [], chunks: [] }), undefined);
  const all = { snapshots: [state(0, 0), state(2, 5)], chunks: [chunk(3, 6, 2), chunk(0, 0, 2), chunk(2, 5, 1), chunk(1, 2, 3)] };
  assert.deepEqual(seen(recovered(all)), { at: 4, sequence: 8, args: [5, 6, 7], torn: undefined });
  const [first, torn] = [/** @type {any} */ (all.snapshots[0]), cut(state(2, 5))];
  assert.deepEqual(seen(recovered({ ...all, snapshots: [first, torn] })), { at: 4, sequence: 8, args: [0, 1, 2, 3, 4, 5, 6, 7], torn: undefined });
  // A chunk with a state takes the place of all before it.
  const replaced = recovered({ snapshots: [state(0, 0)], chunks: [chunk(0, 0, 2), chunk(1, 2, 1, Uint8Array.of(9))] });
  assert.deepEqual([replaced?.snapshot, seen(replaced)], [Uint8Array.of(9), { at: 2, sequence: 4, args: [2], torn: undefined }]);
});

test('what a crash tore ends the journal, and what was answered is never passed over', () => {
  const [snapshots, whole] = [[state(0, 0)], [chunk(0, 0, 1), chunk(1, 1, 1), chunk(2, 2, 1)]];
  const [one, two, three] = /** @type {any[]} */ (whole);
  assert.deepEqual(seen(recovered({ snapshots, chunks: [one, two, cut(three)] })), { at: 2, sequence: 2, args: [0, 1], torn: 2 });
  assert.deepEqual(seen(recovered({ snapshots, chunks: [one, two] })), { at: 2, sequence: 2, args: [0, 1], torn: undefined });
  // The next chunk was written when this one was durable.
  assert.throws(() => recovered({ snapshots, chunks: [one, cut(two), three] }), { message: 'chunk 1 is damaged: it is cut; it was durable before chunk 2 was written' });
  assert.throws(() => recovered({ snapshots, chunks: [one, three] }), { message: 'chunk 1 is damaged: it is missing; it was durable before chunk 2 was written' });
  // A state is written when all before it is durable.
  assert.throws(() => recovered({ snapshots: [...snapshots, cut(state(3, 3))], chunks: [one, two, cut(three)] }), /chunk 2 is damaged: it is cut; it was durable before snapshot 3 was written, and that is damaged, too/);
  assert.throws(() => recovered({ snapshots: [...snapshots, cut(state(9, 9))], chunks: [one, two] }), /chunk 2 is damaged: it is missing; it was durable before snapshot 9/);
  assert.throws(() => recovered({ snapshots: [cut(state(4, 4))], chunks: [] }), { message: 'there is no whole snapshot: snapshot 4: it is cut' });
  assert.throws(() => recovered({ snapshots: [], chunks: [one] }), { message: 'there is no whole snapshot: there is none at all' });
  // The very first state, before anything was answered.
  assert.equal(recovered({ snapshots: [cut(state(0, 0))], chunks: [] }), undefined);
});

test('what is written behind a torn chunk is not taken for something else, torn or not', () => {
  const [snapshots, one] = [[state(0, 0)], chunk(0, 0, 1)];
  const torn = cut(chunk(1, 1, 1));
  const next = behindTorn(1);
  assert.deepEqual(seen(recovered({ snapshots: [...snapshots, state(next, 1)], chunks: [one, torn] })), { at: next, sequence: 1, args: [], torn: undefined });
  assert.deepEqual(seen(recovered({ snapshots: [...snapshots, cut(state(next, 1))], chunks: [one, torn] })), { at: 1, sequence: 1, args: [0], torn: 1 });
  assert.deepEqual(seen(recovered({ snapshots: [state(next, 1)], chunks: [chunk(next, 1, 2)] })), { at: next + 1, sequence: 3, args: [1, 2], torn: undefined });
});

test('pieces of another place, order or class are refused', () => {
  const snapshots = [state(0, 0)];
  assert.throws(() => recovered({ snapshots, chunks: [{ ...chunk(1, 0, 1), at: 0 }, chunk(1, 1, 1)] }), /chunk 0 is damaged: it is another piece/);
  assert.throws(() => recovered({ snapshots, chunks: [chunk(0, 4, 1)] }), { message: 'chunk 0 does not follow what is before it' });
  const writer = new Writer(8);
  writer.call(SAY, true, Uint8Array.of());
  assert.throws(() => recovered({ snapshots, chunks: [{ at: 0, bytes: writer.sealed(CHUNK, 0, 0, 0, 1) }] }), { message: 'chunk 0 is of another class' });
  assert.throws(() => recovered({ snapshots: [{ at: 0, bytes: chunk(0, 0, 1).bytes }], chunks: [chunk(0, 0, 1)] }), /there is no whole snapshot/);
});

test('whatever becomes of the bytes of a store, they are read or refused with a reason, and nothing else', () => {
  const next = random(SEED);
  const seeds = [chunk(0, 0, 3), chunk(1, 3, 0, Uint8Array.of(7)), chunk(2, 4, 9), state(0, 0), state(3, 13, new Uint8Array(70))];
  let [read, refused] = [0, 0];
  for (let run = 0; run < RUNS; run += 1) {
    const pieces = seeds.map(({ at, bytes }) => ({ at, bytes: bytes.slice() }));
    const piece = /** @type {{ at: number, bytes: Uint8Array }} */ (pieces[next(pieces.length)]);
    piece.bytes = change(piece.bytes, next);
    // What nobody changed by accident.
    if (next(3) !== 0) resealed(piece.bytes);
    if (next(8) === 0) pieces.splice(next(pieces.length), 1);
    if (next(8) === 0) piece.at = next(6);
    const contents = { snapshots: pieces.filter((_, at) => at >= pieces.length - 2), chunks: pieces.slice(0, -2) };
    try {
      readPiece(piece.bytes);
    } catch (error) {
      assert.ok(error instanceof Damaged && error.message !== '', `run ${run} of seed ${SEED}: ${error}`);
    }
    try {
      const whole = recovered(contents);
      for (const { method, args } of whole?.calls ?? []) assert.ok(typeof method.name === 'string' && args.length >= 0);
      read += 1;
    } catch (error) {
      assert.ok(error instanceof Damaged && error.message !== '', `run ${run} of seed ${SEED}: ${error}`);
      refused += 1;
    }
  }
  assert.ok(read > RUNS / 50 && refused > RUNS / 50, `${read} read, ${refused} refused`);
});
