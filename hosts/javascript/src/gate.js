// @ts-check
// The supervisor of a component: every call passes it, it sees an instance end, makes the next one, and brings
// objects that persist into it when they are used. What an error is like stands in `errors.js`, how an instance is
// made in `instance.js`, what is kept of an object in `handles.js`.
//
// An instance that has ended is never entered again. The next one is made once no frame of the old one is left.
//
// Long because the calls, what is kept of them, the end of an instance and the making of the next are one state
// machine, over the same fields.

import { OutOfMemoryError, StackOverflowError, TimeoutError, aborted, busyError, classesOf, isOurs, limited, memoryError, stackError, staleError, wrongClass } from './errors.js';
import { framesOfStack, isFailure, toError, traced } from './failure.js';
import { Record, State } from './handles.js';
import { Listeners } from './recovery.js';
import { DISPOSE, at, handleFor } from './surface.js';
import { given, lifted, lowered } from './values.js';

/** @typedef {import('./instance.js').Instance} Instance */
/** @typedef {import('./surface.js').Target} Target */
/** @typedef {import('./surface.js').ClassInfo} ClassInfo */
/** @typedef {{ error: Error, ended: string | undefined, failed: boolean }} Failed */

/** What counts as a crash loop, unless the program sets a limit of its own: only ends without progress count. */
const LOOP = { restarts: 5, period: 10_000 };

/** Failures of these kinds began in a call that was made. */
const CAUGHT = new Set(['panic', 'out-of-memory', 'stack-overflow', 'timeout']);

/** @param {unknown} thrown */
const isTrap = (thrown) => thrown instanceof WebAssembly.RuntimeError;

/** What V8, JavaScriptCore and SpiderMonkey say of it; V8's regular expressions have words of their own. */
const FULL = ['call stack', 'recursion', 'Stack overflow'];

/** Whether the engine's own stack was full. There may be no room for a regular expression. @param {unknown} thrown */
const isStack = (thrown) => thrown instanceof Error && (thrown instanceof RangeError || thrown.name === 'InternalError' || thrown instanceof SyntaxError)
  && FULL.some((words) => thrown.message.includes(words));

/** @param {number} frames @returns {number} */
const dig = (frames) => (frames === 0 ? 0 : 1 + dig(frames - 1));

/**
 * Whether the stack has room to make an instance. jco makes promises as it does so, and if the stack is full in the
 * middle of that, one rejects that nobody handles, which ends the process.
 */
function hasRoom() {
  try {
    return dig(500) === 500;
  } catch {
    return false;
  }
}

/** A replay that fails by one of these is made again by the next call. */
const ELSEWHERE = [StackOverflowError, OutOfMemoryError, TimeoutError];

/** A replay that did not end as the call had. */
class Diverged extends Error {}

/** @param {string | undefined} ended */
const inWords = (ended) => (ended === undefined ? 'well' : `with ${ended}`);

/** Guards the calls into a component. */
export class Gate {
  /**
   * @param {import('./instance.js').Maker} maker
   * @param {import('./options.js').Options} options
   */
  constructor(maker, options) {
    this.maker = maker;
    this.options = options;
    /** The instance that calls enter. @type {Instance | undefined} */
    this.instance = undefined;
    /** Calls under way. */
    this.depth = 0;
    this.epoch = 0;
    this.limit = options.restartLimit ?? LOOP;
    /** When those restarts were that count. @type {number[]} */
    this.times = [];
    /** The restart limit is reached. */
    this.isLimited = false;
    /** The program gave the instance up: the next call makes the next one. */
    this.isDisposed = false;
    /** The next instance is being made. */
    this.reviving = false;
    /** The same, asynchronously. @type {Promise<void> | undefined} */
    this.pending = undefined;
    /** What is done was asked for by no call; if it ends the instance, that made no progress. */
    this.unasked = false;
    /** How the last instance ended. @type {import('./recovery.js').End | undefined} */
    this.last = undefined;
    /** Objects of jco's that are to be disposed of when the call has left. @type {any[]} */
    this.doomed = [];
    /** The records of the objects that persist. @type {Set<Record>} */
    this.records = new Set();
    this.collected = new FinalizationRegistry((/** @type {Record} */ record) => this.records.delete(record));
    const { errors, classFor } = classesOf(options.errors);
    this.errors = errors;
    this.classFor = classFor;
    /** @type {string | undefined} */
    this.build = options.build;
    this.listeners = new Listeners();
    /** @type {ClassInfo[]} */
    this.classes = [];
    this.run = this.within.bind(this);
    this.dropping = this.drop.bind(this);
    this.onDestructor = (/** @type {Instance} */ instance, /** @type {unknown} */ thrown) => this.destructed(instance, thrown);
  }

