// @ts-check
// Recursion that is guarded: what is too deep unwinds, and the guards are as they were.

export const atomic = true;
export const policy = { Tree: 'rollback' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.StackOverflowError);
  return { pkg, tree: t.own(new pkg.Tree()) };
}

export const steps = [
  (/** @type {any} */ { tree }) => tree.grow(3),
  (/** @type {any} */ { pkg }) => pkg.depth_of(4),
  (/** @type {any} */ { tree }) => tree.grow(100),
  (/** @type {any} */ { pkg }) => pkg.depth_of(49),
  (/** @type {any} */ { tree }) => tree.grow(2),
];

/** @param {any} state */
export const observe = ({ tree }) => tree.state();
