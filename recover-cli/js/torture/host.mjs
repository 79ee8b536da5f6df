// @ts-check
// What the driver needs of an engine and JavaScript does not say: a later task, a clock that nobody replaces,
// and, where the engine's driver hands them in, the collection of garbage and what nobody caught. Nothing of
// Node's may be named here but what other engines may have, too.

const { setTimeout: later, MessageChannel: Channel, performance: clock } = globalThis;
const { setImmediate: immediate } = /** @type {any} */ (globalThis);
const read = clock.now.bind(clock);

/** One in so many tasks is a timer's, where messages make the others. */
const TIMERS = 256;

/** @returns {() => Promise<void>} */
function tasks() {
  if (typeof immediate === 'function') return () => new Promise((resolve) => { immediate(resolve); });
  if (typeof Channel !== 'function') return () => new Promise((resolve) => { later(resolve, 0); });
  const { port1, port2 } = new Channel();
  /** @type {(() => void)[]} */
  const waiting = [];
  port1.onmessage = () => waiting.shift()?.();
  let count = 0;
  return () => new Promise((resolve) => {
    count += 1;
    // In some engines the clock moves, and lines leave, at a timer only.
    if (count % TIMERS === 0) {
      later(resolve, 0);
    } else {
      waiting.push(resolve);
      port2.postMessage(0);
    }
  });
}

/**
 * The host, with what the driver of an engine has more.
 * @param {Partial<import('./types.mjs').Host>} [given]
 * @returns {import('./types.mjs').Host}
 */
export function hostOf(given = {}) {
  const { gc } = /** @type {any} */ (globalThis);
  return { macrotask: given.macrotask ?? tasks(), now: read, ...typeof gc === 'function' && { gc: () => { gc(); } }, ...given };
}

/** Real time, for what the engine does by itself. @param {number} ms @returns {Promise<void>} */
export const pause = (ms) => new Promise((resolve) => { later(resolve, ms); });
