// @ts-check
// Calls of one object that overlap: those of `push` and `peek` stand in line, those of `push_now` are
// refused while it is busy. What they do is in tests/fixtures/torture-ours/src/lines.rs.
import { joined, overlapping } from './overlap.mjs';

/** @param {string} name of the class @param {'poison' | 'rollback'} policy */
export function line(name, policy) {
  return {
    atomic: true,
    policy: { [name]: policy },
    setup: (/** @type {any} */ pkg, /** @type {any} */ t) => {
      t.expects(pkg.BusyError);
      return { line: t.own(new pkg[name]()) };
    },
    steps: [
      overlapping('the first in line', ({ line }) => line.push(1)),
      overlapping('the second', ({ line }) => line.push(2)),
      overlapping('one that reads', ({ line }) => line.peek(100)),
      overlapping('another that reads', ({ line }) => line.peek(200)),
      { name: 'the last', run: (/** @type {any} */ { line }) => line.push(4) },
      joined,
      { name: 'one that does not wait', run: (/** @type {any} */ { line }) => line.push_at_once(8) },
      { name: 'one that does not stand in line', run: (/** @type {any} */ { line }) => line.push_now(16) },
    ],
    observe: (/** @type {any} */ { line }) => line.state(),
  };
}
