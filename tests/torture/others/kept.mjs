// @ts-check
// The steps of a scenario for an object that nothing takes back (`on_panic = "keep"`): what a failed call left of it is not
// known, so that neither what later calls answer nor whether they are refused is compared. That they do nothing else does.

/** @typedef {{ name: string, run: (state: any, t: any) => unknown, overlap?: boolean }} Step */

/**
 * @param {Step[]} steps
 * @param {(error: unknown) => boolean} [isRefusal] whether an error is one of the class's own
 * @returns {Step[]}
 */
export function kept(steps, isRefusal = () => false) {
  const heeded = (/** @type {unknown} */ error) => { if (!isRefusal(error)) throw error; };
  return steps.map(({ name, run, overlap = false }) => ({
    name,
    overlap,
    run(state, t) {
      try {
        const answer = /** @type {any} */ (run(state, t));
        return typeof answer?.then === 'function' ? answer.then(() => {}, heeded) : undefined;
      } catch (error) {
        return heeded(error);
      }
    },
  }));
}
