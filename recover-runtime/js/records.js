// @ts-check
// The host side of objects that persist: a record of each, from which it is rolled back after
// a panic and revived in the next instance, when it is used there; or in the same one, if its
// memory was needed meanwhile. This module imports nothing; Rust hands over what it needs of
// host.js (`keep`).
//
// Long because a record, its handle and its revival are one state machine over the same fields.

/** @type {import('./links').Links | undefined} */
let links;

/** Whether records are followed, as `cargo recover` knows (run/parts.rs). */
const DURABLE = true;

/**
 * @typedef {{ snapshot: Uint8Array, log: Uint8Array, words: Uint32Array, length: number }} Generation
 * @typedef {{ taken: number, snapshot: Uint8Array | undefined, log: Uint8Array, isCut: boolean, isCall: boolean }} Followed what somebody
 *   who follows the record has not taken: of the log what is behind `taken`; before that, if the log began anew, what
 *   was in the last one, or a snapshot in its place, and whether a call led to that
 * @typedef {{
 *   depth: number, end: number, due: boolean, asked: number, snapshot: Uint8Array | undefined, missed: boolean, reason: unknown,
 * }} Change what a call adds to a record: the end of its entry in the log, if that is not 0; a
 *   snapshot, or the reason why there is none
 * @typedef {Generation & {
 *   id: number, worth: number, entries: number, before: Generation | undefined, staged: Change | undefined,
 *   took: number, cost: number, asked: number, failed: boolean,
 *   handle: WeakRef<any> | undefined, inspect: Function, className: string,
 *   missed: unknown, compared: number, claim: number,
 *   pointer: number, above: number[], levels: number, era: number, away: number, revived: number, epoch: number,
 *   gone: boolean, lost: { reason: unknown, left: boolean } | undefined, arrives: number, wasFull: boolean, followed: Followed | undefined,
 * }} Entry the record of an object: a snapshot and the calls since, or the reason (`missed`)
 *   why they don't lead to its present state; and where the object is: `revived` is the era that it was made
 *   in by a revival, `above` are the pointers to it
 *   as one of the classes that its own extends
 */

/** Records by their number. @type {Map<number, Entry>} */
const records = new Map();
let last = 0;
/** The record that a call was appended to last: a loop finds it without the map. @type {Entry | undefined} */
let recent;
/** How far behind its pointer the state of an object is, by class. @type {Map<string, number>} */
const states = new Map();
/** Counts the instances. A pointer is of the era in which it was bound. */
let era = 0;
/** The era whose instance has started: from then on objects come in. */
let open = 0;
/** Records that have no handle yet. @type {Set<Entry>} */
const unbound = new Set();
/** Those of objects whose state can't be encoded: they end with their instance. @type {Set<Entry>} */
const mortal = new Set();
/** How many objects came into this instance, or were made in it. */
let present = 0;
/** The last object that a call asked for and that could not come in; the error, if it is not lost. @type {{ entry: Entry, depth: number, error: unknown } | undefined} */
let refused;
/** An object comes in: pointers of others are in the hands of the same call. */
let arriving = 0;
/** Memory ran out. */
let full = false;
/** Records with staged changes, those of the innermost call last. @type {Entry[]} */
const changed = [];
/** Records of objects that were consumed, by a call that has not begun, or that claims none. @type {Set<Entry>} */
const unclaimed = new Set();
/** Those that calls on the stack have consumed, the innermost last. @type {Entry[]} */
const claims = [];
/** Those that asynchronous calls have consumed, by the number of the task. @type {Map<number, Entry[]>} */
const held = new Map();
let sweeps = false;
/** Objects that could not be revived since the instance ended. @type {import('./types').LostObject[]} */
let lost = [];
/** Whether other code may come in the place of the module, as `cargo recover` knows (run/parts.rs). */
const UPGRADES = true;
/** While other code is on trial: hears of an object that it refuses, which is not lost by that. @type {((entry: Entry, reason: unknown) => void) | undefined} */
let onRefusal;
/** A receiver that is no handle. @param {number} pointer */
const receiver = (pointer) => ({ __wbg_ptr: pointer, __wbg_inst: undefined });
/** That of an object which is not there yet. */
const NOWHERE = receiver(0);
/** In place of `inspect`, until there is a handle. */
const nobody = () => 0;
/** @type {Set<string>} */
let divergent = new Set();

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What became of a call: in the journal; so, and a snapshot is due; not. */
const APPENDED = 0, DUE = 1, NOT_APPENDED = 2;
/** What the host asks of an object through the hidden method of its class. */
const IS_STALE = 4, RECORD = 7, REVIVE = 8, RELEASE = 9, EVICT = 10, UPCAST = 11;
/** Parts of a record. */
const SNAPSHOT = 0, JOURNAL = 1, SNAPSHOT_BEFORE = 2, JOURNAL_BEFORE = 3;
// </shared>
/** A snapshot is due when a journal has this many bytes, and the length of this many snapshots. */
const WORTH = 65_536, SNAPSHOTS = 4;
/** It is due, too, when the calls of a journal took so many milliseconds, and so many times what a snapshot takes. */
const LONG = 1, TIMES = 16;
/** After a replay, when that took so many milliseconds. */
const SHORT = 0.05;
/** A journal is compared with the next snapshot if its calls took no more milliseconds. */
const COMPARABLE = 10;
/** Up to so many bytes a loop copies faster than the engine's own function. */
const FEW = 128;
/** The journal of an object is compared with its snapshot at most once in so many milliseconds. */
const COMPARED = 1000;
/** Bytes of memory that must be left for an object to come in, beside what its state takes. */
const ROOM = 1_048_576;
/** @param {number} snapshot its length */
const worthOf = (snapshot) => Math.max(WORTH, snapshot * SNAPSHOTS);

