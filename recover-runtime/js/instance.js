// @ts-check
// The instance: the way in, its end, and the one that follows. The glue of a package by
// `cargo recover` calls every export through a `Gate`. It imports nothing; the glue hands
// over what it needs of host.js.
//
// An instance that died is never entered again: its way in is shut, and the wrappers that
// wasm-bindgen lays around imports trap where one returns into it. The next instance is
// made when no frame of the dead one is left on the stack.

/** @typedef {import('./links').Links} Links @typedef {import('./links').Glue} Glue */
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
 * @param {number} kind of what ran out, as in host.js; negative where nothing did
 * @param {number} first
 * @param {number} second
 */
export function fatal(message, address, length, line, column, task, kind, first, second) {
  const file = gate === undefined || length === 0 ? undefined : gate.links.textAt(address, length);
  lastPanic = {
    message, location: file === undefined ? undefined : { file, line, column }, task: task < 0 ? undefined : task,
    exhausted: kind < 0 ? undefined : [kind, first, second],
  };
}

/** @typedef {(stage: number, epoch: number, exported: string, message: string, revived: number, lost: number) => void} Hooks */

/** What Rust does when an instance has ended and when the next one is ready. @type {Hooks | undefined} */
let hooks;

/** @param {Hooks} rust */
export function hooksOf(rust) {
  hooks = rust;
}

// <shared> `cargo xtask shared` writes this from shared.toml.
/** The flag of a call that the host sets: the instance has ended. */
const DEAD = 32;
/** When the hooks of the lifecycle run. */
const ABORTED = 0, REVIVED = 1;
// </shared>

let unknown = false;
/** Where nothing unwinds: an exception of JavaScript's is about to leave Rust, whose state is not known any more. */
export function stateUnknown() { unknown = true; }

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

/** @type {import('./links').Revival} */
const NOTHING = { revived: 0, lost: [], diverged: [] };

const raise = (/** @type {unknown} */ error) => { throw error; };

/** The way into the instance that there is now. The glue reads `dead` and counts `depth`. */
export class Gate {
  /**
   * @param {Links} links
   * @param {Glue} glue
   */
  constructor(links, glue) {
    /** Nothing may enter. Also while it is found out whether an exception was the end. */
    this.dead = false;
    /** What the end of the instance needs is done. */
    this.abandoned = false;
    /** Calls under way. */
    this.depth = 0;
    /** Whether another instance can follow. */
    this.revives = glue.reset !== undefined;
    this.links = links;
    this.glue = glue;
    this.epoch = 0;
    this.restarts = 0;
    /** Restarts that there may be within a period, in milliseconds. */
    this.limit = { restarts: 5, period: 10_000 };
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
    if (links.gate !== undefined) throw new Error('the glue of this package was loaded twice over one host module; import it from one URL');
    links.gate = this;
    links.facts.revives = this.revives;
    gate = this;
  }

  /** A call finds the way in shut before it converted anything: it may make the next instance. */
  enter() {
    if (!this.asked()) throw this.refusal();
  }

  /** Whether there is an instance to enter, or is now. */
  asked() {
    // The stack was too full to say of an exception whether it was the end: it was.
    if (!this.abandoned) this.abort(this.links.aborted(undefined, 'the engine ran out of stack'), '', undefined);
    if (this.depth === 0 && !this.reviving) this.revive();
    return !this.dead;
  }

  /** A call has arguments of an instance that is dead. */
  refuse() {
    if (this.dead) this.asked();
    throw this.refusal();
  }

  /** Why nothing may enter. */
  refusal() {
    if (this.limited) return this.links.limited(this.limit);
    const why = this.revives ? 'the next one was not ready for this call' : 'this package cannot make another; load it again';
    return this.links.aborted(this.death?.cause, `the instance died and ${why}`);
  }

