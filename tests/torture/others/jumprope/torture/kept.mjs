// @ts-check
// The same edits of a text that nothing takes back: whatever of a call that failed is left, it is a rope.

import { kept } from '../../kept.mjs';
import { invariant, steps as edits } from './text.mjs';

export { invariant };

// Part of what a call that failed did may be there.
export const atomic = false;
export const policy = { KeptText: 'keep' };

/** @param {any} pkg */
export function setup(pkg) { return { text: new pkg.KeptText() }; }

export const steps = kept(edits, (/** @type {any} */ { name }) => name === 'OutOfRangeError');
