// @ts-check
// States that go out as bytes and come in again as other objects.

export const atomic = true;
export const policy = { Page: 'rollback' };

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.ImportError);
  return { pkg, page: t.own(new pkg.Page(undefined)), /** @type {any} */ bytes: undefined, /** @type {any} */ other: undefined };
}

export const steps = [
  (/** @type {any} */ { page }) => page.put('one'),
  (/** @type {any} */ state) => { state.bytes = state.pkg.recovery.export(state.page); },
  (/** @type {any} */ { page }) => page.put('two'),
  (/** @type {any} */ state, /** @type {any} */ t) => {
    if (state.bytes !== undefined) state.other = t.own(state.pkg.Page.import(state.bytes));
  },
  (/** @type {any} */ { other }) => other?.put('three'),
  (/** @type {any} */ { pkg }) => pkg.Page.import(new Uint8Array([1, 2, 3])),
  (/** @type {any} */ { other }) => other?.state(),
];

/** @param {any} state */
export const observe = ({ page, other }) => [page.state(), other?.state()];
