// @ts-check
// A state of many kinds of values, with destructors, that is written at each second call.

export const atomic = true;
export const policy = { Page: 'rollback' };

/** @param {any} pkg @param {any} t */
export const setup = (pkg, t) => ({ page: t.own(new pkg.Page('a title')), /** @type {any} */ copy: undefined });

export const steps = [
  (/** @type {any} */ { page }) => page.put('one'),
  (/** @type {any} */ { page }) => page.put('two'),
  (/** @type {any} */ { page }) => page.cut(),
  (/** @type {any} */ state, /** @type {any} */ t) => { state.copy = t.own(state.page.copy()); },
  (/** @type {any} */ { copy }) => copy?.put('three'),
  (/** @type {any} */ { copy }) => copy?.free(),
  (/** @type {any} */ { page }) => page.put('four'),
];

/** @param {any} state */
export const observe = ({ page }) => page.state();
