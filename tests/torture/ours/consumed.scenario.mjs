// @ts-check
// Calls that consume objects, and that make others. A call that fails in place drops what it took; one that
// never happened gives it back.

export const atomic = true;
export const policy = { JournalJar: 'rollback' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.StaleHandleError);
  const jar = (/** @type {number} */ n) => t.own(new pkg.JournalJar(n));
  return { jar: jar(1), second: jar(2), third: jar(4), fourth: jar(8), fifth: jar(16), /** @type {any} */ made: undefined };
}

export const steps = [
  (/** @type {any} */ { jar, second }) => jar.swallow(second),
  (/** @type {any} */ { jar, third, fourth }) => jar.swallow_all([third, fourth]),
  (/** @type {any} */ { jar, fifth }) => jar.swallow_later(fifth),
  (/** @type {any} */ state, /** @type {any} */ t) => { state.made = t.own(state.jar.split(1)); },
  (/** @type {any} */ { made }) => made?.crush(),
];

/** @param {any} state */
export const observe = ({ jar }) => jar.state();
