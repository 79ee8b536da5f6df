// @ts-check
// The instance: the way in, its end, and the one that follows. The glue of a package by
// `cargo recover` calls every export through a `Gate`. It imports nothing; the glue hands
// over what it needs of host.js.
//
// An instance that died is never entered again: its way in is shut, and the wrappers that
// wasm-bindgen lays around imports trap where one returns into it. The next instance is
// made when no frame of the dead one is left on the stack.

/** @typedef {import('./links').Links} Links */
/** @typedef {import('./links').Glue} Glue */
/** @typedef {import('./links').Death} Death */

/** That of the package. @type {Gate | undefined} */
let gate;

/** What the panic hook said of a panic that ends the instance. @type {import('./links').LastPanic | undefined} */
let lastPanic;

/**
 * A panic that nothing catches.
 * @param {string} message
 * @param {number} address of the file's name
 * @param {number} length zero where the location is not known
 * @param {number} line
 * @param {number} column
 * @param {number} task that is polled; negative where none is
 */
export function fatal(message, address, length, line, column, task) {
  const file = gate === undefined || length === 0 ? undefined : gate.links.textAt(address, length);
  lastPanic = { message, location: file === undefined ? undefined : { file, line, column }, task: task < 0 ? undefined : task };
}

/** @typedef {(stage: number, epoch: number, exported: string, message: string, revived: number, lost: number) => void} Hooks */

/** What Rust does when an instance has ended and when the next one is ready. @type {Hooks | undefined} */
let hooks;

/** @param {Hooks} rust */
export function hooksOf(rust) {
  hooks = rust;
}

/** The stages of `hooks`, as in lifecycle.rs. */
const ABORTED = 0, REVIVED = 1;

/** Where nothing unwinds: an exception of JavaScript's is about to leave Rust, whose state is torn. */
export function torn() {
  tearing = true;
}
let tearing = false;

/** The types of TypeScript's library lack it. @type {any} */
const { Exception } = WebAssembly;

/** A JavaScript exception on its way through Rust that does not unwind. */
class Critical {
  /** @param {unknown} value */
  constructor(value) {
    this.value = value;
  }
}

/**
 * Whether what came out of an export says that the instance is done for. What else a call
 * throws is the engine's refusal of an argument: nothing of Rust ran.
 * @param {unknown} thrown
 */
function isEnd(thrown) {
  return thrown instanceof WebAssembly.RuntimeError || thrown instanceof Exception
    || thrown instanceof RangeError || thrown instanceof Critical
    || (thrown instanceof Error && thrown.name === 'InternalError'); // Firefox's stack overflow
}

/** @param {unknown} error */
const raise = (error) => { throw error; };

/** Restarts that there may be within a period, in milliseconds. */
const DEFAULT_LIMIT = { restarts: 5, period: 10_000 };

/** The way into the instance that there is now. The glue reads `dead` and counts `depth`. */
export class Gate {
  /**
   * @param {Links} links
   * @param {Glue} glue
   */
  constructor(links, glue) {
    /** Nothing may enter. */
    this.dead = false;
    /** Calls under way. */
    this.depth = 0;
    this.links = links;
    this.glue = glue;
    this.epoch = 0;
    this.restarts = 0;
    this.limit = DEFAULT_LIMIT;
    /** When instances were made, in milliseconds. @type {number[]} */
    this.times = [];
    /** The last death. @type {Death | undefined} */
    this.death = undefined;
    /** More restarts than the limit allows. */
    this.limited = false;
    /** The instance has been started once. */
    this.started = false;
    /** The next instance is being made. */
    this.reviving = false;
    /** Where the engine makes instances asynchronously only. @type {Promise<void> | undefined} */
    this.pending = undefined;
    /** The instance that was made so. @type {WebAssembly.Instance | undefined} */
    this.prepared = undefined;
    /** @type {Set<(report: import('./types').AbortReport) => void>} */
    this.listeners = new Set();
    /** Whether a listener wants the memory. */
    this.copies = 0;
    links.gate = this;
    gate = this;
  }

  /** The way in is shut: the call is refused, and what can be done for the next one is. */
  refuse() {
    if (this.depth === 0 && !this.reviving) this.revive();
    throw this.refusal();
  }

  /** Why nothing may enter. */
  refusal() {
    if (this.limited) return this.links.limited(this.limit);
    return this.links.aborted(this.death?.cause, 'the instance died and this call came before the next one was ready');
  }

