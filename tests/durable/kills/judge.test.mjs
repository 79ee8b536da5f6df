// @ts-check
// The judge finds what it is to find: each fault is shown to it once, and a store that breaks its promise, in a process that is killed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Judge } from './judge.mjs';
import { callOf, Model } from './model.mjs';
import { disk } from './disk.mjs';
import { memory } from './torn.mjs';
import { node } from './node.mjs';
import { broken } from './slice.mjs';

const SEED = 5;

/** The digest after some calls of life 0. @param {number} calls @param {number} [life] */
function digestOf(calls, life = 0) {
  const model = new Model();
  for (let number = 1; number <= calls; number += 1) model.next(callOf(SEED, life, number).text);
  return model.digest;
}

/** A life with four calls on their way, of which two were answered; then another life. */
function halfWay() {
  const judge = new Judge(SEED);
  judge.begin();
  judge.hear(['found', 0, digestOf(0), 0]);
  for (let number = 1; number <= 4; number += 1) judge.hear(['sent', number]);
  judge.hear(['answered', 1, digestOf(1)]);
  judge.hear(['answered', 2, digestOf(2)]);
  judge.begin();
  return judge;
}

/** @param {Judge} judge */
const faultsOf = (judge) => judge.faults.map(({ fault }) => fault);

test('what was answered is there, and what was not is there or not', () => {
  for (const calls of [2, 3, 4]) {
    const judge = halfWay();
    judge.hear(['found', calls, digestOf(calls), 0]);
    assert.deepEqual(faultsOf(judge), []);
    assert.equal(judge.answered, 2);
  }
});

test('an answered call that is gone is lost', () => {
  const judge = halfWay();
  judge.hear(['found', 1, digestOf(1), 0]);
  assert.deepEqual([faultsOf(judge), judge.lost], [['lost'], 1]);
});

test('so is one that a read has shown', () => {
  const judge = halfWay();
  judge.hear(['found', 2, digestOf(2), 0]);
  judge.hear(['sent', 3]);
  const model = new Model();
  for (let number = 1; number <= 3; number += 1) model.next(callOf(SEED, number === 3 ? 1 : 0, number).text);
  judge.hear(['read', 3, model.digest]);
  judge.begin();
  judge.hear(['found', 2, digestOf(2), 0]);
  assert.deepEqual([faultsOf(judge), judge.lost], [['lost'], 1]);
});

test('a half of a call, another order, and calls that nobody made are found', () => {
  const half = halfWay();
  half.hear(['found', 3, digestOf(3) + 1, 1]);
  assert.deepEqual([faultsOf(half), half.half], [['half', 'wrong'], 1]);
  const order = halfWay();
  order.hear(['found', 3, digestOf(2), 0]);
  assert.deepEqual(faultsOf(order), ['wrong']);
  const more = halfWay();
  more.hear(['found', 5, digestOf(5), 0]);
  assert.ok(faultsOf(more).includes('wrong'));
});

test('a call of an earlier life that comes back is found', () => {
  const judge = halfWay();
  judge.hear(['found', 2, digestOf(2), 0]);
  judge.hear(['sent', 3]);
  judge.begin();
  judge.hear(['found', 3, digestOf(3), 0]);
  assert.deepEqual(faultsOf(judge), ['wrong']);
});

test('an answer that shows another state is found', () => {
  const judge = halfWay();
  judge.hear(['found', 2, digestOf(2), 0]);
  judge.hear(['sent', 3]);
  judge.hear(['answered', 3, digestOf(3)]);
  assert.deepEqual(faultsOf(judge), ['wrong']);
});

broken('a disk that lies, whose power goes,', () => disk({ lies: true }));
broken('a store that answers before it writes, on a machine that crashes,', () => memory({ early: true }));
broken('a store that answers before it writes, in a process that is killed,', () => node('node-sqlite', { early: true, named: 'before an early answer is true' }));
