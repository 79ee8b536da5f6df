import type { DurableStore, DurableStored } from '../STEM.js';

export interface DurableObjectStoreOptions {
  /** By which interface of the storage: SQL where the class has SQLite (`new_sqlite_classes`), else keys and values. */
  api?: 'sql' | 'kv';
}

/**
 * Keeps durable objects in the storage of a Cloudflare Durable Object: `new DurableObjectStore(ctx.storage)`. Nothing waits for
 * a write: the output gate of the platform holds answers and messages until what was written before is durable. The
 * platform runs one instance of a Durable Object, which is the lease.
 *
 * It has the table `recover_pieces`, or keys that begin with `recover:`; the rest of the storage is yours.
 */
export class DurableObjectStore implements DurableStore {
  /** Takes `ctx.storage`. */
  constructor(storage: object, options?: DurableObjectStoreOptions);
  open(name: string): Promise<DurableStored>;
}
