import type { RecoverError } from './types'; declare module './types' { interface RecoverErrorKinds { upgrade: unknown } }

/** How an upgrade is made. */
export interface UpgradeOptions {
  /** Milliseconds that asynchronous calls under way may take to end: 5,000. What is not done by then rejects with a retryable `InstanceAbortedError`. */
  wait?: number;
}

/** What became of it. */
export interface UpgradeReport {
  /** The id of the build that goes on. */
  build: string | undefined;
  /** The id of the build before. */
  previous: string | undefined;
  /** The number of the instance that there is now. */
  epoch: number;
  /** Objects that persist: each is in the new instance, under the handle that it had. */
  revived: number;
  /** Objects that ended with the old instance, since their class does not persist. */
  stale: number;
  /** Asynchronous calls that were not done in time. */
  rejected: number;
  /** Milliseconds that were waited for asynchronous calls. */
  waited: number;
  /** Milliseconds in which no call could be made. */
  duration: number;
}

/** The upgrade was not made: the old module goes on, with all objects that persist. `cause` is why. */
export class UpgradeError extends RecoverError {
  private constructor();
  readonly name: 'UpgradeError';
  readonly code: 'E_UPGRADE';
  readonly kind: 'upgrade';
  readonly fatal: false;
  readonly retryable: false;
  /** The Rust class of the object whose state could not be written, or that the new code refused. */
  readonly class: string | undefined;
  readonly cause: unknown;
}

export interface RecoverErrorKinds {
  upgrade: unknown;
}

/** What packages with the feature `durable` of recover-runtime have more. */
export interface Recovery {
  /**
   * Goes on in other code: a module of another build, whose exports and imports are those of this one. Asynchronous calls
   * under way may end (`wait`); those that begin meanwhile wait, in their order; synchronous ones are made in the old code.
   * Then every object that persists comes into an instance of the new module, under its handle. If that module can't be
   * instantiated, ends when it starts or refuses an object, the old one goes on, and the promise rejects with an `UpgradeError`.
   */
  upgrade(module: WebAssembly.Module | BufferSource | Response | Request | URL | string | Promise<WebAssembly.Module | BufferSource | Response>, options?: UpgradeOptions): Promise<UpgradeReport>;
}
