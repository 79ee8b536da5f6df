// @ts-check
// Calls of one object that overlap: those of `push` and `peek` stand in line, those of `push_now` are
// refused while it is busy. What they do is in tests/fixtures/torture-ours/src/lines.rs.

/** @param {string} name of the class @param {'poison' | 'rollback'} policy */
export function line(name, policy) {
  /** @type {any} */
  const overlap = true;
  return {
    atomic: true,
    policy: { [name]: policy },
    setup: (/** @type {any} */ pkg, /** @type {any} */ t) => {
      t.expects(pkg.BusyError);
      return { line: t.own(new pkg[name]()) };
    },
    steps: [
      { name: 'the first in line', run: (/** @type {any} */ { line }) => line.push(1), overlap },
      { name: 'the second', run: (/** @type {any} */ { line }) => line.push(2), overlap },
      { name: 'one that reads', run: (/** @type {any} */ { line }) => line.peek(100), overlap },
      { name: 'another that reads', run: (/** @type {any} */ { line }) => line.peek(200), overlap },
      { name: 'the last', run: (/** @type {any} */ { line }) => line.push(4) },
      { name: 'one that does not wait', run: (/** @type {any} */ { line }) => line.push_at_once(8) },
      { name: 'one that is refused where another runs', run: (/** @type {any} */ { line }) => line.push_now(16) },
    ],
    observe: (/** @type {any} */ { line }) => line.state(),
  };
}
