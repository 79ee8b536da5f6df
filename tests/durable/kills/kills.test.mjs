// @ts-check
// A slice of what `cargo xtask durable` does: programs that have durable objects are killed, and what was answered is there.
import assert from 'node:assert/strict';
import test from 'node:test';
import { chromium } from './chromium.mjs';
import { damage, line as damageLine } from './damage.mjs';
import { node } from './node.mjs';
import { line, run } from './run.mjs';
import { memory } from './torn.mjs';
import { workerd } from './workerd.mjs';

for (const [kills, points, make] of /** @type {const} */ ([
  [1500, 8, memory],
  [40, 4, () => node('node-sqlite')],
  [40, 8, () => node('directory')],
  [10, 2, () => node('postgres')],
  [10, 3, () => workerd('SQL')],
  [4, 1, () => workerd('KEYS')],
  [16, 5, chromium],
])) {
  const name = /node\('(.*?)'\)|workerd\('(.*?)'\)/.exec(String(make))?.slice(1).find((each) => each !== undefined) ?? make.name;
  test(`${kills} kills lose no call that was answered: ${name}`, async (t) => {
    const engine = await make();
    try {
      const report = await run(engine, { kills, seed: 1 });
      t.diagnostic(line(report));
      assert.deepEqual(report.faults, []);
      assert.equal(report.kills, kills);
      // Enough happened.
      assert.ok(report.answered >= kills, `${report.answered} calls were answered`);
      assert.ok(report.points.length >= points, `killed at ${report.points.join(', ')}`);
    } finally {
      await engine.stop();
    }
  });
}

test('what was durable and is damaged is refused, with the reason, and left as it is', async (t) => {
  const reports = await damage({ tries: 600, seed: 1 });
  for (const [of, report] of /** @type {const} */ ([['pieces', reports.pieces], ['files', reports.files]])) {
    t.diagnostic(damageLine(of, report));
    assert.deepEqual(report.faults, []);
    assert.ok(report.refused > report.tried / 2);
  }
});
