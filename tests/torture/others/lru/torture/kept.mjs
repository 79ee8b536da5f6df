// @ts-check
// The same calls on a cache that nothing takes back: whatever of a call that failed is left, its list and its table
// agree.

import { kept } from '../../kept.mjs';
import { invariant, steps as calls } from './loads.mjs';

export { invariant };

// Part of what a call that failed did may be there.
export const atomic = false;
export const policy = { KeptLoads: 'keep' };

/** @param {any} pkg */
export function setup(pkg) { return { loads: new pkg.KeptLoads(2) }; }

export const steps = kept(calls);
