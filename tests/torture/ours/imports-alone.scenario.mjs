// @ts-check
// Imports that throw where there is no object: nothing but destructors stands between them and the caller.

export const atomic = true;

/** Without unwinding an exception runs no destructor, and leaves what they would give back. @param {any} pkg */
export const applies = (pkg) => 'LooseRollback' in pkg;

/** @param {any} pkg */
export const setup = (pkg) => ({ pkg });

export const steps = [
  (/** @type {any} */ { pkg }) => pkg.ask_alone(5),
  (/** @type {any} */ { pkg }) => pkg.ask_alone(6),
];

/** @param {any} state */
export const observe = ({ pkg }) => pkg.depth_of(3);
