// @ts-check
// What the tests of asynchronous exports share: promises to settle by hand, rejections,
// signals that are watched, failures that nobody asked for.
import assert from 'node:assert/strict';

/** A promise that the test settles. @returns {{ promise: Promise<any>, resolve: (value?: any) => void, reject: (reason?: any) => void }} */
export const later = () => Promise.withResolvers();

/** Lets every microtask run. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A promise that is never settled. */
export const never = new Promise(() => {});

/**
 * Failures that surface in the whole run without a caller, as they come.
 * @returns {unknown[]}
 */
export function watchStrays() {
  /** @type {unknown[]} */
  const strays = [];
  process.on('uncaughtException', (error) => strays.push(error));
  process.on('unhandledRejection', (reason) => strays.push(reason));
  process.on('warning', (warning) => strays.push(warning));
  return strays;
}

/**
 * The error that `promise` rejects with; one that does not reject, or does not settle at
 * all, fails the test.
 * @param {Promise<unknown>} promise
 * @returns {Promise<any>}
 */
export async function rejection(promise) {
  assert.ok(promise instanceof Promise, 'an asynchronous export gives a promise and throws nothing');
  try {
    await settles(promise);
  } catch (error) {
    if (error instanceof Unsettled) throw error;
    return error;
  }
  assert.fail('the promise was fulfilled');
}

class Unsettled extends Error {}

/**
 * A promise that settles within a few turns, whatever the engine's speed.
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export async function settles(promise) {
  const hung = (async () => {
    for (let n = 0; n < 200; n += 1) await turn();
    throw new Unsettled('the promise does not settle');
  })();
  return Promise.race([promise, hung]);
}

/** A controller whose signal counts who listens. */
export function watchedController() {
  const controller = new AbortController();
  const { signal } = controller;
  let listening = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  /** @type {Set<unknown>} */
  const known = new Set();
  Object.defineProperty(signal, 'addEventListener', { value(/** @type {[any, any, any]} */ ...args) {
    known.add(args[1]);
    listening = known.size;
    add(...args);
    add('abort', () => { known.delete(args[1]); listening = known.size; }, { once: true });
  } });
  Object.defineProperty(signal, 'removeEventListener', { value(/** @type {[any, any, any]} */ ...args) {
    known.delete(args[1]);
    listening = known.size;
    remove(...args);
  } });
  return { controller, signal, abort: (/** @type {unknown} */ reason) => controller.abort(reason), listeners: () => listening };
}
