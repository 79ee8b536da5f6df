// @ts-check
// What a handle has: the state of its object, which outlives instances, and the record by which an object that
// persists comes back. Handles are what programs hold; they know no object of jco's.

/** @typedef {import('./surface.js').ClassInfo} ClassInfo */

/** One call that a replay makes again. @typedef {{ method: string, args: unknown[], ended: string | undefined }} Entry */

/** How an object that persists is made anew: what it was made by, or its last snapshot, and the calls since. */
export class Record {
  /** @param {{ args: unknown[] } | { bytes: Uint8Array }} origin */
  constructor(origin) {
    this.origin = origin;
    /** @type {Entry[]} */
    this.entries = [];
    /** What the entries cost in memory, about. */
    this.bytes = 0;
    /** A call failed after it may have changed the object: the next one that ends well is followed by a snapshot. */
    this.changed = false;
    /** Why the record is not what the object is, if so. @type {unknown} */
    this.outdated = undefined;
    /** How many entries make a snapshot due, where one has failed; else as the options say. */
    this.due = 0;
  }

  /** @param {Entry} entry @param {number} bytes */
  append(entry, bytes) {
    this.entries.push(entry);
    this.bytes += bytes + 16;
  }

  /** @param {Uint8Array} bytes */
  snapshot(bytes) {
    this.origin = { bytes };
    this.entries = [];
    this.bytes = 0;
    this.changed = false;
    this.outdated = undefined;
    this.due = 0;
  }
}

/** What our handle stands for. */
export class State {
  /**
   * @param {import('./gate.js').Gate} gate
   * @param {ClassInfo} info
   * @param {number} epoch
   */
  constructor(gate, info, epoch) {
    this.gate = gate;
    this.info = info;
    /** The instance that the object was last in. */
    this.epoch = epoch;
    /** The object is gone for good. */
    this.gone = false;
    /** Why, if it was lost. @type {unknown} */
    this.reason = undefined;
    /** Of an object that persists. @type {Record | undefined} */
    this.record = undefined;
  }
}

/** @type {(handle: object) => State | undefined} */
export let stateOf;

/** The base of the classes that programs see. It has no members: those would be seen, too. */
export class Resource {
  #state;

  /** @param {State} state */
  constructor(state) {
    this.#state = state;
  }

  static {
    stateOf = (handle) => (#state in handle ? handle.#state : undefined);
  }
}
