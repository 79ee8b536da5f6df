// @ts-check
// Closures that Rust keeps: what JavaScript has of them works until they are let go, and is refused then.

export const atomic = false;

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.StaleHandleError);
  return { pkg, /** @type {any} */ count: undefined, /** @type {any} */ brittle: undefined };
}

export const steps = [
  (/** @type {any} */ state) => { state.count = state.pkg.keep_counting(); },
  (/** @type {any} */ { count }) => count?.(1),
  (/** @type {any} */ { count }) => count?.(2),
  // Takes the place of the other, which is dropped.
  (/** @type {any} */ state) => { state.brittle = state.pkg.keep_brittle(); },
  (/** @type {any} */ { brittle }) => brittle?.(4),
  (/** @type {any} */ { brittle }) => brittle?.(8),
  (/** @type {any} */ { pkg }) => { pkg.let_go(); },
];

/** @param {any} state */
export function teardown({ pkg }) {
  pkg.let_go();
}

/** @param {any} state */
export const observe = ({ pkg }) => pkg.depth_of(3);
