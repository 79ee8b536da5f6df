import type { AbortReport, LostObject, PanicLocation, RestartLimit } from './types';

/** An error class of errors.js, before anybody sees it. */
export type RecoverError = Error & { export: string | undefined };

/** What the panic hook said of a panic that ends the instance. */
export interface LastPanic {
  message: string;
  location: PanicLocation | undefined;
  /** The task that was polled. */
  task: number | undefined;
  /** What ran out, with its two figures. */
  exhausted: [kind: number, first: number, second: number] | undefined;
}

/** How an instance ended. */
export interface Death {
  /** What its callers get. */
  error: unknown;
  cause: unknown;
  panic: LastPanic | undefined;
  export: string;
  epoch: number;
  memoryBytes: number;
  memory: Uint8Array | undefined;
  /** Whether listeners know. */
  reported: boolean;
}

/** What became of the objects that persist. */
export interface Revival {
  revived: number;
  lost: LostObject[];
  diverged: string[];
}

/** What the glue of a package by `cargo recover` gives. */
export interface Glue {
  /** The exports of the instance that there is now. */
  wasm(): any;
  /** What an export threw, taken out of its wrapping. */
  unwrap(thrown: unknown, name: string, dead: boolean): unknown;
  /** Makes the next instance and starts it; missing where the target can't. */
  reset?(): void;
  /** The number of the instance, as handles have it. */
  id?(): number;
  module?(): WebAssembly.Module;
  imports?(): WebAssembly.Imports;
}

/** What `instance.js` does for `recovery`. */
export interface Lifecycle {
  readonly epoch: number;
  readonly restarts: number;
  readonly revives: boolean;
  limit: RestartLimit;
  restart(): Promise<void>;
  onAbort(listener: (report: AbortReport) => void, options?: { memory?: boolean }): () => void;
}

/** What the host's modules are to each other. Only host.js imports another, errors.js; the rest gets this from Rust. */
export interface Links {
  /** The instance that there is now. */
  readonly instance: { dead: boolean };
  /** Where the package is by `cargo recover`. */
  gate: Lifecycle | undefined;
  /** What errors say of the instance. */
  readonly facts: { memory: WebAssembly.Memory | undefined; maximum: number; ownFrames: number; revives: boolean };
  /** Where the flags of guard.rs are; zero until Rust says so. */
  flags: number;
  /** There is another instance, with this memory. */
  renew(memory: WebAssembly.Memory): void;
  /** A text in the module's data. */
  textAt(address: number, length: number): string;
  /** An error that has no caller. */
  report(error: unknown): void;
  /** The error of a handle that is of no use any more; it counts. */
  stale(className: string, epoch?: number): Error;
  /** The error of what was under way when the instance died. */
  aborted(cause: unknown, message?: string): RecoverError;
  /** So many of them, for those whose promises waited. */
  abortedTasks(cause: unknown, count: number): RecoverError[];
  /** The error of a panic that the instance died of. */
  fatal(panic: LastPanic, trap: unknown): RecoverError;
  /** The error of a call after too many restarts. */
  limited(limit: RestartLimit): Error;
  outOfMemory(requested: number, limit: number): Error;
  /** Asks an object; `objects.js` knows how. */
  inspect(control: string, object: object, ask: number): any;
  /** A task has ended; `objects.js` may have calls that wait. */
  ended(): void;
  /** The instance died of `cause`; `tasks.js` settles what was under way, `task` by the error. */
  abandonTasks(error: unknown, cause: unknown, task: number | undefined): void;
  memory(): WebAssembly.Memory | undefined;
  /** Has a class that persists tell of its handles. */
  track(prototype: object, inspect: Function): void;
  /** An object is freed, or given up. */
  forget(handle: object): void;
  importError(message: string, className: string): Error;
  /** Brings the objects that persist into a fresh instance; null if it died of one. */
  revive(instance: number): Revival | null;
}
