/**
 * Where durable objects are kept: what `open` of a class takes. An adapter is dumb: bytes are opaque to it, and it says
 * when they are durable. What they mean, that they are whole, and their order is not its affair.
 *
 * An error that a store or what it opened rejects with becomes the `cause` of a `StoreError`. Two properties of it are read:
 * `code`: if it is `'E_LEASE'`, somebody else writes, and the caller gets a `LeaseError`; `nothingWritten`: if it is `true`,
 * the store knows that nothing of what was to be written is there, nor will be, and the call may be made again.
 */
export interface DurableStore {
  /**
   * Takes the lease of an object, so that nobody else writes it; rejects with an error of the code `'E_LEASE'` if somebody
   * has it. A name is any string, the empty one and one of half a surrogate pair included; two names are never one object.
   * If it is called twice at once for one name, one call gets it.
   */
  open(name: string): DurableStored | PromiseLike<DurableStored>;
}

/** An object in a store, for who has its lease. Of its methods but `close` one is under way at a time. */
export interface DurableStored {
  /**
   * All that is there, in any order, and nothing that was dropped and is gone. It is called first, and once. Reading
   * may find what a crash tore: pieces that are cut or wrong, or that are missing while later ones are there.
   */
  read(): DurableContents | PromiseLike<DurableContents>;
  /**
   * Puts a chunk behind the others; it is durable when this is fulfilled. `at` is one more than that of the chunk before, or as
   * much as that of the snapshot that was written last. No number is used twice: behind what a crash tore, the next is higher
   * than any that `read` gave.
   */
  append(at: number, bytes: Uint8Array): void | PromiseLike<void>;
  /** Writes the state before chunk `at`, likewise durable. What is there is left as it is; one of the same number is replaced, whole. */
  snapshot(at: number, bytes: Uint8Array): void | PromiseLike<void>;
  /** Chunks and snapshots with a lower number are not needed any more. They may go later, those with the lowest numbers first. */
  drop(before: number): void | PromiseLike<void>;
  /**
   * Gives the lease up. Nothing else is called from then on. It may be called twice. When it is fulfilled, nothing of what failed or
   * was under way can be written any more: what is opened next, and read, is all that there is.
   */
  close(): void | PromiseLike<void>;
  /**
   * Whether a write is there as a whole or not at all, whatever crashes, as in a database. A piece that is damaged was so
   * by something else then, and is refused; without, the last one is taken for one that a crash tore.
   */
  readonly isWhole?: boolean;
  /** Fulfilled, with whatever is known of it, when the lease was lost; never, if it is not. */
  readonly lost?: PromiseLike<unknown>;
}

/** A chunk or a snapshot. */
export interface DurablePiece {
  at: number;
  bytes: Uint8Array;
}

/** What a store has of an object. */
export interface DurableContents {
  snapshots: DurablePiece[];
  chunks: DurablePiece[];
}
