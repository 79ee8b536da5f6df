// @ts-check
// Which metrics there are, what each may be at the most, and which were asked for.
// Measures nothing.
import { readFileSync } from 'node:fs';

/** @typedef {{ name: string, ours: number, peer: number, ratio: number, unit: string }} Metric */
/** @typedef {{ ratio?: number, over?: number }} Bar `over` bounds bytes over the peer, the other a ratio */

/** By group; `cargo xtask bench` reads the names, too. @type {Record<string, Record<string, Bar>>} */
export const GROUPS = JSON.parse(readFileSync(new URL('metrics.json', import.meta.url), 'utf8'));

/**
 * One line for who called, and the exit code for a call that is to be mended.
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

/** @param {string} name */
export function required(name) {
  return process.env[name] ?? fail(`${name} is not set; run cargo xtask bench`);
}

/**
 * The value of an option, if it is given.
 * @param {string} name
 */
export function option(name) {
  const at = process.argv.indexOf(name);
  if (at < 0) return undefined;
  return process.argv[at + 1] ?? fail(`${name} takes a value`);
}

/**
 * The metrics of a group that `only` names, by themselves or by the group.
 * @param {string} group
 * @param {string} [only] names, commas between
 */
export function selected(group, only) {
  const all = Object.keys(GROUPS[group] ?? {});
  const names = only?.split(',');
  return names === undefined || names.includes(group) ? all : all.filter((name) => names.includes(name));
}

/** @param {Metric} metric */
export function print({ name, ours, peer, ratio, unit }) {
  const bar = Object.values(GROUPS).map((group) => group[name]).find((found) => found !== undefined);
  if (bar === undefined) throw new Error(`benches/metrics.json does not have ${name}`);
  const { over, ratio: most } = bar;
  let verdict = '';
  if (over !== undefined) verdict = `${ours <= over ? 'met' : 'NOT MET'} (≤ ${over} bytes over)`;
  else if (most !== undefined) verdict = `${ratio <= most ? 'met' : 'NOT MET'} (≤ ${most})`;
  console.log(`${name.padEnd(22)} ours ${ours.toFixed(1).padStart(9)}  peer ${peer.toFixed(1).padStart(9)}  ratio ${ratio.toFixed(2).padStart(6)}  ${unit.padEnd(20)} ${verdict}`);
}
