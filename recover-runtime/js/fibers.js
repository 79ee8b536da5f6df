// @ts-check
// The fibers: calls of `jspi` exports, each on a stack of its own that the engine suspends while the
// call waits for a promise (JavaScript Promise Integration). This module imports nothing; Rust hands
// over host.js (`recoverFiber`). A package without such an export does not have it.
//
// The engine keeps frames and locals of a suspended stack, and no globals. Two of those belong to the
// stack that runs: the pointer of the shadow stack, and how low it may go. They, and the gate's count
// of calls, are switched here where a fiber is entered, waits, goes on and leaves.
//
// What runs between is a segment. It begins in a microtask, so there is no frame of wasm outside it;
// and the microtask behind it is ours (`afterSegment`), before anything else runs. So a segment that was cut,
// by a trap or by an exception that no Rust frame saw, is noticed before the instance is entered again.

/**
 * @typedef {object} Fiber
 * @property {number} id
 * @property {number} low the lower end of its shadow stack
 * @property {number} pointer of its shadow stack, while it does not run
 * @property {{ dead: boolean }} instance
 * @property {number} depth of calls, with its own
 * @property {number} outer the stack pointer outside
 * @property {boolean} inside a segment is under way
 * @property {boolean} gone its call is over
 * @property {boolean} cut a segment of it was; the instance is ended once it is known by what
 * @property {Promise<unknown> | undefined} next what it is about to wait for
 * @property {boolean} good whether that was fulfilled
 * @property {unknown} value or reason
 * @property {((value: number) => void) | undefined} resume has the engine go on
 * @property {(value?: unknown) => void} resolve settles the promise of the fiber
 * @property {(reason: unknown) => void} reject
 */

/** @type {import('./links').Links | undefined} */
let links;
/** The fibers of this instance. @type {Map<number, Fiber>} */
const fibers = new Map();
/** What enters a fiber of this instance. @type {((id: number) => Promise<unknown>) | undefined} */
let fiberEntry;

// Not in TypeScript's library yet.
const { promising } = /** @type {any} */ (WebAssembly);
const { then: onSettled } = Promise.prototype;
const fulfilled = Promise.resolve();

/** What a function may use below the stack pointer without moving it. */
const RED_ZONE = 128;

/** The supervisor, which a fiber does not do without. */
const supervisor = () => /** @type {import('./links').Supervisor} */ (links?.gate);

/** The pointer of the shadow stack, and its lowest value. @returns {Record<string, WebAssembly.Global>} */
const globals = () => supervisor().glue.wasm();

/**
 * A call for which a stack of its own is made, in a microtask. The promise is settled when it is left.
 * @param {number} id
 * @param {number} low
 * @param {number} high
 * @param {import('./links').Links} host
 */
export function recoverFiber(id, low, high, host) {
  links = host;
  host.abandonFibers = abandonFibers;
  if (typeof promising !== 'function') throw host.unsupported('this engine cannot suspend a call of WebAssembly: it has no WebAssembly.promising (JavaScript Promise Integration)');
  if (host.gate === undefined) throw host.unsupported('calls that suspend need a package that cargo recover built');
  return new Promise((resolve, reject) => {
    /** @type {Fiber} */
    const made = {
      id, low, pointer: high, instance: host.instance, depth: 0, outer: 0, inside: false, gone: false, cut: false,
      next: undefined, good: true, value: undefined, resume: undefined, resolve, reject,
    };
    fibers.set(id, made);
    fulfilled.then(() => startFiber(made));
  });
}

/** @param {Fiber} made */
function startFiber(made) {
  if (fibers.get(made.id) !== made || supervisor().dead) return;
  const { __recover_fiber: function_ } = supervisor().glue.wasm();
  fiberEntry ??= promising(function_);
  made.outer = /** @type {any} */ (globals()).__stack_pointer.value;
  beginSegment(made);
  /** @type {Promise<unknown>} */
  let promise;
  try {
    promise = /** @type {(id: number) => Promise<unknown>} */ (fiberEntry)(made.id);
  } catch (thrown) {
    // The engine has no stack to give.
    promise = Promise.reject(thrown);
  }
  onSettled.call(promise, made.resolve, (thrown) => threwOut(made, thrown));
  afterSegment(made);
}

