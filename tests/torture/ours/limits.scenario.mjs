// @ts-check
// A limit of restarts: the calls beyond it are refused, and after a restart of the host's everything works.

export const atomic = true;
export const restartLimit = { restarts: 2, period: 60_000 };
export const policy = { SnapshotRollback: 'rollback' };

/** @param {any} pkg @param {any} t */
export async function setup(pkg, t) {
  t.expects(pkg.InstanceAbortedError, pkg.RestartLimitError);
  // Nothing counts that was before.
  await pkg.recovery.restart();
  return { pkg, kept: t.own(new pkg.SnapshotRollback(1)) };
}

const trap = (/** @type {any} */ { pkg }) => pkg.trap();

export const steps = [
  (/** @type {any} */ { kept }) => kept.add(2),
  trap,
  trap,
  (/** @type {any} */ { kept }) => kept.add(3),
  trap,
  (/** @type {any} */ { kept }) => kept.add(4),
  (/** @type {any} */ { pkg }) => pkg.recovery.restart(),
  (/** @type {any} */ { kept }) => kept.add(5),
];

/** What there is may be asked only below the limit. */
export const observe = () => undefined;
