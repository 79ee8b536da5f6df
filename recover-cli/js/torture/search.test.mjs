// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Search, broad, contains, interleaved, moved, plain, shrink } from './search.mjs';

/** @typedef {import('./types.mjs').Schedule} Schedule */

/** @param {number} point @param {string} site */
const at = (point, site) => ({ entry: { point, action: /** @type {const} */ ('panic') }, site, nth: 0 });

test('the first failure at each site comes before the second at any', () => {
  const sites = broad([at(0, 'a'), at(1, 'a'), at(2, 'a'), at(3, 'b'), at(4, 'b'), at(5, 'c')]).map(({ entry }) => entry.point);
  assert.deepEqual(sites, [0, 3, 5, 1, 4, 2]);
});

test('lists are taken in turn, so that what ends early has some of each', () => {
  const list = (/** @type {string} */ name, /** @type {number} */ length) => Array.from({ length }, () => name);
  const all = [...interleaved([list('warm', 1000), list('cold', 500), list('ends', 1000), []])];
  assert.equal(all.length, 2500);
  const early = all.slice(0, 500);
  for (const [name, least] of /** @type {const} */ ([['warm', 150], ['cold', 64], ['ends', 150]])) {
    assert.ok(early.filter((each) => each === name).length >= least, name);
  }
});

test('a message is compared without the values in it', () => {
  assert.equal(plain('the state is Uint8Array [1, 2, 3] of "a"'), plain('the state is Uint8Array [7] of "bc"'));
  assert.notEqual(plain('add gave 3'), plain('put gave 3'));
});

/**
 * A session in which a schedule shows what `judge` says.
 * @param {(schedule: Schedule) => { rule: string, message: string } | undefined} judge
 */
function session(judge) {
  let now = 0;
  return /** @type {any} */ ({
    clean: { trace: { sites: ['a@x', 'a@x', 'a@x', 'a@x'] } }, until: Infinity, missed: 0, last: undefined,
    host: { now: () => (now += 10) }, scenario: { name: 's', steps: [] }, pkg: {},
    async heal() {},
    async try(/** @type {Schedule} */ schedule) { return judge(schedule); },
  });
}

test('a schedule is made smaller as long as it shows the same fault, and not another of the rule', async () => {
  const [mine, other] = [{ rule: 'values', message: 'add gave 1; in a clean run it gave 2' }, { rule: 'values', message: 'put failed' }];
  /** @type {Schedule} */
  const pair = [{ point: 1, action: 'panic' }, { point: 3, action: 'trap' }];
  const of = (/** @type {Schedule} */ schedule) => (schedule.length === 2 ? mine : other);
  assert.deepEqual(await shrink(session(of), pair, mine), pair);
  assert.deepEqual(await shrink(session(() => ({ ...mine, message: 'add gave 7; in a clean run it gave 2' })), pair, mine), [{ point: 0, action: 'trap' }]);
});

test('when the time is over a schedule stays as small as it is', async () => {
  const mine = { rule: 'values', message: 'wrong' };
  let tries = 0;
  const pair = /** @type {Schedule} */ ([{ point: 1, action: 'panic' }, { point: 3, action: 'trap' }]);
  assert.deepEqual(await shrink(session(() => mine), pair, mine, () => (tries += 1) <= 1), [{ point: 3, action: 'trap' }]);
});

test('what came elsewhere than it was to come is tried once more in a warm instance', async () => {
  const cold = session(() => undefined);
  let warm = false;
  let tries = 0;
  Object.assign(cold, {
    async try() { tries += 1; if (!warm) cold.missed += 1; },
    async play() { warm = true; return { trace: cold.clean.trace }; },
    player: { figures: () => ({}) },
  });
  const search = new Search(cold, 1, () => {}, 20);
  await search.attempt([{ point: 1, action: 'panic' }], { site: 'a@x', how: 'on' });
  assert.deepEqual([tries, cold.missed], [2, 0]);
});

test('where other points are passed, a failure comes at the same place of its site', () => {
  /** @type {Schedule} */
  const schedule = [{ point: -1, action: 'restart' }, { point: 2, action: 'fail', persistent: true }, { point: 9, action: 'trap' }];
  const sites = ['a@x', 's@x', 's@x', 'a@x', 's@x'];
  const point = (/** @type {string} */ site, /** @type {number} */ nth) => moved(schedule, site, nth, sites)[1]?.point;
  assert.deepEqual([point('a@x', 1), point('s@x', 1), point('a@x', 7), point('b@x', 0)], [3, 2, 3, 2]);
  assert.deepEqual(moved(schedule, 'a@x', 1, sites)[1], { point: 3, action: 'fail', persistent: true });
});

test('a fault is told once, and not again for each schedule that has its own within', async () => {
  const mine = { rule: 'values', message: 'wrong' };
  /** @type {Schedule} */
  const least = [{ point: 1, action: 'panic' }];
  /** @type {any[]} */
  const said = [];
  const found = session((schedule) => (schedule.some(({ point }) => point === 1) ? mine : undefined));
  Object.assign(found, { last: { fired: [], ended: [], trace: found.clean.trace } });
  const search = new Search(found, 1, (line) => { said.push(line); }, 20);
  await search.found(least, mine);
  await search.found([{ point: 1, action: 'panic' }, { point: 3, action: 'trap' }], { ...mine, message: 'wrong in another way' });
  assert.equal(said.filter(({ violation }) => violation !== undefined).length, 1);
  await search.found([{ point: 2, action: 'panic' }], { rule: 'state', message: 'another' });
  assert.equal(said.filter(({ violation }) => violation !== undefined).length, 2);
  assert.equal(contains([{ point: 1, action: 'panic', persistent: true }], least), false, 'that lasts, and is another failure');
});
