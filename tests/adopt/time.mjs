// @ts-check
// Times the trivial call of one package, in a process that does nothing else: what ran before a call, and a
// second package behind the same call site, cost more than the few nanoseconds in question.
//
//     node time.mjs SCENARIO DIR      prints the nanoseconds of a call, or null if there is no such call
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loop } from '../../benches/turns.mjs';
import { open } from './package.mjs';

/** @typedef {import('./scenario.js').Scenario} Scenario */

/** Milliseconds that a turn should take. */
const TURN = 4;
/** Turns, of which the best counts, since noise only ever adds. */
const TURNS = 40;

const [script = '', folder = ''] = process.argv.slice(2);
/** @type {{ default: Scenario }} */
const { default: scenario } = await import(pathToFileURL(resolve(script)).href);
const call = scenario.trivial?.(await open(resolve(folder)));

/** Milliseconds that so many calls take. @param {number} calls @param {() => unknown} body */
function turn(calls, body) {
  const start = performance.now();
  loop(calls, body)();
  return performance.now() - start;
}

/** @param {() => unknown} body */
function nanoseconds(body) {
  let calls = 64;
  while (turn(calls, body) < TURN) calls *= 2;
  const turns = Array.from({ length: TURNS }, () => turn(calls, body));
  return Math.min(...turns) * 1e6 / calls;
}

console.log(JSON.stringify(call === undefined ? null : nanoseconds(call)));
