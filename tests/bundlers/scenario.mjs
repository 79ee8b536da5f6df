// What every tool's build must do: a call, a panic, a trap, and the call after each. The projects
// import it, so their tools transform and minify it with the package.
// @ts-check

/**
 * @param {any} counterPackage the counter's, which is ready
 * @returns what happened, as JSON can say it
 */
export function scenario({ Counter, PanicError, InstanceAbortedError, StaleHandleError, RecoverError, recovery }) {
  /** @type {(call: () => unknown) => any} */
  const caught = (call) => {
    try {
      return call();
    } catch (error) {
      return error;
    }
  };
  const counter = new Counter();
  const first = counter.add();
  const panic = caught(() => counter.panic());
  const afterPanic = counter.add();
  const trap = caught(() => counter.unreachable());
  const afterTrap = counter.add();
  counter[Symbol.dispose]();
  const freed = caught(() => counter.add());
  return {
    first,
    panic: panic instanceof PanicError && panic instanceof RecoverError && panic.name,
    location: panic instanceof PanicError && panic.location?.file,
    afterPanic,
    trap: trap instanceof InstanceAbortedError && trap.name,
    cause: trap instanceof InstanceAbortedError && trap.cause instanceof WebAssembly.RuntimeError,
    afterTrap,
    restarts: recovery.health().restarts,
    freed: freed instanceof StaleHandleError && freed.name,
  };
}

/** What `scenario` answers where panics unwind. */
export const EXPECTED = {
  first: 1,
  panic: 'PanicError',
  location: 'examples/counter/src/lib.rs',
  // Rolled back, as the class asks for.
  afterPanic: 2,
  trap: 'InstanceAbortedError',
  cause: true,
  // By the next instance.
  afterTrap: 3,
  restarts: 1,
  freed: 'StaleHandleError',
};
