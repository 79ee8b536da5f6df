// @ts-check
// Handles that are freed, used afterwards, and collected: none reaches another object.

export const atomic = true;
export const policy = { JournalRollback: 'rollback', LoosePoison: 'poison', SnapshotRollback: 'rollback' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.StaleHandleError);
  const made = (/** @type {number} */ n) => [t.own(new pkg.JournalRollback(n)), t.own(new pkg.LoosePoison(n))];
  const [kept, loose] = made(1);
  const [freed, looselyFreed] = made(2);
  return { pkg, kept, loose, freed, looselyFreed, /** @type {any} */ next: undefined };
}

export const steps = [
  (/** @type {any} */ { kept }) => kept.add(1),
  (/** @type {any} */ { freed }) => freed.free(),
  (/** @type {any} */ { looselyFreed }) => looselyFreed.free(),
  // In the memory that they left.
  (/** @type {any} */ state, /** @type {any} */ t) => { state.next = t.own(new state.pkg.LoosePoison(3)); },
  (/** @type {any} */ { freed }) => freed.add(1),
  (/** @type {any} */ { looselyFreed }) => looselyFreed.add(1),
  (/** @type {any} */ { freed }) => freed.free(),
  // Nobody holds it.
  (/** @type {any} */ { pkg }) => { new pkg.SnapshotRollback(4).add(1); },
  (/** @type {any} */ { kept }) => kept.add(2),
];

/** @param {any} state */
export const observe = ({ kept }) => kept.state();