  /**
   * What an export threw that is no exception of the engine's. Its frame is gone.
   * @param {unknown} value
   * @param {string} name of the export
   * @param {boolean} dead whether the way in was shut already
   */
  thrown(value, name, dead) {
    if (dead || unknown) {
      if (!this.abandoned) this.abort(unknown ? value : this.links.aborted(value), name, value);
      return this.onExit();
    }
    this.dead = false;
    return value;
  }

  /**
   * What else an export threw; the answer is to be thrown. Its frame is gone.
   * @param {unknown} thrown
   * @param {string} name of the export
   * @param {boolean} dead whether the way in was shut already
   */
  caught(thrown, name, dead) {
    if (!dead && !isEnd(thrown)) {
      // To ask may have run JavaScript.
      if (!this.abandoned) this.dead = false;
      return thrown;
    }
    if (!this.abandoned) {
      const value = thrown instanceof Critical ? thrown.value : this.errorOf(thrown, name);
      this.abort(value, name, thrown instanceof Critical ? thrown.value : thrown);
    }
    return this.onExit();
  }

  /** A call that the death ended is left: the next instance, if it was the last. */
  onExit() {
    const error = this.death?.error;
    if (this.depth === 0 && !this.reviving && this.started) this.revive();
    return error;
  }

  /** @param {unknown} trap @param {string} name of the export */
  errorOf(trap, name) {
    const error = lastPanic === undefined ? this.links.aborted(trap) : this.links.fatal(lastPanic, trap);
    if (lastPanic !== undefined) lastPanic.message = error.message;
    error.export = name;
    return error;
  }

  /**
   * The instance ends.
   * @param {unknown} error that its callers get
   * @param {string} name of the export
   * @param {unknown} cause
   */
  abort(error, name, cause) {
    const { links } = this;
    this.dead = true;
    links.instance.dead = true;
    const { __instance_terminated: flag } = this.glue.wasm();
    const { buffer } = /** @type {WebAssembly.Memory} */ (links.memory());
    try {
      // What returns into a frame of this instance traps.
      const words = new Int32Array(buffer);
      words[(typeof flag === 'number' ? flag : flag.value) / 4] = 1;
      // And a call traps whose arguments the engine was still converting.
      if (links.flags !== 0) words[links.flags / 4] = DEAD;
    } catch {
      // A package without it has no such wrappers either.
    }
    const panic = lastPanic;
    lastPanic = undefined;
    unknown = false;
    this.death = {
      error, cause, panic, reported: false,
      export: name.includes('__convert__closures_') ? 'callback' : name,
      epoch: this.epoch,
      memoryBytes: buffer.byteLength,
      memory: this.copies === 0 ? undefined : new Uint8Array(buffer.slice(0)),
    };
    links.abandonTasks(error, cause, panic?.task);
    this.abandoned = true;
  }

  /** Makes the next instance, if that may be. */
  revive() {
    const { glue, links, death } = this;
    if (death === undefined || this.limited) return;
    if (glue.reset === undefined) {
      this.report(death, NOTHING, false);
      return;
    }
    const now = Date.now();
    this.times = this.times.filter((time) => now - time < this.limit.period);
    if (this.times.length >= this.limit.restarts) {
      this.limited = true;
      this.report(death, NOTHING, false);
      return;
    }
    this.times.push(now);
    this.reviving = true;
    const last = this.prepared !== undefined;
    let objects;
    try {
      // An object that ends the instance while it is revived is not tried again.
      do {
        this.fresh();
        try {
          hooks?.(ABORTED, death.epoch, death.export ?? '', String(/** @type {any} */ (death.error)?.message ?? death.error), 0, 0);
        } catch (error) {
          if (this.abandoned) throw error;
          links.report(error);
        }
        objects = links.revive(glue.id?.() ?? this.epoch);
      } while (objects === null);
      this.started = true;
    } catch (failure) {
      this.notRevived(failure, last);
      return;
    } finally {
      this.reviving = false;
    }
    this.report(death, objects, true);
    links.ended();
  }

