// @ts-check
// Imports whose exceptions Rust catches: the call goes on with another answer.

/** The answer depends on what was thrown. */
export const atomic = false;

/** @param {any} pkg @param {any} t */
export const setup = (pkg, t) => ({ asker: t.own(new pkg.Asker()) });

export const steps = [
  (/** @type {any} */ { asker }) => asker.ask_caught(3),
  (/** @type {any} */ { asker }) => asker.ask_guarded(4),
  (/** @type {any} */ { asker }) => asker.ask_later_caught(5),
  (/** @type {any} */ { asker }) => asker.ask_caught(6),
];

/**
 * As often as it was asked, so many answers there are.
 * @param {any} state @param {unknown} _acknowledged @param {any} t
 */
export function invariant({ asker }, _acknowledged, t) {
  const [, asked, answers] = /^(\d+): (.*)$/.exec(asker.state()) ?? [];
  const there = answers === '' ? 0 : answers?.split(', ').length;
  t.assert(there === Number(asked), `${there} answers, and it was asked ${asked} times`);
}
