// @ts-check
// The host side of callbacks: the functions that JavaScript calls Rust closures by. It
// imports nothing; what it needs of host.js Rust hands over (`link`).

/** @type {import('./links').Links | undefined} */
let links;

/** @param {import('./links').Links} host */
export function link(host) {
  links = host;
}

/**
 * @typedef {{ open: boolean, instance: { dead: boolean } }} Gate
 * @typedef {((...args: any[]) => any) & { _wbg_cb_unref(): void, gate: Gate }} Shell wasm-bindgen's closure
 */

/** The name of the class in errors, as in callback/mod.rs. */
const staleCallback = () => links?.staleError('callback');

// Of fixed arity: a rest parameter would cost as much as the call. What is shut is not
// called, so that wasm-bindgen's own refusals are never reached.
/** @type {((shell: Shell, gate: Gate) => (...args: any[]) => any)[]} */
const SHAPES = [
  (shell, gate) => () => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(); },
  (shell, gate) => (a) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a); },
  (shell, gate) => (a, b) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b); },
  (shell, gate) => (a, b, c) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c); },
  (shell, gate) => (a, b, c, d) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d); },
  (shell, gate) => (a, b, c, d, e) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d, e); },
  (shell, gate) => (a, b, c, d, e, f) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d, e, f); },
  (shell, gate) => (a, b, c, d, e, f, g) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d, e, f, g); },
  (shell, gate) => (a, b, c, d, e, f, g, h) => { if (!gate.open || gate.instance.dead) throw staleCallback(); return shell(a, b, c, d, e, f, g, h); },
];

/**
 * The function for a Rust closure.
 * @param {Shell} shell
 * @param {number} arity
 */
export function callback(shell, arity) {
  const gate = shell.gate = { open: true, instance: links?.instance ?? { dead: false } };
  const shape = SHAPES[arity];
  if (shape === undefined) throw new RangeError(`a callback takes at most ${SHAPES.length - 1} arguments`);
  return shape(shell, gate);
}

/**
 * The closure is about to be dropped. Its shell goes once no call of it is under way.
 * @param {Shell} shell
 */
export function release(shell) {
  shell.gate.open = false;
  if (!shell.gate.instance.dead) shell._wbg_cb_unref();
}

/**
 * Calls `body` with a function that is stale afterwards, whatever leaves `body`. Rust
 * relies on that: the closure is in a frame below.
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
 * For callers that have nobody to catch.
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
