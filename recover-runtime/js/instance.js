// @ts-check
// The supervisor of the instance: it guards every call, sees an instance end and makes the
// next one. The glue of a package that `cargo recover` built calls every export through a
// `Gate`. This module imports spare.js alone; the glue hands over what it needs of host.js.
//
// An instance that has ended is never entered again: its exports refuse every call, and the
// wrappers that wasm-bindgen lays around imports trap when one returns into it. The next
// instance is made once no frame of the old one is left on the stack.
//
// Long because the calls, the end of an instance and the making of the next are one state machine,
// over the same fields.

import { Spare } from './spare.js';

/** @typedef {import('./links').Links} Links @typedef {import('./links').Glue} Glue */
/** @typedef {import('./links').InstanceEnd} InstanceEnd */

/** The gate of the package. @type {Gate | undefined} */
let gate;

/** What the panic hook reported of a panic that ends the instance. @type {import('./links').LastPanic | undefined} */
let lastPanic;

/**
 * Keeps what the panic hook reports of a panic that nothing catches.
 * @param {string} message
 * @param {number} address of the file's name
 * @param {number} length zero if the location is not known
 * @param {number} line
 * @param {number} column
 * @param {number} task that was being polled; negative if none was
 * @param {number} stack the number of its stack; zero if none was taken
 * @param {number} kind which resource ran out, as in errors.js; negative if none did
 * @param {number} first
 * @param {number} second
 */
export function fatal(message, address, length, line, column, task, stack, kind, first, second) {
  const file = gate === undefined || length === 0 ? undefined : gate.links.textAt(address, length);
  lastPanic = {
    message, location: file === undefined ? undefined : { file, line, column }, task: task < 0 ? undefined : task, stack,
    exhausted: kind < 0 ? undefined : [kind, first, second],
  };
}

/** @typedef {(stage: number, epoch: number, exported: string, message: string, revived: number, lost: number) => void} Hooks */

/** Rust's hooks for the end of an instance and for the next one. @type {Hooks | undefined} */
let hooks;

/**
 * Has the call that is about to leave fail. A package without a gate throws at once.
 * @param {unknown} error
 */
export function fail(error) {
  if (gate === undefined) throw error;
  gate.failed = true;
  gate.failure = error;
}

/** @param {Hooks} rust */
export function hooksOf(rust) {
  hooks = rust;
}

// <shared> `cargo xtask shared` writes this from shared.toml.
/** The flags of a call that the host sets: the instance has ended; no call has entered it yet. */
const DEAD = 32, UNUSED = 65536;
/** When the hooks of the lifecycle run. */
const ABORTED = 0, REVIVED = 1;
// </shared>

// What `cargo recover` knows of a package (run/parts.rs). What stands behind one that is false is not in it.
/** Whether Rust can't unwind, so that an exception may cut its frames. */
const CUTS = true;
/** Whether js-sys makes promises. */
const PROMISES = true;
/** Whether js-sys has a queue of tasks. */
const QUEUES = true;
/** Whether somebody may listen to reports. */
const REPORTS = true;
/** Whether the package may be one that can't make another instance. */
const ONCE = true;
/** Whether the next instance may be one of another module. */
const UPGRADES = true;

let unknown = false;
/**
 * Abort builds: a JavaScript exception is about to leave Rust frames without running their
 * destructors. The state of Rust is unknown from here on.
 */
export function stateUnknown() { unknown = true; }

/** A JavaScript exception on its way through Rust frames that can't unwind. */
class Critical {
  /** @param {unknown} value */
  constructor(value) {
    this.value = value;
  }
}

/**
 * What counts as a crash loop, unless the host sets a limit of its own: only ends without
 * progress count. @type {import('./types').RestartLimit}
 */
const LOOP = { restarts: 5, period: 10_000 };

/** As in errors.js. */
const BRAND = Symbol.for('recover.error');

/** js-sys's queue had nothing to do. */
const IDLE = new Error('the queue of tasks was not scheduled');

/** @typedef {{ reject: (reason: unknown) => void, promise: Promise<unknown> | undefined }} Reject */

/** A module of one function with the instruction `try_table`. */
const EXNREF = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 31, 64, 0, 11, 11]);

/** @type {import('./links').Revival} */
const NOTHING = { revived: 0, lost: [], diverged: [] };

const raise = (/** @type {unknown} */ error) => { throw error; };

