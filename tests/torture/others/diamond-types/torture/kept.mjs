// @ts-check
// The same edits of logs that nothing takes back: whatever of a call that failed is left, the log makes the text.

import { kept } from '../../kept.mjs';
import { invariant, steps as edits } from './log.mjs';

export { invariant };

// Part of what a call that failed did may be there.
export const atomic = false;
export const policy = { KeptLog: 'keep' };

/** @param {any} pkg */
export function setup(pkg) { return { one: new pkg.KeptLog('one'), two: new pkg.KeptLog('two') }; }

export const steps = kept(edits, (/** @type {any} */ { name }) => name === 'OutOfRangeError' || name === 'NoLogError');
