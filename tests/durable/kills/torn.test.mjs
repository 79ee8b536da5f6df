// @ts-check
// Crashes of a machine, and damage: what was durable is there, and what is damaged is refused.
import assert from 'node:assert/strict';
import test from 'node:test';
import { disk } from './disk.mjs';
import { damage, line } from './damage.mjs';
import { slice } from './slice.mjs';
import { memory } from './torn.mjs';

slice('torn, lost and reordered writes', memory, { kills: 1500, points: 8 });
slice('a directory whose disk loses power', disk, { kills: 150, points: 14 });

test('what was durable and is damaged is refused, with the reason, and left as it is', async (t) => {
  const { pieces, files, database } = await damage({ tries: 600, seed: 1 });
  for (const [of, report, share] of /** @type {const} */ ([['pieces', pieces, 1 / 2], ['files', files, 1 / 2], ['databases', database, 1 / 50]])) {
    t.diagnostic(line(of, report));
    assert.deepEqual(report.faults, []);
    assert.ok(report.refused > report.tried * share);
  }
});
