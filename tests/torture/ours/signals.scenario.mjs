// @ts-check
// Calls with a signal: under way, in line, and after they have ended.
import { joined, overlapping } from './overlap.mjs';

export const atomic = true;
export const policy = { KeptLine: 'rollback', LooseLine: 'poison' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.BusyError);
  return { line: t.own(new pkg.KeptLine()), loose: t.own(new pkg.LooseLine()) };
}

export const steps = [
  overlapping('a call with a signal', ({ line }, t) => line.push_until(1, t.signal())),
  overlapping('one in line, with a signal of its own', ({ line }, t) => line.push_until(2, t.signal())),
  overlapping('one in line without', ({ line }) => line.push(4)),
  joined,
  { name: 'one that does not stand in line', run: (/** @type {any} */ { line }, /** @type {any} */ t) => line.push_now(8, t.signal()) },
  { name: 'one of an object that does not persist', run: (/** @type {any} */ { loose }, /** @type {any} */ t) => loose.push_until(16, t.signal()) },
];

/** @param {any} state */
export const observe = ({ line }) => line.state();