/** Milliseconds. Engines that hide time let it stand still while code runs. Rust imports this without `catch`. */
export function clock() {
  try {
    return (globalThis.performance ?? Date).now();
  } catch {
    return 0;
  }
}

/** Why an object has no record. */
const UNRECORDED = Symbol();

const NONE = new Uint8Array(0);
const NO_WORDS = new Uint32Array(0);

/**
 * Forgets the record of a handle that was garbage-collected. The value of a revived handle is
 * released here, too: the glue's own registry knows only the pointer of the old instance.
 */
const collected = new FinalizationRegistry((/** @type {number} */ id) => {
  const entry = records.get(id);
  if (entry !== undefined) forget(entry);
  // The gate knows of an end that was not handled yet.
  if (entry?.revived !== era || links?.instance.dead !== false || links.gate?.dead === true) return;
  try {
    entry.inspect.call(receiver(entry.pointer), RELEASE);
  } catch (error) {
    links?.report(error);
  }
});

/** The property of a handle that a proxy answers, too: the number of its record. */
const NUMBER = '__wbg_record';

/** A base class whose constructor adds the fields of a subclass to an object that exists. @type {any} */
const Existing = function (/** @type {object} */ object) { return object; };

/** Gives a handle its record, in a private field: freezing leaves it writable, and no copy, proxy or heir has it. */
class Slot extends Existing {
  /** @type {Entry} */
  #entry;

  /** @param {object} handle @param {Entry} entry */
  constructor(handle, entry) {
    super(handle);
    this.#entry = entry;
  }

  /** @param {any} object @returns {Entry | undefined} */
  static of(object) {
    return #entry in object ? object.#entry : records.get(object[NUMBER]);
  }
}

/** @param {import('./links').Links} host */
export function keep(host) {
  links = host;
  host.renewed = renewed;
  host.track = track;
  host.inMemory = inMemory;
  host.giveUp = giveUp;
  host.revive = revive;
  host.unrevived = unrevived;
  host.classes = classCounts;
  host.makeRoom = makeRoom;
  host.relieve = relieve;
  host.facts.unrevived = unrevived;
  host.facts.exhausted = exhausted;
}

/** How many records there are of each class. */
function classCounts() {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { className } of records.values()) if (className !== '') counts[className] = (counts[className] ?? 0) + 1;
  return counts;
}

/** There is another instance, or none. */
function renewed() {
  [view, viewedWords] = [NONE, NO_WORDS];
  era += 1;
  present = 0;
  // The host may have cut what was under way.
  arriving = 0;
  full = false;
  refused = undefined;
}

/**
 * Has the handles of a class keep their pointers in the record, and watches for new ones:
 * wasm-bindgen sets the pointers of each. Those of another instance are null.
 * @param {any} prototype
 * @param {Function} inspect
 * @param {string} className
 * @param {string} slot the property of the pointer of the class itself; `__wbg_ptr` has it, too
 * @param {string[]} above those of the classes that it extends
 * @param {number} state how far behind the pointer an object's state is
 */
function track(prototype, inspect, className, slot, above, state) {
  if (above.length === 0) states.set(className, state);
  /** @param {object} handle @param {string} name @param {number} value */
  const own = (handle, name, value) => Object.defineProperty(handle, name, { configurable: true, writable: true, value });
  // As `hide` in objects.js says.
  const none = links?.gate === undefined ? NaN : 0;
  const pointer = (/** @type {string} */ name) => ({
    configurable: true,
    /** @this {any} */
    get() {
      const entry = Slot.of(this);
      return (entry === undefined ? 0 : entry.era === era ? entry.pointer : arrive(entry)) || none;
    },
    /** @this {any} @param {number} value */
    set(value) {
      const entry = Slot.of(this);
      if (entry !== undefined) entry.pointer = value;
      // The first handle of a class that extends this one, and is not tracked yet.
      else if (classOf(this) !== prototype) own(this, name, value);
      else bind(this, value, inspect, className, above.length);
    },
  });
  const parent = (/** @type {string} */ name, /** @type {number} */ level) => ({
    configurable: true,
    /** @this {any} */
    get() {
      const entry = Slot.of(this);
      if (entry === undefined || (entry.era !== era && arrive(entry) === 0)) return none;
      return entry.above[level] || none;
    },
    /** @this {any} @param {number} value */
    set(value) {
      const entry = Slot.of(this);
      if (entry === undefined) own(this, name, value);
      else entry.above[level] = value;
    },
  });
  for (const name of new Set(['__wbg_ptr', slot])) Object.defineProperty(prototype, name, pointer(name));
  above.forEach((name, level) => Object.defineProperty(prototype, name, parent(name, level)));
  // Where there is this one, the glue gives the handle none of its own.
  Object.defineProperty(prototype, '__wbg_inst', { configurable: true, value: undefined });
}

/** The objects in the memory of the instance, for a coredump. */
function inMemory() {
  const here = [...records.values()].filter((entry) => entry.era === era && entry.pointer !== 0);
  return here.map(({ className, pointer }) => {
    const state = states.get(className);
    return { class: className, pointer, state: state === undefined ? undefined : pointer + state };
  });
}

