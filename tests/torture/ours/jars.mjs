// @ts-check
// Calls that change several objects, consume some and make others. What they do is in
// tests/fixtures/torture-ours/src/together.rs.

/** The stones in jars. @param {any[]} jars */
export const stones = (jars) => jars.reduce((sum, jar) => sum + jar.stones, 0);

/** @param {string} name of the class */
export function pouring(name) {
  return {
    atomic: true,
    policy: { [name]: 'rollback' },
    setup: (/** @type {any} */ pkg, /** @type {any} */ t) => {
      t.expects(pkg.ShortError);
      return { one: t.own(new pkg[name](10)), other: t.own(new pkg[name](1)) };
    },
    steps: [
      (/** @type {any} */ { one, other }) => one.pour(other, 3),
      (/** @type {any} */ { one, other }) => other.pour(one, 2),
      (/** @type {any} */ { one, other }) => one.pour(other, 100),
      (/** @type {any} */ { one, other }) => one.pour_later(other, 4),
      (/** @type {any} */ { one, other }) => one.pour(other, 1),
    ],
    invariant: (/** @type {any} */ { one, other }, /** @type {unknown} */ _acknowledged, /** @type {any} */ t) => {
      t.assert(stones([one, other]) === 11, 'stones are neither made nor lost');
    },
    observe: (/** @type {any} */ { one, other }) => [one.state(), other.state()],
  };
}