  /** @param {Instance} instance */
  start(instance) {
    for (const info of this.classes) instance.classes.set(at(instance.root, info.path).prototype, info);
    this.instance = instance;
    this.epoch = instance.epoch;
  }

  // Calls.

  /**
   * Lets a call in, or says why not.
   * @param {string} name of what is called
   * @returns {Instance}
   */
  enter(name) {
    if (this.depth !== 0 && this.instance?.dead === false) {
      this.listeners.refused.busy += 1;
      throw busyError(name);
    }
    // What ended its last call was not understood, maybe because the engine's stack was full.
    if (this.depth === 0 && this.instance?.torn) this.end(aborted(undefined), undefined, undefined);
    if (this.depth === 0 && (this.instance === undefined || this.instance.dead)) this.revive();
    if (this.instance === undefined || this.instance.dead) throw this.refusal();
    return this.instance;
  }

  /** The error of a call that found no instance. */
  refusal() {
    if (this.isLimited) return limited(this.limit);
    return aborted(this.last?.cause, 'the instance ended and the next one was not ready for this call');
  }

  /**
   * @template A, B, C, T
   * @param {string} name
   * @param {Function} called by the program: stacks begin there
   * @param {(a: A, b: B, c: C) => T} run a function that is made once
   * @param {A} a
   * @param {B} b
   * @param {C} c
   */
  entered(name, called, run, a, b, c) {
    try {
      this.enter(name);
      this.depth += 1;
      try {
        return run(a, b, c);
      } finally {
        this.depth -= 1;
        if (this.depth === 0) this.onExit();
      }
    } catch (thrown) {
      const { instance } = this;
      const torn = this.depth === 0 && instance?.torn === true && !instance.dead;
      const error = torn ? this.end(this.errorOf(thrown, instance), name, thrown) : thrown;
      if (torn) this.onExit();
      if (isOurs(error)) {
        error.export ??= name;
        traced(error, called);
      }
      throw error;
    }
  }

  /** No call is under way any more. */
  onExit() {
    const { instance } = this;
    while (instance?.dead === false) {
      const guest = this.doomed.pop();
      if (guest === undefined) return;
      try {
        this.drop(instance, guest, 'destructor');
      } catch (error) {
        this.listeners.report(error);
      }
    }
    this.doomed = [];
    if (this.isDisposed) this.instance = undefined;
    else this.revive();
  }

  /**
   * Calls a function or a method.
   * @param {Target} target
   * @param {State | undefined} state of the object
   * @param {unknown[]} args
   */
  call(target, state, args) {
    return this.entered(target.exported, target.called, this.run, target, state, args);
  }

  /**
   * Makes an object.
   * @param {Target} target
   * @param {unknown[]} args
   * @returns {State}
   */
  construct(target, args) {
    return this.entered(target.exported, target.called, this.run, target, undefined, args);
  }

  /**
   * @param {Target} target
   * @param {State | undefined} state
   * @param {unknown[]} args
   * @returns {any}
   */
  within(target, state, args) {
    const taken = given(args);
    for (const one of taken.states) if (one.gate !== this) throw wrongClass(one.info.name);
    // Each may have to be brought in, and may end the instance by it.
    const guest = state === undefined ? undefined : this.guestOf(state);
    for (const one of taken.states) this.guestOf(one);
    const instance = /** @type {Instance} */ (this.instance);
    const values = taken.plain ? taken.values : taken.values.map((value) => lowered(value, (one) => instance.guests.get(one)));
    /** @type {Failed | undefined} */
    let failed;
    let value;
    instance.inside = 0;
    instance.entered = false;
    this.maker.asked = false;
    instance.torn = true;
    try {
      value = target.invoke(instance, guest, values);
    } catch (thrown) {
      // Of a call that was not made, an object may be lost to jco all the same.
      failed = this.judged(thrown, target.exported, instance, taken.states);
    }
    // An import ended it.
    if (instance.dead) throw this.last?.error;
    // What an import of the program did is not done again: no replay makes such a call.
    const replays = !this.maker.asked && !this.maker.unseen;
    const result = this.settled(target, state, taken, instance, value, failed, replays);
    instance.torn = false;
    if (failed !== undefined) throw failed.error;
    return result;
  }

