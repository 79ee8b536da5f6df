// @ts-check
// Closures that borrow the frame of a call: JavaScript calls them while that lasts, and is refused later.

export const atomic = true;

/** @param {any} pkg */
export const setup = (pkg) => ({ pkg, /** @type {((n: number) => unknown) | undefined} */ kept: undefined, /** @type {((n: number) => unknown)[]} */ seen: [] });

export const steps = [
  {
    name: 'a closure is called twice',
    run: (/** @type {any} */ { pkg, seen }) => pkg.sum_of((/** @type {any} */ add) => { seen.push(add); add(1); add(2); }),
  },
  {
    name: 'a closure is kept for too long',
    run: (/** @type {any} */ state) => {
      /** @type {any} */
      let kept;
      const sum = state.pkg.sum_of((/** @type {any} */ add) => { kept = add; state.seen.push(add); add(4); });
      state.kept = kept;
      return sum;
    },
  },
  {
    name: 'and is refused',
    run: (/** @type {any} */ { pkg, kept }) => {
      if (kept === undefined) return 'there is none';
      try {
        return kept(8);
      } catch (error) {
        if (error instanceof pkg.StaleHandleError) return 'refused';
        throw error;
      }
    },
  },
  {
    name: 'a scope within a scope',
    run: (/** @type {any} */ { pkg }) => pkg.sum_of((/** @type {any} */ outer) => {
      outer(pkg.sum_of((/** @type {any} */ inner) => inner(16)));
    }),
  },
];

/** However a call has ended, what it lent is refused. @param {any} state @param {unknown} _acknowledged @param {any} t */
export function invariant({ pkg, seen }, _acknowledged, t) {
  for (const function_ of seen) {
    let error;
    try {
      function_(1);
    } catch (thrown) {
      error = thrown;
    }
    t.assert(error instanceof pkg.StaleHandleError, `a closure whose scope was left is stale, not ${error}`);
  }
}

/** @param {any} state */
export const observe = ({ pkg }) => pkg.depth_of(3);
