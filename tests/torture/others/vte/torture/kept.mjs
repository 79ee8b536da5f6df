// @ts-check
// The same bytes into a terminal that nothing takes back: whatever it was in the midst of, after a cancel it shows
// what is written.

import { steps } from './terminal.mjs';

export { steps };

// Part of what a call that failed did may be there.
export const atomic = false;

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.NoTextError);
  return { terminal: new pkg.KeptTerminal() };
}

/** @param {any} state @param {unknown} _ @param {any} t */
export function invariant({ terminal }, _, t) { t.assert(terminal.resync(), 'it shows what is written'); }
