// @ts-check
// The same edits of replicas that nothing takes back: whatever of a call that failed is left, it is a document that
// others can merge. By hand alone: some of what is left never returns.

import { kept } from '../../kept.mjs';
import { invariant, steps as edits } from '../torture/shared.mjs';

export { invariant };

// Part of what a call that failed did may be there.
export const atomic = false;
export const policy = { KeptShared: 'keep' };

/** @param {any} pkg */
export function setup(pkg) { return { one: new pkg.KeptShared(1), two: new pkg.KeptShared(2) }; }

export const steps = kept(edits, (/** @type {any} */ { name }) => name === 'OutOfRangeError' || name === 'NoUpdateError', true);