/** A segment begins. @param {Fiber} made */
function beginSegment(made) {
  const { __stack_pointer: pointer, __recover_stack_low: lowest } = /** @type {any} */ (globals());
  supervisor().depth += 1;
  made.depth = supervisor().depth;
  made.inside = true;
  pointer.value = made.pointer;
  lowest.value = made.low + RED_ZONE;
}

/** A segment ends. @param {Fiber} made */
function endSegment(made) {
  const { __stack_pointer: pointer, __recover_stack_low: lowest } = /** @type {any} */ (globals());
  made.inside = false;
  supervisor().depth -= 1;
  made.pointer = pointer.value;
  pointer.value = made.outer;
  lowest.value = 0;
}

/** Nothing has run since a segment. @param {Fiber} made */
function afterSegment(made) {
  if (made.gone) {
    // The last function has put its own end of the stack back.
    if (!made.instance.dead) /** @type {any} */ (globals()).__stack_pointer.value = made.outer;
  } else if (made.inside) {
    endSegment(made);
    if (made.instance.dead) {
      supervisor().onExit();
    } else {
      made.cut = true;
      supervisor().seal();
    }
  }
}

/**
 * Something was thrown out of the stack of a fiber.
 * @param {Fiber} made
 * @param {unknown} thrown
 */
function threwOut(made, thrown) {
  // Another instance is there, or this one ended before: the caller knows.
  if (made.instance !== links?.instance || made.instance.dead) return;
  if (made.gone) made.reject(supervisor().glue.unwrap(thrown, '', false));
  else if (made.cut) supervisor().glue.unwrap(thrown, '', true);
}

/**
 * Rust is about to wait.
 * @param {number} id
 * @param {unknown} promise
 */
export function waitFor(id, promise) {
  const made = fibers.get(id);
  const native = Promise.resolve(promise);
  if (made === undefined || !made.inside || supervisor().depth !== made.depth) {
    throw links?.unsupported('only a call of an export with `jspi` can wait here, with no JavaScript between, no panic under way and nothing being dropped by the runtime')
      ?? new Error('only a call of an export with `jspi` can wait here');
  }
  made.next = native;
}

/**
 * The stack of a fiber is suspended until the promise that this gives is settled.
 * @param {number} id
 */
export function recoverPark(id) {
  const made = /** @type {Fiber} */ (fibers.get(id));
  const settled = (/** @type {boolean} */ good) => (/** @type {unknown} */ value) => {
    const { resume } = made;
    if (resume === undefined) return;
    made.resume = undefined;
    made.good = good;
    made.value = value;
    // What goes on puts its own back before it tells.
    made.outer = /** @type {any} */ (globals()).__stack_pointer.value;
    // The microtask that goes on is the next but those that wait already, and ours is behind it.
    resume(0);
    fulfilled.then(() => afterSegment(made));
  };
  const { next } = made;
  made.next = undefined;
  endSegment(made);
  return new Promise((resume) => {
    made.resume = resume;
    onSettled.call(/** @type {Promise<unknown>} */ (next), settled(true), settled(false));
  });
}

/** The stack of a fiber goes on. @param {number} id */
export function resumed(id) { beginSegment(/** @type {Fiber} */ (fibers.get(id))); }

/** What a fiber has waited for. @param {number} id */
export function outcome(id) {
  const made = /** @type {Fiber} */ (fibers.get(id));
  const { good, value } = made;
  made.value = undefined;
  if (good) return value;
  throw value;
}

/** The call of a fiber is over. @param {number} id */
export function left(id) {
  const made = /** @type {Fiber} */ (fibers.get(id));
  made.gone = true;
  fibers.delete(id);
  endSegment(made);
}

/**
 * The instance has ended: no stack of it goes on. Engines keep a suspended stack for ever, and with it
 * the instance. So each is resumed, to trap where it returns into the instance (`Gate.seal`).
 */
function abandonFibers() {
  const those = [...fibers.values()];
  fibers.clear();
  for (const made of those) {
    const { resume } = made;
    made.resume = made.next = made.value = undefined;
    made.resolve = made.reject = () => {};
    resume?.(0);
  }
  fiberEntry = undefined;
}