/** The prototype of the class of wasm-bindgen's that made a handle. @param {object} handle */
function classOf(handle) {
  let prototype = Object.getPrototypeOf(handle);
  while (prototype !== null && !Object.hasOwn(prototype, '__destroy_into_raw')) prototype = Object.getPrototypeOf(prototype);
  return prototype;
}

/**
 * Binds a new handle to the record of its object, which Rust names.
 * @param {object} handle
 * @param {number} pointer
 * @param {Function} inspect
 * @param {string} className
 * @param {number} levels how many classes its own extends
 */
function bind(handle, pointer, inspect, className, levels) {
  // An object whose state can't be encoded has no record: it ends with its instance.
  const entry = records.get(inspect.call(receiver(pointer), RECORD)) ?? unrecorded();
  new Slot(handle, entry);
  Object.defineProperty(handle, NUMBER, { value: entry.id });
  entry.pointer = pointer;
  // JavaScript may have made a handle of the pointer of another.
  if (entry.handle !== undefined) return;
  entry.era = era;
  entry.epoch = links?.gate?.current ?? 0;
  unbound.delete(entry);
  present += 1;
  entry.handle = new WeakRef(handle);
  entry.inspect = inspect;
  entry.className = className;
  entry.levels = levels;
  collected.register(handle, entry.id, handle);
}

function unrecorded() {
  const entry = newEntry(NONE);
  entry.missed = UNRECORDED;
  mortal.add(entry);
  return entry;
}

/**
 * Takes the pointer out of a handle that is freed or consumed, by whatever JavaScript has of it.
 * @param {object} object the handle, or a proxy of it
 * @param {Function} destroy the glue's
 * @param {boolean} isConsumed
 * @returns {number} the pointer
 */
function giveUp(object, destroy, isConsumed) {
  const entry = Slot.of(object);
  const pointer = destroy.call(entry?.handle?.deref() ?? object);
  if (entry === undefined) return pointer;
  // What is collected from here on has no value in Rust.
  entry.revived = -1;
  if (isConsumed && links?.gate?.revives === true && entry.missed !== UNRECORDED) {
    unclaimed.add(entry);
    if (!sweeps) queueMicrotask(sweep);
    sweeps = true;
  } else {
    forget(entry);
  }
  return pointer;
}

/** @param {Entry} entry */
function forget(entry) {
  records.delete(entry.id);
  if (recent === entry) recent = undefined;
  entry.gone = true;
  if (entry.era === era) present -= 1;
  unbound.delete(entry);
  mortal.delete(entry);
  unclaimed.delete(entry);
  const handle = entry.handle?.deref();
  if (handle !== undefined) collected.unregister(handle);
}

/** Forgets what calls consumed that don't tell when they end: none is under way now. */
function sweep() {
  sweeps = false;
  for (const entry of unclaimed) forget(entry);
}

/** How many calls are on the stack. */
const depth = () => links?.gate?.depth ?? 0;

/**
 * The call that begins has taken an object that was consumed. Until it ends the record is kept, since
 * the object comes back if the instance ends first. Rust imports this and the next three without
 * `catch`.
 * @param {number} id
 */
export function claim(id) {
  const entry = records.get(id);
  if (entry === undefined) return;
  unclaimed.delete(entry);
  entry.claim = depth();
  claims.push(entry);
}

/** Takes what this call claimed; a call within it may have ended by an exception that skipped its end. */
function claimed() {
  const here = depth();
  const first = claims.findIndex((entry) => entry.claim >= here);
  return first < 0 ? [] : claims.splice(first);
}

/** The asynchronous call of a task has taken what this call claimed. @param {number} task */
export function claimForTask(task) {
  held.set(task, claimed());
}

/** This call has ended: what it consumed is gone. */
export function spend() {
  claimed().forEach(forget);
}

/** The call of a task has ended. @param {number} task */
export function spendForTask(task) {
  held.get(task)?.forEach(forget);
  held.delete(task);
}

/** Views of the module's memory. They are empty once it has grown. */
let view = NONE;
let viewedWords = NO_WORDS;

/** Makes the views anew. */
function look() {
  const buffer = links?.memory()?.buffer ?? NONE.buffer;
  view = new Uint8Array(buffer);
  viewedWords = new Uint32Array(buffer);
}

/**
 * A copy of bytes in the module's memory.
 * @param {number} address
 * @param {number} length
 */
function read(address, length) {
  if (view.length === 0) look();
  return view.slice(address, address + length);
}

/**
 * Makes the record of a new object.
 * @param {number} address of its snapshot
 * @param {number} length
 */
export function record(address, length) {
  const entry = newEntry(read(address, length));
  unbound.add(entry);
  return entry.id;
}

/** @param {Uint8Array} snapshot */
function newEntry(snapshot) {
  const id = last += 1;
  /** @type {Entry} */
  const entry = {
    // What is looked at when an object comes in stands together: of ten thousand, none is in the processor's cache.
    id, era: -1, pointer: 0, arrives: -1, wasFull: false, gone: false, before: undefined, staged: undefined, away: -1, inspect: nobody,
    levels: 0, revived: -1, epoch: 0, missed: undefined, length: 0, snapshot,
    log: NONE, words: NO_WORDS, worth: worthOf(snapshot.length), entries: 0, took: 0, cost: 0, asked: 0, failed: false,
    handle: undefined, className: '', above: [], lost: undefined, followed: undefined, compared: -Infinity, claim: 0,
  };
  records.set(id, entry);
  return entry;
}

