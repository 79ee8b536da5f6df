// @ts-check
// The host side of callbacks: the functions through which JavaScript calls Rust closures. This
// module imports nothing; Rust hands over what it needs of host.js (`link`).

/** @type {import('./links').Links | undefined} */
let links;

/** @param {import('./links').Links} host */
export function link(host) {
  links = host;
}

/**
 * @typedef {{ open: boolean, instance: { dead: boolean }, epoch: number | undefined }} State
 * @typedef {((...args: any[]) => any) & { _wbg_cb_unref(): void, state: State }} Shell wasm-bindgen's closure
 */

/** Callbacks have no class; errors call them by this name, as those of Rust do. @param {State} state */
const staleCallback = (state) => links?.staleError('callback', state.open ? state.epoch : undefined);

// Each has a fixed arity: a rest parameter would cost as much as the call. A closure that is
// gone is never called, so wasm-bindgen's own refusals are never reached.
/** @type {((shell: Shell, state: State) => (...args: any[]) => any)[]} */
const SHAPES = [
  (shell, state) => () => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(); },
  (shell, state) => (a) => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(a); },
  (shell, state) => (a, b) => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(a, b); },
  (shell, state) => (a, b, c) => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(a, b, c); },
  (shell, state) => (a, b, c, d) => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(a, b, c, d); },
  (shell, state) => (a, b, c, d, e) => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(a, b, c, d, e); },
  (shell, state) => (a, b, c, d, e, f) => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(a, b, c, d, e, f); },
  (shell, state) => (a, b, c, d, e, f, g) => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(a, b, c, d, e, f, g); },
  (shell, state) => (a, b, c, d, e, f, g, h) => { if (!state.open || state.instance.dead) throw staleCallback(state); return shell(a, b, c, d, e, f, g, h); },
];

/**
 * Makes the function of a Rust closure.
 * @param {Shell} shell
 * @param {number} arity
 */
export function callback(shell, arity) {
  const state = shell.state = { open: true, instance: links?.instance ?? { dead: false }, epoch: links?.gate?.current };
  const shape = SHAPES[arity];
  if (shape === undefined) throw new RangeError(`a callback takes at most ${SHAPES.length - 1} arguments`);
  return shape(shell, state);
}

/**
 * The closure is about to be dropped. Its shell is dropped once no call of it is under way.
 * @param {Shell} shell
 */
export function release(shell) {
  shell.state.open = false;
  if (!shell.state.instance.dead) shell._wbg_cb_unref();
}

/**
 * Calls `body` with a function that is stale afterwards, even if `body` throws. Rust relies
 * on that: the closure lives in a frame below.
 * @param {Shell} shell
 * @param {number} arity
 * @param {(callback: Function) => void} body
 */
export function scope(shell, arity, body) {
  const function_ = callback(shell, arity);
  try {
    body(function_);
  } finally {
    release(shell);
  }
}

/**
 * A function whose errors are reported, for callers that don't catch.
 * @param {(...args: any[]) => any} callback
 */
export function detached(callback) {
  return (/** @type {any[]} */ ...args) => {
    try {
      return callback(...args);
    } catch (error) {
      links?.report(error);
      return undefined;
    }
  };
}
