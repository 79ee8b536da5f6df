// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mistake, scenarioOf, scheduleOf } from './scenario.mjs';

const GOOD = { setup() {}, steps: [() => {}] };

/** @param {any} module */
const refused = (module) => {
  try {
    scenarioOf(module, 0);
  } catch (error) {
    assert.ok(error instanceof Mistake);
    assert.ok(!error.message.includes('\n'), 'one line');
    return error.message;
  }
  return assert.fail('it was not refused');
};

test('a malformed scenario is refused in one line that says what is wrong', () => {
  assert.match(refused(null), /no module/);
  assert.match(refused({ steps: GOOD.steps }), /scenario 1.*setup/);
  assert.match(refused({ setup() {} }), /steps/);
  assert.match(refused({ setup() {}, steps: [] }), /steps/);
  assert.match(refused({ ...GOOD, steps: [() => {}, 3] }), /step 2/);
  assert.match(refused({ ...GOOD, steps: [{ run() {}, overlaps: true }] }), /`overlaps`/);
  assert.match(refused({ ...GOOD, steps: [{ run() {}, overlap: 1 }] }), /`overlap` of step 1/);
  assert.match(refused({ ...GOOD, steps: [{ run() {}, name: 1 }] }), /name of step 1/);
  assert.match(refused({ ...GOOD, invariants() {} }), /`invariants`/);
  assert.match(refused({ ...GOOD, observe: 1 }), /`observe`/);
  assert.match(refused({ ...GOOD, atomic: 'no' }), /`atomic`/);
  assert.match(refused({ ...GOOD, policy: { Counter: 'rolled' } }), /`policy.Counter`/);
  assert.match(refused({ ...GOOD, policy: null }), /`policy`/);
  assert.match(refused({ ...GOOD, restartLimit: { restarts: 1 } }), /`restartLimit`/);
  assert.match(refused({ ...GOOD, name: '' }), /`name`/);
});

test('a step takes what it does not say from the scenario', () => {
  const { name, steps } = scenarioOf({ ...GOOD, name: 'mine', atomic: false, steps: [function add() {}, { run() {} }, { run() {}, atomic: true, overlap: true, name: 'last' }] }, 0);
  assert.equal(name, 'mine');
  assert.deepEqual(steps.map((step) => [step.name, step.overlap, step.atomic]), [['add', false, false], ['step 2', false, false], ['last', true, true]]);
});

test('a schedule that is none is refused', () => {
  for (const given of [{}, [{}], [{ point: 0.5, action: 'trap' }], [{ point: 1, action: 'burn' }], [{ point: -1, action: 'trap' }], [{ point: 1, action: 'trap', persistent: 1 }]]) {
    assert.throws(() => scheduleOf(given), Mistake);
  }
  const right = [{ point: -1, action: 'restart' }, { point: 2, action: 'fail', persistent: true }];
  assert.deepEqual(scheduleOf(right), right);
});
