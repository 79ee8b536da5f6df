// @ts-check
// The same bytes into a terminal that nothing takes back: whatever it was in the midst of, after a cancel it shows
// what is written.

import { kept } from '../../kept.mjs';
import { steps as calls } from './terminal.mjs';

// Part of what a call that failed did may be there.
export const atomic = false;
export const policy = { KeptTerminal: 'keep' };

/** @param {any} pkg */
export function setup(pkg) { return { terminal: new pkg.KeptTerminal() }; }

// Of two that wait for each other, what is told of one may be the other's.
const single = calls.filter(({ name }) => name !== 'follow beside');

export const steps = kept(single, (/** @type {any} */ { name }) => name === 'NoTextError');

/** @param {any} state @param {unknown} _ @param {any} t */
export function invariant({ terminal }, _, t) { t.assert(terminal.resync(), 'it shows what is written'); }
