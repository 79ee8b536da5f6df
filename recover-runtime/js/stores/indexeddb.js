// @ts-check
// Keeps durable objects in IndexedDB. Transactions are asked to be on disk when they complete. A Web Lock is the lease: the
// browser frees it when the tab ends, however it ends; an epoch that every write checks keeps out a tab whose lock was
// stolen. What bytes mean is not known here. It imports nothing.

/** @typedef {import('../stores').DurableStore} DurableStore */
/** @typedef {import('../stores').DurableStored} DurableStored */

/** @param {string} message */
const leaseError = (message) => Object.assign(new Error(message), { name: 'LeaseError', code: 'E_LEASE' });

const STORES = /** @type {const} */ (['leases', 'snapshots', 'chunks']);

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const result = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** @param {string} name @returns {Promise<IDBDatabase>} */
function openDatabase(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const store of STORES) request.result.createObjectStore(store);
  };
  return result(request);
}

/** @implements {DurableStore} */
export class IndexedDbStore {
  #database;
  #wait;

  /** @param {{ database?: string, wait?: boolean }} [options] */
  constructor(options = {}) {
    const { database = 'recover', wait = false, ...others } = options;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new TypeError(`IndexedDbStore has no option '${unknown}': leave it out, or use 'database' or 'wait'`);
    if (typeof database !== 'string') throw new TypeError("IndexedDbStore: 'database' must be the name of a database, a string");
    if (typeof wait !== 'boolean') throw new TypeError("IndexedDbStore: 'wait' must be true or false");
    this.#database = database;
    this.#wait = wait;
  }

  /** @param {string} name @returns {Promise<DurableStored>} */
  async open(name) {
    if (typeof name !== 'string') throw new TypeError(`the name of a durable object is a string, not ${typeof name}`);
    if (navigator.locks === undefined) throw new Error('this page has no Web Locks, which one writer needs: serve it by https, or from localhost');
    /** @type {(reason?: unknown) => void} */
    let lose = () => {};
    const lost = new Promise((resolve) => { lose = resolve; });
    const release = await this.#lock(name, (why) => lose(why));
    try {
      const database = await openDatabase(this.#database);
      try {
        const stored = new Stored(database, name, release, lost);
        lost.then((why) => stored.end(/** @type {Error} */ (why)));
        // The database was deleted, or the site's data were.
        database.onclose = () => lose(leaseError(`the browser closed the database '${this.#database}'`));
        database.onversionchange = () => lose(leaseError(`the database '${this.#database}' is being deleted, or upgraded by another program`));
        await stored.begin();
        return stored;
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      await release();
      throw error;
    }
  }

  /**
   * Waits for the lock and returns what frees it, and waits until it is free.
   * @param {string} name @param {(why: Error) => void} lose @returns {Promise<() => Promise<unknown>>}
   */
  #lock(name, lose) {
    return new Promise((resolve, reject) => {
      // A name of a lock must not begin with `-`.
      const request = navigator.locks.request(`recover ${JSON.stringify([this.#database, name])}`, { ifAvailable: !this.#wait }, (lock) => {
        if (lock === null) {
          reject(leaseError(`'${name}' is open in another tab, or twice in this one: close it there, or use 'wait'`));
          return undefined;
        }
        return new Promise((free) => {
          resolve(() => {
            free(undefined);
            return request.catch(() => {});
          });
        });
      });
      request.catch((cause) => {
        reject(cause);
        lose(leaseError(`the lock of '${name}' was stolen`));
      });
    });
  }
}

/** @implements {DurableStored} */
class Stored {
  #database;
  #name;
  #release;
  #epoch = 0;
  /** @type {Error | undefined} */
  #ended;
  lost;

  /** @param {IDBDatabase} database @param {string} name @param {() => Promise<unknown>} release @param {Promise<unknown>} lost */
  constructor(database, name, release, lost) {
    this.#database = database;
    this.#name = name;
    this.#release = release;
    this.lost = lost;
  }

  /** Takes the next epoch. */
  begin() {
    return this.#write([], ({ leases }, epoch) => { leases.put(this.#epoch = epoch + 1, this.#name); }, false);
  }

  /** @param {Error} why @returns {Promise<unknown>} fulfilled when the lock is free */
  async end(why) {
    if (this.#ended === undefined) {
      this.#ended = why;
      this.#database.close();
    }
    return this.#release();
  }

  async read() {
    this.#check();
    const transaction = this.#database.transaction(STORES.slice(1), 'readonly');
    const range = this.#range(Infinity);
    const list = async (/** @type {string} */ name) => {
      const store = transaction.objectStore(name);
      const [keys, values] = await Promise.all([result(store.getAllKeys(range)), result(store.getAll(range))]);
      return keys.map((key, index) => ({ at: /** @type {[string, number]} */ (key)[1], bytes: /** @type {Uint8Array} */ (values[index]) }));
    };
    const [snapshots, chunks] = await Promise.all([list('snapshots'), list('chunks')]);
    return { snapshots, chunks };
  }

  /** @param {number} at @param {Uint8Array} bytes */
  append(at, bytes) {
    return this.#write(['chunks'], ({ chunks }) => { chunks.put(own(bytes), [this.#name, at]); });
  }

  /** @param {number} at @param {Uint8Array} bytes */
  snapshot(at, bytes) {
    return this.#write(['snapshots'], ({ snapshots }) => { snapshots.put(own(bytes), [this.#name, at]); });
  }

  /** @param {number} before */
  drop(before) {
    return this.#write(['snapshots', 'chunks'], ({ snapshots, chunks }) => {
      for (const store of [snapshots, chunks]) store.delete(this.#range(before));
    });
  }

  async close() {
    await this.end(new Error(`'${this.#name}' is closed`));
  }

  #check() {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** The pieces of this object below a number. @param {number} before */
  #range(before) {
    return IDBKeyRange.bound([this.#name, -Infinity], [this.#name, before], false, true);
  }

  /**
   * Writes in one transaction with the look at the epoch.
   * @param {('snapshots' | 'chunks')[]} names @param {(stores: Record<typeof STORES[number], IDBObjectStore>, epoch: number) => void} write
   * @param {boolean} [fenced] unless the epoch is our own, nothing is written
   */
  async #write(names, write, fenced = true) {
    this.#check();
    const transaction = this.#database.transaction(['leases', ...names], 'readwrite', { durability: 'strict' });
    const stores = /** @type {Record<typeof STORES[number], IDBObjectStore>} */ (Object.fromEntries(['leases', ...names].map((name) => [name, transaction.objectStore(name)])));
    /** @type {unknown} */
    let cause;
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      // What was aborted has left nothing.
      transaction.onabort = () => reject(Object.assign(new Error('the transaction was aborted', { cause: cause ?? transaction.error }), { nothingWritten: true }));
      const request = stores.leases.get(this.#name);
      request.onsuccess = () => {
        try {
          const epoch = /** @type {number | undefined} */ (request.result) ?? 0;
          if (fenced && epoch !== this.#epoch) this.end(leaseError(`the lease of '${this.#name}' was taken by another tab`));
          this.#check();
          write(stores, epoch);
        } catch (error) {
          cause = error;
          transaction.abort();
        }
      };
    }).catch((error) => {
      // A database that was closed under it aborts as well.
      throw this.#ended ?? error;
    });
  }
}

/** Bytes with a buffer of their own: IndexedDB keeps the whole one. @param {Uint8Array} bytes */
const own = (bytes) => (bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice());