/** Milliseconds; NaN where the clock fails, which must not cost what it times. */
function now() {
  try {
    return performance.now();
  } catch {
    return NaN;
  }
}

/**
 * An error whose stack nobody has read holds its frames, and with them an instance and its memory. Engines
 * make a string of them when it is read.
 * @param {any} error
 */
function release(error) {
  try {
    void error?.stack;
  } catch {
    // A getter or a proxy of somebody's.
  }
}

/** Bytes that instances may hold by such errors until the code has returned that got them. */
const HELD = 32 << 20;
/** Errors that are still to be read. @type {unknown[]} */
let unread = [];
let held = 0;

/**
 * The same behind the code that runs now, unless the instances are so large that they must not wait for it: to
 * make the string takes as long as a tenth of the next instance.
 * @param {unknown} error
 * @param {number} bytes of its instance
 */
function releaseSoon(error, bytes) {
  if (unread.length === 0) queueMicrotask(releaseNow);
  unread.push(error);
  held += bytes;
  if (held > HELD) releaseNow();
}

function releaseNow() {
  const errors = unread;
  [unread, held] = [[], 0];
  errors.forEach(release);
}

/** Guards the calls into the current instance. The glue reads `dead` and `failed`, and counts `depth`. */
export class Gate {
  /**
   * @param {Links} links
   * @param {Glue} glue
   */
  constructor(links, glue) {
    /** There is no instance yet: `init` was not called, or has not made it. */
    this.unloaded = glue.loads === true;
    /** No call may enter. Also set while it is decided whether an exception ended the instance. */
    this.dead = this.unloaded;
    /** The end of the instance has been handled. */
    this.abandoned = false;
    /** The call that has just left failed. */
    this.failed = false;
    /** With this error. @type {unknown} */
    this.failure = undefined;
    /** The instance is given up: the next call makes the next one. */
    this.disposed = false;
    /** Calls under way. */
    this.depth = 0;
    /** Whether another instance can follow. */
    this.revives = glue.reset !== undefined;
    this.links = links;
    this.glue = glue;
    this.epoch = 0;
    this.restarts = 0;
    /** How many restarts a period may have; the period is in milliseconds. */
    this.limit = LOOP;
    /** When those restarts were that count, in milliseconds since 1970. @type {number[]} */
    this.times = [];
    /** The instance does something that no call asked for; if that ends it, it made no progress. */
    this.unasked = false;
    /** No call has entered the instance yet, or so it was when this was asked last. */
    this.unused = true;
    /** Where the shadow stack begins. */
    this.stack = 0;
    /** What ended the instance, until that is handled. @type {unknown} */
    this.first = undefined;
    /** How the last instance ended. @type {InstanceEnd | undefined} */
    this.end = undefined;
    /** The restart limit is reached. */
    this.limited = false;
    /** The instance has been started once. */
    this.started = false;
    /** The next instance is being made. */
    this.reviving = false;
    /** Pending while an instance is made asynchronously. @type {Promise<void> | undefined} */
    this.pending = undefined;
    /** The instance that was made asynchronously. @type {WebAssembly.Instance | undefined} */
    this.prepared = undefined;
    /** One that is made ahead. Nothing is made for a package that is not loaded, or was given up. */
    this.spare = new Spare(() => {
      const { module, imports } = glue;
      if (this.unloaded || this.disposed || module === undefined || imports === undefined) return undefined;
      return WebAssembly.instantiate(module(), imports());
    });
    /** @type {Set<(report: import('./types').AbortReport) => void>} */
    this.listeners = new Set();
    /** Promises that js-sys made and that this instance is to settle. @type {Set<WeakRef<Reject>>} */
    this.promises = new Set();
    /** How many of them there may be before those are looked for that nobody can settle. */
    this.most = 64;
    /** A tick of js-sys's queue runs again, for the tasks behind one that failed. */
    this.again = false;
    /** How many listeners want a copy of the memory. */
    this.copies = 0;
    if (UPGRADES) {
      /** What calls that give a promise wait for, while there is an upgrade. @type {Promise<void> | undefined} */
      this.waits = undefined;
      /** The next instance is on trial. @type {import('./links').Trial | undefined} */
      this.trial = undefined;
      /** Hears that an asynchronous call has ended. @type {(() => void) | undefined} */
      this.onSettled = undefined;
    }
    // `cargo recover` gives each copy of the glue host modules of its own, where a target allows that.
    if (links.gate !== undefined) throw new Error('the glue of this package was loaded twice over one host module; import it from one URL, or build it with --target web');
    links.gate = this;
    links.facts.revives = this.revives;
    links.facts.maximum = glue.maximum;
    links.facts.own = glue.own;
    links.facts.ownNames = glue.ownNames;
    gate = this;
  }