/** @param {number} id */
function recordOf(id) {
  const entry = records.get(id);
  if (entry === undefined) throw new Error('the object has no record');
  return entry;
}

/**
 * Appends a call that has ended to the journal; answers what became of it. If a snapshot is due or
 * the call `stages`, the record moves later. Rust imports this without `catch`.
 * @param {number} id
 * @param {number} address of its entry
 * @param {number} length whole words
 * @param {number} every a snapshot is due after so many calls; zero: by size and time
 * @param {boolean} stages
 * @param {number} took microseconds, of the call and of those before that were not timed
 */
export function append(id, address, length, every, stages, took) {
  try {
    const entry = recent?.id === id ? recent : records.get(id);
    // The handle was consumed, and Rust has the object for a while: it needs no record.
    if (entry === undefined) return APPENDED;
    recent = entry;
    // A call on top of a state that the record lacks can't be replayed.
    if (entry.missed !== undefined) return NOT_APPENDED;
    if (entry.staged !== undefined) apply(entry);
    const end = entry.length + length;
    if (end > entry.log.length) extend(entry, end);
    if (view.length === 0) look();
    if (length > FEW || (address & 3) !== 0) {
      entry.log.set(view.subarray(address, address + length), entry.length);
    } else {
      const { words } = entry;
      const source = viewedWords;
      for (let from = address >>> 2, to = entry.length >>> 2; to < end >>> 2; from += 1, to += 1) {
        words[to] = /** @type {number} */ (source[from]);
      }
    }
    if (took !== 0) {
      entry.took += took / 1000;
      // Then any length is due.
      if (!entry.failed && entry.took > Math.max(LONG, entry.cost * TIMES)) entry.worth = 0;
    }
    const due = every === 0 ? end > entry.worth : entry.entries + 1 >= every;
    if (due || stages) {
      const change = stage(entry, stages);
      change.end = end;
      change.due = due;
      if (due) change.asked = clock();
      return due ? DUE : APPENDED;
    }
    entry.length = end;
    entry.entries += 1;
    return APPENDED;
  } catch {
    // The host has no memory for it; a snapshot may be smaller.
    return NOT_APPENDED;
  }
}

/** @param {Entry} entry @param {number} length */
function extend(entry, length) {
  const log = new Uint8Array(Math.max(256, Math.ceil(length / 4) * 4, entry.log.length * 2));
  log.set(entry.log.subarray(0, entry.length));
  entry.log = log;
  entry.words = new Uint32Array(log.buffer);
}

/**
 * What the present call adds to a record. It is applied when the call has done all that may fail.
 * @param {Entry} entry
 * @param {boolean} listed whether `commit` applies it
 */
function stage(entry, listed) {
  const here = depth();
  // A call around this one has staged its change, and this call was made on top of it.
  if (entry.staged !== undefined && entry.staged.depth < here) apply(entry);
  entry.staged ??= { depth: here, end: 0, due: false, asked: 0, snapshot: undefined, missed: false, reason: undefined };
  if (listed) changed.push(entry);
  return entry.staged;
}

/** Applies the staged changes of the present call, of all records together. Rust imports this without `catch`. */
export function commit() {
  const here = depth();
  for (let entry = changed.at(-1); entry !== undefined; entry = changed.at(-1)) {
    if (entry.staged !== undefined && entry.staged.depth < here) return;
    changed.pop();
    apply(entry);
  }
}

/** Nothing in it may fail. @param {Entry} entry */
function apply(entry) {
  const { staged } = entry;
  if (staged === undefined) return;
  entry.staged = undefined;
  if (staged.end !== 0) {
    entry.length = staged.end;
    entry.entries += 1;
  }
  if (staged.missed) entry.missed = staged.reason;
  if (staged.snapshot === undefined) return;
  if (DURABLE && entry.followed !== undefined) leave(entry.followed, entry, staged);
  const { snapshot, log, words, length, before } = entry;
  const worth = worthOf(staged.snapshot.length);
  // If the old snapshot and its journal lead here, they are compared with it when the object is revived.
  const compared = staged.due && entry.took <= COMPARABLE && length <= worth * 2;
  entry.before = compared ? { snapshot, log, words, length } : undefined;
  const spare = compared ? before : entry;
  // What a large argument took is given back.
  const kept = spare !== undefined && spare.log.length <= worth * 2;
  entry.log = kept ? spare.log : NONE;
  entry.words = kept ? spare.words : NO_WORDS;
  entry.missed = undefined;
  entry.snapshot = staged.snapshot;
  entry.worth = worth;
  entry.length = 0;
  entry.entries = 0;
  entry.took = 0;
  entry.failed = false;
}

/**
 * Replaces the record of an object by a snapshot of its present state.
 * @param {number} id
 * @param {number} address
 * @param {number} length
 * @param {boolean} stages
 */
export function snapshot(id, address, length, stages) {
  const entry = records.get(id);
  if (entry === undefined) return;
  const bytes = read(address, length);
  const change = stage(entry, stages);
  change.snapshot = bytes;
  if (change.due) entry.cost = clock() - change.asked;
  if (!stages) apply(entry);
}

/**
 * The present state of an object can't be serialized.
 * @param {number} id
 * @param {boolean} complete whether the journal leads to it all the same
 * @param {unknown} reason
 * @param {boolean} stages
 */
