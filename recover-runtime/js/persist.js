// @ts-check
// The host side of objects that persist: a record of each, from which it is rolled back
// after a panic and revived in the next instance. It imports nothing; what it needs of
// host.js Rust hands over (`keep`).

/** @type {import('./links').Links | undefined} */
let links;

/**
 * @typedef {{ snapshot: Uint8Array, log: Uint8Array, length: number }} Generation
 * @typedef {Generation & {
 *   id: number, entries: number, due: boolean, before: Generation | undefined,
 *   handle: WeakRef<any> | undefined, inspect: Function, className: string,
 *   missed: unknown,
 * }} Entry what there is of an object: a snapshot, and the calls since; or why they are
 *   behind it
 */

/** By their number. @type {Map<number, Entry>} */
const records = new Map();
/** The record of a handle. @type {WeakMap<object, Entry>} */
const handles = new WeakMap();
/** What Rust asks for by `reviving`. */
let current = 0;
let last = 0;
/** What could not be revived since the instance died. @type {import('./types').LostObject[]} */
let lost = [];
/** @type {Set<string>} */
let divergent = new Set();

/** What `__recover` does, as in object.rs. */
const RECORD = 8, REVIVE = 9, EXPORT = 10, RELEASE = 11;
/** Parts of a record, as in record.rs. */
const SNAPSHOT = 0, JOURNAL = 1, SNAPSHOT_BEFORE = 2;
/** Journals this long in bytes are worth a snapshot, and as long as this many snapshots. */
const WORTH = 65_536, SNAPSHOTS = 2;

const NONE = new Uint8Array(0);

/** Handles that were collected, whose value Rust still has. */
const collected = new FinalizationRegistry((/** @type {number} */ id) => { records.delete(id); });
/** Those that were revived: the glue's own registry knows the pointer of before. */
const revived = new FinalizationRegistry((/** @type {{ inspect: Function, shell: object, instance: object }} */ held) => {
  if (held.instance !== links?.instance || links.instance.dead) return;
  try {
    held.inspect.call(held.shell, RELEASE);
  } catch (error) {
    links.report(error);
  }
});

/** @param {import('./links').Links} host */
export function keep(host) {
  links = host;
  host.track = track;
  host.forget = forget;
  host.revive = revive;
  host.exported = (object, inspect) => {
    given = undefined;
    return inspect.call(object, EXPORT) === 0 ? undefined : given;
  };
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
  revived.unregister(handle);
}

let view = NONE;

/**
 * Bytes of the module's.
 * @param {number} address
 * @param {number} length
 */
function read(address, length) {
  // Growing detaches.
  if (view.length === 0) view = new Uint8Array(links?.memory()?.buffer ?? NONE.buffer);
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
    id, snapshot: read(address, length), log: NONE, length: 0, entries: 0, due: false, before: undefined,
    handle: undefined, inspect: () => 0, className: '', missed: undefined,
  });
  return id;
}

/** @param {number} id */
function recordOf(id) {
  const entry = records.get(id);
  if (entry === undefined) throw new Error('there is no record of the object');
  return entry;
}

/**
 * A call has ended; whether a snapshot is due.
 * @param {number} id
 * @param {number} address of its entry
 * @param {number} length
 * @param {number} every calls, or zero
 */
export function append(id, address, length, every) {
  const entry = records.get(id);
  // The handle is gone, and Rust has the object for a while: nobody will ask.
  if (entry === undefined) return false;
  // On top of what the record lacks no call leads anywhere.
  if (entry.missed !== undefined) return true;
  const end = entry.length + length;
  if (end > entry.log.length) {
    const log = new Uint8Array(Math.max(256, end, entry.log.length * 2));
    log.set(entry.log.subarray(0, entry.length));
    entry.log = log;
  }
  if (view.length === 0) view = new Uint8Array(links?.memory()?.buffer ?? NONE.buffer);
  if (length > 64) {
    entry.log.set(view.subarray(address, address + length), entry.length);
  } else {
    const { log } = entry;
    for (let from = address, to = entry.length; to < end; from += 1, to += 1) log[to] = /** @type {number} */ (view[from]);
  }
  entry.length = end;
  entry.entries += 1;
  entry.due = every === 0 ? end > Math.max(WORTH, entry.snapshot.length * SNAPSHOTS) : entry.entries >= every;
  return entry.due;
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
  entry.before = entry.due ? { snapshot: entry.snapshot, log: entry.log, length: entry.length } : undefined;
  if (entry.due) entry.log = NONE;
  entry.due = false;
  entry.missed = undefined;
  entry.snapshot = read(address, length);
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

/** The record that is revived. */
export function reviving() {
  return current;
}

/** The journal of the record that is revived does not lead to its snapshot. */
export function diverged() {
  divergent.add(recordOf(current).className);
}

/** @type {Uint8Array | undefined} */
let given;

/**
 * The present state of an object.
 * @param {number} address
 * @param {number} length
 */
export function exported(address, length) {
  given = read(address, length);
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
    throw new TypeError(`${className}.import() takes a Uint8Array, and the buffer of this one was transferred`);
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
  view = NONE;
  let count = 0;
  for (const entry of [...records.values()]) {
    const handle = entry.handle?.deref();
    if (handle === undefined) {
      records.delete(entry.id);
      continue;
    }
    current = entry.id;
    try {
      const pointer = entry.inspect.call({ __wbg_ptr: 0 }, REVIVE);
      handle.__wbg_ptr = pointer;
      handle.__wbg_inst = instance;
      revived.unregister(handle);
      revived.register(handle, { inspect: entry.inspect, shell: { __wbg_ptr: pointer, __wbg_inst: instance }, instance: /** @type {any} */ (links).instance }, handle);
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
