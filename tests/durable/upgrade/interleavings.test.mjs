// @ts-check
// A small slice of the random interleavings (interleavings.mjs), and what their judge sees.
import test from 'node:test';
import assert from 'node:assert/strict';
import { interleave, Packages, told } from './interleavings.mjs';
import { Judged } from './rooms.mjs';

const directory = process.env.RECOVER_DURABLE_PACKAGES;
if (directory === undefined) throw new Error('set RECOVER_DURABLE_PACKAGES; cargo xtask test does');

/** Which seeds run over which store, with faults or without. @type {{ store: string, faults: boolean, seeds: number[] }[]} */
const SLICE = [
  { store: 'memory', faults: false, seeds: [1, 2] }, { store: 'memory', faults: true, seeds: [3, 4] },
  { store: 'hooked', faults: false, seeds: [5, 6] }, { store: 'hooked', faults: true, seeds: [7, 8] },
  { store: 'directory', faults: false, seeds: [9, 10] }, { store: 'directory', faults: true, seeds: [11, 12] },
];

const packages = new Packages(directory);
test.after(() => packages.end());

for (const { store, faults, seeds } of SLICE) {
  test(`closes, opens, ends and upgrades in any order, ${store}, ${faults ? 'with' : 'without'} faults`, { timeout: 120_000 }, async () => {
    for (const seed of seeds) {
      const run = await interleave(packages, { seed, steps: 140, store, faults });
      assert.deepEqual(run.wrong, [], told(run));
      assert.ok(run.steps > 60, `${run.steps} steps`);
    }
  });
}

/**
 * What the judge says of a room.
 * @param {boolean} appends @param {boolean} keeps @param {(judged: Judged) => void} happens
 */
function judgement(appends, keeps, happens) {
  /** @type {string[]} */
  const faults = [];
  happens(new Judged('a', appends, keeps, (text) => faults.push(text)));
  return faults;
}

/** Edits, and is answered. @param {Judged} judged @param {boolean} isAhead */
function edits(judged, isAhead) {
  const ask = judged.asked(isAhead);
  const number = judged.number(0);
  judged.edited(0, number, number, ask);
}

/** @param {Judged} judged @param {boolean} isAhead */
function writes(judged, isAhead) {
  const ask = judged.asked(isAhead);
  const text = judged.writes(ask, true);
  judged.written(text, ask);
  return text;
}

test('edits that are lost, come from nowhere or were refused are seen', () => {
  const shows = (/** @type {Judged} */ judged, /** @type {number} */ value) => judged.shown(0, value, judged.asked(false));
  assert.deepEqual(judgement(true, true, (judged) => { edits(judged, false); shows(judged, 1); }), []);
  assert.equal(judgement(true, true, (judged) => { edits(judged, false); shows(judged, 0); }).length, 1);
  assert.equal(judgement(true, true, (judged) => { edits(judged, true); shows(judged, 0); }).length, 1);
  assert.equal(judgement(true, true, (judged) => { edits(judged, false); shows(judged, 2); }).length, 1);
  // A store that fails, and a crash, may take back what was answered ahead, and nothing else.
  assert.deepEqual(judgement(true, false, (judged) => { edits(judged, true); shows(judged, 0); }), []);
  assert.deepEqual(judgement(true, true, (judged) => { edits(judged, true); judged.another(); shows(judged, 0); }), []);
  assert.equal(judgement(true, true, (judged) => { edits(judged, false); judged.another(); shows(judged, 0); }).length, 1);
  // Nor that behind a close.
  assert.equal(judgement(true, false, (judged) => { edits(judged, true); judged.closed(judged.closes()); shows(judged, 0); }).length, 1);
  assert.deepEqual(judgement(true, false, (judged) => { edits(judged, true); judged.unclosed(); shows(judged, 0); }), []);
  const refused = (/** @type {boolean} */ isRetryable) => judgement(true, true, (judged) => { judged.refused(0, judged.number(0), isRetryable); shows(judged, 1); });
  assert.deepEqual([refused(false).length, refused(true).length], [0, 1]);
});

test('texts that are lost, half, twice or old are seen', () => {
  const shows = (/** @type {Judged} */ judged, /** @type {string} */ value) => judged.text(value, judged.asked(false));
  assert.deepEqual(judgement(true, true, (judged) => { shows(judged, writes(judged, false) + writes(judged, false)); }), []);
  for (const bad of ['', ';1', 'half', ';1;2;2', ';1;2;3']) {
    assert.notDeepEqual(judgement(true, true, (judged) => { writes(judged, false); writes(judged, false); shows(judged, bad); }), [], bad);
  }
  for (const [value, count] of /** @type {const} */ ([[';2', 0], [';1', 1], ['', 2], [';1;2', 1]])) {
    assert.equal(judgement(false, true, (judged) => { writes(judged, false); writes(judged, false); shows(judged, value); }).length, count, value);
  }
  const ends = (/** @type {boolean} */ mayEnd, /** @type {boolean} */ isRetryable) => judgement(true, true, (judged) => {
    const text = judged.writes(judged.asked(false), mayEnd);
    judged.unwritten(text, isRetryable);
    shows(judged, text);
  }).length;
  assert.deepEqual([ends(true, false), ends(true, true), ends(false, false)], [0, 1, 1]);
});
