// @ts-check
// What the guard in a component costs, as ratios in one run: its exports against those of the same body by wit-bindgen
// alone, both as jco gives them, without this package between. `node guard.mjs GUARDED PLAIN`.
import { readFileSync } from 'node:fs';
import { bare } from './tests/setup.mjs';

const BAR = 1.1, ROUNDS = 60;
const [guarded, plain] = process.argv.slice(2);
if (guarded === undefined || plain === undefined) throw new Error('name two components: the guarded one, and the plain one');
const sides = await Promise.all([guarded, plain].map((path) => bare(readFileSync(path))));

/** Milliseconds that this thread has worked, where Node tells them: what else the machine does is no matter then. */
const now = () => {
  const used = /** @type {any} */ (process).threadCpuUsage?.();
  return used === undefined ? performance.now() : (used.user + used.system) / 1000;
};

/**
 * Both in turns, each first as often as the other, and all rounds of each together.
 * @param {string} name
 * @param {number} calls
 * @param {(work: any) => () => unknown} callOf
 */
function compare(name, calls, callOf) {
  const both = sides.map(({ work }) => callOf(work));
  const took = [0, 0];
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const call = /** @type {() => unknown} */ (both[at]);
      const begin = now();
      for (let n = 0; n < calls; n += 1) call();
      // The first ones warm up.
      if (round >= 0) took[at] = Number(took[at]) + now() - begin;
    }
  }
  const [ours = 0, theirs = 1] = took.map((all) => all * 1e6 / (calls * ROUNDS));
  const ratio = ours / theirs;
  console.log(`${name.padEnd(44)} ${ratio.toFixed(3).padStart(6)} (bar ${BAR})   ${ours.toFixed(1).padStart(9)} ns   ${theirs.toFixed(1).padStart(9)} ns${ratio > BAR ? '  above the bar' : ''}`);
}

const text = 'the quick brown fox jumps over the lazy dog '.repeat(4);
const numbers = Uint32Array.from({ length: 1000 }, (_, n) => n);
compare('add: two numbers', 20_000, (work) => () => work.add(3, 4));
compare('words: a text of 176 bytes', 10_000, (work) => () => work.words(text));
compare('sum: a list of 1000 numbers', 4000, (work) => () => work.sum(numbers));
compare('counter.add: an object', 20_000, (work) => {
  const counter = new work.Counter();
  return () => counter.add(0);
});
