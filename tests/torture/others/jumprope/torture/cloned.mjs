// @ts-check
// The same edits of a text that a clone takes back, in a build that unwinds.

import { invariant, observe, steps } from './text.mjs';

export { invariant, observe, steps };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.OutOfRangeError);
  return { text: new pkg.ClonedText() };
}
