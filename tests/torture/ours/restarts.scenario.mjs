// @ts-check
// The host ends instances, and so do calls: objects that persist are there again, and the others say why not.

export const atomic = true;
export const policy = { JournalRollback: 'rollback', LoosePoison: 'poison' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.StaleHandleError, pkg.InstanceAbortedError);
  return { pkg, kept: t.own(new pkg.JournalRollback(1)), loose: t.own(new pkg.LoosePoison(1)) };
}

export const steps = [
  (/** @type {any} */ { kept }) => kept.add(2),
  (/** @type {any} */ { pkg }) => pkg.recovery.restart(),
  (/** @type {any} */ { kept }) => kept.add(3),
  { name: 'a call that waits', run: (/** @type {any} */ { kept }) => kept.add_later(4), overlap: true },
  { name: 'is cut by a restart', run: (/** @type {any} */ { pkg }) => pkg.recovery.restart() },
  (/** @type {any} */ { pkg }) => { pkg.recovery.dispose(); },
  (/** @type {any} */ { kept }) => kept.add(5),
  (/** @type {any} */ { loose }) => loose.add(6),
];

/** @param {any} state */
export const observe = ({ kept }) => kept.state();
