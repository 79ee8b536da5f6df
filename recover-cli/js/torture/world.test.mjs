// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, randomOf, streamOf } from './world.mjs';

/** @param {unknown} error */
const fails = (error) => assert.fail(String(error));

/** What somebody sees of a world. @param {World} world */
function seen(world) {
  world.reset();
  /** @type {unknown[]} */
  const log = [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))], Date.now(), new Date().getTime(), Date(), performance.now()];
  setTimeout(() => log.push('late', Date.now()), 50);
  const every = setInterval((/** @type {unknown} */ word) => log.push(word), 20, 'tick');
  clearTimeout(setTimeout(() => log.push('never'), 1));
  world.advance(45);
  clearInterval(every);
  world.advance(1000);
  return log;
}

test('everything is the same in each run of a seed, and the engine\'s again afterwards', () => {
  const before = [Math.random, Date, performance.now, globalThis.setTimeout, crypto.getRandomValues];
  const world = new World(7, fails);
  world.install();
  const [one, two] = [seen(world), seen(world)];
  world.uninstall();
  assert.deepEqual(one, two);
  assert.deepEqual(one.slice(7, 10), ['tick', 'tick', 'late']);
  assert.deepEqual([Math.random, Date, performance.now, globalThis.setTimeout, crypto.getRandomValues], before);
  const other = new World(8, fails);
  other.install();
  const three = seen(other);
  other.uninstall();
  assert.notEqual(three[0], one[0]);
});

test('the clock never stands still, and a date that is given is that', () => {
  const world = new World(1, fails);
  world.install();
  try {
    assert.ok(performance.now() < performance.now());
    assert.equal(new Date(5).getTime(), 5);
    assert.ok(new Date() instanceof Date);
  } finally {
    world.uninstall();
  }
});

test('what a timer throws is heard', () => {
  /** @type {unknown[]} */
  const heard = [];
  const world = new World(1, (error) => { heard.push(error); });
  world.timer(() => { throw new Error('late'); }, 5, false, []);
  assert.equal(world.step(), true);
  assert.equal(world.step(), false);
  assert.equal(heard.length, 1);
});

test('numbers from a seed are spread', () => {
  const random = randomOf(3);
  const all = Array.from({ length: 1000 }, random);
  assert.ok(all.every((each) => each >= 0 && each < 1));
  assert.ok(Math.abs(all.reduce((sum, each) => sum + each, 0) / 1000 - 0.5) < 0.05);
});

test('the streams of two seeds have nothing in common', () => {
  const seeds = (/** @type {number} */ seed) => Array.from({ length: 1000 }, (_, number) => streamOf(seed, number));
  const all = new Set([0, 1, 2, 3, 0xffffffff].flatMap(seeds));
  assert.ok(all.size > 4990, `${all.size} of 5000`);
  const firsts = (/** @type {number} */ seed) => seeds(seed).map((each) => randomOf(each)());
  assert.equal(firsts(1).filter((each) => new Set(firsts(2)).has(each)).length, 0);
});
