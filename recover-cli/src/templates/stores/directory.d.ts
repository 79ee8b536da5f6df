import type { DurableStore, DurableStored } from '../STEM.js';

export interface DirectoryStoreOptions {
  /**
   * Whether the lease is taken of an owner that nothing can be seen of from here: one on another machine, or in
   * another container. Say so where there is never more than one of yours. An owner that is seen to live keeps its lease.
   */
  takeOver?: boolean;
}

/**
 * Keeps durable objects in a directory, which is made if it isn't there: a folder for each, in Node, Deno or Bun. Files and their
 * directories are synced before a call is answered; what a killed process may have left unsynced, when the next one opens it.
 *
 * The lease is a file that names the process. One that has ended, killed or not, loses it at once: that is seen by its
 * number and, on Linux, by the time at which it began. Elsewhere a process that happens to have the number of a dead one
 * keeps its lease; the error names the file to remove then. The file system must have hard links.
 */
export class DirectoryStore implements DurableStore {
  constructor(path: string, options?: DirectoryStoreOptions);
  open(name: string): Promise<DurableStored>;
}
