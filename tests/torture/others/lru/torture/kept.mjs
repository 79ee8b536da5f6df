// @ts-check
// The same calls on a cache that nothing takes back: whatever of a call that failed is left, its list and its table
// agree.

import { invariant, steps } from './loads.mjs';

export { invariant, steps };

// Part of what a call that failed did may be there.
export const atomic = false;

/** @param {any} pkg */
export function setup(pkg) { return { loads: new pkg.KeptLoads(2) }; }
