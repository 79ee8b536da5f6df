// @ts-check
// How two ways to do one thing are compared: in many short turns, interleaved, of which
// the best counts, since noise only ever adds. What is compared stands elsewhere.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail } from './metrics.mjs';

/** @typedef {import('./metrics.mjs').Metric} Metric */
/** @typedef {{ calls: number, ours: () => void | Promise<void>, peer: () => void | Promise<void>, before?: () => void | Promise<void>, end?: () => void, rounds?: number, unit?: 'ns' | 'µs' }} Pair a turn of each, of so many calls; `before` is not measured */

/** What was asked for, by the third argument of a script. */
const wanted = process.argv[3]?.split(',');

/** @type {Metric[]} */
const metrics = [];

/** @param {string} name */
export function isWanted(name) {
  return wanted === undefined || wanted.includes(name);
}

/**
 * Milliseconds of the best turn of each.
 * @param {Pick<Pair, 'ours' | 'peer' | 'before' | 'rounds'>} pair
 */
export async function fastest({ ours, peer, before, rounds = 25 }) {
  const best = { ours: Infinity, peer: Infinity };
  for (let round = 0; round < rounds; round++) {
    for (const who of round % 2 ? /** @type {const} */ (['ours', 'peer']) : /** @type {const} */ (['peer', 'ours'])) {
      const turn = who === 'ours' ? ours : peer;
      // What is not asynchronous is not to be awaited.
      const prepared = before?.();
      if (prepared !== undefined) await prepared;
      const start = performance.now();
      const pending = turn();
      if (pending !== undefined) await pending;
      best[who] = Math.min(best[who], performance.now() - start);
    }
  }
  return best;
}

/**
 * Nanoseconds of the best turn, a call.
 * @param {string} name
 * @param {() => Pair} prepare
 */
export async function compare(name, prepare) {
  if (!isWanted(name)) return;
  const pair = prepare();
  const { calls, end, unit = 'ns' } = pair;
  const best = await fastest(pair);
  end?.();
  const scale = (unit === 'ns' ? 1e6 : 1e3) / calls;
  metrics.push({ name, ours: best.ours * scale, peer: best.peer * scale, ratio: best.ours / best.peer, unit });
}

/**
 * A turn of `calls` calls.
 * @param {number} calls
 * @param {(n: number) => unknown} body
 */
export function loop(calls, body) {
  return () => {
    let sink = 0;
    for (let i = 0; i < calls; i++) sink ^= /** @type {number} */ (body(i & 15));
    if (sink === 0.5) console.log(sink);
  };
}

/** Tells run.mjs. */
export function done() {
  console.log(JSON.stringify(metrics));
}

/**
 * A package, instantiated, and what it takes to do that again.
 * @param {string} packages
 * @param {string} crate
 * @param {string} [copy] of the glue, as the query of its URL: another one is another package
 */
export async function load(packages, crate, copy = '') {
  const name = `bench_${crate}`;
  const script = join(packages, crate, `${name}.js`);
  if (!existsSync(script)) fail(`there is no package of benches/${crate} in ${packages}; run cargo xtask bench`);
  const url = pathToFileURL(script).href + copy;
  const bytes = readFileSync(join(packages, crate, `${name}_bg.wasm`));
  const module = await import(url);
  module.initSync({ module: bytes });
  return { module, url, bytes };
}
