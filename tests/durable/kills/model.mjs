// @ts-check
// What `Ledger` of tests/fixtures/kills must be after each of its calls, computed a second time. A call's text says in which
// life of the program it was made, so that one that comes back from an earlier life shows. It runs wherever calls are
// made, so it imports nothing, and it is the same for a seed.

/** The kinds of calls that end, and change the object. @typedef {'put' | 'refuse' | 'replace' | 'later'} Kind */

const KEPT = 8;
const EMPTY = 0x811c9dc5;

/** Numbers in [0, 1), the same ones for a seed. @param {number} seed */
export function random(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed for each number. @param {number} seed @param {number} number */
const seedOf = (seed, number) => Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b);

/** The call with a number, in a life. @param {number} seed @param {number} life @param {number} number @returns {{ kind: Kind, text: string }} */
export function callOf(seed, life, number) {
  const next = random(seedOf(seed, number));
  const chance = next();
  const kind = chance < 0.9 ? 'put' : chance < 0.95 ? 'refuse' : chance < 0.97 ? 'replace' : 'later';
  // A few are long.
  const length = Math.floor(next() * (next() < 0.03 ? 3000 : 60));
  return { kind, text: `${life}.${number} ${'x'.repeat(length)}` };
}

/** FNV-1a, as in Rust. @param {number} before @param {number} number @param {string} text of ASCII */
function mixed(before, number, text) {
  let hash = before;
  for (let index = 0; index < 4; index += 1) hash = Math.imul(hash ^ ((number >>> (index * 8)) & 0xff), 0x01000193);
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** An object as Rust has it. */
export class Model {
  calls = 0;
  #sum = 0;
  #chain = EMPTY;
  /** @type {string[]} */
  #texts = [];

  /** @param {string} text */
  next(text) {
    this.calls += 1;
    this.#sum = (this.#sum + (Math.imul(this.calls, 0x9e3779b1) ^ text.length)) >>> 0;
    this.#chain = mixed(this.#chain, this.calls, text);
    this.#texts = [...this.#texts, text].slice(-KEPT);
  }

  copy() {
    const copy = new Model();
    [copy.calls, copy.#sum, copy.#chain, copy.#texts] = [this.calls, this.#sum, this.#chain, this.#texts];
    return copy;
  }

  get digest() {
    let hash = EMPTY;
    for (const number of [this.calls, this.#sum, this.#chain, this.#sum]) hash = mixed(hash, number, '');
    for (const text of this.#texts) hash = mixed(hash, text.length, text);
    return hash;
  }
}