  /** The number of the instance, as handles have it. */
  get current() { return this.glue.id?.() ?? 0; }

  /** A call arrives at a dead instance, before it converted anything: it may make the next one. */
  enter() {
    if (!this.asked()) throw this.refusal();
  }

  /** Makes the next instance if that is possible now; whether there is one to enter. */
  asked() {
    if (this.unloaded) return false;
    // An exception came while the stack was too full to classify it, or by what a suspended call was
    // cut is not known yet: it counts as the end.
    if (!this.abandoned && !this.reviving) this.abort(this.links.aborted(undefined), '', undefined);
    if (this.depth === 0 && !this.reviving) this.revive();
    else this.outlasting();
    return !this.dead;
  }

  /** Refuses a call whose arguments were converted for an instance that has ended since. */
  refuse() {
    if (this.dead) this.asked();
    // An object of the call may have ended the instance when it came in.
    throw this.links.unrevived() ?? this.refusal();
  }

  /** The error of a call that may not enter. */
  refusal() {
    if (this.unloaded) return this.links.notLoaded('the package is not loaded yet; `await init()` before the first call', true);
    if (this.limited) return this.links.limited(this.limit);
    const why = ONCE && !this.revives ? 'this package cannot make another; load it again' : 'the next one was not ready for this call';
    return this.links.aborted(this.end?.cause, `the instance ended and ${why}`);
  }

  /** What the call that has just left failed by, or threw after it had failed, is no matter of the next one. */
  forgive() {
    this.failed = false;
    this.failure = undefined;
  }

  /** The error of the call that has just left; the answer is to be thrown. */
  taken() {
    const { failure } = this;
    this.forgive();
    // An exception that Rust caught came while the stack was too full to classify it.
    if (this.dead) return this.thrown(failure, '', true);
    if (this.depth === 0) this.links.relieve(failure);
    return failure;
  }

  /**
   * An export threw a JavaScript value; the answer is to be thrown. The frame of the call is gone.
   * @param {unknown} value
   * @param {string} name of the export
   * @param {boolean} dead whether the instance had ended already
   */
  thrown(value, name, dead) {
    // In abort builds a call that counts itself and is not over was cut, whoever threw.
    const { links, depth } = this;
    // What it had failed by before stays its error: this came when it was cleaned up.
    const error = this.failed ? this.failure : value;
    this.forgive();
    const cut = CUTS && (unknown || (links.entered !== 0 && (this.word(links.entered) & 0xffff) > depth));
    if (CUTS) unknown = false;
    if (dead || (CUTS && cut && !this.resume())) {
      if (!this.abandoned) this.abort(cut ? value : links.aborted(value), name, value);
      return this.onExit();
    }
    this.dead = false;
    if (depth === 0) links.relieve(error);
    return error;
  }

  /**
   * An export threw anything else; the answer is to be thrown. The frame of the call is gone.
   * Whatever it is and whoever made it (a class is not asked: there are other realms and other
   * modules), it has passed frames of Rust that did not run to their end. Arguments are converted
   * before the call, and an exception of an import has a tag.
   * @param {unknown} thrown
   * @param {string} name of the export
   * @param {boolean} dead whether the instance had ended already
   */
  caught(thrown, name, dead) {
    this.forgive();
    if (CUTS && !dead && thrown instanceof Critical && this.resume()) {
      this.dead = false;
      return thrown.value;
    }
    if (!this.abandoned) {
      // The stack may be too full for the rest of this. A frame further out then does it.
      const first = this.first ??= thrown;
      const critical = CUTS && first instanceof Critical ? first : undefined;
      this.abort(critical === undefined ? this.errorOf(first, name) : critical.value, name, critical === undefined ? first : critical.value);
    }
    return this.onExit();
  }

  /**
   * Abort builds: an exception has cut frames of Rust. Whether they held nothing that a later call
   * could miss: no cell was entered, and every call under way counts itself. Then the instance
   * goes on, without the frames.
   */
  resume() {
    const { links, depth } = this;
    const { __stack_pointer: pointer } = this.glue.wasm();
    if (links.entered === 0 || pointer === undefined) return false;
    if (this.word(links.entered) !== depth + 1) return false;
    this.setWord(links.entered, depth);
    // Frames further out restore the pointer themselves when they return.
    if (depth === 0) pointer.value = this.stack;
    return true;
  }

