// @ts-check
// Keeps durable objects in PostgreSQL, by a client that the program gives and that has one session: `Client` of the npm package
// `pg`, or what has its `query`. The lease is an advisory lock of the session, which the server frees when the
// connection ends; an epoch, which each write checks in its own statement, keeps out a former owner. What bytes mean is not
// known here. It imports nothing.

/** @typedef {import('../stores').DurableStore} DurableStore */
/** @typedef {import('../stores').DurableStored} DurableStored */
/**
 * @typedef {object} PostgresClient
 * @property {(text: string, values?: unknown[]) => Promise<{ rows: any[], rowCount: number | null }>} query
 * @property {(event: 'error' | 'end', listener: (cause?: Error) => void) => unknown} [on]
 */

/** @param {string} message */
const leaseError = (message) => Object.assign(new Error(message), { name: 'LeaseError', code: 'E_LEASE' });

/**
 * What each client has: a session may take its own lock again. Locks are those of an object that the session may have; one of
 * which the server's answer was not heard is freed with the next one.
 * @type {WeakMap<object, { open: Set<string>, locks: Map<string, number> }>}
 */
const sessions = new WeakMap();

/**
 * What an error says: by its code, since its text may be in any language. `undone` is the server's answer to a statement; behind `end`, it ends the
 * connection; of any other, nothing is known.
 * @param {unknown} error @returns {'undone' | 'end' | undefined}
 */
function meaningOf(error) {
  // `EPIPE` has five letters, too, and is of no server.
  const { code, severity } = /** @type {{ code?: unknown, severity?: unknown }} */ (error);
  if (typeof severity !== 'string' || typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || code.startsWith('XX')) return undefined;
  return /^(08|57P)/.test(code) ? 'end' : 'undone';
}

/** Milliseconds after which a lease that another session has is asked for again. */
const AGAIN = 50;

/** The lock of a row, which no other table's row has. */
const LOCK = '(tableoid::bigint << 32) | id';

/** @implements {DurableStore} */
export class PostgresStore {
  #client;
  #schema;
  #wait;
  /** @type {Promise<unknown> | undefined} */
  #ready;
  /** What hears of the end of the connection. @type {Set<(cause?: Error) => void>} */
  #listeners = new Set();