export function missed(id, complete, reason, stages) {
  const entry = records.get(id);
  if (entry === undefined) return;
  const change = stage(entry, stages);
  if (change.due) postpone(entry);
  change.missed = !complete;
  change.reason = reason;
  if (!stages) apply(entry);
}

/**
 * A snapshot of a record, by its part.
 * @param {number} id
 * @param {number} part
 */
export function bytes(id, part) {
  const entry = recordOf(id);
  apply(entry);
  if (entry.missed !== undefined) throw entry.missed;
  return (part === SNAPSHOT ? entry : entry.before)?.snapshot ?? NONE;
}

/** A record of which a journal is asked for, and that journal. @param {number} id @param {number} part */
function journalOf(id, part) {
  const entry = records.get(id);
  return { entry, generation: part === JOURNAL ? entry : entry?.before };
}

/**
 * The bytes of a journal, which is about to be replayed. Rust imports this and the next one without `catch`.
 * @param {number} id
 * @param {number} part
 */
export function size(id, part) {
  const { entry, generation } = journalOf(id, part);
  if (entry !== undefined) entry.asked = clock();
  return generation?.length ?? 0;
}

/**
 * Copies so much of a journal; the answer is how much that is.
 * @param {number} id
 * @param {number} part
 * @param {number} from
 * @param {number} address
 * @param {number} room
 */
export function journal(id, part, from, address, room) {
  const { generation } = journalOf(id, part);
  if (generation === undefined || generation.length < from + room) return 0;
  if (view.length === 0) look();
  view.set(generation.log.subarray(from, from + room), address);
  return room;
}

/**
 * Writes the snapshot of a record where Rust has room for one that is short: most are, and most records
 * are only that. The answer is its length, with what parts there are above: a bit for each that is not
 * empty, or none if `bytes` says why. Rust imports this without `catch`.
 * @param {number} id
 * @param {number} address
 * @param {number} room
 */
export function load(id, address, room) {
  const entry = recent?.id === id ? recent : records.get(id);
  if (entry === undefined) return 0;
  apply(entry);
  if (entry.missed !== undefined) return 0;
  const there = partsOf(entry);
  const { snapshot } = entry;
  const { length } = snapshot;
  if (length <= room) {
    if (view.length === 0) look();
    view.set(snapshot, address);
  }
  return there * 2 ** 32 + length;
}

/** The parts of a record that are not empty, a bit for each. @param {Entry} entry */
function partsOf(entry) {
  const before = entry.before === undefined ? 0 : (1 << SNAPSHOT_BEFORE) | (1 << JOURNAL_BEFORE);
  return (1 << SNAPSHOT) | (entry.length === 0 ? 0 : 1 << JOURNAL) | before;
}

/**
 * The journal was replayed. If that took long, or the clock can't tell, a snapshot is due at the next
 * call; not here, where writing the state may be what the instance ended by. Rust imports this without `catch`.
 * @param {number} id
 */
export function replayed(id) {
  const entry = records.get(id);
  if (entry === undefined || entry.failed) return;
  const took = clock() - entry.asked;
  // It is not compared with that snapshot either, which would replay it once more.
  if (!(took > 0 && took < SHORT)) [entry.worth, entry.took] = [0, Infinity];
}

/** The snapshot that was due failed. No time makes one due before there is one. @param {Entry} entry */
function postpone(entry) {
  entry.failed = true;
  entry.worth = worthOf(entry.snapshot.length);
}

/** Drops what a call staged that never happened. @param {Entry} entry */
function unstage(entry) {
  if (entry.staged?.due) postpone(entry);
  entry.staged = undefined;
}

/** The journal of an object that is being revived does not lead to its snapshot. @param {number} id */
export function diverged(id) {
  divergent.add(recordOf(id).className);
}

/**
 * Checks the bytes that an object is to be made of; they come from anywhere.
 * @param {any} bytes
 * @param {string} className
 */
export function taken(bytes, className) {
  // A Uint8Array of another realm is no instance of this realm's class.
  if (!ArrayBuffer.isView(bytes) || /** @type {any} */ (bytes)[Symbol.toStringTag] !== 'Uint8Array') {
    throw new TypeError(`${className}.import() takes a Uint8Array`);
  }
  if (/** @type {any} */ (bytes.buffer).detached) {
    throw new TypeError(`${className}.import() takes a Uint8Array; the buffer of this one was transferred`);
  }
  return bytes;
}

/**
 * @param {string} message
 * @param {string} className
 */
export function importError(message, className) {
  return links?.importError(message, className) ?? new Error(message);
}

/**
 * What is known of an object's state before the call that begins. The journal is not copied. This
 * and `restore` are for capture.js: the glue hands them over.
 * @param {unknown} object
 * @returns {import('./links').Held | undefined}
 */
export function hold(object) {
  if (typeof object !== 'object' || object === null) return undefined;
  const entry = Slot.of(object);
  if (entry === undefined || entry.missed === UNRECORDED) return undefined;
  const { className, snapshot, log, length, missed, staged, gone } = entry;
  const why = gone ? 'the object was gone' : missed !== undefined ? "the object's state can't be encoded"
    : staged !== undefined ? 'the object was changed by a call that had not ended' : undefined;
  return { className, snapshot, log, length, why };
}

