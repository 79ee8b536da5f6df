// @ts-check
// Calls that are refused, since the object is busy: the refusal changes nothing, and the call under way
// goes on.
import { joined, overlapping } from './overlap.mjs';

export const atomic = true;
export const policy = { KeptLine: 'rollback' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.BusyError);
  return { line: t.own(new pkg.KeptLine()) };
}

export const steps = [
  overlapping('a call that waits', async ({ line }) => line.push_now(1)),
  overlapping('a call that is refused meanwhile', async ({ line }) => line.push_now(2)),
  overlapping('one that does not wait, and is refused, too', async ({ line }) => line.push_at_once(16)),
  joined,
  { name: 'a call behind it', run: (/** @type {any} */ { line }) => line.push_now(4) },
  { name: 'one that does not wait', run: (/** @type {any} */ { line }) => line.push_at_once(8) },
];

/** @param {any} state */
export const observe = ({ line }) => line.state();
