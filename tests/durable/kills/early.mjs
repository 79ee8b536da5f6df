// @ts-check
// A store that breaks its promise: it says that a chunk is durable before it is written. It shows that the judge finds out.

/** @typedef {import('../../../recover-runtime/js/stores.js').DurableStore} DurableStore */
/** @typedef {import('../../../recover-runtime/js/stores.js').DurableStored} DurableStored */

/**
 * @param {DurableStore} store
 * @param {(go: () => void) => void} later when a chunk is written in truth
 * @returns {DurableStore}
 */
export const early = (store, later) => ({
  async open(name) {
    const stored = await store.open(name);
    /** @type {Promise<unknown>} */
    let written = Promise.resolve();
    /** @type {unknown} */
    let failure;
    /** @param {() => void | PromiseLike<void>} ask */
    const behind = async (ask) => {
      await written;
      await ask();
    };
    /** @type {DurableStored} */
    const wrapped = {
      read: () => stored.read(),
      isWhole: stored.isWhole,
      async append(at, bytes) {
        if (failure !== undefined) throw failure;
        const own = bytes.slice();
        const before = written;
        written = new Promise((resolve) => { later(() => resolve(before.then(() => stored.append(at, own)))); });
        written.catch((error) => { failure = error; });
      },
      snapshot: (at, bytes) => behind(() => stored.snapshot(at, bytes)),
      drop: (before) => behind(() => stored.drop(before)),
      close: () => behind(() => stored.close()),
    };
    return wrapped;
  },
});
