// @ts-check
// Keeps durable objects in memory, for tests: what was written, how far it got, and the faults that a test injects.
// A write is first in a cache, as in an operating system, and then synced; a simulated crash decides what becomes
// of writes that were not. What bytes mean is not known here. It imports nothing.

/** @typedef {import('../stores').DurableStore} DurableStore */
/** @typedef {import('../stores').DurableStored} DurableStored */
/**
 * @typedef {object} Write one that is under way
 * @property {string} name of the object
 * @property {'append' | 'snapshot' | 'drop'} op
 * @property {number} at
 * @property {Uint8Array} bytes empty for `drop`
 */
/** @typedef {Write & { when: 'before' | 'written' | 'synced' }} Point a place at which a write can be stopped */
/**
 * @typedef {object} Kept what is there of one object
 * @property {Map<number, Uint8Array>} chunks
 * @property {Map<number, Uint8Array>} snapshots
 * @property {(() => void) | undefined} lose takes the lease from who has it
 */

/** @param {string} message */
const leaseError = (message) => Object.assign(new Error(message), { name: 'LeaseError', code: 'E_LEASE' });

/** @implements {DurableStore} */
export class MemoryStore {
  /** @type {Map<string, Kept>} */
  #all = new Map();
  /** Written and not synced. @type {Set<Write>} */
  #unsynced = new Set();
  /** Grows at each crash: what was opened before is dead. */
  #life = 0;
  /** @type {((point: Point) => unknown) | undefined} */
  #hook;

  /** @param {{ hook?: (point: Point) => unknown }} [options] */
  constructor(options = {}) {
    const { hook, ...others } = options;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new TypeError(`MemoryStore has no option '${unknown}': leave it out, or use 'hook'`);
    if (hook !== undefined && typeof hook !== 'function') throw new TypeError("MemoryStore: 'hook' must be a function that is called with each point of a write");
    this.#hook = hook;
  }

  /** @param {string} name @returns {DurableStored} */
  open(name) {
    const kept = this.#kept(name);
    if (kept.lose !== undefined) throw leaseError(`'${name}' is open already: close it first`);
    this.#flush(name);
    /** @type {(reason: unknown) => void} */
    let resolve = () => {};
    const lost = new Promise((settle) => { resolve = settle; });
    const life = this.#life;
    /** @type {Error | undefined} */
    let ended;
    const lose = () => resolve(ended = leaseError(`the lease of '${name}' was taken`));
    kept.lose = lose;
    const check = () => {
      if (life !== this.#life) throw new Error('the store crashed');
      if (ended !== undefined) throw ended;
    };
    /** @param {Write['op']} op @param {number} at @param {Uint8Array} bytes */
    const write = (op, at, bytes) => {
      check();
      const written = { name, op, at, bytes: bytes.slice() };
      if (this.#hook !== undefined) return this.#write(written, this.#hook, check);
      this.#sync(written);
    };
    return {
      read() {
        check();
        const list = (/** @type {Map<number, Uint8Array>} */ pieces) => [...pieces].map(([at, bytes]) => ({ at, bytes: bytes.slice() }));
        return { snapshots: list(kept.snapshots), chunks: list(kept.chunks) };
      },
      append: (at, bytes) => write('append', at, bytes),
      snapshot: (at, bytes) => write('snapshot', at, bytes),
      drop: (before) => write('drop', before, new Uint8Array()),
      close: () => {
        if (ended !== undefined || life !== this.#life) return;
        ended = new Error(`'${name}' is closed`);
        kept.lose = undefined;
      },
      lost,
    };
  }

  /** @param {Write} write @param {(point: Point) => unknown} hook @param {() => void} check */
  async #write(write, hook, check) {
    try {
      await hook({ ...write, when: 'before' });
    } catch (error) {
      throw Object.assign(new Error('a hook failed', { cause: error }), { nothingWritten: true });
    }
    check();
    this.#unsynced.add(write);
    try {
      await hook({ ...write, when: 'written' });
      check();
    } catch (error) {
      this.#unsynced.delete(write);
      throw error;
    }
    if (write.op === 'drop') return;
    this.#sync(write);
    await hook({ ...write, when: 'synced' });
    check();
  }

  /** Makes it durable, and what was written of this object before. @param {Write} write */
  #sync(write) {
    this.#unsynced.add(write);
    this.#flush(write.name);
  }

  /** @param {string} name */
  #flush(name) {
    for (const each of this.#unsynced) {
      if (each.name !== name) continue;
      this.#unsynced.delete(each);
      apply(this.#kept(name), each);
    }
  }

  /** @param {(write: Write) => boolean | number} [keep] */
  crash(keep = () => false) {
    const unsynced = [...this.#unsynced];
    this.#life += 1;
    this.#unsynced.clear();
    for (const kept of this.#all.values()) kept.lose = undefined;
    for (const write of unsynced) {
      const part = keep(write);
      if (part !== false) apply(this.#kept(write.name), write, part === true ? undefined : part);
    }
  }

  /** @param {string} name */
  take(name) {
    const kept = this.#kept(name);
    kept.lose?.();
    kept.lose = undefined;
  }

  /** @param {string} name */
  #kept(name) {
    if (typeof name !== 'string') throw new TypeError(`the name of a durable object is a string, not ${typeof name}`);
    let kept = this.#all.get(name);
    if (kept === undefined) this.#all.set(name, kept = { chunks: new Map(), snapshots: new Map(), lose: undefined });
    return kept;
  }
}

/**
 * Writes all of it, or its first part: bytes, or pieces for `drop`.
 * @param {Kept} kept @param {Write} write @param {number} [part]
 */
function apply(kept, { op, at, bytes }, part) {
  if (op === 'append') {
    kept.chunks.set(at, bytes.slice(0, part));
  } else if (op === 'snapshot') {
    kept.snapshots.set(at, bytes.slice(0, part));
  } else {
    const old = [kept.snapshots, kept.chunks].flatMap((pieces) => [...pieces.keys()].filter((key) => key < at).map((key) => /** @type {const} */ ([pieces, key])));
    for (const [pieces, key] of old.slice(0, part)) pieces.delete(key);
  }
}
