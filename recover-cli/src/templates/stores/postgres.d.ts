import type { DurableStore, DurableStored } from '../STEM.js';

/** What has one session with a server: a connected `Client` of the npm package `pg`, or another that does the same. */
export interface PostgresClient {
  /**
   * Runs one statement; in `values` are numbers, strings and `Uint8Array`s, and columns of `bytea` come as `Uint8Array`s.
   * An error of the server has its SQLSTATE as `code` and its `severity`; of any other, as `query_timeout` of `pg` gives, nothing is
   * known, and without `on` it means that the connection was lost.
   */
  query(text: string, values?: unknown[]): Promise<{ rows: any[]; rowCount: number | null }>;
  /** Tells of a connection that ends; without, it is noticed at the next write. */
  on?(event: 'error' | 'end', listener: (cause?: Error) => void): unknown;
}

export interface PostgresStoreOptions {
  /** The schema that the tables are in, made if it isn't there: `recover`. */
  schema?: string;
  /**
   * Milliseconds that `open` waits for the lease, if another session has it: 1,000. The session of a process that was killed ends a moment
   * later, and would be in the way of the next process.
   */
  wait?: number;
}

/**
 * Keeps durable objects in PostgreSQL, 11 or newer. The client is for this store alone, with no transaction of yours open,
 * and not behind a pooler that changes sessions between transactions.
 *
 * The lease is an advisory lock of the session. The server frees it when the connection ends: soon after the process
 * was killed, and when TCP gives up (`tcp_keepalives_idle`) if the machine vanished. Each write checks in the same statement
 * that nobody has taken the object since. When the connection is lost, open objects are: give a store with a new client.
 */
export class PostgresStore implements DurableStore {
  constructor(client: PostgresClient, options?: PostgresStoreOptions);
  open(name: string): Promise<DurableStored>;
}
