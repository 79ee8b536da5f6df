// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fake } from './testing/fake.mjs';
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

/** Two of a kind, and a call that has its object for itself while JavaScript runs. */
const TWO = {
  name: 'two',
  setup: (/** @type {any} */ pkg) => ({ counter: new pkg.Counter(), cell: new pkg.Cell(), other: new pkg.Cell() }),
  steps: [
    { name: 'add', run: (/** @type {any} */ state) => state.counter.add(2) },
    { name: 'tell', run: (/** @type {any} */ state) => state.counter.tell() },
    { name: 'put', run: (/** @type {any} */ state) => state.cell.add(1) },
    { name: 'other', run: (/** @type {any} */ state) => state.other.add(1) },
    { name: 'more', run: (/** @type {any} */ state) => state.counter.add(3) },
  ],
};

/**
 * @param {import('./testing/fake.mjs').Broken | undefined} broken
 * @param {object} [options]
 * @param {any[]} [scenarios]
 * @param {object} [more] of the host
 */
async function tortured(broken, options = {}, scenarios = [SCENARIO], more = {}) {
  /** @type {any[]} */
  const lines = [];
  /** @type {(error: unknown) => void} */
  let uncaught = () => {};
  const onUncaught = (/** @type {(error: unknown) => void} */ listener) => {
    uncaught = listener;
    return () => { uncaught = () => {}; };
  };
  const load = () => fake(broken, (error) => { uncaught(error); });
  const summary = await torture({ load, scenarios, options, say: (line) => { lines.push(line); }, host: { onUncaught, ...more } });
  return { lines, summary, violations: lines.flatMap(({ violation }) => (violation === undefined ? [] : [violation])) };
}

test('a package that keeps the promise passes, with singles, pairs and random schedules', async () => {
  const { lines, summary, violations } = await tortured(undefined, { budget: 1500, exhaustive: true });
  assert.deepEqual(violations, []);
  assert.ok(summary.injected > 300, `${summary.injected} injected`);
  assert.ok(lines[0].counted > 15);
  const { searched } = lines.find((line) => 'searched' in line);
  assert.ok(searched.whole && searched.tried === searched.of && searched.missed === 0, JSON.stringify(searched));
  assert.deepEqual(lines.at(-1), { summary });
});

for (const part of /** @type {const} */ ([
  'typed', 'fatal', 'state', 'values', 'settles', 'caught', 'dead', 'unlocked', 'spread', 'retryable', 'poisoned', 'stale', 'revived', 'freed', 'leak', 'next',
])) {
  test(`a package that breaks the rule \`${part}\` is found out by that rule`, async () => {
    const { violations } = await tortured(part, { pairs: false, violations: 30 }, [part === 'state' ? SILENT : SCENARIO]);
    assert.ok(violations.some(({ rule }) => rule === part), JSON.stringify(violations.map(({ rule, message }) => [rule, message])));
    for (const { smallest, words } of violations) {
      assert.ok(smallest.length <= 2);
      assert.equal(words.length, smallest.length);
    }
  });
}

for (const [part, rule, what] of /** @type {const} */ ([
  ['down', 'leak', /under way: -\d+, and before the failure -?\d/],
  ['stuck', 'leak', /under way: 1, and before the failure 0/],
  ['stack', 'leak', /stack pointer is at 1\d+, and before the failure 1\d+/],
  ['less', 'leak', /less live bytes: something is given back twice/],
  ['everySecond', 'leak', /more live bytes/],
  ['endLeak', 'leak', /more records/],
  ['bystander', 'poisoned', /state\.(cell|other) is poisoned, though no call that had it/],
  ['idle', 'spread', /an instance had ended>: nothing failed under it/],
  ['reentry', 'reentry', /succeeded, though a call had it for itself/],
  ['stray', 'caught', /in a clean run without what failed, nobody caught/],
  ['timer', 'caught', /nobody caught <Error: late>/],
])) {
  test(`a package that breaks \`${rule}\` in a quiet way is found out: ${part}`, async () => {
    const { violations } = await tortured(part, { pairs: false, violations: rule === 'leak' ? 2 : 20 }, [TWO]);
    assert.ok(violations.some((each) => each.rule === rule && what.test(each.message)), JSON.stringify(violations.map((each) => [each.rule, each.message])));
  });
}

test('a package with two of a kind that keeps the promise passes', async () => {
  assert.deepEqual((await tortured(undefined, { budget: 1500 }, [TWO])).violations, []);
});

test('an object that does not come back out of its record is found without an end', async () => {
  const { violations } = await tortured('evicted', { pairs: false, violations: 1 });
  assert.deepEqual(violations.map(({ rule, message }) => [rule, /out of its record/.test(message)]), [['revived', true]]);
});

