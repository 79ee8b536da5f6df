// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fake } from './fake.test-support.mjs';
import { torture } from './run.mjs';

const SCENARIO = {
  name: 'both',
  setup: (/** @type {any} */ pkg) => ({ counter: new pkg.Counter(), cell: new pkg.Cell() }),
  steps: [
    { name: 'add', run: (/** @type {any} */ state) => state.counter.add(2) },
    { name: 'put', run: (/** @type {any} */ state) => state.cell.add(1) },
    { name: 'sync', run: (/** @type {any} */ state) => state.counter.sync(async () => 5) },
    { name: 'more', run: (/** @type {any} */ state) => state.counter.add(3) },
  ],
};

/** The same, of which nothing is told but the state. */
const SILENT = { ...SCENARIO, steps: SCENARIO.steps.map(({ name, run }) => ({ name, run: async (/** @type {any} */ state) => { await run(state); } })) };

/**
 * @param {import('./fake.test-support.mjs').Broken | undefined} broken
 * @param {object} [options]
 * @param {any[]} [scenarios]
 */
async function tortured(broken, options = {}, scenarios = [SCENARIO]) {
  /** @type {any[]} */
  const lines = [];
  /** @type {(error: unknown) => void} */
  let uncaught = () => {};
  const onUncaught = (/** @type {(error: unknown) => void} */ listener) => {
    uncaught = listener;
    return () => { uncaught = () => {}; };
  };
  const load = () => fake(broken, (error) => { uncaught(error); });
  const summary = await torture({ load, scenarios, options, say: (line) => { lines.push(line); }, host: { onUncaught } });
  return { lines, summary, violations: lines.flatMap(({ violation }) => (violation === undefined ? [] : [violation])) };
}

test('a package that keeps the promise passes, with singles, pairs and random schedules', async () => {
  const { lines, summary, violations } = await tortured(undefined, { budget: 1500 });
  assert.deepEqual(violations, []);
  assert.ok(summary.injected > 500, `${summary.injected} injected`);
  assert.ok(lines[0].counted > 15);
  assert.deepEqual(lines.at(-1), { summary });
});

for (const part of /** @type {const} */ ([
  'typed', 'fatal', 'state', 'values', 'settles', 'caught', 'dead', 'unlocked', 'spread', 'retryable', 'poisoned', 'stale', 'revived', 'freed', 'leak', 'next',
])) {
  test(`a package that breaks the rule \`${part}\` is found out by that rule`, async () => {
    const { violations } = await tortured(part, { pairs: false, violations: 3 }, [part === 'state' ? SILENT : SCENARIO]);
    assert.ok(violations.some(({ rule }) => rule === part), JSON.stringify(violations.map(({ rule, message }) => [rule, message])));
    for (const { smallest, words } of violations) {
      assert.ok(smallest.length <= 2);
      assert.equal(words.length, smallest.length);
    }
  });
}