  /**
   * What an export threw that is no exception of the engine's. Its frame is gone.
   * @param {unknown} value
   * @param {string} name of the export
   */
  thrown(value, name) {
    if (tearing && !this.dead) this.die(value, name, value);
    return this.dead ? this.over() : value;
  }

  /**
   * What else an export threw; the answer is to be thrown. Its frame is gone.
   * @param {unknown} thrown
   * @param {string} name of the export
   */
  caught(thrown, name) {
    if (!this.dead) {
      if (!isEnd(thrown)) return thrown;
      const value = thrown instanceof Critical ? thrown.value : this.errorOf(thrown);
      this.die(value, name, thrown instanceof Critical ? thrown.value : thrown);
    }
    return this.over();
  }

  /** A call that the death ended is left: the next instance, if it was the last. */
  over() {
    const error = this.death?.error;
    if (this.depth === 0 && !this.reviving && this.started) this.revive();
    return error;
  }

  /** @param {unknown} trap */
  errorOf(trap) {
    return lastPanic === undefined ? this.links.aborted(trap) : this.links.fatal(lastPanic, trap);
  }

  /**
   * The instance ends.
   * @param {unknown} error that its callers get
   * @param {string} name of the export
   * @param {unknown} cause
   */
  die(error, name, cause) {
    const { links } = this;
    this.dead = true;
    links.instance.dead = true;
    const { memory, __instance_terminated: flag } = this.glue.wasm();
    const { buffer } = memory;
    try {
      // What returns into a frame of this instance traps.
      new Int32Array(buffer)[(typeof flag === 'number' ? flag : flag.value) / 4] = 1;
    } catch {
      // A package without it has no such wrappers either.
    }
    const panic = lastPanic;
    lastPanic = undefined;
    tearing = false;
    this.death = {
      error, cause, panic, told: false,
      export: name.includes('__convert__closures_') ? 'callback' : name,
      epoch: this.epoch,
      memoryBytes: buffer.byteLength,
      memory: this.copies === 0 ? undefined : new Uint8Array(buffer.slice(0)),
    };
    links.bury(error, cause, panic?.task);
  }

  /** Makes the next instance, if that may be. */
  revive() {
    const { glue, links, death } = this;
    if (glue.reset === undefined || this.pending !== undefined || death === undefined) return;
    const now = Date.now();
    this.times = this.times.filter((time) => now - time < this.limit.period);
    if (this.times.length >= this.limit.restarts) {
      this.limited = true;
      this.tell(death, { revived: 0, lost: [], diverged: [] }, false);
      return;
    }
    this.times.push(now);
    this.reviving = true;
    let objects;
    try {
      // An object that ends the instance while it is revived is not tried again.
      do {
        this.fresh();
        hooks?.(ABORTED, death.epoch, death.export ?? '', String(/** @type {any} */ (death.error)?.message ?? death.error), 0, 0);
        objects = links.revive(glue.id?.() ?? this.epoch);
      } while (objects === null);
      this.started = true;
    } catch (failure) {
      this.shut(failure);
      return;
    } finally {
      this.reviving = false;
    }
    this.limited = false;
    this.tell(death, objects, true);
    links.ended();
  }

  /** A new instance, started. */
  fresh() {
    this.dead = false;
    this.depth = 0;
    hooks = undefined;
    this.glue.reset?.();
    this.epoch += 1;
    this.restarts += 1;
  }

  /**
   * There is no next instance yet.
   * @param {unknown} failure
   */
  shut(failure) {
    const { glue } = this;
    const made = this.dead;
    this.dead = true;
    this.links.instance.dead = true;
    if (made || this.pending !== undefined || glue.module === undefined || glue.imports === undefined) return;
    // Some engines make large instances only while nobody waits.
    this.pending = WebAssembly.instantiate(glue.module(), glue.imports()).then((instance) => {
      this.prepared = instance;
      this.pending = undefined;
      this.times.pop();
      if (this.dead && this.depth === 0) this.revive();
    }, () => {
      this.pending = undefined;
      this.links.report(failure);
    });
  }

  /**
   * What the glue makes the next instance with.
   * @param {WebAssembly.Module} module
   * @param {WebAssembly.Imports} imports
   */
  instantiate(module, imports) {
    const { prepared } = this;
    this.prepared = undefined;
    const instance = prepared ?? new WebAssembly.Instance(module, imports);
    this.links.renew(/** @type {WebAssembly.Memory} */ (instance.exports.memory));
    return instance;
  }