  /** A call leaves an instance that has ended. The last one to leave makes the next instance. */
  onExit() {
    const error = this.end?.error;
    if (this.depth === 0 && !this.reviving && this.started) this.onEnd();
    else this.outlasting();
    return error;
  }

  /**
   * The instance has ended, and some call has not left it. If the host has cut that call (a Worker whose object was
   * aborted, a script that took too long), it never will. A microtask has no frame of wasm below it: what is counted then
   * was cut. (A stack that is suspended is not counted, and a segment's own microtask comes before: fibers.js.)
   */
  async outlast() {
    const { epoch } = this;
    await undefined;
    if (this.epoch !== epoch || !this.dead || (this.depth === 0 && !this.reviving)) return;
    this.depth = 0;
    // No end and no beginning is under way in a microtask: the host has cut that, too.
    this.reviving = false;
    this.onEnd();
  }

  /** The same, where nobody waits for it. */
  outlasting() {
    this.outlast().catch((thrown) => this.links.report(thrown));
  }

  /** No frame of the instance is left. */
  onEnd() {
    if (this.disposed) this.forget();
    else this.revive();
  }

  /** @param {unknown} trap @param {string} name of the export */
  errorOf(trap, name) {
    const error = lastPanic === undefined ? this.links.aborted(trap) : this.links.fatal(lastPanic, trap);
    if (lastPanic !== undefined) lastPanic.message = error.message;
    error.export = name;
    return error;
  }

  /** Nothing enters the instance, and whatever returns into a frame of it traps. */
  seal() {
    const { links } = this;
    this.dead = true;
    const { __instance_terminated: flag } = this.glue.wasm();
    try {
      const words = new Int32Array(/** @type {WebAssembly.Memory} */ (links.memory()).buffer);
      words[(typeof flag === 'number' ? flag : flag.value) / 4] = 1;
      // A call traps, too, if the engine was still converting its arguments.
      if (links.flags !== 0) words[links.flags / 4] = DEAD;
    } catch {
      // A package without this global has no such wrappers either.
    }
  }

  /**
   * Ends the instance. What is others' code and runs meanwhile (a signal, the context of a report) may call the package: such a call
   * is refused, since the next instance is made behind this.
   * @param {unknown} error what its callers get
   * @param {string} name of the export
   * @param {unknown} cause
   * @param {boolean} [wanted] the program itself ends it: nothing has failed
   */
  abort(error, name, cause, wanted = false) {
    const { reviving } = this;
    this.reviving = true;
    try {
      this.endInstance(error, name, cause, wanted, reviving);
    } finally {
      this.reviving = reviving;
    }
  }

  /** @param {unknown} error @param {string} name @param {unknown} cause @param {boolean} wanted @param {boolean} reviving it had not begun to serve calls */
  endInstance(error, name, cause, wanted, reviving) {
    const { links } = this;
    links.instance.dead = true;
    this.seal();
    const { buffer } = /** @type {WebAssembly.Memory} */ (links.memory());
    const panic = lastPanic;
    lastPanic = undefined;
    if (CUTS) unknown = false;
    this.end = {
      error, cause, panic, inside: this.depth > 0 || panic !== undefined, reported: false,
      wanted,
      progress: this.started && !reviving && !this.unasked,
      export: name.includes('__convert__closures_') ? 'callback' : name,
      epoch: this.epoch,
      at: this.listeners.size === 0 ? NaN : now(),
      memoryBytes: buffer.byteLength,
      memory: this.copies === 0 ? undefined : new Uint8Array(buffer.slice(0)),
      objects: this.copies === 0 ? [] : links.inMemory(),
    };
    const { end } = this;
    links.abandonTasks(error, cause, panic?.task);
    links.abandonFibers();
    if (PROMISES) this.abandonPromises(cause);
    this.first = undefined;
    this.abandoned = true;
    if (REPORTS && !wanted) links.facts.event?.('end', error, { ...end, exported: end.export });
  }

  /** The instance has ended: nothing settles the promises of js-sys any more. @param {unknown} cause */
  abandonPromises(cause) {
    for (const pending of this.promises) {
      const rejects = pending.deref();
      // Nobody may have seen the promise, and then nobody handles it.
      rejects?.promise?.catch(() => {});
      rejects?.reject(this.links.abortedTasks(cause, 1)[0]);
    }
    this.promises.clear();
  }