  /**
   * What a call failed by: if it was a result, the answer is its error; else it is thrown.
   * @param {unknown} thrown
   * @param {string} exported
   * @param {Instance} instance
   * @param {State[]} [given] its arguments
   * @returns {Failed}
   */
  judged(thrown, exported, instance, given = []) {
    if (instance.dead) throw this.last?.error ?? this.refusal();
    const { inside, entered } = instance;
    const returned = entered && inside === 0;
    if (returned && !isTrap(thrown)) {
      const wraps = typeof thrown === 'object' && thrown !== null && Object.hasOwn(thrown, 'payload');
      const payload = wraps ? /** @type {any} */ (thrown).payload : thrown;
      if (isFailure(payload)) return this.failedBy(payload, exported);
      // An interface that fails by something else, as jco throws it.
      if (wraps || !(thrown instanceof Error)) {
        return { error: /** @type {Error} */ (thrown), ended: 'an error of its own', failed: false };
      }
    }
    // An argument that can't be converted: no call was made.
    if (!entered && !isTrap(thrown) && !isStack(thrown)) {
      // jco may have taken the arguments that stand before it: to jco, those objects are gone.
      for (const one of new Set(given)) {
        if (!instance.consumed(instance.guests.get(one))) continue;
        if (one.record === undefined) this.forget(one);
        else instance.guests.delete(one);
      }
      instance.torn = false;
      throw thrown;
    }
    throw this.end(this.errorOf(thrown, instance), exported, thrown);
  }

  /** @param {import('../index.js').Failure} failure @param {string} exported @returns {Failed} */
  failedBy(failure, exported) {
    const error = toError(failure, this.classFor);
    error.export = exported;
    this.build ??= failure.build;
    const { kind } = failure;
    const { refused } = this.listeners;
    if (kind === 'busy' || kind === 'poisoned' || kind === 'stale') refused[kind] += 1;
    if (CAUGHT.has(kind)) this.listeners.panicked(error);
    return { error, ended: `${failure.class} ${failure.code}`.trimEnd(), failed: kind !== 'domain' };
  }

  /** The error of what ended an instance. @param {unknown} thrown @param {Instance} instance */
  errorOf(thrown, instance) {
    if (isStack(thrown)) return stackError(thrown);
    // Before a call, nothing of the component runs but what makes room for arguments.
    if (!instance.entered && isTrap(thrown)) return memoryError(thrown, this.options.limits.memoryBytes ?? instance.memoryBytes);
    return aborted(thrown);
  }

  // What is kept of a call.

  /**
   * The call has ended, by a value or an error of the program's: what is kept changes, all of it or nothing.
   * @param {Target} target
   * @param {State | undefined} state
   * @param {ReturnType<typeof given>} taken
   * @param {Instance} instance
   * @param {any} value
   * @param {Failed | undefined} failed
   * @param {boolean} replays whether a replay may make it again
   */
  settled(target, state, taken, instance, value, failed, replays) {
    // Most calls are of one object, or of none, and give no other.
    if (failed === undefined && taken.plain && (typeof value !== 'object' || value === null)) {
      if (state?.record !== undefined && !state.gone) this.journaled(state, state.record, target, taken, failed, value, replays);
      return value;
    }
    const consumed = taken.states.filter((one) => instance.consumed(instance.guests.get(one)));
    const left = taken.states.filter((one) => !consumed.includes(one) && one.record !== undefined);
    if (failed?.failed) {
      // What it consumed is gone: it may live on in something else.
      consumed.forEach((one) => this.forget(one));
      // Of whatever kind: it may be one that another component gave, and that was passed on by a call which had changed something.
      for (const one of [state, ...left]) if (one?.record !== undefined) one.record.changed = true;
      return undefined;
    }
    /** @type {State[]} */
    const made = [];
    const handleOf = (/** @type {object} */ guest, /** @type {ClassInfo} */ info) => {
      const [handle, own] = handleFor(this, info, instance.epoch);
      instance.guests.set(own, guest);
      made.push(own);
      return handle;
    };
    let result = value;
    if (failed === undefined && target.makes !== undefined) handleOf(value, target.makes);
    else if (failed === undefined && instance.classes.size !== 0) result = lifted(value, instance.classes, handleOf);
    const [own] = made;
    if (own !== undefined && taken.plain && (target.restores || (target.makes !== undefined && replays))) {
      const [bytes] = taken.values;
      if (own.info.persists) this.keep(own, new Record(target.restores && bytes instanceof Uint8Array ? { bytes } : { args: taken.values }));
    } else if (made.length !== 0 || taken.states.length !== 0 || !taken.plain) {
      const saved = [state, ...left, ...made].filter((one) => one?.record !== undefined || (one !== undefined && made.includes(one) && one.info.persists));
      this.together(/** @type {State[]} */ (saved), made, consumed, instance);
    } else if (state?.record !== undefined && !state.gone) {
      this.journaled(state, state.record, target, taken, failed, result, replays);
    }
    return target.makes === undefined ? result : own;
  }

