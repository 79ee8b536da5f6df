// @ts-check
// Handles that are freed, used afterwards, and collected: none reaches another object.

export const atomic = true;
export const policy = { JournalRollback: 'rollback', LoosePoison: 'poison' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.StaleHandleError);
  const made = (/** @type {number} */ n) => ({ kept: t.own(new pkg.JournalRollback(n)), loose: t.own(new pkg.LoosePoison(n)) });
  return { pkg, used: made(1), freed: made(2), /** @type {any} */ next: undefined };
}

/** Frees an object and uses it once more. @param {any} pkg @param {any} object */
function useFreed(pkg, object) {
  object.free();
  for (const use of [() => object.add(1), () => object.free(), () => object.state()]) {
    try {
      return use();
    } catch (error) {
      if (!(error instanceof pkg.StaleHandleError)) throw error;
    }
  }
  return 'stale';
}

export const steps = [
  (/** @type {any} */ { used }) => used.kept.add(1),
  (/** @type {any} */ { pkg, freed }) => useFreed(pkg, freed.kept),
  (/** @type {any} */ { pkg, freed }) => useFreed(pkg, freed.loose),
  // In the memory that it left.
  (/** @type {any} */ state, /** @type {any} */ t) => { state.next = t.own(new state.pkg.LoosePoison(3)); },
  (/** @type {any} */ { next }) => next?.add(4),
  (/** @type {any} */ { used }) => used.loose.add(5),
  (/** @type {any} */ { used }) => used.kept.add(2),
];

/** @param {any} state */
export const observe = ({ used }) => used.kept.state();
