// @ts-check
// Handles that are freed, used afterwards, and collected: none reaches another object.

export const atomic = true;
export const policy = { JournalRollback: 'rollback', LoosePoison: 'poison' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.StaleHandleError);
  const made = (/** @type {number} */ n) => ({ kept: t.own(new pkg.JournalRollback(n)), loose: t.own(new pkg.LoosePoison(n)) });
  return { pkg, used: made(1), freed: { ...made(2), gone: {} }, /** @type {any} */ next: undefined };
}

/**
 * Gives up an object. What follows is to be seen only if that succeeded.
 * @param {'kept' | 'loose'} which
 */
const free = (which) => (/** @type {any} */ { freed }) => {
  freed[which].free();
  freed.gone[which] = true;
};

/**
 * What a use of it ends with.
 * @param {'kept' | 'loose'} which
 * @param {(object: any) => unknown} use
 */
const useFreed = (which, use) => (/** @type {any} */ { pkg, freed }) => {
  if (!freed.gone[which]) return 'there still';
  try {
    return use(freed[which]);
  } catch (error) {
    if (error instanceof pkg.StaleHandleError) return 'stale';
    throw error;
  }
};

export const steps = [
  (/** @type {any} */ { used }) => used.kept.add(1),
  free('kept'),
  free('loose'),
  // In the memory that it left.
  (/** @type {any} */ state, /** @type {any} */ t) => { state.next = t.own(new state.pkg.LoosePoison(3)); },
  useFreed('kept', (object) => object.add(1)),
  useFreed('loose', (object) => object.add(1)),
  useFreed('loose', (object) => object.free()),
  (/** @type {any} */ { next }) => next?.add(4),
  (/** @type {any} */ { used }) => used.loose.add(5),
  (/** @type {any} */ { used }) => used.kept.add(2),
];

/** @param {any} state */
export const observe = ({ used }) => used.kept.state();
