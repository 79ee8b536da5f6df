// What the host modules are to each other: one interface a module, and `Links`, the object
// that holds them all. What users import is typed in types.d.ts, not here.

import type { AbortReport, HeldObject, LostObject, PanicLocation, Recovery, ReportEvent, RestartLimit } from './types';

/** An error class of errors.js, before anybody sees it. */
export type RecoverError = Error & { export: string | undefined };

/** What the panic hook reported of a panic that ends the instance. */
export interface LastPanic {
  message: string;
  location: PanicLocation | undefined;
  /** The task that was being polled. */
  task: number | undefined;
  /** The number of its stack; zero if none was taken. */
  stack: number;
  /** Which resource ran out, with its two figures. */
  exhausted: [kind: number, first: number, second: number] | undefined;
}

/** How an instance ended. */
export interface InstanceEnd {
  /** What its callers get. */
  error: unknown;
  cause: unknown;
  panic: LastPanic | undefined;
  /** Whether the error was made where frames of the instance were on the stack. */
  inside: boolean;
  export: string;
  epoch: number;
  /** When, in milliseconds. */
  at: number;
  memoryBytes: number;
  memory: Uint8Array | undefined;
  objects: HeldObject[];
  /** Whether the instance had begun to serve calls, and one that somebody made ended it. */
  progress: boolean;
  /** Whether listeners have heard of it. */
  reported: boolean;
  /** The program asked for it, or for the next instance: no limit keeps it from that. */
  wanted: boolean;
}

/** What is known of an event beside its error. */
export interface EventDetails {
  /** Of the object that it is about. */
  className?: string;
  /** What led to it. */
  cause?: unknown;
  /** The wasm export that was called. */
  exported?: string;
  epoch?: number;
  memoryBytes?: number;
  memory?: Uint8Array | undefined;
}

/** Hears of what is reported. It throws nothing: Rust may be on the stack. */
export type EventSink = (event: ReportEvent, error: unknown, details?: EventDetails) => void;

/** What became of the objects that persist. */
export interface Revival {
  revived: number;
  lost: LostObject[];
  diverged: string[];
}

/** What the glue of a package that `cargo recover` built gives to instance.js. */
export interface Glue {
  /** The exports of the current instance. */
  wasm(): any;
  /** Sorts what an export threw, and answers what is to be thrown. */
  unwrap(thrown: unknown, name: string, dead: boolean): unknown;
  /** Bytes that the memory may have. */
  maximum: number;
  /** Makes the next instance and starts it; missing where the target can't. */
  reset?(): void;
  /** Lets go of the instance and its memory; missing likewise. */
  forget?(): void;
  /** The number of the instance, as handles have it. */
  id?(): number;
  /** The module that instances are made of: from now on of that one, if it is given. */
  module?(next?: WebAssembly.Module): WebAssembly.Module;
  /** Reads a file, where it is named by an address that `fetch` does not take everywhere. */
  fetch?(address: string | URL | Request): Promise<Response | BufferSource>;
  imports?(): WebAssembly.Imports;
  /** Whether `init` makes the first instance, so that calls may come before. */
  loads?: boolean;
  /** Whether the module has the instructions of exnref. */
  exnref?: boolean;
  /** The functions that the stack of a panic leaves out, as errors.js reads them. */
  own: string;
  /** What their frames are known by in a module with names. */
  ownNames?: RegExp;
}