/** Keeps what nobody has taken of a log that goes: a snapshot takes its place. @param {Followed} followed @param {Entry} entry @param {Change} staged */
function leave(followed, entry, staged) {
  // Where the journal leads to the snapshot.
  if (staged.due && staged.end !== 0) {
    const left = entry.log.subarray(followed.taken, entry.length);
    const log = new Uint8Array(followed.log.length + left.length);
    log.set(followed.log);
    log.set(left, followed.log.length);
    followed.log = log;
    followed.isCut = true;
  } else {
    [followed.snapshot, followed.log, followed.isCall] = [staged.snapshot, NONE, true];
  }
  followed.taken = 0;
}

/**
 * Follows the record of an object from now on. Why there is none, if so. This and the next two are for
 * durable.js.
 * @param {object} object
 */
export function follow(object) {
  const entry = Slot.of(object);
  if (entry === undefined || entry.gone) return new TypeError('the object does not persist, or is gone');
  if (entry.missed !== undefined) return reasonOf(entry);
  if (entry.followed !== undefined) return new TypeError(`this ${entry.className} is in a store already; make another one`);
  entry.followed = { taken: entry.length, snapshot: undefined, log: NONE, isCut: false, isCall: true };
  return undefined;
}

/** @param {Entry} entry */
const reasonOf = ({ missed, className }) => (missed === UNRECORDED ? importError(`the state of this ${className} can't be encoded`, className) : missed);

/** What every record gains that gains nothing. @type {import('./links').Gained} */
const NOTHING = { gone: false, why: undefined, snapshot: undefined, log: NONE, rest: NONE, isCut: false, isCall: true };

/**
 * What the record of an object has gained since this was asked last. What it answers is to be read before
 * anything else is called.
 * @param {object} object
 * @returns {import('./links').Gained}
 */
export function gained(object) {
  const entry = Slot.of(object);
  const followed = entry?.followed;
  if (entry === undefined || followed === undefined || entry.gone) return { ...NOTHING, gone: true };
  if (entry.missed !== undefined) return { ...NOTHING, why: { reason: reasonOf(entry) } };
  const { taken, snapshot, log, isCut, isCall } = followed;
  if (taken === entry.length && !isCut && snapshot === undefined) return NOTHING;
  followed.taken = entry.length;
  [followed.snapshot, followed.log, followed.isCut, followed.isCall] = [undefined, NONE, false, true];
  return { gone: false, why: undefined, snapshot, log, rest: entry.log.subarray(taken, entry.length), isCut, isCall };
}

/**
 * The record of an object, as it is: parts of it, to be read before anything else is called.
 * @param {object} object
 */
export function stateOf(object) {
  const entry = Slot.of(object);
  if (entry === undefined || entry.gone) throw new TypeError('the object does not persist, or is gone');
  if (entry.missed !== undefined) throw reasonOf(entry);
  return { className: entry.className, snapshot: entry.snapshot, log: entry.log.subarray(0, entry.length) };
}

/**
 * Gives a new object a journal, and has it come in by that.
 * @param {object} handle
 * @param {Uint8Array} log made for this module
 * @param {number} entries
 */
export function restore(handle, log, entries) {
  const entry = Slot.of(handle);
  if (entry === undefined || entry.era !== era) throw new Error('the object has no record');
  entry.log = log;
  entry.words = new Uint32Array(log.buffer);
  entry.length = log.length;
  entry.entries = entries;
  entry.inspect.call(receiver(entry.pointer), EVICT);
  [entry.era, entry.away] = [-1, era];
  present -= 1;
  if (arrive(entry) !== 0) return;
  const error = unrevived();
  throw entry.lost?.reason ?? error;
}

/** The next instance has started: from now on objects come in, each when it is used. */
function revive() {
  // Calls that were under way never happened: nothing of what they staged moves, and what they
  // consumed comes back.
  changed.splice(0).forEach(unstage);
  sweep();
  claims.length = 0;
  held.clear();
  for (const entry of [...unbound, ...mortal]) if (entry.era !== era) lose(entry, undefined);
  open = era;
  const result = { revived: records.size, lost, diverged: [...divergent] };
  lost = [];
  divergent = new Set();
  return result;
}

/**
 * Revives an object whose pointer is read. Answers null if there is none.
 * @param {Entry} entry
 */
function arrive(entry) {
  if (open !== era || entry.arrives === era || links === undefined || links.instance.dead) return 0;
  // The call that is refused may read the pointer once more, and would take the object for another.
  if (refused?.entry === entry && refused.error !== undefined && refused.depth === depth()) return 0;
  if (!entry.gone) bringIn(entry);
  if (entry.era === era) return entry.pointer;
  if (entry.lost !== undefined) refuse(entry, undefined);
  return 0;
}

/** The call that asks for an object learns why it could not come in; a later one does not. @param {Entry} entry @param {unknown} error */
function refuse(entry, error) {
  refused = { entry, depth: depth(), error };
  queueMicrotask(() => { refused = undefined; });
}

