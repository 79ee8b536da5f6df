// @ts-check
// The steps of a scenario for an object that nothing takes back (`on_panic = "keep"`): what a failed call left of it is not
// known, so that neither what later calls answer nor whether they are refused is compared. That they do nothing else does.

/** @typedef {{ name: string, run: (state: any, t: any) => unknown, overlap?: boolean }} Step */

/**
 * @param {Step[]} steps
 * @param {(error: unknown) => boolean} [isRefusal] whether an error is one of the class's own
 * @param {boolean} [stops] whether nothing more is called once a call has failed: what is left may never return
 * @returns {Step[]}
 */
export function kept(steps, isRefusal = () => false, stops = false) {
  /** The states of which a call has failed. */
  const failed = new WeakSet();
  return steps.map(({ name, run, overlap = false }) => ({
    name,
    overlap,
    run(state, t) {
      const heeded = (/** @type {unknown} */ error) => {
        if (isRefusal(error)) return;
        failed.add(state);
        throw error;
      };
      if (stops && failed.has(state)) return undefined;
      try {
        const answer = /** @type {any} */ (run(state, t));
        return typeof answer?.then === 'function' ? answer.then(() => {}, heeded) : undefined;
      } catch (error) {
        return heeded(error);
      }
    },
  }));
}
