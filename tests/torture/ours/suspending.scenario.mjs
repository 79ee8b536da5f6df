// @ts-check
// Calls that suspend, each on a stack of its own, where the engine can.
import { joined, overlapping } from './overlap.mjs';

export const atomic = true;
export const policy = { Sleeper: 'rollback' };

export const applies = () => 'promising' in WebAssembly;

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.BusyError);
  return { pkg, sleeper: t.own(new pkg.Sleeper()) };
}

export const steps = [
  (/** @type {any} */ { sleeper }) => sleeper.sleep(1),
  overlapping('the first in line', ({ sleeper }) => sleeper.sleep_in_line(2)),
  overlapping('the second', ({ sleeper }) => sleeper.sleep_in_line(4)),
  overlapping('one beside them', ({ pkg }) => pkg.sleep_alone(8)),
  joined,
  { name: 'one behind them', run: (/** @type {any} */ { sleeper }) => sleeper.sleep(16) },
];

/** @param {any} state */
export const observe = ({ sleeper }) => sleeper.state();
