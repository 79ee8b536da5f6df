// @ts-check
// What the rows assert with, in any engine: nothing of an engine's or of Node's is in here.

/** A row does not hold. */
export class Failed extends Error {}

/** @param {unknown} value */
const shown = (value) => {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
};

/**
 * @param {unknown} condition
 * @param {string} what
 * @returns {asserts condition}
 */
export function holds(condition, what) {
  if (!condition) throw new Failed(what);
}

/**
 * @param {unknown} got
 * @param {unknown} expected
 * @param {string} what
 */
export function same(got, expected, what) {
  if (!Object.is(got, expected)) throw new Failed(`${what}: ${shown(expected)} is due, not ${shown(got)}`);
}

/**
 * What `call` throws.
 * @param {() => unknown} call
 * @param {string} what
 * @returns {any}
 */
export function thrown(call, what) {
  let value;
  try {
    value = call();
  } catch (error) {
    return error;
  }
  throw new Failed(`${what}: nothing was thrown, but ${shown(value)} returned`);
}

/** Lets every microtask and timer run that is due. */
export const turn = () => new Promise((resolve) => { setTimeout(resolve, 0); });

/** A promise that is never settled. */
export const never = new Promise(() => {});

/** A promise that the row settles. */
export function later() {
  /** @type {(value?: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((settle) => { resolve = settle; });
  return { promise, resolve };
}

/**
 * What a promise of the module's fulfils with; one that does not settle within a few turns
 * fails the row.
 * @param {Promise<any>} promise
 * @param {string} what
 */
export async function settles(promise, what) {
  holds(promise instanceof Promise, `${what}: a promise is due`);
  const hung = (async () => {
    for (let n = 0; n < 100; n += 1) await turn();
    throw new Failed(`${what}: the promise does not settle`);
  })();
  return Promise.race([promise, hung]);
}

/**
 * What a promise of the module's rejects with.
 * @param {Promise<any>} promise
 * @param {string} what
 * @returns {Promise<any>}
 */
export async function rejection(promise, what) {
  let value;
  try {
    value = await settles(promise, what);
  } catch (error) {
    if (error instanceof Failed) throw error;
    return error;
  }
  throw new Failed(`${what}: the promise was fulfilled, with ${shown(value)}`);
}
