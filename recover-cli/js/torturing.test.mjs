// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, ofRust, run } from './torturing.mjs';

const good = { setup: () => ({}), steps: [() => {}] };

/**
 * What is said when these modules are run by a driver that notes what it is given.
 * @param {Record<string, any>} modules @param {Record<string, any>} [options]
 * @param {import('./torturing.mjs').Given[]} [more]
 */
async function ran(modules, options = {}, more = []) {
  /** @type {any[]} */
  const calls = [];
  /** @type {any[]} */
  const said = [];
  const scenarios = Object.entries(modules).map(([name, module]) => ({
    name, path: `torture/${name}.mjs`, load: async () => { if (module instanceof Error) throw module; return module; },
  }));
  const driver = {
    torture: async (/** @type {any} */ given) => {
      const stop = given.host.onUncaught((/** @type {unknown} */ error) => { calls.push({ uncaught: error }); });
      calls.push({ names: given.scenarios.map((/** @type {any} */ it) => it.name), options: given.options, glue: await given.load() });
      fail(7);
      given.say({ scenario: 'x', done: 1, of: 2 });
      stop();
      given.say({ summary: { injected: 2, violations: 1, runs: 3, ms: 4 } });
    },
  };
  let loads = 0;
  const load = async () => ({ loads: loads += 1 });
  await run([{ load, scenarios: [...scenarios, ...more] }], { capture: false, options }, (line) => { said.push(line); }, driver);
  return { calls: calls.filter((it) => !('uncaught' in it)), uncaught: calls.filter((it) => 'uncaught' in it), said };
}

test('a scenario with a schedule is run first, by that alone, and the package is loaded once', async () => {
  const schedule = [{ point: 3, action: 'panic' }];
  const { calls, said, uncaught } = await ran({ a: good, b: { ...good, schedule, seed: 9 } }, { seed: 1, waivers: [1] });
  assert.deepEqual(calls.map((it) => it.names), [['b'], ['a']]);
  assert.deepEqual(calls[0].options, { seed: 9, waivers: [], schedule });
  assert.deepEqual(calls[1].options, { seed: 1, waivers: [1] });
  assert.deepEqual(calls.map((it) => it.glue.loads), [1, 1]);
  assert.deepEqual(said.at(-1), { summary: { injected: 4, violations: 2, runs: 6, ms: 8 } });
  assert.equal(uncaught.length, 2);
  assert.deepEqual(said[0], { scenario: 'x', done: 1, of: 2 });
  assert.equal(fail(8), false, 'when none runs, nobody is told');
});

test('a schedule of another strategy is skipped', async () => {
  const { calls, said } = await ran({ b: { ...good, schedule: [], strategy: 'abort' } }, { strategy: 'unwind' });
  assert.equal(calls.length, 0);
  assert.deepEqual(said[0], { scenario: 'b', skipped: 'it is of --strategy abort' });
});

test('a schedule that is replayed goes before that of the scenario', async () => {
  const { calls } = await ran({ b: { ...good, schedule: [] } }, { replays: true, schedule: [1], seed: 3 });
  assert.deepEqual([calls[0].options.schedule, calls[0].options.seed], [[1], 3]);
});

test('what can\'t be loaded is a mistake, and nothing is run', async () => {
  for (const [module, part] of /** @type {[any, string][]} */ ([
    [new SyntaxError('Unexpected token'), 'can\'t be loaded: SyntaxError: Unexpected token'],
    [Object.assign(new SyntaxError('Unexpected token'), { stack: 'file:///a/torture/bad.mjs:7\nlet let\n^^^\n\nSyntaxError: Unexpected token\n    at compile' }), 'bad.mjs:7 can\'t be loaded'],
    [Object.assign(new TypeError('x is not a function'), { stack: 'TypeError: x is not a function\n    at file:///a/torture/bad.mjs:3:1\n    at run' }), 'bad.mjs:3 can\'t be loaded'],
    [{ rust: 'tests::gone' }, 'of the function tests::gone, which the crate has not'],
  ])) {
    const { calls, said } = await ran({ bad: module, good });
    assert.equal(calls.length, 0);
    assert.equal(said.length, 1);
    assert.ok(said[0].mistake.includes(part), said[0].mistake);
    assert.ok(said[0].mistake.includes('torture/bad.mjs'), said[0].mistake);
  }
});

test('what the driver calls a mistake is one, and anything else ends the engine', async () => {
  const told = async (/** @type {unknown} */ error, /** @type {object | undefined} */ summary = undefined) => {
    /** @type {any[]} */
    const said = [];
    const given = { name: 'a', load: async () => good };
    await run([{ load: async () => ({}), scenarios: [given] }], { capture: false, options: {} }, (line) => { said.push(line); }, {
      torture: async (/** @type {any} */ given) => { if (summary !== undefined) given.say({ summary }); throw error; },
    });
    return said;
  };
  const mistake = Object.assign(new Error('no setup'), { name: 'Mistake' });
  assert.deepEqual(await told(mistake), [{ mistake: 'no setup' }]);
  const summary = { injected: 2, violations: 1, runs: 3, ms: 4 };
  assert.deepEqual(await told(mistake, summary), [{ mistake: 'no setup', summary }], 'one that is seen in the end');
  await assert.rejects(told(new TypeError('x')), TypeError);
});

test('an assertion in Rust breaks the invariant, and a panic that was injected does not', async () => {
  const scenario = ofRust('tests::adds', '__recover_torture_0');
  /** @param {any} error */
  const after = async (error) => {
    scenario.setup({ __recover_torture_0() { if (error) throw error; } });
    await Promise.resolve(scenario.steps[0].run()).catch((/** @type {any} */ thrown) => assert.equal(thrown, error));
    scenario.invariant();
  };
  await after(undefined);
  await after(Object.assign(new Error('torture: a panic was injected'), { name: 'PanicError' }));
  await after(Object.assign(new Error('no memory'), { name: 'OutOfMemoryError' }));
  const error = Object.assign(new Error('left: 1'), { name: 'PanicError', location: { file: 'src/lib.rs', line: 7, column: 5 } });
  await assert.rejects(after(error), /an assertion failed: left: 1 \(src\/lib\.rs:7:5\)/);
});

test('a schedule of a Rust function is run on its export', async () => {
  const { calls } = await ran({ b: { rust: 'tests::adds', schedule: [{ point: 0, action: 'gc' }] } }, {}, [{ name: 'tests::adds', export: 'e' }]);
  assert.deepEqual(calls.map((it) => it.names), [['b'], ['tests::adds']]);
});