  /** Makes the next instance if the package can and the restart limit allows it. */
  revive() {
    const { glue, links, end } = this;
    if (end === undefined || this.limited) return;
    if (ONCE && glue.reset === undefined) {
      this.report(end, NOTHING, false);
      return;
    }
    const now = Date.now();
    if (UPGRADES && this.trial !== undefined) {
      // It was asked for: no limit counts it.
    } else if (this.disposed || (this.limit === LOOP && end.progress)) {
      // Nothing failed; or a caller can provoke it as often as he likes: that is no crash loop.
      this.times = [];
    } else {
      this.times = this.times.filter((time) => now - time < this.limit.period);
      if (!end.wanted && this.times.length >= this.limit.restarts) {
        this.limited = true;
        if (REPORTS) links.facts.event?.('refused-restart', links.limited(this.limit), { cause: end.error, exported: end.export });
        this.report(end, NOTHING, false);
        return;
      }
      this.times.push(now);
    }
    const last = this.prepared !== undefined;
    /** Of this instance, not of one that is made by what hears of it. */
    const trial = UPGRADES ? this.trial : undefined;
    this.reviving = true;
    let objects;
    try {
      // Its own stack holds no frame of the instance where no call was around the one that failed.
      if (end.inside) releaseSoon(end.error, 0);
      releaseSoon(end.cause, end.memoryBytes);
      this.fresh();
      try {
        hooks?.(ABORTED, end.epoch, end.export ?? '', String(/** @type {any} */ (end.error)?.message ?? end.error), 0, 0);
      } catch (error) {
        if (this.abandoned) throw error;
        links.report(error);
      }
      objects = links.revive();
      trial?.prove();
      if (UPGRADES) this.trial = undefined;
      this.started = true;
      this.end = undefined;
    } catch (failure) {
      // The instance was made, and ended while it ran `start`.
      const made = this.abandoned;
      // By no call: the stack may be too full for one.
      this.dead = this.abandoned = true;
      if (trial !== undefined) trial.failed(failure, made);
      else this.notRevived(failure, last, made);
      return;
    } finally {
      this.reviving = false;
    }
    this.markUnused();
    this.spare.later();
    if (trial?.isQuiet !== true) this.report(end, objects, true);
    links.ended();
  }

  /** No call has entered the instance yet: the first one takes the mark away. */
  markUnused() {
    const { links } = this;
    this.unused = true;
    if (links.flags !== 0) this.setWord(links.flags, this.word(links.flags) | UNUSED);
  }

  /** Whether no call has entered the instance yet. */
  isUnused() {
    const { links } = this;
    if (this.unused && links.flags !== 0) this.unused = (this.word(links.flags) & UNUSED) !== 0;
    return this.unused && this.depth === 0;
  }

  /**
   * Runs a tick of the tasks in an instance that no call has entered. If that ends it, it may do
   * so in every instance.
   * @param {() => void} run
   */
  unprompted(run) {
    const { epoch } = this;
    try {
      this.unasking(run);
    } finally {
      if (this.epoch === epoch && !this.dead) this.markUnused();
    }
  }

  /** Runs what may end the instance in every instance. @param {() => void} run */
  unasking(run) {
    const { unasked } = this;
    // The host may cut it. Nothing is under way in a microtask.
    queueMicrotask(() => { this.unasked = false; });
    this.unasked = true;
    try {
      run();
    } finally {
      this.unasked = unasked;
    }
  }

  /** A view of the instance's memory. */
  view() { return new DataView(/** @type {WebAssembly.Memory} */ (this.links.memory()).buffer); }

  /** @param {number} address */
  word(address) { return this.view().getInt32(address, true); }

  /** @param {number} address @param {number} value */
  setWord(address, value) { this.view().setInt32(address, value, true); }

  /** Makes and starts a new instance. */
  fresh() {
    this.dead = false;
    this.abandoned = false;
    this.disposed = false;
    this.depth = 0;
    hooks = undefined;
    this.glue.reset?.();
    this.epoch += 1;
    this.restarts += 1;
  }

