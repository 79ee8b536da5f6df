// @ts-check
// A store that is slow or fails when it is told to, over the one in memory or the one of a directory. A seed says how. What a
// failure says of what was written is true, and what is asked for at once, or behind the end, is seen. Calls of a process that has crashed reach nothing.

/** @typedef {import('../../../recover-runtime/js/stores.js').DurableStored} DurableStored */
/** @typedef {{ kind: string, faults: boolean, fault(text: string): void, next: () => number, packages: import('./interleavings.mjs').Packages }} Run */

const immediate = () => new Promise((resolve) => { setImmediate(resolve); });

export class Slow {
  /** @type {any} */
  #store;
  #run;
  /** How many methods are disturbed from now on. */
  #left = 0;
  /** Objects whose lease was taken: who had it stops at once. @type {Set<string>} */
  #taken = new Set();
  /** Grows at each end of a process. */
  #life = 0;
  /** Whether it can crash. */
  crashes;

  /** @param {Run} run @param {any} given makes the store */
  constructor(run, given) {
    this.#run = run;
    this.crashes = run.kind !== 'directory';
    this.#store = given(this);
  }

  /** @param {Run} run */
  static async make(run) {
    if (run.kind === 'directory') {
      const { DirectoryStore } = await run.packages.store('directory');
      return new Slow(run, () => new DirectoryStore(run.packages.folder()));
    }
    const { MemoryStore } = await run.packages.store('memory');
    return new Slow(run, (/** @type {Slow} */ slow) => (run.kind === 'hooked' ? new MemoryStore({ hook: () => slow.#point() }) : new MemoryStore()));
  }

  /** A point of a write in memory. */
  #point() {
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    const chance = this.#run.next();
    if (this.#run.faults && chance < 0.25) throw new Error('the write failed');
    return chance < 0.6 ? immediate() : undefined;
  }

  /** The next methods are slow, and fail if there are faults. */
  disturb() {
    this.#left = 1 + Math.floor(this.#run.next() * 6);
    return `the next ${this.#left} methods of the store are disturbed`;
  }

  calm() { this.#left = 0; }

  /** @param {string} name */
  take(name) {
    this.#store.take?.(name);
    this.#taken.add(name);
    return this.#store.take !== undefined;
  }

  /** @param {() => number} next */
  crash(next) {
    this.#life += 1;
    this.#left = 0;
    this.#store.crash((/** @type {any} */ { bytes }) => [true, false, Math.floor(next() * bytes.length)][Math.floor(next() * 3)]);
  }

  /** The process has ended in order. */
  leave() { this.#life += 1; }

  /**
   * Runs a method, with what disturbs it.
   * @param {number} life of the process @param {string} method @param {() => any} run
   * @param {boolean} [isWhole] it can't fail before it has been done
   */
  #disturbed(life, method, run, isWhole = false) {
    const alive = () => { if (life !== this.#life) throw new Error('the process has ended'); };
    alive();
    if (this.#left === 0) return run();
    this.#left -= 1;
    const [fails, when, slow] = [this.#run.faults && this.#run.next() < 0.35, this.#run.next(), this.#run.next()];
    const turns = Math.floor(this.#run.next() * 6);
    const wait = async () => {
      if (slow < 0.5) for (let turn = 0; turn < turns; turn += 1) await undefined;
      else if (slow < 0.9) await immediate();
      else await new Promise((resolve) => { setTimeout(resolve, turns * 4); });
      alive();
    };
    return (async () => {
      await wait();
      if (fails && !isWhole && when < 0.6) throw Object.assign(new Error(`${method} failed before`), when < 0.3 ? { nothingWritten: true } : {});
      // A crash may come before this goes on.
      alive();
      const value = await run();
      if (fails && method !== 'open' && method !== 'read') throw new Error(`${method} failed behind`);
      await wait();
      return value;
    })();
  }

  /** The store as a process has it. */
  process() {
    const life = this.#life;
    return {
      open: (/** @type {string} */ name) => this.#disturbed(life, 'open', () => {
        const opened = this.#store.open(name);
        return typeof opened.then === 'function' ? opened.then((/** @type {DurableStored} */ stored) => this.#stored(name, stored, life)) : this.#stored(name, opened, life);
      }),
    };
  }

  /** @param {string} name @param {DurableStored} stored @param {number} life */
  #stored(name, stored, life) {
    /** @type {string | undefined} */
    let under;
    let isClosed = false;
    const run = (/** @type {string} */ method, /** @type {() => any} */ ask) => {
      // What a store may rely on.
      if (under !== undefined) this.#run.fault(`the store of ${name} is asked to ${method} while ${under} is under way`);
      if (isClosed) this.#run.fault(`the store of ${name} is asked to ${method}, and is closed`);
      under = method;
      let value;
      try {
        value = this.#disturbed(life, method, ask);
      } finally {
        if (typeof value?.then !== 'function') under = undefined;
      }
      return typeof value?.then === 'function' ? value.finally(() => { under = undefined; }) : value;
    };
    const close = () => {
      isClosed = true;
      if (under !== undefined && !this.#taken.has(name)) this.#run.fault(`the store of ${name} is closed while ${under} is under way`);
      return this.#disturbed(life, 'close', () => stored.close(), true);
    };
    return {
      ...'isWhole' in stored ? { isWhole: stored.isWhole } : {},
      lost: stored.lost,
      read: () => run('read', () => stored.read()),
      append: (/** @type {number} */ at, /** @type {Uint8Array} */ bytes) => run('append', () => stored.append(at, bytes)),
      snapshot: (/** @type {number} */ at, /** @type {Uint8Array} */ bytes) => run('snapshot', () => stored.snapshot(at, bytes)),
      drop: (/** @type {number} */ before) => run('drop', () => stored.drop(before)),
      close,
    };
  }
}
