import type { RecoverError } from './types'; declare module './types' { interface RecoverErrorKinds { store: unknown; lease: unknown } }

/** When a call is answered: when what it did is in the store, or at once. */
export type DurableAcknowledge = 'durable' | 'journaled';

/** How an object is opened. */
export interface DurableOptions<T> {
  /** Makes the object if the store has none of the name; without, `open` rejects then. */
  create?: () => T;
  /** When calls are answered, unless `with` says otherwise: `'durable'`. */
  acknowledge?: DurableAcknowledge;
  /** Bytes of the journal in the store behind which a snapshot is written: 65,536, and four snapshots, if that is more. */
  snapshotAfter?: number;
}

/** For one call, or for several. */
export interface DurableCallOptions {
  acknowledge?: DurableAcknowledge;
  /** What `recovery.idempotencyKey` is during the calls, in place of the one that is made: the caller's own, of a request. */
  key?: string;
}

/**
 * The methods and getters of an object that is in a store; each gives a promise of what that of the class gives.
 * What only Rust may do (`free`) is not among them.
 */
export type DurableCalls<T> = {
  readonly [K in keyof T as K extends 'free' | symbol ? never : K]:
    T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : Promise<Awaited<T[K]>>
};

/** What each object in a store has beside the methods of its class. */
export interface DurableControls<T> {
  /** The methods of the class and nothing else: for one whose name is that of a control. */
  readonly calls: DurableCalls<T>;
  /** Sets properties of the object, in the order of their names in `values`: as one call, if one setter fails with those before it set. */
  assign(values: Partial<T>): Promise<void>;
  /** The same object, whose calls have these options. */
  with(options: DurableCallOptions): Durable<T>;
  /**
   * Waits for the calls under way, writes a snapshot, and gives the lease up. Later calls reject. It rejects with the `StoreError` if
   * what was answered ahead of its write is not in the store.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /** How many calls there have been that changed the object, or asked for their key, as far as the answers tell. */
  readonly sequence: number;
  /** The name in the store. */
  readonly name: string;
}

/** An object that is in a store. */
export type Durable<T> = Omit<DurableCalls<T>, keyof DurableControls<unknown> | 'then'> & DurableControls<T>;

/** Kinds of errors. */
export interface RecoverErrorKinds {
  store: unknown;
  lease: unknown;
}

/**
 * The store failed: what the calls that wait for it did may be in it or not. The object goes on as the store has it, at its
 * next call. It is `retryable` only if the store says that nothing was written.
 */
export class StoreError extends RecoverError {
  protected constructor();
  readonly name: 'StoreError' | 'LeaseError';
  readonly code: 'E_STORE' | 'E_LEASE';
  readonly kind: 'store' | 'lease';
  readonly fatal: false;
  /** The Rust class of the object. */
  readonly class: string;
  /** The name of the object in the store. */
  readonly object: string;
  readonly cause: unknown;
}

/** Somebody else writes the object: it has the lease, or took it. Nothing is written from here after that. */
export class LeaseError extends StoreError {
  private constructor();
  readonly name: 'LeaseError';
  readonly code: 'E_LEASE';
  readonly kind: 'lease';
}

/** What packages with the feature `durable` of recover-runtime have more. */
export interface Recovery {
  /**
   * The present state of an object, with the journal that led to it where there is one, which is quicker than a new
   * snapshot. `import` of the class takes both kinds of bytes.
   */
  export(object: object, options: { journal?: boolean }): Uint8Array;
  /**
   * Of the call of a durable object that is under way, as long as its synchronous part runs: the same call, made again by the same
   * caller after a crash that lost it, has the same. Undefined elsewhere, and in `jspi` methods.
   */
  readonly idempotencyKey: string | undefined;
}