  /**
   * The next instance could not be made.
   * @param {unknown} failure
   * @param {boolean} last nothing more is tried before the next call
   * @param {boolean} made it was made, and ended
   */
  notRevived(failure, last, made) {
    const { glue } = this;
    this.links.instance.dead = true;
    if (made) return;
    this.times.pop();
    if (last) this.links.report(failure);
    if (last || this.pending !== undefined || glue.module === undefined || glue.imports === undefined) return;
    // The engine's stack may be full, and some engines make large instances only asynchronously.
    this.pending = WebAssembly.instantiate(glue.module(), glue.imports()).then((instance) => {
      this.pending = undefined;
      if (!this.dead || this.depth !== 0 || this.disposed) return;
      this.prepared = instance;
      this.revive();
    }, () => {
      this.pending = undefined;
      this.links.report(failure);
    });
  }

  /**
   * The next instance, for the glue.
   * @param {WebAssembly.Module} module
   * @param {WebAssembly.Imports} imports
   */
  instantiate(module, imports) {
    const prepared = this.prepared ?? this.spare.take();
    this.prepared = undefined;
    return prepared ?? new WebAssembly.Instance(module, imports);
  }

  /**
   * The allocation functions by which the glue copies arguments in. wasm-bindgen's own would
   * trap when memory is full.
   */
  copying() {
    const { glue } = this;
    const { maximum: most } = glue;
    // Every string and slice calls them, so they don't go through `run`.
    const malloc = (/** @type {number} */ given, /** @type {number} */ align) => {
      if (this.dead) this.refuse();
      // A length may be anything. What it is converted by is the caller's, not Rust's.
      const size = +given;
      if (this.dead) this.refuse();
      // The engine would take a size modulo 2 ** 32, a negative one too, and NaN, of a value without a length, as 0.
      if (!(size >= 0 && size <= 0xffffffff)) {
        throw size > 0xffffffff ? this.noRoom(size, most) : new TypeError('expected a string or an array');
      }
      this.depth += 1;
      let block = 0;
      try {
        block = glue.wasm().__recover_malloc(size, align);
        this.depth -= 1;
      } catch (thrown) {
        const { dead } = this;
        this.dead = true;
        this.depth -= 1;
        throw this.glue.unwrap(thrown, '__recover_malloc', dead);
      }
      if (block !== 0) return block;
      // Objects that are not in use make room; their destructors may end the instance.
      const { epoch } = this;
      const room = size <= most && this.links.makeRoom();
      if (this.dead || this.epoch !== epoch) this.refuse();
      if (!room) throw this.noRoom(size, most);
      return malloc(size, align);
    };
    /** @type {(block: number, old: number, size: number, align: number) => number} */
    const realloc = (block, old, size, align) => {
      if (this.dead) this.refuse();
      const { epoch } = this;
      const moved = size > 0xffffffff ? 0 : this.run('__recover_realloc', raise, block, +old, Math.max(size, 1), align);
      if (moved !== 0) return moved;
      const room = size <= most && this.links.makeRoom();
      // What made room may have ended the instance that the block is of.
      if (this.dead || this.epoch !== epoch) this.refuse();
      if (room) return realloc(block, old, size, align);
      this.run('__recover_realloc', raise, block, +old, 0, align);
      throw this.noRoom(size, most);
    };
    return { malloc, realloc };
  }

  /**
   * The error of an allocation that failed.
   * @param {number} requested bytes
   * @param {number} most bytes that the memory may have
   */
  noRoom(requested, most) {
    return this.links.outOfMemory(requested, (this.glue.wasm().__recover_refused() >>> 0) || most);
  }

  /**
   * Copies a slice that Rust has changed into the array that it is of: as much of it as is left
   * there, where the array's buffer has become shorter or was transferred.
   * @param {ArrayBufferView} view
   * @param {Uint8Array} bytes
   */
  copyBack(view, bytes) {
    const { buffer, byteOffset, byteLength } = view;
    // The engine takes no view of a detached buffer. One that is out of bounds has no length.
    if (byteLength !== 0) new Uint8Array(buffer, byteOffset, byteLength).set(bytes.subarray(0, byteLength));
  }

  /**
   * Makes the module, for the glue.
   * @param {BufferSource} bytes
   */
  compile(bytes) {
    try {
      return new WebAssembly.Module(bytes);
    } catch (cause) {
      throw this.notLoaded(bytes, cause);
    }
  }

  /**
   * Makes the first instance of what `init` was given or has fetched.
   * @param {(given: any, imports: WebAssembly.Imports) => Promise<any>} load
   * @param {unknown} given
   * @param {WebAssembly.Imports} imports
   */
  async load(load, given, imports) {
    try {
      return await load(given, imports);
    } catch (cause) {
      throw this.notLoaded(given, cause);
    }
  }