test('an instance that is kept is found, where garbage can be collected', async () => {
  setFlagsFromString('--expose-gc');
  const { violations } = await tortured('instances', { pairs: false }, [SCENARIO], { gc: runInNewContext('gc') });
  assert.deepEqual(violations.map(({ rule }) => rule), ['instances']);
  const ends = await tortured('endInstances', { pairs: false }, [SCENARIO], { gc: runInNewContext('gc') });
  assert.deepEqual(ends.violations.map(({ rule, message }) => [rule, /each time/.test(message)]), [['instances', true]]);
  const hoard = await tortured('hoard', { pairs: false }, [SCENARIO], { gc: runInNewContext('gc') });
  assert.deepEqual(hoard.violations.map(({ rule, message }) => [rule, /no failure alone/.test(message)]), [['instances', true]]);
  assert.deepEqual((await tortured(undefined, { pairs: false }, [SCENARIO], { gc: runInNewContext('gc') })).violations, []);
});

test('the invariant of a scenario is a rule, also where a failed step may leave a part', async () => {
  const invariant = (/** @type {any} */ { counter }) => { if (![0, 2, 7, 10, 5, 8, 3].includes(counter.count)) throw new Error(`${counter.count} is odd`); };
  const { violations } = await tortured('state', { pairs: false }, [{ ...SILENT, invariant: (/** @type {any} */ state, /** @type {any} */ done) => {
    invariant(state);
    if (!done.some((/** @type {any} */ { name }) => name === 'add') && [2, 7, 10].includes(state.counter.count)) throw new Error('it was never added');
  }, atomic: false }]);
  assert.ok(violations.length > 0);
  assert.deepEqual([...new Set(violations.map(({ rule }) => rule))], ['invariant']);
});

test('what takes two failures is found by pairs, and by random schedules, and no failure alone is blamed', async () => {
  // The first one found ends it; the budget is for a machine that does other things, too.
  for (const options of [{ budget: 60_000, random: false }, { budget: 60_000, pairs: false }]) {
    const { violations } = await tortured('twice', { ...options, violations: 1 });
    assert.equal(violations.length, 1);
    const [{ rule, smallest, schedule, reproduced }] = violations;
    assert.equal(rule, 'values');
    assert.ok(reproduced, JSON.stringify(violations));
    assert.ok(smallest.length === 2 || smallest[0].persistent, JSON.stringify(smallest));
    assert.ok(smallest.length <= schedule.length);
  }
});

test('a schedule is replayed alone, and says what became of each step', async () => {
  const { lines } = await tortured(undefined, { schedule: [{ point: 2, action: 'panic' }] });
  const { replayed } = lines.find((line) => 'replayed' in line);
  assert.deepEqual(replayed.steps.map((/** @type {string} */ step) => step.split(' ').slice(0, 2).join(' ')), ['add ended', 'put gave', 'sync gave', 'more gave']);
  assert.equal(replayed.words.length, 1);
  const again = await tortured('state', { schedule: [{ point: 4, action: 'panic' }] }, [SILENT]);
  assert.deepEqual(again.violations.map(({ rule }) => rule), ['state']);
});

test('the same seed finds the same', async () => {
  const found = async () => (await tortured('unlocked', { seed: 9, pairs: false, violations: 2 })).violations.map(({ rule, smallest }) => [rule, smallest]);
  assert.deepEqual(await found(), await found());
});

test('a scenario that fails by itself is a mistake, and so is one that is never the same', async () => {
  const mistake = { name: 'Mistake' };
  await assert.rejects(tortured(undefined, {}, [{ ...SCENARIO, steps: [() => { throw new Error('mine'); }] }]), { ...mistake, message: /nothing fails.*mine/ });
  await assert.rejects(tortured(undefined, {}, [{ ...SCENARIO, setup() { throw new Error('no'); } }]), mistake);
  await assert.rejects(tortured(undefined, {}, [{ ...SCENARIO, invariant() { throw new Error('never'); } }]), { ...mistake, message: /never/ });
  let time = 0;
  await assert.rejects(tortured(undefined, {}, [{ ...SCENARIO, steps: [() => { time += 1; return time; }] }]), { ...mistake, message: /differ/ });
  await assert.rejects(tortured(undefined, {}, [{ ...SCENARIO, steps: [() => new Promise(() => {})] }]), { ...mistake, message: /settle/ });
  await assert.rejects(tortured(undefined, {}, [{ ...SCENARIO, steps: [() => 1, () => 2] }]), { ...mistake, message: /`both`: its steps call nothing of the package/ });
  await assert.rejects(tortured(undefined, { only: ['other'] }), { ...mistake, message: /both/ });
  await assert.rejects(tortured(undefined, { waivers: [{ site: 'x@y', reason: 'none' }], pairs: false }), { ...mistake, message: /x@y/ });
  await assert.rejects(torture({ load: () => ({}), scenarios: [SCENARIO], say() {} }), { ...mistake, message: /feature/ });
});

