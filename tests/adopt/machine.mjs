// @ts-check
// What a package may ask the machine for: the same for both sides, each time.

/** Packages keep what they found, so that is always the same. @type {Crypto['getRandomValues']} */
let fill = (array) => array;
/** @type {Crypto['getRandomValues']} */
const random = (array) => fill(array);
globalThis.crypto.getRandomValues = random;
// Where some crates look for Node's.
Reflect.set(globalThis, 'module', { require: () => ({ randomFillSync: random }) });

const real = performance.now;

/** The clock that measures is the machine's again. */
export function measure() { performance.now = real; }

/** Starts the clocks and the random numbers anew. */
export function settle() {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  Math.random = () => next() / 2 ** 32;
  let now = 1_700_000_000_000;
  Date.now = () => { now += 1; return now; };
  // What a crate limits by time ends the same however busy the machine is.
  performance.now = () => now - 1_700_000_000_000;
  fill = (array) => {
    const { buffer, byteOffset, byteLength } = /** @type {ArrayBufferView} */ (/** @type {unknown} */ (array));
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = next() >>> 24;
    return array;
  };
}

/** The result of a call on a machine that has no random numbers. @template T @param {() => T} call */
export function withoutRandomness(call) {
  const before = fill;
  fill = () => { throw new Error('no random numbers'); };
  try {
    return call();
  } finally {
    fill = before;
  }
}