/** @param {Entry} entry */
function bringIn(entry) {
  if (entry.before !== undefined) {
    const now = Date.now();
    if (now - entry.compared < COMPARED) entry.before = undefined;
    else entry.compared = now;
  }
  // A call that never happened may have left it.
  if (entry.staged !== undefined) unstage(entry);
  // Rust asks for it next.
  recent = entry;
  const here = entry.away === era ? entry.pointer : 0;
  const memory = links?.memory();
  const others = present;
  const from = era;
  entry.arrives = era;
  arriving += 1;
  try {
    const pointer = entry.inspect.call(here === 0 ? NOWHERE : receiver(here), REVIVE, entry.id);
    if (here === 0) {
      entry.pointer = pointer;
      for (let level = 0; level < entry.levels; level += 1) {
        entry.above[level] = entry.inspect.call(receiver(pointer), UPCAST, level);
      }
      entry.revived = era;
    }
    entry.era = era;
    entry.wasFull = false;
    entry.epoch = links?.gate?.current ?? 0;
    present += 1;
    // A divergence is reported once.
    entry.before = undefined;
  } catch (reason) {
    if (UPGRADES && onRefusal !== undefined) {
      onRefusal(entry, reason);
      return;
    }
    // Memory that ran out in a call may be there for the next one; if the instance ended by it, others may have left it none.
    // Then they go, and it comes in when it is used again.
    if (entry.missed === undefined && (/** @type {any} */ (reason)?.kind === 'out-of-memory' || isOfStack(entry, reason) || (others > 0 && isFull(memory, entry)))) {
      refuse(entry, reason);
    } else {
      lost.push({ class: entry.className, reason });
      links?.facts.event?.('lost', reason, { className: entry.className });
      lose(entry, { reason });
    }
  } finally {
    entry.arrives = -1;
    if (from === era) arriving -= 1;
  }
}

/** Whether an error is the engine's, of a full stack. @param {unknown} error */
const isOverflow = (error) => error instanceof RangeError || /** @type {any} */ (error)?.name === 'InternalError';

/**
 * Whether an object could not come in because its caller has filled the stack, which is no matter of the object. If the instance ended by that, or
 * the guard of the stack refused, it is so once: the second time it is the object that takes so much.
 * @param {Entry} entry
 * @param {any} reason
 */
function isOfStack(entry, reason) {
  if (isOverflow(reason)) return true;
  if (reason?.kind !== 'stack-overflow' && !isOverflow(reason?.cause)) return false;
  const { wasFull } = entry;
  entry.wasFull = true;
  return !wasFull;
}

/** @typedef {{ className: string, reason: unknown }} Refusal why the state of an object could not be written or read */

/**
 * Has each record be a snapshot alone, since a journal has addresses, which are those of one module. An object that
 * can't tell its state is made once more from its record, as a failure would do: it is poisoned, or held by a call
 * that is about to be given up. Throws a `Refusal`; every record leads to the same state then as it did.
 * @param {(handle: object, pointer: number) => Uint8Array} stateAt
 * @returns {Map<Entry, Uint8Array>} the snapshots, for `flatAgain`
 */
export function flatten(stateAt) {
  /** @type {Map<Entry, Uint8Array>} */
  const flat = new Map();
  for (let left = ROUNDS; ; left -= 1) {
    flattenOnce(flat, stateAt);
    const changed = [...flat].find(([{ length, missed, staged, snapshot }, written]) => length !== 0 || missed !== undefined || staged !== undefined || snapshot !== written);
    if (changed === undefined) return flat;
    if (left === 0) throw { className: changed[0].className, reason: new Error('to write the states of objects changes them, each time') };
  }
}

/** How often `flatten` tries anew: to write a state may ask JavaScript, which may call what is flat already. */
const ROUNDS = 3;

/** @param {Map<Entry, Uint8Array>} flat @param {(handle: object, pointer: number) => Uint8Array} stateAt */
function flattenOnce(flat, stateAt) {
  for (const entry of records.values()) {
    const handle = entry.handle?.deref();
    // Nobody has it, or it ends with the instance.
    if (handle === undefined || entry.missed === UNRECORDED) continue;
    // A call that never happened may have left it.
    unstage(entry);
    entry.before = undefined;
    if (entry.length !== 0 || entry.missed !== undefined) {
      const state = presentState(entry, handle, stateAt);
      [entry.log, entry.words, entry.length, entry.entries] = [NONE, NO_WORDS, 0, 0];
      [entry.snapshot, entry.worth, entry.took] = [state, worthOf(state.length), 0];
      entry.missed = undefined;
      entry.failed = false;
    }
    followFlat(entry);
    flat.set(entry, entry.snapshot);
  }
}

/** In a store, too, no call is made again by other code than made it. @param {Entry} entry */
function followFlat(entry) {
  if (entry.followed !== undefined) Object.assign(entry.followed, { taken: 0, snapshot: entry.snapshot, log: NONE, isCut: true, isCall: false });
}

/**
 * Has each record be as `flatten` left it: other code is refused, and while it was on trial JavaScript may have made calls in it, as of a
 * migration that asked for something. Their entries have its addresses, and what they made is in its versions.
 * @param {Map<Entry, Uint8Array>} flat
 */
export function flatAgain(flat) {
  for (const entry of [...records.values()]) {
    const snapshot = flat.get(entry);
    if (snapshot === undefined) {
      // It was made on trial, or nobody has it.
      lose(entry, undefined);
      continue;
    }
    [entry.staged, entry.before, entry.missed, entry.failed] = [undefined, undefined, undefined, false];
    [entry.log, entry.words, entry.length, entry.entries, entry.snapshot] = [NONE, NO_WORDS, 0, 0, snapshot];
    // As in `proveAll`.
    [entry.worth, entry.took] = [0, Infinity];
    followFlat(entry);
  }
}