test('an error that a step may end with is no failure, and other steps are judged by it', async () => {
  class Full extends Error {}
  const steps = [
    { name: 'full', run: (/** @type {any} */ _, /** @type {any} */ t) => { t.expects(Full); throw new Full('it is full'); } },
    ...SCENARIO.steps,
  ];
  const { violations } = await tortured(undefined, { pairs: false }, [{ ...SCENARIO, steps }]);
  assert.deepEqual(violations, []);
});

test('coverage names what the scenario never comes to', async () => {
  const { lines } = await tortured(undefined, { pairs: false }, [{ ...SCENARIO, steps: SCENARIO.steps.slice(0, 1) }]);
  const { coverage } = lines.find((line) => 'coverage' in line);
  assert.ok(coverage.never.includes('before@counter_sync'));
  assert.ok(coverage.tortured.includes('enter@counter_add'));
  assert.ok(!coverage.tortured.some((/** @type {string} */ site) => site.startsWith('alloc@')), 'what is met by definition is no part of it');
});

test('a budget that is over before all was tried says how much of how much was', async () => {
  const { lines } = await tortured(undefined, { budget: 40 });
  const { searched } = lines.find((line) => 'searched' in line);
  assert.ok(!searched.whole && searched.tried < searched.of && searched.of > 100, JSON.stringify(searched));
  assert.deepEqual([searched.pairs, searched.randoms], [0, 0]);
  const all = (await tortured(undefined, { budget: 40, exhaustive: true })).lines.find((line) => 'searched' in line).searched;
  assert.ok(all.whole && all.tried === searched.of, JSON.stringify(all));
});

test('what a schedule does not reach is said, by hand and of a test', async () => {
  const unreached = async (/** @type {any[]} */ schedule) => (await tortured(undefined, { schedule })).lines.find((line) => 'unreached' in line)?.unreached;
  assert.match(await unreached([{ point: 99_999, action: 'panic' }]), /point 99999 is not reached; the run passes \d+ points/);
  assert.match(await unreached([{ point: 2, action: 'throw' }]), /`throw` does nothing at point 2/);
  assert.equal(await unreached([{ point: 2, action: 'panic' }]), undefined);
  assert.equal(await unreached([{ point: -1, action: 'restart' }]), undefined);
});

test('failures are counted that happened in runs that were judged', async () => {
  const { summary } = await tortured(undefined, { schedule: [{ point: 2, action: 'panic' }] });
  assert.equal(summary.injected, 2, 'in a run that goes on, and in one that is ended; the run that is shown is none of them');
  const own = { name: 'own', setup: (/** @type {any} */ pkg) => ({ pkg }), steps: [() => 1, (/** @type {any} */ { pkg }) => { const counter = new pkg.Counter(); counter.add(1); counter.free(); }] };
  const nothing = await tortured(undefined, { schedule: [{ point: 1, action: 'free' }] }, [own]);
  assert.equal(nothing.summary.injected, 0, 'there is no handle to free');
});

test('a budget bounds what is done about violations, with an allowance that is said', async () => {
  // A clock that goes by how often it is read.
  let took = 0;
  const now = () => (took += 40);
  const { lines, violations } = await tortured('values', { budget: 8000, violations: 1000 }, [SCENARIO], { now });
  assert.ok(violations.length > 0);
  assert.ok(took < 8000 + 1600 + 2400, `${took} ms`);
  assert.ok(lines.some(({ shrinking }) => shrinking > 0), 'making a schedule smaller says that it goes on');
});

test('two faults of one rule are told apart, also where one schedule shrinks towards the other', async () => {
  // The second call says another thing than the first, whatever fails before them.
  const steps = [
    { name: 'first', run: (/** @type {any} */ state) => state.counter.add(2) },
    { name: 'second', run: (/** @type {any} */ state) => { state.counter.add(2); if (state.counter.count !== 4) throw new Error('never'); return 'right'; } },
  ];
  const { violations } = await tortured('typed', { pairs: false, violations: 50 }, [{ ...SCENARIO, steps }]);
  const faults = new Set(violations.map(({ message }) => message.replace(/\d+/g, '0')));
  assert.ok(faults.size >= 2, [...faults].join('; '));
});

test('what was found is told before a waiver that matches nothing', async () => {
  /** @type {any[]} */
  const lines = [];
  const options = { waivers: [{ site: 'x@y', reason: 'none' }], pairs: false, random: false };
  await assert.rejects(torture({ load: () => fake('values'), scenarios: [SCENARIO], options, say: (line) => { lines.push(line); } }), { name: 'Mistake' });
  assert.ok(lines.at(-1).summary.violations > 0);
});
