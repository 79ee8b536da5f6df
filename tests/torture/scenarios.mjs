// @ts-check
// The scenarios in tests/torture/ours, and what the driver says of one of them.
import { readdirSync } from 'node:fs';
import { torture } from '../../recover-cli/js/torture/run.mjs';

/** @typedef {{ rule: string, message: string, seed: number, schedule: unknown, smallest: unknown, words?: string[], report?: unknown }} Violation */
/** @typedef {{ tried: number, of: number, whole: boolean, missed: number, pairs: number, randoms: number }} Searched */
/** @typedef {{ points: number, injected: number, runs: number, searched: Searched | undefined, tortured: string[], never: string[], violations: Violation[] }} Result */

const directory = new URL('ours/', import.meta.url);
const SUFFIX = '.scenario.mjs';

/** All scenarios, each under the name of its file. @returns {Promise<any[]>} */
export async function all() {
  const files = readdirSync(directory).filter((file) => file.endsWith(SUFFIX)).sort();
  return Promise.all(files.map(async (file) => ({ ...await import(new URL(file, directory).href), name: file.slice(0, -SUFFIX.length) })));
}

const host = {
  /** @param {(error: unknown) => void} listener */
  onUncaught(listener) {
    const events = ['uncaughtException', 'unhandledRejection'];
    for (const event of events) process.on(event, listener);
    return () => { for (const event of events) process.off(event, listener); };
  },
};

/**
 * Has the driver torture a package by one scenario. Answers undefined if the scenario does not apply to it.
 * @param {() => Promise<any>} load
 * @param {any} scenario
 * @param {object} options
 * @returns {Promise<Result | undefined>}
 */
export async function torment(load, scenario, options) {
  const { applies, ...module } = scenario;
  if (applies?.(await load()) === false) return undefined;
  /** @type {Result} */
  const result = { points: 0, injected: 0, runs: 0, searched: undefined, tortured: [], never: [], violations: [] };
  await torture({
    load,
    scenarios: [module],
    options,
    host,
    say(/** @type {any} */ line) {
      if (line.counted !== undefined) result.points = line.counted;
      if (line.violation !== undefined) result.violations.push(line.violation);
      if (line.searched !== undefined) result.searched = line.searched;
      if (line.coverage !== undefined) [result.tortured, result.never] = [line.coverage.tortured, [...line.coverage.never, ...line.coverage.passed]];
      if (line.summary !== undefined) [result.injected, result.runs] = [line.summary.injected, line.summary.runs];
    },
  });
  return result;
}