/** @param {Entry} entry @param {object} handle @param {(handle: object, pointer: number) => Uint8Array} stateAt */
function presentState(entry, handle, stateAt) {
  const { missed: why, className } = entry;
  try {
    if (entry.era === era && entry.pointer !== 0) return stateAt(handle, entry.pointer);
  } catch (reason) {
    // The record does not lead to it.
    if (why !== undefined || links?.instance.dead) throw { className, reason };
  }
  let copy = 0;
  try {
    if (why !== undefined) throw why;
    copy = entry.inspect.call(receiver(0), REVIVE, entry.id);
    return stateAt(handle, copy);
  } catch (reason) {
    throw { className, reason };
  } finally {
    if (copy !== 0 && links?.instance.dead === false) entry.inspect.call(receiver(copy), RELEASE);
  }
}

/** How many objects end with this instance, because their state could not be written when they were made. */
export const unwritten = () => mortal.size;

/**
 * Has every object come into the instance, which has other code than the last one. Throws the `Refusal` of the first that
 * it does not take; none is lost by that.
 */
export function proveAll() {
  /** @type {Refusal | undefined} */
  let refusal;
  onRefusal = ({ className }, reason) => { refusal = { className, reason }; };
  try {
    for (const entry of records.values()) {
      if (entry.missed !== undefined || entry.handle?.deref() === undefined) continue;
      // A migration before may have had JavaScript use it.
      if (entry.era !== era) bringIn(entry);
      // There may be more objects than the memory has room for at once.
      if (/** @type {any} */ (refusal)?.reason?.kind === 'out-of-memory' && makeRoom()) {
        refusal = undefined;
        bringIn(entry);
      }
      if (refusal !== undefined) throw refusal;
      // The record is as the old code wrote it, and a migration may not give the same twice: the next call makes a snapshot.
      [entry.worth, entry.took] = [0, Infinity];
    }
  } finally {
    onRefusal = undefined;
  }
}

/** Whether an instance has ended whose memory had no room for an object. @param {WebAssembly.Memory | undefined} memory @param {Entry} entry */
function isFull(memory, entry) {
  const most = links?.facts.maximum ?? 0;
  return memory !== links?.memory() && (memory?.buffer.byteLength ?? 0) + ROOM + 3 * entry.snapshot.length > most;
}

/** @param {Entry} entry @param {{ reason: unknown } | undefined} why */
function lose(entry, why) {
  entry.lost = { reason: why?.reason, left: entry.away === era && links?.instance.dead === false };
  forget(entry);
}

/**
 * The error of a call that is refused because an object that it uses could not come in.
 * @returns {Error | undefined}
 */
function unrevived() {
  const why = refused;
  refused = undefined;
  if (why === undefined || depth() - why.depth > 1) return undefined;
  const { entry: { className, epoch, lost: loss }, error } = why;
  return /** @type {Error | undefined} */ (error ?? links?.staleError(className, epoch, loss?.reason, loss?.left));
}

/**
 * Memory ran out, for a call that gets an error.
 * @param {number} requested
 * @param {number} limit that refused; zero if the memory is full
 */
function exhausted(requested, limit) {
  // No object that leaves makes room for it.
  if (requested > (limit || (links?.facts.maximum ?? 0) || Infinity)) return;
  // The limit of one call is none for the others.
  if (full || (limit !== 0 && limit < (links?.liveBytes() ?? 0))) return;
  full = true;
  if (links !== undefined) links.facts.poisoned = undefined;
  // A task has no caller that would.
  queueMicrotask(() => { if (full) makeRoom(); });
}

/**
 * A call has ended outside of which there is none. If memory ran out under it, objects that are not in use
 * make room; the very same call may succeed then, if it asked for no more, unless it left an object poisoned, or consumed one.
 * @param {any} error
 */
function relieve(error) {
  refused = undefined;
  if (!full) return;
  const before = links?.liveBytes() ?? 0;
  if (!makeRoom() || error?.kind !== 'out-of-memory' || links?.facts.poisoned !== undefined || links?.facts.consumed === true) return;
  // Without counters it is not known how much has left.
  const room = before === 0 ? links?.facts.maximum : before - (links?.liveBytes() ?? 0);
  error.retryable = error.requested <= (room ?? 0);
}

/** Whether the cell of an object has no value. @param {Entry} entry */
function isEmpty(entry) {
  try {
    return entry.inspect.call(receiver(entry.pointer), IS_STALE) !== 0;
  } catch {
    return false;
  }
}

/**
 * Has every object that no call holds leave the memory; each is revived from its record when it is
 * used again. Answers whether there was one. Only while no call is under way, nor about to begin: what it
 * uses is in the memory.
 */
function makeRoom() {
  if (depth() !== 0 || arriving !== 0 || present === 0 || open !== era || links?.instance.dead !== false) return false;
  full = false;
  let made = false;
  const from = era;
  arriving += 1;
  for (const entry of records.values()) {
    if (entry.era !== era || entry.pointer === 0 || entry.missed !== undefined || entry.staged !== undefined) continue;
    // That of a handle which was collected may be another object's by now: the glue's registry frees it before `collected` runs.
    if (entry.handle?.deref() === undefined) continue;
    try {
      if (entry.inspect.call(receiver(entry.pointer), EVICT) === 0) continue;
    } catch (error) {
      links.report(error);
      // Its destructor has ended the instance, or nothing was entered.
      if (entry.era !== era) break;
      // Or an exception left its destructor, and no value behind.
      if (!isEmpty(entry)) continue;
    }
    entry.era = -1;
    entry.away = era;
    present -= 1;
    made = true;
  }
  if (from === era) arriving -= 1;
  return made;
}
