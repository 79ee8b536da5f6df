// @ts-check
// The model of fixture-persist's classes: what each object is after every step if a call
// that failed never happened, or as its policy says. Nothing of wasm is in here.

/** Numbers as they follow from a seed (mulberry32). @param {number} seed */
export function numbers(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const U32 = 2 ** 32;

/** @typedef {'ledger' | 'page' | 'tally' | 'loose'} Kind */

/** An object as it should be. */
export class Model {
  /** @param {Kind} kind @param {number} value */
  constructor(kind, value) {
    this.kind = kind;
    this.total = kind === 'tally' ? 0 : value;
    /** @type {string[]} */
    this.lines = [];
    this.text = String(value);
    this.before = 0;
    this.poisoned = false;
    this.stale = false;
  }

  /** @param {number} by */
  add(by) {
    this.total = (this.total + by) % U32;
  }

  /** A panic tore it. @param {number} by */
  tear(by) {
    this.before = this.total;
    this.total += by;
    this.poisoned = true;
  }

  /** The instance ended: what does not persist is gone, what is revived is not torn. */
  revive() {
    if (this.kind === 'loose') this.stale = true;
    if (this.poisoned) this.total = this.before;
    this.poisoned = false;
  }

  /** What can be seen of it. */
  state() {
    if (this.stale) return 'stale';
    if (this.poisoned) return 'poisoned';
    if (this.kind === 'page') return this.text;
    return this.kind === 'ledger' ? `${this.total}:${this.lines.join()}` : String(this.total);
  }
}
