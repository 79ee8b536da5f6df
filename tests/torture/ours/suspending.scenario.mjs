// @ts-check
// Calls that suspend, each on a stack of its own, where the engine can.

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
  { name: 'the first in line', run: (/** @type {any} */ { sleeper }) => sleeper.sleep_in_line(2), overlap: true },
  { name: 'the second', run: (/** @type {any} */ { sleeper }) => sleeper.sleep_in_line(4), overlap: true },
  { name: 'one beside them', run: (/** @type {any} */ { pkg }) => pkg.sleep_alone(8) },
  { name: 'one behind them', run: (/** @type {any} */ { sleeper }) => sleeper.sleep(16) },
];

/** @param {any} state */
export const observe = ({ sleeper }) => sleeper.state();
