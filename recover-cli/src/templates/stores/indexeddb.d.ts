import type { DurableStore, DurableStored } from '../STEM.js';

export interface IndexedDbStoreOptions {
  /** The name of the database, which only this uses: `recover`. */
  database?: string;
  /** Whether `open` waits while another tab has the object, where it would be refused. */
  wait?: boolean;
}

/**
 * Keeps durable objects in IndexedDB, of a page or a worker; a write is on disk when it is answered (`durability: 'strict'`).
 *
 * The lease is a Web Lock: of two tabs one gets it, and the browser frees it when the tab is closed or crashes. Web Locks
 * are there in secure contexts: https, and localhost. A browser may delete the data of a site that was not used for long;
 * `navigator.storage.persist()` asks it not to.
 */
export class IndexedDbStore implements DurableStore {
  constructor(options?: IndexedDbStoreOptions);
  open(name: string): Promise<DurableStored>;
}
