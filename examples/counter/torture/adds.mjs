// @ts-check
// Counts, and asks for the count between.

/** @param {any} pkg */
export function setup(pkg) { return { counter: new pkg.Counter() }; }

export const steps = [
  /** @param {any} state */
  ({ counter }) => counter.add(),
  /** @param {any} state */
  ({ counter }) => counter.count,
  /** @param {any} state */
  ({ counter }) => counter.add(),
  /** @param {any} state */
  ({ counter }) => counter.add(),
];

/** @param {any} state */
export function observe({ counter }) { return counter.count; }

/** No count is lost, and none is made up. @param {any} state @param {{ step: number, value: unknown }[]} acknowledged @param {any} t */
export function invariant({ counter }, acknowledged, t) {
  const counted = acknowledged.filter(({ step }) => step !== 1);
  t.assert(counter.count === counted.length, `${counter.count} of ${counted.length} that were acknowledged`);
}