  /** @param {PostgresClient} client @param {{ schema?: string, wait?: number }} [options] */
  constructor(client, options = {}) {
    const { schema = 'recover', wait = 1000, ...others } = options;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new TypeError(`PostgresStore has no option '${unknown}': leave it out, or use 'schema' or 'wait'`);
    if (typeof client?.query !== 'function') throw new TypeError("PostgresStore needs a client with 'query(text, values)': a connected Client of 'pg'");
    if ('idleCount' in client) throw new TypeError("PostgresStore needs one session, not a pool: a connected Client of 'pg', or what 'pool.connect()' gives");
    if (typeof schema !== 'string' || !/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new TypeError("PostgresStore: 'schema' must be of small letters, digits and '_', and at most 63 of them");
    if (typeof wait !== 'number' || !(wait >= 0)) throw new TypeError("PostgresStore: 'wait' must be a number of milliseconds, at least 0");
    this.#client = client;
    this.#schema = schema;
    this.#wait = wait;
    for (const event of /** @type {const} */ (['error', 'end'])) {
      client.on?.(event, (cause) => {
        for (const listener of this.#listeners) listener(cause);
      });
    }
  }

  /** @param {string} name @returns {Promise<DurableStored>} */
  async open(name) {
    if (typeof name !== 'string') throw new TypeError(`the name of a durable object is a string, not ${typeof name}`);
    const client = this.#client;
    const schema = this.#schema;
    // JSON has an escape for what the server's text can't hold: NUL, and halves of surrogate pairs.
    const key = JSON.stringify(name).slice(1, -1);
    const session = sessions.get(client) ?? { open: new Set(), locks: new Map() };
    sessions.set(client, session);
    const own = `${schema}.${key}`;
    if (session.open.has(own)) throw leaseError(`'${name}' is open already by this client: close it first`);
    session.open.add(own);
    /** @type {Error | undefined} */
    let ended;
    let closed = false;
    /** @type {(why: Error) => void} */
    let lose = () => {};
    const lost = new Promise((resolve) => { lose = (why) => resolve(ended ??= why); });
    /** The client has said that there is no connection, and so no lock. */
    let isGone = false;
    /** @param {Error} [cause] */
    const disconnected = (cause) => lose(Object.assign(leaseError(`the connection that has the lease of '${name}' ended`), { cause }));
    /** @param {Error} [cause] */
    const gone = (cause) => {
      isGone = true;
      disconnected(cause);
    };
    /** @param {string} text @param {unknown[]} values */
    const query = async (text, values) => {
      if (ended !== undefined) throw ended;
      try {
        return await client.query(text, values);
      } catch (error) {
        const meaning = meaningOf(error);
        if (meaning === 'undone') throw Object.assign(/** @type {Error} */ (error), { nothingWritten: true });
        // A client that says when its connection ends has said so, or will; it may only have been tired of waiting.
        if (meaning === 'end' || client.on === undefined) disconnected(/** @type {Error} */ (error));
        throw ended ?? error;
      }
    };
    const forget = () => {
      session.open.delete(own);
      this.#listeners.delete(gone);
    };
    /** @type {(() => Promise<unknown>) | undefined} */
    let unlock;
    this.#listeners.add(gone);
    try {
      await (this.#ready ??= this.#prepare());
      const { rows: [{ id }] } = await query(`INSERT INTO ${schema}.objects (name, hash) VALUES ($1, sha256(convert_to($1, 'UTF8')))
        ON CONFLICT (hash) DO UPDATE SET name = excluded.name RETURNING id`, [key]);
      const count = (session.locks.get(own) ?? 0) + 1;
      session.locks.set(own, count);
      unlock = async () => {
        if (isGone) return;
        await client.query(`SELECT pg_advisory_unlock(${LOCK}) FROM ${schema}.objects, generate_series(1, $2::int) WHERE id = $1`, [id, count]);
        session.locks.delete(own);
      };
      const takes = async () => {
        const { rows: [{ locked }] } = await query(`SELECT pg_try_advisory_lock(${LOCK}) AS locked FROM ${schema}.objects WHERE id = $1`, [id]);
        return locked === true;
      };
      const until = performance.now() + this.#wait;
      let isTaken = await takes();
      // The session of a process that was killed ends when the server has noticed, and behind a statement that it is in.
      while (!isTaken && performance.now() < until) {
        await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
        isTaken = await takes();
      }
      if (!isTaken) {
        unlock = undefined;
        session.locks.delete(own);
        throw leaseError(`'${name}' is open in another session: close it there, or end that session`);
      }
      const { rows: [{ epoch }] } = await query(`UPDATE ${schema}.objects SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch::float8`, [id]);
      const lease = `lease AS (SELECT id FROM ${schema}.objects WHERE id = $1 AND epoch = $2 FOR SHARE)`;
      /** @param {'chunk' | 'snapshot'} kind @param {number} at @param {Uint8Array} bytes */
      const write = async (kind, at, bytes) => {
        const { rowCount } = await query(`WITH ${lease} INSERT INTO ${schema}.pieces SELECT id, $3, $4, $5 FROM lease
          ON CONFLICT (object, kind, at) DO UPDATE SET bytes = excluded.bytes`, [id, epoch, kind, at, bytes]);
        if (rowCount !== 0) return;
        const why = leaseError(`the lease of '${name}' was taken by another session`);
        lose(why);
        throw Object.assign(why, { nothingWritten: true });
      };
      return {
        async read() {
          const { rows } = await query(`SELECT kind, at::float8, bytes FROM ${schema}.pieces WHERE object = $1 ORDER BY at`, [id]);
          const list = (/** @type {string} */ kind) => rows.filter((row) => row.kind === kind).map(({ at, bytes }) => ({ at, bytes }));
          return { snapshots: list('snapshot'), chunks: list('chunk') };
        },
        append: (at, bytes) => write('chunk', at, bytes),
        snapshot: (at, bytes) => write('snapshot', at, bytes),
        async drop(before) {
          await query(`WITH ${lease} DELETE FROM ${schema}.pieces USING lease WHERE object = lease.id AND at < $3`, [id, epoch, before]);
        },
        close: async () => {
          if (closed) return;
          closed = true;
          const wasLost = ended !== undefined;
          ended ??= new Error(`'${name}' is closed`);
          try {
            await unlock?.();
          } catch (error) {
            // What was lost is not ours to give up.
            if (!wasLost && !isGone) throw error;
          } finally {
            forget();
          }
        },
        isWhole: true,
        lost,
      };
    } catch (error) {
      await unlock?.().catch(() => {});
      forget();
      throw error;
    }
  }

  /** The tables; and a session whose commits don't wait for the disk is told to. */
  async #prepare() {
    const schema = this.#schema;
    try {
      await this.#client.query("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'");
      const { rows: [{ there }] } = await this.#client.query('SELECT to_regclass($1) IS NOT NULL AS there', [`${schema}.pieces`]);
      if (there === true) return;
      // Two sessions that make them at once get in each other's way, whatever IF NOT EXISTS says.
      await this.#client.query(`DO $$ BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('recover ${schema}', 0));
        CREATE SCHEMA IF NOT EXISTS ${schema};
        CREATE TABLE IF NOT EXISTS ${schema}.objects (id serial PRIMARY KEY, name text NOT NULL, hash bytea NOT NULL UNIQUE, epoch bigint NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS ${schema}.pieces (object int NOT NULL REFERENCES ${schema}.objects, kind text NOT NULL, at bigint NOT NULL,
          bytes bytea NOT NULL, PRIMARY KEY (object, kind, at));
      END $$`);
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }
}
