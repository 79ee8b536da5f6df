// @ts-check
// Two replicas that edit the same text and merge what the other wrote.

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.OutOfRangeError, pkg.NoUpdateError);
  return { one: new pkg.Shared(1), two: new pkg.Shared(2) };
}

/** @param {string} name @param {(state: any) => unknown} run */
const step = (name, run) => ({ name, run });

export const steps = [
  step('insert', ({ one }) => one.insert(0, 'one writes. ')),
  step('insert beside', ({ two }) => two.insert(0, 'two, too. ')),
  step('two merges', ({ one, two }) => two.merge(one.state())),
  step('one merges', ({ one, two }) => one.merge(two.state())),
  step('insert within', ({ one }) => one.insert(5, 'and one ')),
  step('remove', ({ two }) => two.remove(2, 6)),
  step('nowhere', ({ two }) => two.insert(999, 'nowhere')),
  step('no update', ({ two }) => two.merge(Uint8Array.of(9, 9, 9))),
  step('two merges again', ({ one, two }) => two.merge(one.state())),
  step('one merges again', ({ one, two }) => one.merge(two.state())),
];

/** Both texts. @param {any} state */
export function observe({ one, two }) { return [one.text(), two.text()]; }

/** @param {any} state */
export function invariant({ one, two }) {
  one.check();
  two.check();
}