  /** @param {State} state @param {Record} record */
  keep(state, record) {
    state.record = record;
    this.records.add(record);
    this.collected.register(state, record, state);
  }

  /** Whether somebody holds the handle or not, its object is gone. @param {State} state */
  forget(state) {
    state.gone = true;
    if (state.record === undefined) return;
    this.records.delete(state.record);
    this.collected.unregister(state);
    state.record = undefined;
  }

  /**
   * A call that several objects have part in: a snapshot of each, and then all records at once.
   * @param {State[]} saved
   * @param {State[]} made
   * @param {State[]} consumed
   * @param {Instance} instance
   */
  together(saved, made, consumed, instance) {
    /** @type {Uint8Array[]} */
    const snapshots = [];
    try {
      for (const one of saved) snapshots.push(this.saved(one, instance));
    } catch (error) {
      // The call is as if it had not been made: what it left in the instance is given up, and comes back from the records.
      if (!instance.dead) this.undone([...saved, ...made], instance);
      consumed.forEach((one) => { if (one.record === undefined) this.forget(one); else instance.guests.delete(one); });
      // A stack that is full may have left that halfway.
      instance.torn = isStack(error);
      throw error;
    }
    saved.forEach((one, index) => {
      if (one.record === undefined) this.keep(one, new Record({ args: [] }));
      one.record?.snapshot(/** @type {Uint8Array} */ (snapshots[index]));
    });
    consumed.forEach((one) => this.forget(one));
  }

  /** @param {State[]} states @param {Instance} instance */
  undone(states, instance) {
    for (const one of new Set(states)) {
      const guest = instance.guests.get(one);
      instance.guests.delete(one);
      if (one.record === undefined) one.gone = true;
      if (guest !== undefined) this.doomed.push(guest);
    }
  }

