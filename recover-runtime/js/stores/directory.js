// @ts-check
// Keeps durable objects in a directory: for each a folder, in it a file for each snapshot, and segments to which chunks are
// appended, synced one by one (one sync for a chunk; a file for each chunk would need two). Each owner makes a lease
// file with the next number, in which it says which process it is; the highest number has the lease, and is never
// removed but by a higher one. What chunks mean, and what becomes of torn ones, is not known here, and nothing of the
// package is imported.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { constants, link, mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve as absolute } from 'node:path';

/** @typedef {import('../stores').DurableStore} DurableStore */
/** @typedef {import('../stores').DurableStored} DurableStored */
/** @typedef {import('../stores').DurablePiece} DurablePiece */

/** In front of each chunk in a segment: this word, the length, `at`, and a check of the three. */
const MAGIC = Buffer.from([0x72, 0xc5, 0x76, 0x0a]);
const HEADER = 20;

/** How a segment is opened. Linux syncs in the write itself, which spares a turn of the pool; elsewhere that is less than a sync. */
const WRITE = process.platform === 'linux' ? constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY | constants.O_DSYNC : 'w';

/** @param {string} message */
const leaseError = (message) => Object.assign(new Error(message), { name: 'LeaseError', code: 'E_LEASE' });

/** @param {unknown} error */
const codeOf = (error) => /** @type {{ code?: string }} */ (error)?.code;

/** @param {string} prefix @param {number} number @param {string} [suffix] */
const named = (prefix, number, suffix = '') => `${prefix}-${String(number).padStart(16, '0')}${suffix}`;
/** The names with this prefix, their numbers and the epochs of their owners, lowest first. @param {string[]} files @param {string} prefix */
const numbered = (files, prefix) => files.filter((file) => file.startsWith(`${prefix}-`) && /^\d{16}/.test(file.slice(prefix.length + 1)))
  .map((file) => ({ file, number: Number(file.slice(prefix.length + 1, prefix.length + 17)), epoch: Number(/^-(\d+)/.exec(file.slice(prefix.length + 17))?.[1] ?? 0) }))
  .sort((one, other) => one.number - other.number || one.epoch - other.epoch);

