// @ts-check
// The host side of objects that persist: a record of each, from which it is rolled back
// after a panic and revived in the next instance. It imports nothing; what it needs of
// host.js Rust hands over (`keep`).

/** @type {import('./links').Links | undefined} */
let links;

/**
 * @typedef {{ snapshot: Uint8Array, log: Uint8Array, length: number }} Generation
 * @typedef {Generation & {
 *   id: number, words: Uint32Array, worth: number, entries: number, due: boolean, before: Generation | undefined,
 *   handle: WeakRef<any> | undefined, inspect: Function, className: string,
 *   missed: unknown, compared: number, pointer: number, epoch: number, instance: { dead: boolean } | undefined,
 * }} Entry what there is of an object: a snapshot, and the calls since; or why they are
 *   behind it
 */

/** By their number. @type {Map<number, Entry>} */
const records = new Map();
/** The record of a handle. @type {WeakMap<object, Entry>} */
const handles = new WeakMap();
let last = 0;
/** What could not be revived since the instance died. @type {import('./types').LostObject[]} */
let lost = [];
/** Whom a class is asked by that is to make an object. */
const NOBODY = { __wbg_ptr: 0 };
/** @type {Set<string>} */
let divergent = new Set();

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What became of a call: in the journal; so, and a snapshot is due; not. */
const APPENDED = 0, DUE = 1, NOT_APPENDED = 2;
/** The factor of an entry's checksum. */
const ODD = 2135587861;
/** What the host asks of an object through the hidden method of its class. */
const RECORD = 8, REVIVE = 9, RELEASE = 10;
/** Parts of a record. */
const SNAPSHOT = 0, JOURNAL = 1, SNAPSHOT_BEFORE = 2, JOURNAL_BEFORE = 3;
// </shared>
/** Journals this long in bytes are worth a snapshot, and as long as this many snapshots. */
const WORTH = 65_536, SNAPSHOTS = 4;
/** Milliseconds within which the journal of an object is compared with its snapshot once. */
const COMPARED = 1000;
/** @param {number} snapshot its length */
const worthOf = (snapshot) => Math.max(WORTH, snapshot * SNAPSHOTS);

const NONE = new Uint8Array(0);
const NO_WORDS = new Uint32Array(0);

/** The number of a handle that was collected. Where it was revived its value is released, too: the glue's own registry knows the pointer of before. */
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
  // This instance has a memory of its own.
  [view, viewedWords] = [NONE, NO_WORDS];
  host.track = track;
  host.forget = forget;
  host.revive = revive;
}

/**
 * Has a class tell of its handles.
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
 * The object is freed, or given up.
 * @param {object} handle
 */
function forget(handle) {
  const entry = handles.get(handle);
  if (entry === undefined) return;
  handles.delete(handle);
  records.delete(entry.id);
  collected.unregister(handle);
}

let view = NONE;
/** Both are of the module's memory. */
let viewedWords = NO_WORDS;

/** Growing detaches. */
function look() {
  const buffer = links?.memory()?.buffer ?? NONE.buffer;
  view = new Uint8Array(buffer);
  viewedWords = new Uint32Array(buffer);
}

/**
 * Bytes of the module's.
 * @param {number} address
 * @param {number} length
 */
function read(address, length) {
  if (view.length === 0) look();
  return view.slice(address, address + length);
}

/**
 * An object gets a handle.
 * @param {number} address of its snapshot
 * @param {number} length
 */
export function record(address, length) {
  const id = last += 1;
  records.set(id, {
    id, snapshot: read(address, length), log: NONE, words: NO_WORDS, length: 0, worth: worthOf(length), entries: 0, due: false, before: undefined,
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
 * A call has ended: what became of it. Rust imports it without `catch`.
 * @param {number} id
 * @param {number} address of its entry
 * @param {number} length whole words
 * @param {number} every calls, or zero
 */
export function append(id, address, length, every) {
  try {
    const entry = records.get(id);
    // The handle is gone, and Rust has the object for a while: nobody will ask.
    if (entry === undefined) return APPENDED;
    // On top of what the record lacks no call leads anywhere.
    if (entry.missed !== undefined) return NOT_APPENDED;
    const end = entry.length + length;
    if (end > entry.log.length) extend(entry, end);
    if (view.length === 0) look();
    const { words } = entry;
    const begin = entry.length >>> 2;
    let sum = 0;
    let source = viewedWords;
    let from = address >>> 2;
    if ((address & 3) !== 0) {
      // An allocator of the user's may lay bytes anywhere.
      source = new Uint32Array(view.slice(address, address + length).buffer);
      from = 0;
    }
    for (let to = begin; to < end >>> 2; from += 1, to += 1) {
      const word = /** @type {number} */ (source[from]);
      words[to] = word;
      sum = Math.imul(sum ^ word, ODD);
      sum = (sum << 15) | (sum >>> 17);
    }
    words[begin + 1] = sum; // in the place of its mark
    entry.length = end;
    entry.entries += 1;
    entry.due = every === 0 ? end > entry.worth : entry.entries >= every;
    return entry.due ? DUE : APPENDED;
  } catch {
    // The host has no room for it; for a snapshot, perhaps.
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
 * The state as it is now, in place of what led to it.
 * @param {number} id
 * @param {number} address
 * @param {number} length
 */
export function snapshot(id, address, length) {
  const entry = records.get(id);
  if (entry === undefined) return;
  // Where calls alone led here they are compared with it when the object is revived.
  const spare = entry.before?.log ?? NONE;
  entry.before = entry.due ? { snapshot: entry.snapshot, log: entry.log, length: entry.length } : undefined;
  if (entry.due) {
    entry.log = spare;
    entry.words = new Uint32Array(spare.buffer);
  }
  entry.due = false;
  entry.missed = undefined;
  entry.snapshot = read(address, length);
  entry.worth = worthOf(length);
  entry.length = 0;
  entry.entries = 0;
}

/**
 * The state as it is now can't be written.
 * @param {number} id
 * @param {boolean} complete the calls lead there as well
 * @param {unknown} reason
 */
export function missed(id, complete, reason) {
  const entry = records.get(id);
  if (entry === undefined) return;
  entry.due = false;
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
  if (part === JOURNAL) return entry.log.subarray(0, entry.length);
  if (entry.before === undefined) return NONE;
  return part === SNAPSHOT_BEFORE ? entry.before.snapshot : entry.before.log.subarray(0, entry.before.length);
}

/**
 * Which parts of a record are there and not empty, a bit for each.
 * @param {number} id
 */
export function parts(id) {
  const entry = records.get(id);
  if (entry === undefined) return 0;
  const before = entry.before === undefined || entry.missed !== undefined ? 0 : (1 << SNAPSHOT_BEFORE) | (1 << JOURNAL_BEFORE);
  return (1 << SNAPSHOT) | (entry.length === 0 ? 0 : 1 << JOURNAL) | before;
}

/**
 * The journal of a record that is revived does not lead to its snapshot.
 * @param {number} id
 */
export function diverged(id) {
  divergent.add(recordOf(id).className);
}

/**
 * The bytes that an object is to be made of, wherever they come from.
 * @param {any} bytes
 * @param {string} className
 */
export function taken(bytes, className) {
  // Those of another realm are of another class.
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
 * Brings the objects into a fresh instance; null if it died of one, which is lost then.
 * @param {number} instance as handles have it
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
      // What was compared is told once.
      entry.before = undefined;
    } catch (reason) {
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
