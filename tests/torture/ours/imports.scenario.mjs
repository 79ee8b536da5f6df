// @ts-check
// Imports that throw: the very same value reaches the caller, unless Rust catches it.

/** What is caught leaves a trace that the scenario asks for. */
export const atomic = true;
export const policy = { Asker: 'rollback' };

/** @param {any} pkg @param {any} t */
export const setup = (pkg, t) => ({ pkg, asker: t.own(new pkg.Asker()) });

export const steps = [
  (/** @type {any} */ { asker }) => asker.ask(3),
  (/** @type {any} */ { asker }) => asker.ask_plainly(4),
  (/** @type {any} */ { asker, pkg }) => asker.ask_through((/** @type {number} */ n) => pkg.ask_alone(n), 6),
  (/** @type {any} */ { asker }) => asker.ask(7),
];

/** @param {any} state */
export const observe = ({ asker }) => asker.state();
