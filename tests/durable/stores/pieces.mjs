// @ts-check
// The bytes that the tests of stores write, and what is said of those that were read. It runs wherever a store does, so
// it imports nothing.

/** Bytes that depend on a seed: no two of them alike. @param {number} seed @param {number} length */
export function bytesOf(seed, length) {
  const bytes = new Uint8Array(length);
  let state = (seed + 1) * 0x9e3779b1 | 1;
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** FNV-1a. @param {Uint8Array} bytes */
export function hashOf(bytes) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index += 1) hash = Math.imul(hash ^ /** @type {number} */ (bytes[index]), 0x01000193);
  return hash >>> 0;
}

/** @typedef {[at: number, length: number, hash: number]} Said */

/** What is said of a piece. @param {number} at @param {Uint8Array} bytes @returns {Said} */
export const saidOf = (at, bytes) => [at, bytes.length, hashOf(bytes)];