/** A name of a folder for any string, the same on file systems that know no case; a long one is cut, with its hash. @param {string} name */
function folderOf(name) {
  const safe = name.replaceAll(/[^a-z0-9-]/g, (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (safe.length <= 200) return `o-${safe}`;
  return `h-${safe.slice(0, 100)}-${createHash('sha256').update(safe).digest('hex')}`;
}

/** Makes its entries durable. @param {string} path */
async function syncDirectory(path) {
  // Windows can't, and needs no such thing.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a directory's name durable, and those above it, which may have been made just now, or by somebody who was killed before
 * they were synced.
 * @param {string} path @param {string} [made] the highest one that was made just now
 */
async function syncAbove(path, made) {
  for (let [lower, upper] = [path, dirname(path)]; upper !== lower; [lower, upper] = [upper, dirname(upper)]) {
    try {
      await syncDirectory(upper);
    } catch (error) {
      // What is not ours to read was there before.
      if (made !== undefined && lower.length >= made.length) throw error;
    }
  }
}

/**
 * What is in a segment, when it is on the disk: who was killed inside a write has left bytes that are read, and that go if the
 * power does.
 * @param {string} path
 */
async function readSynced(path) {
  // Windows syncs only what may be written to.
  const handle = await open(path, 'r+');
  try {
    const bytes = await handle.readFile();
    await handle.sync();
    return bytes;
  } finally {
    await handle.close();
  }
}

/** @param {string} path @param {Uint8Array} bytes */
async function writeSynced(path, bytes) {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @param {string} path */
function text(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * When a process began, in ticks since the machine did; empty where that can't be seen, and of one that has ended and that its
 * parent has not looked at.
 * @param {number} pid
 */
function startOf(pid) {
  const fields = text(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return fields[0] === 'Z' ? '' : fields[19] ?? '';
}

/** Where process numbers mean the same: the machine, its run, and the space of its container. */
function place() {
  let space = '';
  try {
    space = readlinkSync('/proc/self/ns/pid');
  } catch {
    // No Linux.
  }
  return { host: hostname(), boot: text('/proc/sys/kernel/random/boot_id'), space };
}

/** @typedef {{ pid: number, start: string, host: string, boot: string, space: string, id: string }} Owner */

/**
 * Who has a lease; nobody, if it was given up. It is whole before it has its name, and not synced: what is torn is of a machine
 * that has lost its power, and its owner is dead.
 * @param {string} said @returns {Owner | undefined}
 */
function ownerOf(said) {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}

/** Leases of this process that nobody has any more, and that could not be given up: by their owners' identities. @type {Set<string>} */
const left = new Set();

/** Whether the owner lives: a dead one is known to be, `unknown` is one that can't be looked at from here. @param {Owner} owner @returns {boolean | 'unknown'} */
function lives(owner) {
  const here = place();
  if (owner.boot !== here.boot) return owner.host === here.host ? false : 'unknown';
  if (owner.space !== here.space || (owner.boot === '' && owner.host !== here.host)) return 'unknown';
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  return startOf(owner.pid) === owner.start;
}

/** @implements {DurableStore} */
export class DirectoryStore {
  #path;
  #takeOver;
  /** The directory has its name, for good. @type {Promise<void> | undefined} */
  #ready;

  /** @param {string} path @param {{ takeOver?: boolean }} [options] */
  constructor(path, options = {}) {
    const { takeOver = false, ...others } = options;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new TypeError(`DirectoryStore has no option '${unknown}': leave it out, or use 'takeOver'`);
    if (typeof path !== 'string' || path === '') throw new TypeError('DirectoryStore needs the path of a directory, which it makes if it is not there');
    if (typeof takeOver !== 'boolean') throw new TypeError("DirectoryStore: 'takeOver' must be true or false");
    this.#path = absolute(path);
    this.#takeOver = takeOver;
  }

  /** @param {string} name @returns {Promise<DurableStored>} */
  async open(name) {
    if (typeof name !== 'string') throw new TypeError(`the name of a durable object is a string, not ${typeof name}`);
    const folder = join(this.#path, folderOf(name));
    const made = await mkdir(folder, { recursive: true });
    await syncDirectory(this.#path);
    if (made !== undefined && made.length < folder.length) this.#ready = undefined;
    await (this.#ready ??= syncAbove(this.#path, made).catch((error) => {
      this.#ready = undefined;
      throw error;
    }));
    const owner = { pid: process.pid, start: startOf(process.pid), ...place(), id: randomUUID() };
    try {
      return new Directory(folder, await this.#lease(folder, name, owner), owner.id);
    } catch (error) {
      // The lease may have been made.
      if (codeOf(error) !== 'E_LEASE') left.add(owner.id);
      throw error;
    }
  }

  /** Makes the lease file with the next number, which is returned. @param {string} folder @param {string} name @param {Owner} owner */
  async #lease(folder, name, owner) {
    const own = join(folder, `own-${owner.id}`);
    await writeFile(own, JSON.stringify(owner));
    try {
      for (;;) {
        const files = await readdir(folder);
        const highest = numbered(files, 'lease').at(-1);
        // Of an owner whose lease was removed by hand, its segments tell.
        const number = Math.max(highest?.number ?? 0, ...numbered(files, 'chunks').map(({ epoch }) => epoch)) + 1;
        if (highest !== undefined) {
          /** @type {Owner | undefined} */
          let before;
          try {
            before = ownerOf(await readFile(join(folder, highest.file), 'utf8'));
          } catch (error) {
            // A higher one has just been made.
            if (codeOf(error) === 'ENOENT') continue;
            throw error;
          }
          const alive = before !== undefined && !left.has(before.id) && lives(before);
          if (alive === true) throw leaseError(`'${name}' is open in process ${before?.pid}: close it there, or end that process (its lease: ${join(folder, highest.file)})`);
          if (alive === 'unknown' && !this.#takeOver) {
            throw leaseError(`'${name}' was opened on ${before?.host}, of which nothing can be seen from here: if it has ended, remove ${join(folder, highest.file)}, or use 'takeOver'`);
          }
        }
        const file = join(folder, named('lease', number));
        try {
          await link(own, file);
        } catch (error) {
          if (codeOf(error) === 'EEXIST') continue;
          throw error;
        }
        const all = numbered(await readdir(folder), 'lease');
        if (all.at(-1)?.number === number) {
          for (const lower of all.slice(0, -1)) await rm(join(folder, lower.file), { force: true });
          return number;
        }
        // The look at the highest was too old.
        await rm(file, { force: true });
      }
    } finally {
      await rm(own, { force: true });
    }
  }
}

/** @implements {DurableStored} */
class Directory {
  #folder;
  #epoch;
  #id;
  /** Of the lease file, so that another one of this number is not taken for it. */
  #identity;
  /** @type {import('node:fs/promises').FileHandle | undefined} */
  #segment;
  /** Where the segment ends. */
  #length = 0;
  /** The method that writes, or did. @type {Promise<void> | undefined} */
  #under;
  /** @type {Error | undefined} */
  #ended;
  /** @type {(reason: unknown) => void} */
  #lose = () => {};
  /** @type {Promise<unknown>} */
  lost = new Promise((resolve) => { this.#lose = resolve; });

  /** @param {string} folder @param {number} epoch @param {string} id of the owner */
  constructor(folder, epoch, id) {
    this.#folder = folder;
    this.#epoch = epoch;
    this.#id = id;
    this.#identity = this.#look();
  }

  #look() {
    const stat = statSync(join(this.#folder, named('lease', this.#epoch)), { bigint: true, throwIfNoEntry: false });
    return stat && `${stat.ino} ${stat.mtimeNs}`;
  }

  #check() {
    if (this.#ended !== undefined) throw this.#ended;
    const next = join(this.#folder, named('lease', this.#epoch + 1));
    if (this.#look() === this.#identity && statSync(next, { throwIfNoEntry: false }) === undefined) return;
    this.#ended = leaseError(`the lease ${join(this.#folder, named('lease', this.#epoch))} was taken by another owner`);
    this.#lose(this.#ended);
    throw this.#ended;
  }

  async read() {
    this.#check();
    const files = await readdir(this.#folder);
    // Of a snapshot that was never whole.
    for (const file of files.filter((each) => each.startsWith('tmp-'))) await rm(join(this.#folder, file), { force: true });
    const snapshots = numbered(files, 'snapshot').map(async ({ file, number }) => ({ at: number, bytes: await readFile(join(this.#folder, file)) }));
    const segments = numbered(files, 'chunks').map(async ({ file, number, epoch }) => ({ epoch, pieces: piecesOf(await readSynced(join(this.#folder, file)), number) }));
    // A former owner that was slow may have written after the next one had read: no answer told of that.
    /** @type {Map<number, { epoch: number, piece: DurablePiece }>} */
    const chunks = new Map();
    // Together: one that fails while another is awaited would be a rejection that nobody handles, which ends a program of Node.
    const read = await Promise.all([Promise.all(snapshots), Promise.all(segments)]);
    for (const { epoch, pieces } of read[1]) {
      for (const piece of pieces) if (epoch >= (chunks.get(piece.at)?.epoch ?? 0)) chunks.set(piece.at, { epoch, piece });
    }
    const found = { snapshots: read[0], chunks: [...chunks.values()].map(({ piece }) => piece) };
    await syncDirectory(this.#folder);
    return found;
  }

  /** A method that writes, which `close` waits for. @param {() => Promise<void>} run */
  #write(run) {
    const under = run();
    this.#under = under.catch(() => {});
    return under;
  }

  /** @param {number} at @param {Uint8Array} bytes */
  append(at, bytes) { return this.#write(() => this.#append(at, bytes)); }
  /** @param {number} at @param {Uint8Array} bytes */
  snapshot(at, bytes) { return this.#write(() => this.#snapshot(at, bytes)); }
  /** @param {number} before */
  drop(before) { return this.#write(() => this.#drop(before)); }

  /** @param {number} at @param {Uint8Array} bytes */
  async #append(at, bytes) {
    this.#check();
    const made = this.#segment === undefined;
    this.#segment ??= await open(join(this.#folder, named('chunks', at, `-${this.#epoch}`)), WRITE);
    const { bytesWritten } = await this.#segment.writev([headerOf(at, bytes.length), bytes], this.#length);
    if (bytesWritten !== HEADER + bytes.length) throw new Error(`only ${bytesWritten} bytes of ${HEADER + bytes.length} were written`);
    this.#length += bytesWritten;
    if (WRITE === 'w') await this.#segment.datasync();
    if (made) await syncDirectory(this.#folder);
    this.#check();
  }

  /** @param {number} at @param {Uint8Array} bytes */
  async #snapshot(at, bytes) {
    this.#check();
    const path = join(this.#folder, named('tmp', at, `-${this.#epoch}`));
    await writeSynced(path, bytes);
    this.#check();
    await rename(path, join(this.#folder, named('snapshot', at)));
    await syncDirectory(this.#folder);
    // The next chunk begins another segment, so that this one can go as a whole.
    await this.#segment?.close();
    this.#segment = undefined;
    this.#length = 0;
    this.#check();
  }

  /** @param {number} before */
  async #drop(before) {
    this.#check();
    const files = await readdir(this.#folder);
    const segments = numbered(files, 'chunks');
    // A segment ends where the next one of its owner or of a later one begins.
    const old = segments.filter(({ epoch }, index) => segments.slice(index + 1).some((next) => next.number <= before && next.epoch >= epoch));
    for (const { file } of [...old, ...numbered(files, 'snapshot').filter(({ number }) => number < before)]) await rm(join(this.#folder, file), { force: true });
  }

  async close() {
    const ended = this.#ended;
    this.#ended ??= new Error(`${this.#folder} is closed`);
    // It may have the segment still to open.
    await this.#under;
    const segment = this.#segment;
    this.#segment = undefined;
    try {
      await segment?.close();
    } finally {
      if (ended === undefined) await this.#giveUp();
    }
  }

  async #giveUp() {
    try {
      if (this.#look() !== this.#identity) return;
      // Empty, it is free, and the next one is higher.
      await writeFile(join(this.#folder, named('lease', this.#epoch)), '');
    } catch (error) {
      left.add(this.#id);
      throw error;
    }
  }
}

/** @param {number} at @param {number} length */
function headerOf(at, length) {
  const header = Buffer.alloc(HEADER);
  MAGIC.copy(header);
  header.writeUInt32LE(length, 4);
  header.writeDoubleLE(at, 8);
  header.writeUInt32LE(checkOf(header), 16);
  return header;
}

/** FNV-1a of what stands before the check. @param {Uint8Array} header */
function checkOf(header) {
  let hash = 0x811c9dc5;
  for (const byte of header.subarray(0, 16)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * The chunks of a segment. What is torn is a piece as well, under the number that it must have had; behind it, whatever has
 * a whole header.
 * @param {Buffer} bytes @param {number} first the number of the first one
 */
function piecesOf(bytes, first) {
  /** @type {DurablePiece[]} */
  const pieces = [];
  for (let start = 0, at = first; start < bytes.length; at += 1) {
    const header = bytes.subarray(start, start + HEADER);
    let end = bytes.length;
    if (header.length === HEADER && header.indexOf(MAGIC) === 0 && header.readUInt32LE(16) === checkOf(header)) {
      at = header.readDoubleLE(8);
      end = Math.min(end, start + HEADER + header.readUInt32LE(4));
      pieces.push({ at, bytes: bytes.subarray(start + HEADER, end) });
    } else {
      const next = bytes.indexOf(MAGIC, start + 1);
      if (next !== -1) end = next;
      if (pieces.at(-1)?.at !== at) pieces.push({ at, bytes: bytes.subarray(start, end) });
    }
    start = end;
  }
  return pieces;
}
