// @ts-check
// The same edits of logs that nothing takes back: whatever of a call that failed is left, the log makes the text.

import { invariant, steps } from './log.mjs';

export { invariant, steps };

// Part of what a call that failed did may be there.
export const atomic = false;

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.OutOfRangeError, pkg.NoLogError);
  return { one: new pkg.KeptLog('one'), two: new pkg.KeptLog('two') };
}
