// @ts-check
// Counts between failures that the counter has by itself: each of them is met by another.

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.PanicError, pkg.InstanceAbortedError);
  return { counter: new pkg.Counter() };
}

export const steps = [
  /** @param {any} state */
  ({ counter }) => counter.add(),
  { name: 'panics', run: (/** @type {any} */ { counter }) => counter.panic() },
  /** @param {any} state */
  ({ counter }) => counter.add(),
  { name: 'ends the instance', run: (/** @type {any} */ { counter }) => counter.unreachable() },
  /** @param {any} state */
  ({ counter }) => counter.add(),
];

/** @param {any} state */
export function observe({ counter }) { return counter.count; }

/** A call that panics or traps acknowledges nothing. @param {any} state @param {{ step: number }[]} acknowledged @param {any} t */
export function invariant({ counter }, acknowledged, t) {
  t.assert(acknowledged.every(({ step }) => step % 2 === 0), 'a call that fails by itself was acknowledged');
  t.assert(counter.count === acknowledged.length, `${counter.count} of ${acknowledged.length} that were acknowledged`);
}