  /**
   * What the glue copies arguments in with. Where there is no room, wasm-bindgen's own
   * would trap.
   * @param {number} most bytes that the memory may have
   */
  copying(most) {
    const { glue } = this;
    this.links.maximum = most;
    // The two are called for every text and list: nothing of `run` is in the way.
    const malloc = (/** @type {number} */ size, /** @type {number} */ align) => {
      if (this.dead) this.refuse();
      // The engine would take a size modulo 2 ** 32.
      if (size > 0xffffffff) throw this.noRoom(size, most);
      this.depth += 1;
      let block = 0;
      try {
        block = glue.wasm().__recover_malloc(size, align);
        this.depth -= 1;
      } catch (thrown) {
        this.depth -= 1;
        throw glue.unwrap(thrown, '__recover_malloc');
      }
      if (block === 0) throw this.noRoom(size, most);
      return block;
    };
    /** @type {(block: number, old: number, size: number, align: number) => number} */
    const realloc = (block, old, size, align) => {
      if (this.dead) this.refuse();
      const moved = size > 0xffffffff ? 0 : this.run('__recover_realloc', raise, block, old, size, align);
      if (moved === 0) throw this.noRoom(size, most);
      return moved;
    };
    return { malloc, realloc };
  }

  /**
   * @param {number} requested bytes
   * @param {number} most bytes that the memory may have
   */
  noRoom(requested, most) {
    return this.links.outOfMemory(requested, (this.glue.wasm().__recover_refused() >>> 0) || most);
  }

  /** Runs what the module begins with. */
  start() {
    this.run('__wbindgen_start', raise);
    this.started = true;
  }

  /**
   * Calls an export from where the glue does not.
   * @param {string} name
   * @param {(error: unknown) => void} failed
   * @param {(number | undefined)[]} args four at the most
   * @returns {any}
   */
  run(name, failed, ...[a, b, c, d]) {
    if (this.dead) return undefined;
    this.depth += 1;
    try {
      const value = this.glue.wasm()[name](a, b, c, d);
      this.depth -= 1;
      return value;
    } catch (thrown) {
      this.depth -= 1;
      return failed(this.glue.unwrap(thrown, name));
    }
  }

  /**
   * Drops what JavaScript let go of.
   * @param {string} name
   * @param {number} pointer
   */
  release(name, pointer) {
    this.run(name, this.links.report, pointer, 1);
  }

  /**
   * Drops a closure, unless it went with its instance.
   * @param {string} name
   * @param {{ a: number, b: number, instance?: number }} state
   */
  destroy(name, state) {
    if (state.instance === undefined || state.instance === this.glue.id?.()) this.run(name, this.links.report, state.a, state.b);
  }

  /**
   * The error for an object of an instance that is gone.
   * @param {any} object
   */
  stale(object) {
    return this.links.stale(object?.constructor?.name ?? 'object', object?.__wbg_inst);
  }

  /** The error for a closure of an instance that is gone. */
  staleClosure() {
    return this.links.stale('callback');
  }

  /**
   * An exception of JavaScript's that enters Rust which does not unwind.
   * @param {unknown} value
   */
  critical(value) {
    return new Critical(value);
  }

  /** Ends the instance, and makes the next one when its last call has left. */
  async restart() {
    this.times = [];
    this.limited = false;
    if (!this.dead) this.die(this.links.aborted(undefined, 'recovery.restart() ended the instance under this call'), '', undefined);
    if (this.depth === 0 && !this.reviving) this.revive();
    await this.pending;
  }

  /**
   * @param {Death} death
   * @param {import('./links').Revival} objects
   * @param {boolean} restarted
   */
  tell(death, objects, restarted) {
    if (restarted) {
      try {
        hooks?.(REVIVED, this.epoch, death.export ?? '', '', objects.revived, objects.lost.length);
      } catch (error) {
        this.links.report(error);
      }
    }
    if (death.told) return;
    death.told = true;
    const { panic, export: name, told, ...rest } = death;
    const report = {
      ...rest, ...objects, restarted,
      export: name === '' ? undefined : name,
      panic: panic && { message: panic.message, location: panic.location },
    };
    for (const listener of [...this.listeners]) {
      try {
        listener(report);
      } catch (thrown) {
        queueMicrotask(() => { throw thrown; });
      }
    }
    death.memory = undefined;
  }

  /**
   * @param {(report: import('./types').AbortReport) => void} listener
   * @param {{ memory?: boolean }} [options]
   */
  onAbort(listener, options) {
    const copy = options?.memory === true;
    this.listeners.add(listener);
    if (copy) this.copies += 1;
    return () => {
      if (this.listeners.delete(listener) && copy) this.copies -= 1;
    };
  }
}
