// @ts-check
// The host side of objects that persist: a record of each, from which it is rolled back after
// a panic and revived in the next instance. This module imports nothing; Rust hands over what
// it needs of host.js (`keep`).

/** @type {import('./links').Links | undefined} */
let links;

/**
 * @typedef {{ snapshot: Uint8Array, log: Uint8Array, words: Uint32Array, length: number }} Generation
 * @typedef {Generation & {
 *   id: number, worth: number, entries: number, due: boolean, before: Generation | undefined,
 *   took: number, cost: number, asked: number, cut: 'never' | 'begun' | undefined,
 *   handle: WeakRef<any> | undefined, inspect: Function, className: string,
 *   missed: unknown, compared: number, pointer: number, epoch: number, instance: { dead: boolean } | undefined,
 * }} Entry the record of an object: a snapshot and the calls since, or the reason (`missed`)
 *   why they don't lead to its present state
 */

/** Records by their number. @type {Map<number, Entry>} */
const records = new Map();
/** The record of a handle. @type {WeakMap<object, Entry>} */
const handles = new WeakMap();
let last = 0;
/** Objects that could not be revived since the instance ended. @type {import('./types').LostObject[]} */
let lost = [];
/** The receiver when a class, not an object, is called. */
const NOBODY = { __wbg_ptr: 0 };
/** @type {Set<string>} */
let divergent = new Set();

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What became of a call: in the journal; so, and a snapshot is due; not. */
const APPENDED = 0, DUE = 1, NOT_APPENDED = 2;
/** What the host asks of an object through the hidden method of its class. */
const RECORD = 8, REVIVE = 9, RELEASE = 10;
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

const NONE = new Uint8Array(0);
const NO_WORDS = new Uint32Array(0);

/**
 * Forgets the record of a handle that was garbage-collected. The value of a revived handle is
 * released here, too: the glue's own registry knows only the pointer of the old instance.
 */
const collected = new FinalizationRegistry((/** @type {number} */ id) => {
  const entry = records.get(id);
  records.delete(id);
  if (entry?.instance === undefined || entry.instance.dead) return;
  try {
    entry.inspect.call({ __wbg_ptr: entry.pointer, __wbg_inst: entry.epoch }, RELEASE);
  } catch (error) {
    links?.report(error);
  }
});

/** @param {import('./links').Links} host */
export function keep(host) {
  links = host;
  // The instance has another memory.
  [view, viewedWords] = [NONE, NO_WORDS];
  host.track = track;
  host.forget = forget;
  host.revive = revive;
}

/**
 * Watches a class for new handles: wasm-bindgen sets the pointer of each.
 * @param {any} prototype
 * @param {Function} inspect
 */
function track(prototype, inspect) {
  Object.defineProperty(prototype, '__wbg_ptr', {
    configurable: true,
    set(pointer) {
      Object.defineProperty(this, '__wbg_ptr', { value: pointer, writable: true, enumerable: true, configurable: true });
      const entry = pointer === 0 ? undefined : records.get(inspect.call(this, RECORD));
      if (entry === undefined) return;
      entry.handle = new WeakRef(this);
      entry.inspect = inspect;
      entry.className = prototype.constructor.name;
      handles.set(this, entry);
      collected.register(this, entry.id, this);
    },
  });
}

/**
 * Forgets an object that was freed or consumed.
 * @param {object} handle
 */
function forget(handle) {
  const entry = handles.get(handle);
  if (entry === undefined) return;
  handles.delete(handle);
  records.delete(entry.id);
  collected.unregister(handle);
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
  const id = last += 1;
  records.set(id, {
    id, snapshot: read(address, length), log: NONE, words: NO_WORDS, length: 0, worth: worthOf(length), entries: 0, due: false, before: undefined,
    took: 0, cost: 0, asked: 0, cut: undefined,
    handle: undefined, inspect: () => 0, className: '', pointer: 0, epoch: 0, instance: undefined, missed: undefined, compared: -Infinity,
  });
  return id;
}

/** @param {number} id */
function recordOf(id) {
  const entry = records.get(id);
  if (entry === undefined) throw new Error('the object has no record');
  return entry;
}

/**
 * Appends a call that has ended to the journal; answers what became of it. Rust imports this
 * without `catch`.
 * @param {number} id
 * @param {number} address of its entry
 * @param {number} length whole words
 * @param {number} every a snapshot is due after so many calls; zero: by size and time
 * @param {number} took microseconds, of the call and of those before that were not timed
 */
export function append(id, address, length, every, took) {
  try {
    const entry = records.get(id);
    // The handle was consumed, and Rust has the object for a while: it needs no record.
    if (entry === undefined) return APPENDED;
    // A call on top of a state that the record lacks can't be replayed.
    if (entry.missed !== undefined) return NOT_APPENDED;
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
    entry.length = end;
    entry.entries += 1;
    if (took !== 0) {
      entry.took += took / 1000;
      // Then any length is due.
      if (entry.took > Math.max(LONG, entry.cost * TIMES)) entry.worth = 0;
    }
    if (every === 0 ? end <= entry.worth : entry.entries < every) return APPENDED;
    entry.due = true;
    entry.asked = clock();
    return DUE;
  } catch {
    // The host has no memory for it; a snapshot may be smaller.
    return NOT_APPENDED;
  }
}

