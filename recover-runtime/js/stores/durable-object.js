// @ts-check
// Keeps durable objects in the storage of a Cloudflare Durable Object: by SQL where the class has SQLite, else by keys and
// values. Nothing waits for a write: the output gate of the platform holds every answer until what was written
// before it is durable. The platform runs one instance, which is the lease. What bytes mean is not known here. It
// imports nothing.

/** @typedef {import('../stores').DurableStore} DurableStore */
/** @typedef {import('../stores').DurableStored} DurableStored */
/** @typedef {import('../stores').DurablePiece} DurablePiece */
/** @typedef {'chunk' | 'snapshot'} Kind */
/**
 * What an object is written by, parts of pieces in it.
 * @typedef {object} Backend
 * @property {number} part the longest part
 * @property {(kind: Kind, at: number, parts: Uint8Array[]) => void} put
 * @property {() => { kind: Kind, at: number, part: number, bytes: Uint8Array }[] | Promise<{ kind: Kind, at: number, part: number, bytes: Uint8Array }[]>} all
 * @property {(before: number) => unknown} drop
 */

/** @param {string} message */
const leaseError = (message) => Object.assign(new Error(message), { name: 'LeaseError', code: 'E_LEASE' });

/** The names that are open, of each storage. @type {WeakMap<object, Set<string>>} */
const opened = new WeakMap();

/** @implements {DurableStore} */
export class DurableObjectStore {
  #storage;
  #api;

  /** @param {any} storage `ctx.storage` @param {{ api?: 'sql' | 'kv' }} [options] */
  constructor(storage, options = {}) {
    const { api = hasSql(storage) ? 'sql' : 'kv', ...others } = options;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new TypeError(`DurableObjectStore has no option '${unknown}': leave it out, or use 'api'`);
    if (typeof storage?.put !== 'function') throw new TypeError('DurableObjectStore needs the storage of a Durable Object: new DurableObjectStore(ctx.storage)');
    if (api !== 'sql' && api !== 'kv') throw new TypeError("DurableObjectStore: 'api' must be 'sql' or 'kv'");
    if (api === 'sql' && !hasSql(storage)) throw new TypeError("DurableObjectStore: this class has no SQLite: name it in 'new_sqlite_classes' of a migration, or leave 'api' out");
    this.#storage = storage;
    this.#api = api;
  }

