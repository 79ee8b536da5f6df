import type { DurableStore, DurableStored } from '../STEM.js';

export interface NodeSqliteStoreOptions {
  /** Milliseconds that a write waits for one of another process to the same file: 5,000. */
  timeout?: number;
}

/**
 * Keeps durable objects in one file of SQLite, by `node:sqlite` of Node 24. The write-ahead log is synced at each commit
 * (`synchronous=FULL`); a commit blocks the event loop for as long. Several processes may have the file, each with other objects.
 *
 * A process that has ended, killed or not, loses its leases at once: the operating system frees the lock that it held on
 * a file beside the database. Such locks don't work on every network file system.
 */
export class NodeSqliteStore implements DurableStore {
  constructor(path: string, options?: NodeSqliteStoreOptions);
  open(name: string): DurableStored;
}