/**
 * @param {Entry} entry
 * @param {number} length
 */
function extend(entry, length) {
  const log = new Uint8Array(Math.max(256, Math.ceil(length / 4) * 4, entry.log.length * 2));
  log.set(entry.log.subarray(0, entry.length));
  entry.log = log;
  entry.words = new Uint32Array(log.buffer);
}

/**
 * Replaces the record of an object by a snapshot of its present state.
 * @param {number} id
 * @param {number} address
 * @param {number} length
 */
export function snapshot(id, address, length) {
  const entry = records.get(id);
  if (entry === undefined) return;
  const { before, log, words } = entry;
  const worth = worthOf(length);
  // If the old snapshot and its journal lead here, they are compared with it when the object is revived.
  const compared = entry.due && entry.took <= COMPARABLE && entry.length <= worth * 2;
  entry.before = compared ? { snapshot: entry.snapshot, log, words, length: entry.length } : undefined;
  if (entry.due) entry.cost = clock() - entry.asked;
  const spare = compared ? before : entry;
  // What a large argument took is given back.
  const kept = spare !== undefined && spare.log.length <= worth * 2;
  [entry.log, entry.words] = kept ? [spare.log, spare.words] : [NONE, NO_WORDS];
  entry.due = false;
  entry.cut = undefined;
  entry.missed = undefined;
  entry.snapshot = read(address, length);
  entry.worth = worth;
  entry.length = 0;
  entry.entries = 0;
  entry.took = 0;
}

/**
 * The present state of an object can't be serialized.
 * @param {number} id
 * @param {boolean} complete whether the journal leads to it all the same
 * @param {unknown} reason
 */
export function missed(id, complete, reason) {
  const entry = records.get(id);
  if (entry === undefined) return;
  entry.due = false;
  if (entry.cut !== undefined) entry.cut = 'never';
  if (!complete) entry.missed = reason;
}

/**
 * A part of a record.
 * @param {number} id
 * @param {number} part
 */
export function bytes(id, part) {
  const entry = recordOf(id);
  if (entry.missed !== undefined) throw entry.missed;
  if (part === SNAPSHOT) return entry.snapshot;
  entry.asked = clock();
  if (part === JOURNAL) return entry.log.subarray(0, entry.length);
  if (entry.before === undefined) return NONE;
  return part === SNAPSHOT_BEFORE ? entry.before.snapshot : entry.before.log.subarray(0, entry.before.length);
}

/**
 * The parts of a record that are not empty, a bit for each.
 * @param {number} id
 */
export function parts(id) {
  const entry = records.get(id);
  if (entry === undefined) return 0;
  const before = entry.before === undefined || entry.missed !== undefined ? 0 : (1 << SNAPSHOT_BEFORE) | (1 << JOURNAL_BEFORE);
  return (1 << SNAPSHOT) | (entry.length === 0 ? 0 : 1 << JOURNAL) | before;
}

/**
 * The journal was replayed. Answers whether a snapshot is to replace it: it took long, or the
 * clock stands still and can't tell. Rust imports this without `catch`.
 * @param {number} id
 */
export function replayed(id) {
  const entry = records.get(id);
  if (entry === undefined || entry.cut === 'never') return false;
  const took = clock() - entry.asked;
  const cut = !(took > 0 && took < SHORT);
  entry.cut = cut ? 'begun' : undefined;
  return cut;
}

/**
 * The journal of an object that is being revived does not lead to its snapshot.
 * @param {number} id
 */
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
 * Revives every object in a new instance. Answers null if one ended the instance; that one is
 * lost.
 * @param {number} instance number, as handles have it
 */
function revive(instance) {
  [view, viewedWords] = [NONE, NO_WORDS];
  let count = 0;
  const now = Date.now();
  for (const entry of [...records.values()]) {
    const handle = entry.handle?.deref();
    if (handle === undefined) {
      records.delete(entry.id);
      continue;
    }
    if (now - entry.compared < COMPARED) entry.before = undefined;
    if (entry.before !== undefined) entry.compared = now;
    try {
      const pointer = entry.inspect.call(NOBODY, REVIVE, entry.id);
      handle.__wbg_ptr = pointer;
      handle.__wbg_inst = instance;
      entry.pointer = pointer;
      entry.epoch = instance;
      entry.instance = links?.instance;
      count += 1;
      // A divergence is reported once.
      entry.before = undefined;
    } catch (reason) {
      if (entry.cut === 'begun' && links?.instance.dead) {
        // Only the snapshot failed, which is not needed.
        entry.cut = 'never';
        return null;
      }
      lost.push({ class: entry.className, reason });
      forget(handle);
      if (links?.instance.dead) return null;
    }
  }
  const result = { revived: count, lost, diverged: [...divergent] };
  lost = [];
  divergent = new Set();
  return result;
}
