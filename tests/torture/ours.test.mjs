// @ts-check
// Each scenario, as a test: what `cargo xtask unplug` asks when a mechanism was taken out, which torture must
// find by itself. The stage `torture` runs ours.mjs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loader } from './load.mjs';
import { all, torment } from './scenarios.mjs';

const packages = process.env.RECOVER_E2E_DIR ?? '';
const load = loader(join(packages, 'fixture-torture-ours'), 'fixture-torture-ours');
const strategy = process.env.RECOVER_BUILD === 'abort' ? 'abort' : 'unwind';
/** Milliseconds that a scenario may take. */
const BUDGET = 20_000;

for (const scenario of await all()) {
  test(`torture finds nothing: ${scenario.name}`, async (t) => {
    const result = await torment(load, scenario, { seed: 1, budget: BUDGET, strategy });
    if (result === undefined) {
      t.skip('the build has no such class');
      return;
    }
    assert.deepEqual(result.violations.map(({ rule, message, smallest }) => ({ rule, message, smallest })), []);
    assert.ok(result.injected > 0, 'failures were injected');
  });
}