  /** A new instance, started. */
  fresh() {
    this.dead = false;
    this.abandoned = false;
    this.depth = 0;
    hooks = undefined;
    this.glue.reset?.();
    this.epoch += 1;
    this.restarts += 1;
  }

  /**
   * There is no next instance yet.
   * @param {unknown} failure
   * @param {boolean} last it is not tried again before the next call
   */
  notRevived(failure, last) {
    const { glue } = this;
    // What `start` does ends an instance as anything else does.
    const made = this.abandoned;
    this.dead = true;
    this.abandoned = true;
    this.links.instance.dead = true;
    if (made) return;
    this.times.pop();
    if (last) this.links.report(failure);
    if (last || this.pending !== undefined || glue.module === undefined || glue.imports === undefined) return;
    // The engine's stack may be full, and some make large instances only while nobody waits.
    this.pending = WebAssembly.instantiate(glue.module(), glue.imports()).then((instance) => {
      this.pending = undefined;
      if (!this.dead || this.depth !== 0) return;
      this.prepared = instance;
      this.revive();
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
    return prepared ?? new WebAssembly.Instance(module, imports);
  }

  /**
   * What the glue copies arguments in with. Where there is no room, wasm-bindgen's own
   * would trap.
   * @param {number} most bytes that the memory may have
   */
  copying(most) {
    const { glue } = this;
    this.links.facts.maximum = most;
    // The two are called for every text and list: nothing of `run` is in the way.
    const malloc = (/** @type {number} */ size, /** @type {number} */ align) => {
      if (this.dead) this.refuse();
      // The engine would take a size modulo 2 ** 32, and what has no length as none.
      if (!(size <= 0xffffffff)) {
        throw size > 0xffffffff ? this.noRoom(size, most) : new TypeError('expected a string or an array');
      }
      this.depth += 1;
      let block = 0;
      try {
        block = glue.wasm().__recover_malloc(size, align);
        this.depth -= 1;
      } catch (thrown) {
        throw this.onThrow(thrown, '__recover_malloc');
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

  /** What an instance begins with. */
  start() {
    this.links.renew(this.glue.wasm().memory);
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
      return failed(this.onThrow(thrown, name));
    }
  }

  /**
   * What a call threw: as the glue does.
   * @param {unknown} thrown
   * @param {string} name
   */
  onThrow(thrown, name) {
    const { dead } = this;
    this.dead = true;
    this.depth -= 1;
    return this.glue.unwrap(thrown, name, dead);
  }

  /** Drops what JavaScript let go of. @param {string} name @param {number} pointer */
  release(name, pointer) { this.run(name, this.links.report, pointer, 1); }

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
  staleClosure() { return this.links.stale('callback'); }

  /**
   * An exception of JavaScript's that enters Rust which does not unwind.
   * @param {unknown} value
   */
  critical(value) { return new Critical(value); }

  /** Ends the instance, and makes the next one when its last call has left. */
  async restart() {
    if (!this.revives) throw new Error('recovery.restart() needs a package that can make another instance; build it for web, module or nodejs');
    this.times = [];
    this.limited = false;
    if (!this.abandoned) this.abort(this.links.aborted(undefined, 'recovery.restart() ended the instance under this call'), '', undefined);
    if (this.depth === 0 && !this.reviving) this.revive();
    await this.pending;
  }

  /**
   * @param {Death} death
   * @param {import('./links').Revival} objects
   * @param {boolean} restarted
   */
  report(death, objects, restarted) {
    if (restarted) {
      try {
        hooks?.(REVIVED, this.epoch, death.export ?? '', '', objects.revived, objects.lost.length);
      } catch (error) {
        this.links.report(error);
      }
    }
    // Of a restart after too many both ends are told.
    if (death.reported && !restarted) return;
    death.reported = true;
    if (this.listeners.size === 0) return;
    const { panic, export: name, reported, ...rest } = death;
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
