// @ts-check
// The same edits of replicas that nothing takes back: whatever of a call that failed is left, it is a document that
// others can merge.

import { invariant, steps } from './shared.mjs';

export { invariant, steps };

// Part of what a call that failed did may be there.
export const atomic = false;

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.OutOfRangeError, pkg.NoUpdateError);
  return { one: new pkg.KeptShared(1), two: new pkg.KeptShared(2) };
}
