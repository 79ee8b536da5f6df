// @ts-check
// A text of several leaves, edited across them.

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.MisplacedError, pkg.NoLineError);
  return { text: new pkg.Text() };
}

/** @param {string} name @param {(state: any) => unknown} run */
const step = (name, run) => ({ name, run });

export const steps = [
  step('insert', ({ text }) => text.insert(0, 'one\ntwo\n'.repeat(600))),
  step('split a leaf', ({ text }) => text.insert(2401, 'middle\n'.repeat(400))),
  step('replace across leaves', ({ text }) => text.replace(1000, 5000, '𝄞')),
  step('within a character', ({ text }) => text.insert(1001, 'nowhere')),
  step('line', ({ text }) => text.line(2)),
  step('no line', ({ text }) => text.line(99_999)),
  step('remove nearly all', ({ text }) => text.replace(4, 3000, '')),
  step('insert at the end', ({ text }) => text.insert(4, 'end')),
];

/** @param {any} state */
export function observe({ text }) { return text.text; }