  /**
   * Why there is no instance, where that can be told; else what the engine threw.
   * @param {unknown} given
   * @param {unknown} cause
   */
  notLoaded(given, cause) {
    const { links } = this;
    if (typeof Response === 'function' && given instanceof Response) {
      const { url, status, statusText, ok, headers } = given;
      const got = ok ? headers.get('Content-Type')?.startsWith('text/html') && 'an HTML page' : `${status} ${statusText}`;
      if (got) return links.notLoaded(`init() got ${got} from ${url || 'the server'} and not the module; serve the .wasm file there, or give init() its URL`, false, cause);
    }
    if (this.glue.exnref === true && cause instanceof WebAssembly.CompileError && !WebAssembly.validate(EXNREF)) {
      return links.unsupported('this engine is too old for the instructions that this package unwinds by (exnref); build it with `cargo recover build --eh legacy`', cause);
    }
    return cause;
  }

  /** Starts an instance. */
  start() {
    const { memory, __stack_pointer: pointer } = this.glue.wasm();
    // The package was loaded again after it was given up: this makes the next instance, as a call does.
    if (this.disposed && !this.reviving) {
      this.asked();
      return;
    }
    if (this.unloaded) this.unloaded = this.dead = false;
    this.links.renew(memory);
    this.stack = pointer?.value ?? 0;
    this.run('__wbindgen_start', raise);
    if (this.reviving) return;
    this.started = true;
    this.markUnused();
    this.spare.later();
  }

  /**
   * Calls an export on behalf of this module, not of the glue.
   * @param {string} name
   * @param {(error: unknown) => void} failed
   * @param {(number | undefined)[]} args at most four
   * @returns {any}
   */
  run(name, failed, ...[a, b, c, d]) {
    if (this.dead) return undefined;
    this.depth += 1;
    let value;
    try {
      value = this.glue.wasm()[name](a, b, c, d);
      this.depth -= 1;
    } catch (thrown) {
      // As in the glue, before anything is called: the stack may be too full for a call.
      const { dead } = this;
      this.dead = true;
      this.depth -= 1;
      return failed(this.glue.unwrap(thrown, name, dead));
    }
    return this.failed ? failed(this.taken()) : value;
  }

  /** Drops an object whose handle was garbage-collected. @param {string} name @param {number} pointer */
  release(name, pointer) {
    if (UPGRADES) this.links.collected(pointer);
    this.run(name, this.links.report, pointer, 1);
  }

  /**
   * Drops a closure, unless its instance has ended.
   * @param {string} name
   * @param {{ a: number, b: number, instance?: number }} state
   */
  destroy(name, state) {
    if (state.instance === undefined || state.instance === this.glue.id?.()) this.run(name, this.links.report, state.a, state.b);
  }

  /**
   * The error for a handle of an instance that has ended.
   * @param {any} object
   * @param {string} name of its class in the glue
   */
  staleHandle(object, name) {
    return this.links.staleError(this.links.nameOf(object) ?? name, object?.__wbg_inst);
  }

  /** Whether a handle is of an instance that has ended. @param {any} object */
  isStale(object) {
    const { glue } = this;
    return glue.id !== undefined && object.__wbg_inst !== undefined && object.__wbg_inst !== glue.id();
  }

  /**
   * The error for a receiver or an argument of another class.
   * @param {Function} expected
   * @param {string} name of that class in the glue
   */
  wrongClass(expected, name) {
    return this.links.wrongClass(this.links.nameOf(expected.prototype) ?? name);
  }

  /** The error for a closure of an instance that has ended. */
  staleClosure() { return this.links.staleError('callback'); }

  /**
   * Abort builds: marks a JavaScript exception that is about to cross Rust frames.
   * @param {unknown} value
   */
  critical(value) { return new Critical(value); }

  /**
   * The error of a panic that wasm-bindgen caught: in a closure, or in a future of js-sys.
   * @param {unknown} payload
   */
  panicked(payload) {
    // In a debug build js-sys asserts that its queue runs when it was told to.
    if (QUEUES && this.again && payload === 'assertion failed: _was_scheduled') return IDLE;
    return this.links.panicked(payload);
  }

