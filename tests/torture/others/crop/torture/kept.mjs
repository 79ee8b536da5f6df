// @ts-check
// The same edits of a text that nothing takes back: whatever of a call that failed is left, it is a rope.

import { steps } from './text.mjs';

export { steps };

// Part of what a call that failed did may be there.
export const atomic = false;

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.MisplacedError, pkg.NoLineError);
  return { text: new pkg.KeptText() };
}

/** @param {any} state */
export function invariant({ text }) { text.check(); }
