// @ts-check
// A text of several nodes of the skip list, edited across them; what fails poisons it.

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.OutOfRangeError);
  return { text: new pkg.Text() };
}

/** @param {string} name @param {(state: any) => unknown} run */
const step = (name, run) => ({ name, run });

export const steps = [
  step('insert', ({ text }) => text.insert(0, 'one two three '.repeat(100))),
  step('split a node', ({ text }) => text.insert(701, '𝄞 middle '.repeat(60))),
  step('remove across nodes', ({ text }) => text.remove(300, 1200)),
  step('nowhere', ({ text }) => text.insert(99_999, 'nowhere')),
  step('insert at the front', ({ text }) => text.insert(0, 'zero ')),
  step('remove nearly all', ({ text }) => text.remove(4, 700)),
  step('insert at the end', ({ text }) => text.insert(4, 'end')),
];

/** @param {any} state */
export function observe({ text }) { return text.text; }

/** @param {any} state */
export function invariant({ text }) { text.check(); }