  /** @param {string} name @returns {Promise<DurableStored>} */
  async open(name) {
    if (typeof name !== 'string') throw new TypeError(`the name of a durable object is a string, not ${typeof name}`);
    const names = opened.get(this.#storage) ?? new Set();
    opened.set(this.#storage, names);
    if (names.has(name)) throw leaseError(`'${name}' is open already in this Durable Object: close it first`);
    names.add(name);
    /** @type {Error | undefined} */
    let ended;
    let closed = false;
    /** @type {(why: Error) => void} */
    let lose = () => {};
    const lost = new Promise((resolve) => { lose = resolve; });
    try {
      const backend = this.#api === 'sql' ? bySql(this.#storage, name) : await byKeys(this.#storage, name, (why) => lose(ended = why));
      const check = () => {
        if (ended !== undefined) throw ended;
      };
      /** @param {Kind} kind @param {number} at @param {Uint8Array} bytes */
      const write = (kind, at, bytes) => {
        check();
        const parts = [];
        for (let start = 0; start === 0 || start < bytes.length; start += backend.part) parts.push(bytes.slice(start, start + backend.part));
        backend.put(kind, at, parts);
      };
      return {
        async read() {
          check();
          const all = await backend.all();
          return { chunks: joined(all.filter(({ kind }) => kind === 'chunk')), snapshots: joined(all.filter(({ kind }) => kind === 'snapshot')) };
        },
        append: (at, bytes) => write('chunk', at, bytes),
        snapshot: (at, bytes) => write('snapshot', at, bytes),
        drop(before) {
          check();
          backend.drop(before);
        },
        close() {
          if (!closed) names.delete(name);
          closed = true;
          ended ??= new Error(`'${name}' is closed`);
        },
        isWhole: true,
        lost,
      };
    } catch (error) {
      names.delete(name);
      throw error;
    }
  }
}

/** A class without SQLite has `sql` as well, which throws when it is used. @param {any} storage */
function hasSql(storage) {
  try {
    return storage.sql.exec('SELECT 1 AS one').one().one === 1;
  } catch {
    return false;
  }
}

/** Pieces of their parts, which are in order. @param {{ at: number, bytes: Uint8Array }[]} parts @returns {DurablePiece[]} */
function joined(parts) {
  /** @type {Map<number, Uint8Array[]>} */
  const pieces = new Map();
  for (const { at, bytes } of parts) {
    const before = pieces.get(at);
    if (before === undefined) pieces.set(at, [bytes]);
    else before.push(bytes);
  }
  return [...pieces].map(([at, list]) => {
    const bytes = new Uint8Array(list.reduce((length, part) => length + part.length, 0));
    let start = 0;
    for (const part of list) {
      bytes.set(part, start);
      start += part.length;
    }
    return { at, bytes };
  });
}

/** A row holds 2 MB. @param {any} storage @param {string} name @returns {Backend} */
function bySql(storage, name) {
  const { sql } = storage;
  // JSON has an escape for what SQLite's text can't hold: NUL, and halves of surrogate pairs.
  const key = JSON.stringify(name).slice(1, -1);
  sql.exec('CREATE TABLE IF NOT EXISTS recover_pieces (name TEXT, kind TEXT, at INTEGER, part INTEGER, bytes BLOB, PRIMARY KEY (name, kind, at, part))');
  return {
    part: 1 << 20,
    put: (kind, at, parts) => storage.transactionSync(() => {
      if (kind === 'snapshot') sql.exec('DELETE FROM recover_pieces WHERE name = ? AND kind = ? AND at = ?', key, kind, at);
      for (const [part, bytes] of parts.entries()) sql.exec('INSERT INTO recover_pieces VALUES (?, ?, ?, ?, ?)', key, kind, at, part, bytes);
    }),
    all: () => [...sql.exec('SELECT kind, at, part, bytes FROM recover_pieces WHERE name = ? ORDER BY at, part', key)]
      .map((/** @type {any} */ row) => ({ ...row, bytes: new Uint8Array(row.bytes) })),
    drop: (before) => sql.exec('DELETE FROM recover_pieces WHERE name = ? AND at < ?', key, before),
  };
}

/** Who looks for the number of a name in each storage, one behind the other; with the highest that was given. @type {WeakMap<object, Promise<number>>} */
const numbers = new WeakMap();

/** What the keys of an object begin with. @param {number} id */
const prefixOf = (id) => `recover:${id}:`;

/**
 * The number of a name. The program may have deleted all since another one was asked for, so it is read each time; what is
 * open meanwhile keeps its number.
 * @param {any} storage @param {string} name @param {(written: Promise<unknown>) => void} watch @returns {Promise<number>}
 */
async function numberOf(storage, name, watch) {
  const before = numbers.get(storage) ?? Promise.resolve(-1);
  const turn = before.then(async (highest) => {
    /** @type {Map<string, number>} */
    const names = await storage.get('recover:names') ?? new Map();
    const known = names.get(name);
    let id = known ?? Math.max(highest, ...names.values()) + 1;
    // What was open when all was deleted may have written since.
    while (known === undefined && (await storage.list({ prefix: prefixOf(id), limit: 1, noCache: true })).size !== 0) id += 1;
    if (known === undefined) watch(storage.put('recover:names', names.set(name, id)));
    return { id, highest: Math.max(highest, id) };
  });
  numbers.set(storage, turn.then(({ highest }) => highest, () => before));
  return (await turn).id;
}

/** A value holds 128 KiB, and one call 128 of them. @param {any} storage @param {string} name @param {(why: Error) => void} lose @returns {Promise<Backend>} */
async function byKeys(storage, name, lose) {
  /** The gate resets the object of itself. @param {Promise<unknown>} written */
  const watch = (written) => void written.catch((cause) => lose(Object.assign(new Error('the storage failed'), { cause })));
  // Any string is a name, and a key is short.
  const prefix = prefixOf(await numberOf(storage, name, watch));
  /** How many parts each piece has. @type {Map<string, number>} */
  const counts = new Map();
  const pad = (/** @type {number} */ at) => String(at).padStart(16, '0');
  const keyOf = (/** @type {string} */ piece, /** @type {number} */ part) => `${prefix}${piece}:${String(part).padStart(6, '0')}`;
  /** @param {string} piece @param {number} from */
  const remove = (piece, from) => {
    const keys = Array.from({ length: (counts.get(piece) ?? 0) - from }, (_, index) => keyOf(piece, from + index));
    for (let start = 0; start < keys.length; start += LIMIT) watch(storage.delete(keys.slice(start, start + LIMIT)));
  };
  return {
    part: 120 << 10,
    put(kind, at, parts) {
      const piece = `${pad(at)}:${kind}`;
      if (parts.length < (counts.get(piece) ?? 0)) remove(piece, parts.length);
      counts.set(piece, parts.length);
      const entries = parts.map((bytes, part) => /** @type {const} */ ([keyOf(piece, part), bytes]));
      // What is put without a wait in between is written as one.
      for (let start = 0; start < entries.length; start += LIMIT) watch(storage.put(Object.fromEntries(entries.slice(start, start + LIMIT)), { noCache: true }));
    },
    async all() {
      const found = await storage.list({ prefix, noCache: true });
      return [...found].map(([key, bytes]) => {
        const [at = '', kind = '', part = ''] = key.slice(prefix.length).split(':');
        counts.set(`${at}:${kind}`, Number(part) + 1);
        return { kind, at: Number(at), part: Number(part), bytes };
      });
    },
    drop(before) {
      for (const piece of counts.keys()) {
        if (Number(piece.slice(0, 16)) >= before) continue;
        remove(piece, 0);
        counts.delete(piece);
      }
    },
  };
}

/** How many keys one call takes. */
const LIMIT = 128;
