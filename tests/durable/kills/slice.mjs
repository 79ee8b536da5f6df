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

/**
 * A test that the judge finds what breaks its promise: calls are lost, or what is left shows it and is refused.
 * @param {string} name @param {() => Promise<import('./run.mjs').Engine>} make
 */
export function broken(name, make) {
  test(`${name} loses calls, and that is found`, async () => {
    const engine = await make();
    try {
      const report = await run(engine, { kills: 60, seed: 1, stopsAtFault: true });
      assert.ok(report.faults.length > 0, line(report));
      assert.match(report.faults.join('\n'), /(lost: life \d+: \d+ calls are there, and \d+ were answered|refused: life \d+: ImportError: [^]*); engine .*, seed 1, object \d+ of seed \d+, kill \d+, this life's end/);
    } finally {
      await engine.stop();
    }
  });
}