/** errors.js: the errors, and who hears of them. */
export interface Errors {
  /** What errors need to know of the current instance. */
  readonly facts: {
    memory: WebAssembly.Memory | undefined; maximum: number; ownFrames: number; own: string; ownNames: RegExp | undefined; revives: boolean;
    poisoned: unknown; consumed: boolean; unrevived(): Error | undefined; exhausted(requested: number, limit: number): void; event: EventSink | undefined;
  };
  /** A text in the module's data. */
  textAt(address: number, length: number): string;
  /** Tells the listeners. */
  tell<T>(those: Set<(value: T) => void>, value: T): void;
  /** Reports an error that has no caller. */
  report(error: unknown): void;
  /** The error of a handle whose object is gone; it is counted. */
  staleError(className: string, epoch?: number, cause?: unknown, left?: boolean): Error;
  /** The error of an object of another class. */
  wrongClass(className: string): Error;
  /** The error of a call that was under way when the instance ended. */
  aborted(cause: unknown, message?: string): RecoverError;
  /** So many of them, for calls whose promises were pending. */
  abortedTasks(cause: unknown, count: number): RecoverError[];
  /** The error of a panic that ended the instance. */
  fatal(panic: LastPanic, trap: unknown): RecoverError;
  /** The error of a panic that wasm-bindgen caught; it is counted, and listeners hear of it. */
  panicked(payload: unknown): Error;
  /** The error of a call after the restart limit. */
  limited(limit: RestartLimit): Error;
  outOfMemory(requested: number, limit: number): Error;
  importError(message: string, className: string): Error;
  /** The error of what this engine can't do, or not here. */
  unsupported(message: string, cause?: unknown): Error;
  /** The error of a package without an instance; whether it is of a call that may succeed when it is loaded. */
  notLoaded(message: string, retryable: boolean, cause?: unknown): Error;
}

/** host.js: the current instance. */
export interface Host {
  readonly instance: { dead: boolean };
  /** The id of the build, as `cargo recover symbolicate` asks for it; undefined where the glue keeps no module. */
  build(): string | undefined;
  /** A number that no other report or capture has. */
  randomId(): string;
  /** Address of the runtime's flags; zero until Rust tells it. */
  flags: number;
  /** Address of the count of calls under way, in abort builds; zero elsewhere. */
  entered: number;
  /** There is another instance, with this memory, or none. */
  renew(memory: WebAssembly.Memory | undefined): void;
  /** Bytes in live allocations; zero if nobody counts them. */
  liveBytes(): number;
  memory(): WebAssembly.Memory | undefined;
}

/** objects.js: the classes. */
export interface Objects {
  /** The name that Rust gave to the class of an object or of a prototype, if it has one. */
  nameOf(object: unknown): string | undefined;
  /** Those who want to know when a class is patched, by its name. recover-worker has it answer requests. */
  onAdopt?: Map<string, (prototype: object) => void>;
  /** Asks an object, for a control of `recovery`. */
  inspect(control: string, object: object, ask: number): any;
  /** The value that a pointer led to is gone, since its handle was garbage-collected. */
  collected(pointer: number): void;
}

/** queues.js: the calls that wait in line. */
export interface Queues {
  /** A method whose calls wait while an object of the class answers `ask`; `place` is the index of its signal. */
  linedUp(call: Function, prototype: object, ask: number, place: string): Function;
  /** A task has ended; calls may wait for an object that it held. */
  ended(): void;
}

/** tasks.js: the promises of tasks. */
export interface Tasks {
  /** The instance ended by `cause`: rejects every pending promise, that of `task` with `error`. */
  abandonTasks(error: unknown, cause: unknown, task: number | undefined): void;
}

/** fibers.js: the calls with a stack of their own. */
export interface Fibers {
  /** The instance ended: no suspended stack of it goes on. */
  abandonFibers(): void;
}

/** records.js: the records of objects that persist. */
export interface Records {
  /** There is another instance, or none. */
  renewed(): void;
  /** Watches a class for new handles. */
  track(prototype: object, inspect: Function, className: string, slot: string, above: string[], state: number): void;
  /** The objects in the memory of the instance. */
  inMemory(): HeldObject[];
  /** Takes the pointer out of a handle that is freed or consumed, by the glue's `destroy`. */
  giveUp(object: object, destroy: Function, isConsumed: boolean): number;
  /** The next instance has started: objects come in when they are used. */
  revive(): Revival;
  /** How many objects that persist there are of each class. */
  classes(): Record<string, number>;
  /** The error of a call that uses an object which could not come in. */
  unrevived(): Error | undefined;
  /** Has objects that no call holds leave the memory; whether there was one. */
  makeRoom(): boolean;
  /** A call has ended by an error, and none is under way. */
  relieve(error: unknown): void;
}

