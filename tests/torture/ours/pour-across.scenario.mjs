// @ts-check
// A function that changes two objects of different classes: both move, or neither.
import { stones } from './jars.mjs';

export const atomic = true;
export const policy = { JournalJar: 'rollback', SnapshotJar: 'rollback' };

/** @param {any} pkg @param {any} t */
export const setup = (pkg, t) => ({ pkg, one: t.own(new pkg.JournalJar(10)), other: t.own(new pkg.SnapshotJar(1)) });

export const steps = [
  (/** @type {any} */ { pkg, one, other }) => pkg.pour_across(one, other, 3),
  (/** @type {any} */ { pkg, one, other }) => pkg.pour_across(one, other, 2),
  (/** @type {any} */ { pkg, one, other }) => pkg.pour_across(one, other, 1),
];

/** @param {any} state @param {unknown} _acknowledged @param {any} t */
export function invariant({ one, other }, _acknowledged, t) {
  t.assert(stones([one, other]) === 11, 'stones are neither made nor lost');
}

/** @param {any} state */
export const observe = ({ one, other }) => [one.state(), other.state()];
