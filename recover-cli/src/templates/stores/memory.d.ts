import type { DurableStore, DurableStored } from '../STEM.js';

/** A write that is under way. */
export interface MemoryWrite {
  /** Of the object. */
  name: string;
  op: 'append' | 'snapshot' | 'drop';
  /** The number of the piece; for `drop`, what all that goes is below. */
  at: number;
  /** A copy; empty for `drop`. */
  bytes: Uint8Array;
}

/**
 * A place at which a write can be stopped: `before` anything is there; `written`, where it is in the cache and a crash decides
 * what becomes of it; `synced`, where it is durable and nobody knows. A `drop` is synced with the next write behind it.
 */
export interface MemoryPoint extends MemoryWrite {
  when: 'before' | 'written' | 'synced';
}

export interface MemoryStoreOptions {
  /**
   * Called at each point, and waited for: a promise makes a write slow, one that never settles keeps it there, an error
   * makes it fail: `before` with nothing written, `written` with all of it gone again, `synced` with all of it there.
   */
  hook?: (point: MemoryPoint) => unknown;
}

/**
 * Keeps durable objects in memory, for tests: without a hook each write is durable at once. What was written outlives the
 * objects, and simulated crashes; not the process.
 */
export class MemoryStore implements DurableStore {
  constructor(options?: MemoryStoreOptions);
  open(name: string): DurableStored;
  /**
   * Crashes: whatever has an object open can't use it any more, and leases are free. `keep` says what becomes of each
   * write that was not synced: `true`, it is there; `false`, it isn't, as without `keep`; a number, so many of its bytes
   * are there, or for `drop` so many pieces are gone.
   */
  crash(keep?: (write: MemoryWrite) => boolean | number): void;
  /** Takes the lease from who has it. */
  take(name: string): void;
}
