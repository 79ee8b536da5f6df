// @ts-check
// Steps that overlap, and the one that waits for them. Without it the calls behind them would meet a busy object or
// not, as it happens when one of them fails.

/**
 * A step that the next one does not wait for.
 * @param {string} name
 * @param {(state: any, t: any) => Promise<unknown>} call
 */
export const overlapping = (name, call) => ({
  name,
  overlap: true,
  run(/** @type {any} */ state, /** @type {any} */ t) {
    const promise = call(state, t);
    (state.underWay ??= []).push(promise.catch(() => {}));
    return promise;
  },
});

/** Waits for all of those. */
export const joined = {
  name: 'all have ended',
  run: async (/** @type {any} */ { underWay }) => { await Promise.all(underWay ?? []); },
};
