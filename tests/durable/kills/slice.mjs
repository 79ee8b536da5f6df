// @ts-check
// A test of so many kills of an engine: what `cargo xtask durable` does with more.
import assert from 'node:assert/strict';
import test from 'node:test';
import { line, run } from './run.mjs';

/**
 * @param {string} name @param {() => Promise<import('./run.mjs').Engine>} make
 * @param {{ kills: number, points: number }} least how many kills there are, and how many kinds of write points are met
 */
export function slice(name, make, { kills, points }) {
  test(`${name}: of ${kills} kills none loses a call that was answered, or leaves a half of one`, async (t) => {
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
