// @ts-check
// A limit of restarts: the calls beyond it are refused, and after a restart of the host's everything works.

export const atomic = true;

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.InstanceAbortedError, pkg.RestartLimitError);
  pkg.recovery.setRestartLimit({ restarts: 2, period: 60_000 });
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

/** @param {any} state */
export async function observe({ pkg, kept }) {
  await pkg.recovery.restart();
  return kept.state();
}

/** @param {any} state */
export async function teardown({ pkg, kept }) {
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 60_000 });
  await pkg.recovery.restart();
  kept.free();
}
