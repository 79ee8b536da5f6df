// @ts-check
// Two authors of one text, who edit it at once and merge each other's logs.

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.OutOfRangeError, pkg.NoLogError);
  return { one: new pkg.Log('one'), two: new pkg.Log('two') };
}

/** @param {string} name @param {(state: any) => unknown} run */
const step = (name, run) => ({ name, run });

export const steps = [
  step('insert', ({ one }) => one.insert(0, 'one writes. ')),
  step('insert beside', ({ two }) => two.insert(0, 'two, too. ')),
  step('two merges', ({ one, two }) => two.merge(one.log())),
  step('one merges', ({ one, two }) => one.merge(two.log())),
  step('insert within', ({ one }) => one.insert(5, 'and one ')),
  step('delete', ({ two }) => two.delete(2, 8)),
  step('nowhere', ({ two }) => two.insert(999, 'nowhere')),
  step('no log', ({ two }) => two.merge(Uint8Array.of(9, 9, 9))),
  step('two merges again', ({ one, two }) => two.merge(one.log())),
  step('one merges again', ({ one, two }) => one.merge(two.log())),
];

/** Both texts. @param {any} state */
export function observe({ one, two }) { return [one.text, two.text]; }

/** @param {any} state */
export function invariant({ one, two }) {
  one.check();
  two.check();
}
