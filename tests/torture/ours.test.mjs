// @ts-check
// Each rule of each scenario, as a test: what `cargo xtask unplug` asks when a mechanism was taken out, which torture must
// find by itself, and by that rule. What finds nothing, since the scenario is refused or comes to no end, is no test
// that failed. The stage `torture` runs ours.mjs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { RULES } from '../../recover-cli/js/torture/judge.mjs';
import { loader } from './load.mjs';
import { all, torment } from './scenarios.mjs';

const packages = process.env.RECOVER_E2E_DIR ?? '';
const load = loader(join(packages, 'fixture-torture-ours'), 'fixture-torture-ours');
const strategy = process.env.RECOVER_BUILD === 'abort' ? 'abort' : 'unwind';
/** Milliseconds that a scenario may take, and after which it comes to no end: before the test is given up. */
const BUDGET = 20_000, LATE = 90_000;
const { setTimeout: later, clearTimeout: never } = globalThis;

/** @typedef {{ result?: import('./scenarios.mjs').Result | undefined, refused?: unknown }} Ran */

/** What became of a scenario, which is tortured once for all of its tests. @type {Map<string, Promise<Ran>>} */
const ran = new Map();

/** @param {any} scenario @returns {Promise<Ran>} */
function tortured(scenario) {
  const known = ran.get(scenario.name);
  if (known !== undefined) return known;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = /** @type {Promise<Ran>} */ (new Promise((resolve) => { timer = later(() => resolve({ refused: 'it came to no end' }), LATE); }));
  const run = torment(load, scenario, { seed: 1, budget: BUDGET, strategy }).then((result) => ({ result }), (/** @type {unknown} */ refused) => ({ refused }));
  const first = Promise.race([run, late]).finally(() => never(timer));
  ran.set(scenario.name, first);
  return first;
}

for (const scenario of await all()) {
  const { name } = scenario;
  test(`it can be tortured: ${name}`, async (t) => {
    const { result, refused } = await tortured(scenario);
    assert.equal(refused, undefined);
    if (result === undefined) t.skip('the build has no such class');
    else assert.ok(result.injected > 0, 'failures were injected');
  });
  for (const rule of [...Object.keys(RULES), 'next', 'leak', 'instances']) {
    test(`${rule} holds under torture: ${name}`, async (t) => {
      const { result, refused } = await tortured(scenario);
      if (result === undefined) {
        t.skip(refused === undefined ? 'the build has no such class' : `nothing is known: ${String(refused)}`);
        return;
      }
      const broken = result.violations.filter((violation) => violation.rule === rule);
      assert.deepEqual(broken.map(({ message, smallest }) => ({ message, smallest })), []);
    });
  }
}
