// @ts-check
// Keeps durable objects in a file of SQLite, by `node:sqlite`. The write-ahead log is synced at each commit. The lease
// is a row that names its owner, and every owner holds a lock on a file of its own for as long as its process lives:
// who finds the lock free knows that the owner is dead. What bytes mean is not known here, and nothing of the package
// is imported.
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { resolve as absolute } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** @typedef {import('../stores').DurableStore} DurableStore */
/** @typedef {import('../stores').DurableStored} DurableStored */

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS recover_leases (name TEXT PRIMARY KEY, owner TEXT, epoch INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS recover_pieces (
    name TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (name, kind, at));
`;
/** One statement, so that no write of a former owner gets in. */
const WRITE = `INSERT OR REPLACE INTO recover_pieces SELECT ?1, ?2, ?3, ?4
  WHERE EXISTS (SELECT 1 FROM recover_leases WHERE name = ?1 AND epoch = ?5)`;
const DROP = `DELETE FROM recover_pieces WHERE name = ?1 AND kind = ?2 AND at < ?3
  AND EXISTS (SELECT 1 FROM recover_leases WHERE name = ?1 AND epoch = ?4)`;

/** SQLite's codes of failures before anything is written: busy, read-only, full, too big. */
const UNWRITTEN = new Set([5, 8, 13, 18]);
const BUSY = 5;

/** @param {string} message */
const leaseError = (message) => Object.assign(new Error(message), { name: 'LeaseError', code: 'E_LEASE' });

/** @param {unknown} error */
const codeOf = (error) => Number(/** @type {{ errcode?: number }} */ (error)?.errcode) & 0xff;

/** @implements {DurableStore} */
export class NodeSqliteStore {
  #path;
  #timeout;
  /** @type {{ database: DatabaseSync, owner: string, lock: DatabaseSync } | undefined} */
  #opened;
  /** The names that are open by this store. @type {Set<string>} */
  #names = new Set();

  /** @param {string} path @param {{ timeout?: number }} [options] */
  constructor(path, options = {}) {
    const { timeout = 5000, ...others } = options;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new TypeError(`NodeSqliteStore has no option '${unknown}': leave it out, or use 'timeout'`);
    if (typeof path !== 'string' || path === '' || path === ':memory:') throw new TypeError('NodeSqliteStore needs the path of a file: what is in memory does not outlive the process');
    if (!Number.isInteger(timeout) || timeout < 0) throw new TypeError("NodeSqliteStore: 'timeout' must be a number of milliseconds, 0 or more");
    this.#path = absolute(path);
    this.#timeout = timeout;
  }

  /** @param {string} name @returns {DurableStored} */
  open(name) {
    if (typeof name !== 'string') throw new TypeError(`the name of a durable object is a string, not ${typeof name}`);
    // JSON has an escape for what SQLite's text can't hold: NUL, and halves of surrogate pairs.
    const key = JSON.stringify(name).slice(1, -1);
    if (this.#names.has(key)) throw leaseError(`'${name}' is open already in this process: close it first`);
    const { database, owner } = this.#opened ??= this.#start();
    let taken;
    try {
      taken = {
        writes: database.prepare(WRITE),
        drops: database.prepare(DROP),
        reads: database.prepare('SELECT at, bytes FROM recover_pieces WHERE name = ? AND kind = ? ORDER BY at'),
        epoch: this.#lease(database, owner, key, name),
      };
      this.#names.add(key);
    } finally {
      if (this.#names.size === 0) this.#stop();
    }
    const { writes, drops, reads, epoch } = taken;
    /** @type {(reason: unknown) => void} */
    let lose = () => {};
    const lost = new Promise((resolve) => { lose = resolve; });
    /** @type {Error | undefined} */
    let ended;
    let closed = false;
    const check = () => {
      if (ended !== undefined) throw ended;
    };
    /** @param {string} kind @param {number} at @param {Uint8Array} bytes */
    const write = (kind, at, bytes) => {
      check();
      /** @type {number | bigint} */
      let changes = 0;
      try {
        changes = writes.run(key, kind, at, bytes, epoch).changes;
      } catch (error) {
        throw UNWRITTEN.has(codeOf(error)) ? Object.assign(/** @type {Error} */ (error), { nothingWritten: true }) : error;
      }
      if (Number(changes) !== 0) return;
      lose(ended = leaseError(`the lease of '${name}' was taken by another owner`));
      throw Object.assign(ended, { nothingWritten: true });
    };
    const read = (/** @type {string} */ kind) => reads.all(key, kind).map(({ at, bytes }) => ({ at: Number(at), bytes: /** @type {Uint8Array} */ (bytes) }));
    return {
      read() {
        check();
        const found = { snapshots: read('snapshot'), chunks: read('chunk') };
        // Who is told that nothing is there makes a new object: a damaged file is not to say so.
        if (epoch > 1 && found.snapshots.length === 0 && found.chunks.length === 0) {
          const said = database.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
          if (said !== 'ok') throw new Error(`the file is damaged: ${said}`);
        }
        return found;
      },
      append: (at, bytes) => write('chunk', at, bytes),
      snapshot: (at, bytes) => write('snapshot', at, bytes),
      drop(before) {
        check();
        for (const kind of ['chunk', 'snapshot']) drops.run(key, kind, before, epoch);
      },
      close: () => {
        // The name may be that of who opened it since.
        if (closed) return;
        closed = true;
        ended ??= new Error(`'${name}' is closed`);
        this.#names.delete(key);
        try {
          database.prepare('UPDATE recover_leases SET owner = NULL WHERE name = ? AND epoch = ?').run(key, epoch);
        } finally {
          if (this.#names.size === 0) this.#stop();
        }
      },
      isWhole: true,
      lost,
    };
  }

  /** @returns {{ database: DatabaseSync, owner: string, lock: DatabaseSync }} */
  #start() {
    const database = new DatabaseSync(this.#path);
    const owner = randomUUID();
    /** @type {DatabaseSync | undefined} */
    let lock;
    try {
      database.exec(`PRAGMA busy_timeout = ${this.#timeout}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1;`);
      database.exec(SCHEMA);
      lock = new DatabaseSync(this.#lockOf(owner));
      // A lock is all that this file is for.
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return { database, owner, lock };
    } catch (error) {
      lock?.close();
      rmSync(this.#lockOf(owner), { force: true });
      database.close();
      throw error;
    }
  }

  /** @param {string} owner */
  #lockOf(owner) { return `${this.#path}-owner-${owner}`; }

  #stop() {
    if (this.#opened === undefined) return;
    const { database, owner, lock } = this.#opened;
    this.#opened = undefined;
    lock.close();
    rmSync(this.#lockOf(owner), { force: true });
    database.close();
  }

  /**
   * Takes it, in one transaction with the look at who has it.
   * @param {DatabaseSync} database @param {string} owner @param {string} key @param {string} name
   */
  #lease(database, owner, key, name) {
    database.exec('BEGIN IMMEDIATE');
    try {
      const row = database.prepare('SELECT owner FROM recover_leases WHERE name = ?').get(key);
      const other = row?.owner;
      // Our own, with no such name open, is of a close that failed.
      if (typeof other === 'string' && other !== owner && this.#lives(other)) throw leaseError(`'${name}' in ${this.#path} is open in another process: close it there, or end that process`);
      const taken = database.prepare(`INSERT INTO recover_leases VALUES (?, ?, 1)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, epoch = epoch + 1 RETURNING epoch`).get(key, owner);
      database.exec('COMMIT');
      return Number(taken?.epoch);
    } catch (error) {
      // SQLite may have done so already.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Whether a process holds the lock of this owner; the file of a dead one is removed. @param {string} owner */
  #lives(owner) {
    const path = this.#lockOf(owner);
    if (!existsSync(path)) return false;
    const lock = new DatabaseSync(path);
    try {
      lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      if (codeOf(error) === BUSY) return true;
      throw error;
    } finally {
      lock.close();
    }
    rmSync(path, { force: true });
    return false;
  }
}