/** report.js: the reports for who operates the program. */
export interface Reports {
  onReport: Recovery['onReport'];
  /** The id of the report about an error, if there is one. */
  reportOf(error: unknown): string | undefined;
}

/** The state of an object when a call began, or why it is not known. */
export interface Held {
  className: string;
  snapshot: Uint8Array;
  log: Uint8Array;
  /** Bytes of the journal. */
  length: number;
  why: string | undefined;
}

/** records.js, for capture.js. */
export interface CapturedRecords {
  /** What is known of an object's state before a call; nothing of what does not persist. */
  hold(object: unknown): Held | undefined;
  /** Gives a new object a journal of so many calls, and has it come in by that. */
  restore(handle: object, log: Uint8Array, entries: number): void;
}

/** What a record has gained: what is to be read before anything else is called. */
export interface Gained {
  /** There is no record any more. */
  gone: boolean;
  /** Why the state can't be in a record. */
  why: { reason: unknown } | undefined;
  /** The state, where only that tells what happened; the calls below came after it. */
  snapshot: Uint8Array | undefined;
  /** Calls that led to the record's new snapshot. */
  log: Uint8Array;
  /** Calls since then. */
  rest: Uint8Array;
  /** The record has a new snapshot, to which the calls led. */
  isCut: boolean;
  /** A call led to the snapshot; else it is how the state was written when other code came. */
  isCall: boolean;
}

/** records.js, for durable.js. */
export interface FollowedRecords {
  /** Gives a new object a journal of so many calls, and has it come in by that. */
  restore(handle: object, log: Uint8Array, entries: number): void;
  /** Follows the record of an object; the answer is why there is none, if so. */
  follow(object: object): unknown;
  /** What the record has gained since this was asked last. */
  gained(object: object): Gained;
  /** The record, parts of it: to be read before anything else is called. */
  stateOf(object: object): { className: string; snapshot: Uint8Array; log: Uint8Array };
}

/** durable.js: objects that are in a store. */
export interface Durables {
  /** The state of an object and its journal, for `import` of its class. */
  exportJournal(object: object): Uint8Array;
  /** What the call of a durable object that runs is known by elsewhere. */
  idempotencyKey(): string | undefined;
  /** What runs later as a part of the call that runs now, and has its key. */
  keepKey<T>(run: () => T): () => T;
  /** Has all that open objects have gained be on its way into their stores. */
  gatherAll(): void;
  /** Why no journal of the module can leave it, or come in. */
  journalFault?(): Error | undefined;
}

/** coredump.js: post-mortems. */
export interface Coredumps {
  coredump: Recovery['coredump'];
}

/** capture.js: calls that failed, to be made again elsewhere. */
export interface Captures {
  capture: Recovery['capture'];
  replay: Recovery['replay'];
}

/** A kind of point, and what may happen at one. */
export interface PointKind {
  readonly kind: number;
  /** As sites name it: `alloc@counter_add`. */
  readonly name: string;
  /** What a schedule may say there. The first three are answers to Rust; the others the driver does itself. */
  readonly actions: readonly string[];
  /** Whether it may be passed while a panic unwinds; a second one ends the instance. */
  readonly unwinding: boolean;
}

