// @ts-check
// A small slice of the upgrade load test (load.mjs); its full size is a command.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, told, wrong } from './load.mjs';

const packages = process.env.RECOVER_DURABLE_PACKAGES;
if (packages === undefined) throw new Error('set RECOVER_DURABLE_PACKAGES; cargo xtask test does');

test('100 connections see nothing of 10 upgrades', { timeout: 120_000 }, async () => {
  const seen = await load({ packages, connections: 100, upgrades: 10, between: 200 });
  console.log(told(seen));
  assert.deepEqual(wrong(seen, 10), []);
});

test('what is lost, fails or is answered by other code is seen', async () => {
  const seen = {
    connections: 2, rooms: 1, seconds: 1, calls: 6, median: 1, high: 1, most: 1, memory: 1, wasm: 1, restarts: 1, failures: [],
    made: [{ waited: 0, duration: 1, rejected: 0, revived: 1, code: 2 }], acknowledged: [2, 3], edits: [2, 3], stored: [2, 3],
  };
  assert.deepEqual(wrong(seen, 1), []);
  const made = (/** @type {object} */ with_) => ({ made: [{ waited: 0, duration: 1, rejected: 0, revived: 1, code: 2, ...with_ }] });
  for (const bad of [
    { failures: ['x'] }, { edits: [2, 2] }, { stored: [1, 3] }, { acknowledged: [0, 3] }, { calls: 3 }, made({ code: 1 }), made({ rejected: 1 }), made({ revived: 0 }), { made: [] },
  ]) {
    assert.notDeepEqual(wrong({ ...seen, ...bad }, 1), [], JSON.stringify(bad));
  }
});
