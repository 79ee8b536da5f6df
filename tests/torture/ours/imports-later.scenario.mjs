// @ts-check
// Imports that give promises: what they reject by reaches the caller; what never settles holds nobody
// but its own call.

export const atomic = true;
export const policy = { Asker: 'rollback' };

/** @param {any} pkg @param {any} t */
export const setup = (pkg, t) => ({ asker: t.own(new pkg.Asker()) });

export const steps = [
  (/** @type {any} */ { asker }) => asker.ask_later(3),
  (/** @type {any} */ { asker }) => asker.ask(2),
  (/** @type {any} */ { asker }) => asker.ask_plainly_later(5),
  (/** @type {any} */ { asker }) => asker.ask_later(4),
];

/** @param {any} state */
export const observe = ({ asker }) => asker.state();