  /**
   * A microtask of js-sys's queue of tasks. Nobody waits for those: a failure of Rust's is
   * reported, and the tasks behind it run.
   * @param {() => void} run
   * @param {boolean} queue whether it is js-sys that asks, not the user
   */
  runTick(run, queue) {
    const { epoch } = this;
    const tick = () => {
      try {
        run();
      } catch (error) {
        if (error === IDLE) return;
        if (!(error instanceof Error && BRAND in error)) throw error;
        this.links.report(error);
        if (queue && epoch === this.epoch && !this.dead) queueMicrotask(rest);
      }
    };
    const rest = () => {
      this.again = true;
      try {
        tick();
      } finally {
        this.again = false;
      }
    };
    return tick;
  }

  /**
   * A promise of js-sys that this instance is to settle: it rejects if the instance ends before.
   * @param {(resolve: (value: any) => void, reject: (reason: any) => void) => void} executor
   */
  newPromise(executor) {
    const { promises } = this;
    // Those that Rust dropped without settling them.
    if (promises.size >= this.most) {
      for (const pending of promises) if (pending.deref() === undefined) promises.delete(pending);
      this.most = 2 * promises.size + 64;
    }
    /** @type {Reject} */
    const rejects = { reject() {}, promise: undefined };
    const pending = new WeakRef(rejects);
    rejects.promise = new Promise((resolve, reject) => {
      rejects.reject = reject;
      promises.add(pending);
      // `rejects` lives as long as one of the two.
      executor((value) => { rejects.reject = () => {}; promises.delete(pending); resolve(value); }, (reason) => { promises.delete(pending); rejects.reject(reason); });
    });
    return rejects.promise;
  }

  /** Ends the instance; the next one is made when the last call has left. */
  async restart() {
    if (this.unloaded) throw this.refusal();
    if (ONCE && !this.revives) throw new Error('recovery.restart() needs a package that can make another instance; build it for web, module or nodejs');
    this.times = [];
    this.limited = false;
    if (!this.abandoned) this.abort(this.links.aborted(undefined, 'recovery.restart() ended the instance under this call'), '', undefined, true);
    // A limit counts it, as any end, and does not keep the program from the instance that it asks for.
    if (this.end !== undefined) this.end.wanted = true;
    if (this.depth === 0 && !this.reviving) this.revive();
    else await this.outlast();
    await this.pending;
  }

  /** Whether an instance is made ahead. @param {boolean} wanted */
  wantSpare(wanted) {
    if (ONCE && !this.revives) throw new Error('recovery.spare needs a package that can make another instance; build it for web, module or nodejs');
    this.spare.want(wanted);
  }

  /** Ends the instance and lets go of its memory; the next one is made when a call needs it. */
  dispose() {
    if (ONCE && !this.revives) throw new Error('recovery.dispose() needs a package that can make another instance; build it for web, module or nodejs');
    if (!this.started) return;
    this.times = [];
    this.limited = false;
    this.disposed = true;
    this.prepared = undefined;
    this.spare.drop();
    if (!this.abandoned) this.abort(this.links.aborted(undefined, 'recovery.dispose() ended the instance under this call'), '', undefined, true);
    if (this.depth === 0 && !this.reviving) this.forget();
    else this.outlasting();
  }

  /** Lets go of the instance that has ended: nothing here holds its memory. */
  forget() {
    // To read a stack may run code of the program's.
    this.reviving = true;
    release(this.end?.error);
    this.reviving = false;
    hooks = undefined;
    this.glue.forget?.();
    this.links.renew(undefined);
    this.links.instance.dead = true;
  }

  /**
   * @param {InstanceEnd} end
   * @param {import('./links').Revival} objects
   * @param {boolean} restarted
   */
  report(end, objects, restarted) {
    if (restarted) {
      try {
        this.unasking(() => hooks?.(REVIVED, this.epoch, end.export ?? '', '', objects.revived, objects.lost.length));
      } catch (error) {
        this.links.report(error);
      }
    }
    // After the restart limit, listeners hear twice: of the end, and of the restart that followed.
    if (end.reported && !restarted) return;
    end.reported = true;
    if (this.listeners.size === 0) {
      // Of a package that makes no other instance this is the last.
      end.memory = undefined;
      end.objects = [];
      return;
    }
    const { panic, export: name, reported, progress, inside, at, wanted, ...rest } = end;
    const report = {
      ...rest, ...objects, restarted, duration: now() - at,
      export: name === '' ? undefined : name,
      panic: panic && { message: panic.message, location: panic.location },
    };
    this.unasking(() => this.links.tell(this.listeners, report));
    end.memory = undefined;
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