/** What torture.js finds at `globalThis[Symbol.for('recover.torture')]` when it is loaded. */
export interface Torture {
  /** A point is passed; the answer is a number of `ANSWERS`. */
  point(kind: number): number;
  /** An import of the user's is about to run; what this throws, the import throws. */
  importCalled(name: string): void;
  /** It has returned; the answer takes the place of its value. */
  importReturned(name: string, value: unknown): unknown;
  /** There is another instance; the answer is what the glue calls of it. What is no function stays. */
  instance(exports: WebAssembly.Exports): WebAssembly.Exports;
  /** The first instance is there. */
  attached(links: Links): void;
}

/** upgrade.js: an end after which other code goes on. */
export interface Upgrades {
  upgrade(module: any, options?: any): Promise<any>;
}

/** What decides whether the next instance is kept. */
export interface Trial {
  /** It has started: throws if it is not. */
  prove(): void;
  /** It could not be made, or was not kept; `made` if it was made, and ended. */
  failed(reason: unknown, made: boolean): void;
  /** No hook and no listener hears of it. */
  isQuiet?: boolean;
}

/** instance.js: what the supervisor does for `recovery`. */
export interface Supervisor {
  readonly epoch: number;
  readonly restarts: number;
  readonly revives: boolean;
  readonly unloaded: boolean;
  /** Calls under way. */
  depth: number;
  /** How many listeners want a copy of the memory. */
  copies: number;
  /** No call may enter. */
  dead: boolean;
  readonly glue: Glue;
  /** Nothing enters the instance, nor returns into it. */
  seal(): void;
  /** A call leaves an instance that has ended. */
  onExit(): unknown;
  /** The number of the instance, as handles have it. */
  readonly current: number;
  limit: RestartLimit;
  /** When instances ended that the limit counts. */
  times: number[];
  readonly spare: { readonly wanted: boolean; drop(): void };
  /** Whether the next instance is made ahead. */
  wantSpare(wanted: boolean): void;
  /** Whether a handle is of an instance that has ended. */
  isStale(object: object): boolean;
  /** Whether no call has entered the instance yet. */
  isUnused(): boolean;
  /** Runs a tick of the tasks in such an instance. */
  unprompted(run: () => void): void;
  /** The end of the instance has been handled. */
  readonly abandoned: boolean;
  /** The instance is given up. */
  readonly disposed: boolean;
  /** The restart limit is reached. */
  limited: boolean;
  /** How the last instance ended. */
  end: InstanceEnd | undefined;
  /** The instance that is the next. */
  prepared: WebAssembly.Instance | undefined;
  /** Pending while an instance is made asynchronously. */
  readonly pending: Promise<void> | undefined;
  /** What calls that give a promise wait for, while there is an upgrade. */
  waits?: { then<T>(run: () => T): Promise<T> } | undefined;
  /** The next instance is on trial. */
  trial?: Trial | undefined;
  /** Hears that an asynchronous call has ended. */
  onSettled?: (() => void) | undefined;
  /** Ends the instance; `wanted` if nothing has failed. */
  abort(error: unknown, name: string, cause: unknown, wanted?: boolean): void;
  /** Makes the next instance. */
  revive(): void;
  /** The next instance could not be made. */
  notRevived(failure: unknown, last: boolean, made: boolean): void;
  /** The error of a call that may not enter. */
  refusal(): Error;
  restart(): Promise<void>;
  dispose(): void;
  /** Makes the next instance if that is possible now; whether there is one to enter. */
  asked(): boolean;
  onAbort(listener: (report: AbortReport) => void, options?: { memory?: boolean }): () => void;
}

/**
 * All of them. What a module does not import itself (ARCHITECTURE.md says which do) it gets by this object, from
 * Rust, or from the glue. A module that a package doesn't use is a stand-in that does nothing.
 */
export type Links = Errors & Host & Objects & Queues & Tasks & Fibers & Records & Reports & Coredumps & Captures & Durables & Upgrades & {
  /** The supervisor of a package that `cargo recover` built. */
  gate: Supervisor | undefined;
  /** Where a failure may be injected, in a package with torture.js that a driver loaded. */
  points?: readonly PointKind[];
};