  /**
   * The present state of an object.
   * @param {State} state
   * @param {Instance} instance
   * @returns {Uint8Array}
   */
  saved(state, instance) {
    let bytes;
    instance.inside = 0;
    instance.entered = false;
    try {
      bytes = instance.guests.get(state).save();
    } catch (thrown) {
      throw this.judged(thrown, `${state.info.name}.save`, instance).error;
    }
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`${state.info.name}.save() gave no bytes`);
    return bytes;
  }

  /**
   * A call of one object alone.
   * @param {State} state
   * @param {Record} record
   * @param {Target} target
   * @param {ReturnType<typeof given>} taken
   * @param {Failed | undefined} failed
   * @param {unknown} value
   * @param {boolean} replays
   */
  journaled(state, record, target, taken, failed, value, replays) {
    const instance = /** @type {Instance} */ (this.instance);
    if (target.method === 'save' && failed === undefined && value instanceof Uint8Array) {
      // The program may change its bytes.
      record.snapshot(value.slice());
      return;
    }
    if (target.reads && !record.changed) return;
    const { calls, bytes } = this.options.journal;
    const isKept = replays && !record.changed && record.outdated === undefined;
    if (isKept) {
      record.append({ method: target.method, args: taken.values, ended: failed?.ended }, taken.bytes);
      const isDue = record.due === 0 ? record.entries.length >= calls || record.bytes >= bytes : record.entries.length >= record.due;
      if (!isDue) return;
    }
    try {
      record.snapshot(this.saved(state, instance));
    } catch (error) {
      // The call itself has ended. Its journal has it, or the record is behind until a snapshot succeeds.
      if (isKept) record.due = 2 * record.entries.length;
      else record.outdated = error;
      if (!instance.dead) this.listeners.report(error);
    }
  }

  // Objects that come back.

  /**
   * jco's object of a handle, in the instance that there is.
   * @param {State} state
   * @returns {any}
   */
  guestOf(state) {
    const { instance } = this;
    const { info, record } = state;
    if (instance === undefined || instance.dead) throw this.refusal();
    const known = state.gone ? undefined : instance.guests.get(state);
    if (known !== undefined) return known;
    if (!state.gone && record !== undefined) {
      if (record.outdated === undefined) return this.rebuilt(state, record, instance);
      this.lose(state, record.outdated);
    }
    this.listeners.refused.stale += 1;
    throw staleError(info.name, state.gone && state.reason === undefined ? undefined : state.epoch, state.reason);
  }

  /**
   * Makes an object anew, from its record.
   * @param {State} state
   * @param {Record} record
   * @param {Instance} instance
   */
  rebuilt(state, record, instance) {
    const { info } = state;
    const { origin } = record;
    const { unasked } = this;
    this.unasked = true;
    /** @type {any} */
    let guest;
    try {
      const constructor = at(instance.root, info.path);
      guest = this.replayed(instance, `the constructor of ${info.name}`, undefined, () => (
        'args' in origin ? Reflect.construct(constructor, origin.args) : constructor.restore(origin.bytes)));
      let asked = 'args' in origin && this.maker.asked;
      for (const { method, args, ended } of record.entries) {
        this.replayed(instance, `${info.name}.${method}`, ended, () => guest[method](...args));
        asked ||= this.maker.asked;
      }
      if (asked) throw new Diverged(`the replay of a ${info.name} called an import, and its calls had not`);
    } catch (reason) {
      if (guest !== undefined && !instance.dead) this.doomed.push(guest);
      // Neither the stack of who called, nor memory that others fill, nor a deadline says anything of the object.
      if (isStack(reason) || ELSEWHERE.some((one) => reason instanceof one)) throw reason;
      if (reason instanceof Diverged) this.listeners.diverged.add(info.name);
      this.lose(state, reason);
      this.listeners.refused.stale += 1;
      throw staleError(info.name, state.epoch, reason);
    } finally {
      this.unasked = unasked;
    }
    instance.guests.set(state, guest);
    state.epoch = instance.epoch;
    return guest;
  }

  /**
   * Makes a call again. It must end as it did.
   * @param {Instance} instance
   * @param {string} name
   * @param {string | undefined} ended
   * @param {() => unknown} run
   */
  replayed(instance, name, ended, run) {
    instance.inside = 0;
    instance.entered = false;
    this.maker.asked = false;
    let now;
    let value;
    /** @type {Error | undefined} */
    let error;
    try {
      value = run();
    } catch (thrown) {
      const failed = this.judged(thrown, name, instance);
      now = failed.ended;
      error = failed.error;
    }
    if (instance.dead) throw this.last?.error;
    // A call that failed by one of those is in no journal.
    if (ELSEWHERE.some((one) => error instanceof one)) throw error;
    if (now !== ended) throw new Diverged(`the replay of ${name} ended ${inWords(now)}, and the call had ended ${inWords(ended)}`, { cause: error });
    return value;
  }

  /** An object can't come back. @param {State} state @param {unknown} reason */
  lose(state, reason) {
    this.forget(state);
    state.reason = reason;
    this.listeners.lose({ class: state.info.name, reason });
  }

  /** Lets an object go. @param {State} state @param {Function} called */
  dispose(state, called) {
    if (state.gone) return;
    this.forget(state);
    const guest = this.instance?.guests.get(state);
    if (guest === undefined || this.instance?.dead) return;
    this.instance?.guests.delete(state);
    // The call under way may be of this very object.
    if (this.depth !== 0) this.doomed.push(guest);
    else this.entered(`${state.info.name}[Symbol.dispose]`, called, this.dropping, /** @type {Instance} */ (this.instance), guest, state.info.name);
  }

  /** @param {Instance} instance @param {any} guest @param {string} name */
  drop(instance, guest, name) {
    this.depth += 1;
    try {
      guest[DISPOSE]();
    } catch (thrown) {
      if (instance.dead) throw this.last?.error;
      throw this.end(aborted(thrown), name, thrown);
    } finally {
      this.depth -= 1;
    }
  }

  /**
   * A destructor threw. If jco ran it because an object was garbage-collected, nobody waits for it.
   * @param {Instance} instance
   * @param {unknown} thrown
   */
  destructed(instance, thrown) {
    if (this.depth !== 0 || instance !== this.instance) return false;
    const { unasked } = this;
    this.unasked = true;
    this.listeners.report(this.end(aborted(thrown), 'destructor', thrown));
    this.unasked = unasked;
    this.onExit();
    return true;
  }

  // The end of an instance, and the next one.

  /**
   * Ends the instance; the answer is the error that its callers get.
   * @param {import('./errors.js').RecoverError} error
   * @param {string | undefined} exported
   * @param {unknown} cause
   */
  end(error, exported, cause) {
    const { instance } = this;
    if (instance === undefined || instance.dead) return error;
    instance.dead = true;
    error.export = exported;
    error.build = this.build;
    // An error whose stack nobody has read holds its frames, and with them the instance.
    if (cause instanceof Error) error.frames = framesOfStack(cause.stack).filter((frame) => frame.module !== undefined);
    void error.stack;
    this.last = {
      error, cause, exported, epoch: instance.epoch, at: performance.now(), progress: !this.unasked,
      memoryBytes: instance.memoryBytes, memory: this.listeners.copyOf(instance), made: true,
    };
    return error;
  }

  /** Makes the next instance, unless too many ended by themselves. */
  revive() {
    const { last } = this;
    this.isDisposed = false;
    if (this.isLimited || this.reviving || this.pending !== undefined || !hasRoom()) return;
    const now = Date.now();
    if (last !== undefined && !last.counted) {
      last.counted = true;
      if (this.limit === LOOP && last.progress) {
        // A caller can provoke it as often as he likes: that is no crash loop.
        this.times = [];
      } else {
        this.times = this.times.filter((time) => now - time < this.limit.period);
        if (this.times.length >= this.limit.restarts) {
          this.isLimited = true;
          this.instance = undefined;
          this.listeners.aborted(last, false, this.records.size);
          return;
        }
        this.times.push(now);
      }
    }
    this.reviving = true;
    try {
      const made = this.maker.make(this.epoch + 1, this.onDestructor);
      if (!(made instanceof Promise)) {
        this.revived(made);
        return;
      }
      this.instance = undefined;
      this.pending = made.then((instance) => {
        this.pending = undefined;
        this.revived(instance);
      }, (failure) => {
        this.pending = undefined;
        this.notRevived(failure);
      });
    } catch (failure) {
      this.notRevived(failure);
    } finally {
      this.reviving = false;
    }
  }

  /** @param {Instance} instance */
  revived(instance) {
    const { last } = this;
    // The program gave it up while it was made.
    if (this.isDisposed) {
      instance.dead = true;
      return;
    }
    this.start(instance);
    this.listeners.restarts += 1;
    this.last = undefined;
    if (last !== undefined) this.listeners.aborted(last, true, this.records.size);
  }

  /** The next instance could not be made: the next call tries again, as often as the limit allows. @param {unknown} failure */
  notRevived(failure) {
    this.instance = undefined;
    // The stack of who called may be full, which says nothing of the component.
    const counted = isStack(failure);
    if (counted) {
      if (this.last !== undefined) this.last.error = aborted(failure, 'the stack had no room for the next instance');
      return;
    }
    const error = aborted(failure, 'the instance ended and the next one could not be made');
    this.listeners.report(error);
    // Nobody hears of that end otherwise.
    if (this.last?.made) this.listeners.aborted(this.last, false, this.records.size);
    this.last = {
      error, cause: failure, exported: undefined, epoch: this.epoch, at: performance.now(), progress: false, memoryBytes: 0, memory: undefined, made: false,
    };
  }

  /** Ends the instance because the program wants it. @param {string} what */
  give(what) {
    this.times = [];
    this.isLimited = false;
    const { instance } = this;
    if (instance !== undefined && !instance.dead) this.end(aborted(undefined, `${what} ended the instance under this call`), undefined, undefined);
    // It does not count.
    if (this.last !== undefined) this.last.counted = true;
  }

  /** Ends the instance and makes the next one. */
  async restart() {
    this.give('recovery.restart()');
    this.isDisposed = false;
    if (this.depth === 0) this.revive();
    // Where a call is under way, the next instance is made as that ends, which is before this goes on.
    do await this.pending; while (this.pending !== undefined);
    // What could not be made is told to who asked for it.
    if (this.depth === 0 && this.instance === undefined) throw this.last?.error ?? this.refusal();
  }

  /** Ends the instance and lets go of its memory; the next call makes the next one. */
  giveUp() {
    this.give('recovery.dispose()');
    this.isDisposed = true;
    if (this.depth === 0) this.instance = undefined;
  }
}
