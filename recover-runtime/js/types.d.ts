/** Where in the Rust source a panic began. */
export interface PanicLocation {
  file: string;
  line: number;
  column: number;
}

/** Kinds of errors that a feature of recover-runtime adds. */
export interface RecoverErrorKinds {}

/** What went wrong, as a closed union. */
export type RecoverErrorKind =
  | 'panic' | 'out-of-memory' | 'stack-overflow'
  | 'poisoned' | 'busy' | 'aborted' | 'restart-limit' | 'import' | 'stale' | 'wrong-class' | 'unsupported' | 'not-loaded'
  | keyof RecoverErrorKinds;

/** The machinery's errors. Errors of your own Rust types extend `Error`, not this. */
export abstract class RecoverError extends Error {
  readonly code: string;
  readonly kind: RecoverErrorKind;
  /** This instance of the module is gone. */
  readonly fatal: boolean;
  /** The same call may succeed later. */
  readonly retryable: boolean;
  /**
   * Rust path of the export that was called; `undefined` where JavaScript called none. Of
   * an error that ended the instance it is the name of the wasm export.
   */
  readonly export: string | undefined;
  toJSON(): Record<string, unknown>;
  /**
   * The error that `toJSON()` described, of its class: after JSON, `postMessage`, or a stub of
   * workerd's that keeps the properties of errors (`enhanced_error_serialization`).
   */
  static fromJSON(json: unknown): RecoverError;
}

/** Rust panicked. The call's effects on poisoned objects are fenced off. */
export class PanicError extends RecoverError {
  protected constructor();
  readonly name: 'PanicError' | 'OutOfMemoryError' | 'StackOverflowError';
  readonly code: 'E_PANIC' | 'E_OUT_OF_MEMORY' | 'E_STACK_OVERFLOW';
  readonly kind: 'panic' | 'out-of-memory' | 'stack-overflow';
  /** `undefined` where the panic hook was replaced, or the panic was resumed. */
  readonly location: PanicLocation | undefined;
}

/**
 * An allocation failed; no panic hook ran, so `location` is `undefined`. It is `retryable` if objects
 * that persist and were not in use have left the memory since, and gave as much as was asked for.
 */
export class OutOfMemoryError extends PanicError {
  private constructor();
  readonly name: 'OutOfMemoryError';
  readonly code: 'E_OUT_OF_MEMORY';
  readonly kind: 'out-of-memory';
  /** Bytes that were asked for. */
  readonly requested: number;
  /** Bytes that there may be: the soft limit that refused, or the memory's size. */
  readonly limit: number;
}

/** The stack ran out. */
export class StackOverflowError extends PanicError {
  private constructor();
  readonly name: 'StackOverflowError';
  readonly code: 'E_STACK_OVERFLOW';
  readonly kind: 'stack-overflow';
  /** Bytes left of the shadow stack. */
  readonly remaining: number;
  /** Guarded calls under way. */
  readonly depth: number;
}

/** The object was left half changed by a call that did not end; `cause` is why. */
export class PoisonedError extends RecoverError {
  private constructor();
  readonly name: 'PoisonedError';
  readonly code: 'E_POISONED';
  readonly kind: 'poisoned';
  readonly fatal: false;
  readonly retryable: false;
  /** The Rust class of the object; `"callback"` for a closure. */
  readonly class: string;
  /** A `PanicError`, or what JavaScript threw through the call. */
  readonly cause: unknown;
}

/** Another call holds the object. */
export class BusyError extends RecoverError {
  private constructor();
  readonly name: 'BusyError';
  readonly code: 'E_BUSY';
  readonly kind: 'busy';
  readonly fatal: false;
  readonly retryable: true;
  readonly class: string;
}

/** An argument, or the receiver of a method, is no object of the class. No call was made. */
export class WrongClassError extends RecoverError {
  private constructor();
  readonly name: 'WrongClassError';
  readonly code: 'E_WRONG_CLASS';
  readonly kind: 'wrong-class';
  readonly fatal: false;
  readonly retryable: false;
  /** The Rust class that was expected. */
  readonly class: string;
}

/** The instance ended under the call. */
export class InstanceAbortedError extends RecoverError {
  private constructor();
  readonly name: 'InstanceAbortedError';
  readonly code: 'E_INSTANCE_ABORTED';
  readonly kind: 'aborted';
  readonly fatal: true;
  readonly retryable: true;
}

/** Bytes that are no state of the class. */
export class ImportError extends RecoverError {
  private constructor();
  readonly name: 'ImportError';
  readonly code: 'E_IMPORT';
  readonly kind: 'import';
  readonly fatal: false;
  readonly retryable: false;
  readonly class: string;
}

/** Instances ended by themselves, or more often than a limit allows; `recovery.restart()` makes the next one. */
export class RestartLimitError extends RecoverError {
  private constructor();
  readonly name: 'RestartLimitError';
  readonly code: 'E_RESTART_LIMIT';
  readonly kind: 'restart-limit';
  readonly fatal: true;
  readonly retryable: false;
}

/** The object was freed or consumed, or went with its instance. */
export class StaleHandleError extends RecoverError {
  private constructor();
  readonly name: 'StaleHandleError';
  readonly code: 'E_STALE_HANDLE';
  readonly kind: 'stale';
  readonly fatal: false;
  readonly retryable: false;
  readonly class: string;
  /** The instance that the object went with, or whose memory it left; `undefined` where it was freed or consumed. */
  readonly epoch: number | undefined;
  /** Why an object that persists could not be revived, where that is the reason. */
  readonly cause: unknown;
}

/** How often the instance may be made anew. */
export interface RestartLimit {
  /** Restarts within a period. */
  restarts: number;
  /** Milliseconds. */
  period: number;
}

/** An object that could not be brought into the next instance. */
export interface LostObject {
  class: string;
  reason: unknown;
}

/** How an instance ended, and what followed. */
export interface AbortReport {
  /** The number of the instance that ended, from 0. */
  epoch: number;
  /** The wasm export that was called, `"callback"` for a closure; `undefined` for `recovery.restart()`. */
  export: string | undefined;
  /** What the caller got. */
  error: unknown;
  /** The trap. */
  cause: unknown;
  /** The panic that was it, where it was one. */
  panic: { message: string; location: PanicLocation | undefined } | undefined;
  /** Size of the linear memory, in bytes. */
  memoryBytes: number;
  /** A copy of it, for a listener with `{ memory: true }`. */
  memory: Uint8Array | undefined;
  /** The objects of classes that persist that were in it, for a coredump; empty for other listeners. */
  objects: HeldObject[];
  /** Whether there is a next instance; `false` past the restart limit. */
  restarted: boolean;
  /** Milliseconds from the end to the next instance, or to this report where there is none. */
  duration: number;
  /** Objects that live on under their handles: each is revived when it is used next. */
  revived: number;
  /** Objects that could not be revived when they were used, since the last report. */
  lost: LostObject[];
  /** Classes of objects whose journal did not lead to their snapshot, since the last report. */
  diverged: string[];
}

/** An object in a memory that was kept. */
export interface HeldObject {
  class: string;
  /** The pointer in its handle. */
  pointer: number;
  /** The address of its state; undefined for a class that extends others. */
  state: number | undefined;
}

/** Counters since the module was loaded. */
export interface RecoveryHealth {
  /** The id of the build, which its debug file has, too; undefined before `init`, and in packages for Deno. */
  build?: string;
  /** The number of the instance that there is now, from 0. */
  epoch: number;
  /** Instances that were made after the first. */
  restarts: number;
  /** Panics caught. */
  panics: number;
  /** Calls refused, by reason. */
  refused: { busy: number; poisoned: number; stale: number };
  /** Size of the linear memory, in bytes. */
  memoryBytes: number;
  /** Bytes in live allocations; absent without `recover_runtime::memory::Allocator`. */
  liveBytes?: number;
  /** The most bytes that were live at once; absent likewise. */
  peakBytes?: number;
}

/**
 * What a report is of: a panic that was caught; the end of an instance, by a trap or by a panic that nothing
 * caught (`kind` tells); an object that persists and could not be brought into the next instance; an object
 * that was left poisoned, where the first of `causes` is why; a restart that the limit refused.
 */
export type ReportEvent = 'panic' | 'end' | 'lost' | 'poisoned' | 'refused-restart';

/** An error behind another one. */
export interface ReportCause {
  name: string;
  code?: string;
  /** With `messages: 'keep'`. */
  message?: string;
  /** With `messages: 'hash'`. */
  messageHash?: string;
  /** The `id` of the report of this very error, if it has one. */
  report?: string;
}

/**
 * What happened, for who operates the program: at most 1,023 bytes of JSON, by the schema
 * `report.schema.json`. It has no arguments, no contents of objects and, unless asked for, no messages.
 */
export interface RecoveryReport {
  version: 1;
  /** 32 random hexadecimal digits. */
  id: string;
  /** The build id of the module, if it has one: what `cargo recover symbolicate` asks for. */
  build?: string;
  /** Milliseconds since 1970. */
  time: number;
  event: ReportEvent;
  kind: RecoverErrorKind;
  code: string;
  name: string;
  /** With `messages: 'keep'`. */
  message?: string;
  /** A hash of the message without quoted parts, addresses and numbers; with `messages: 'hash'`. */
  messageHash?: string;
  location?: PanicLocation;
  /**
   * The frames of the module, the innermost first: index of the function, offset of the instruction in the file.
   * -1 is what the engine does not tell.
   */
  frames: [index: number, offset: number][];
  /** What was called. */
  export?: string;
  /** The Rust class of the object that was lost or poisoned; `"callback"` for a closure. */
  class?: string;
  /** The number of the instance, from 0. */
  epoch: number;
  /** Instances that were made after the first. */
  restarts: number;
  /** Milliseconds since the instance began. */
  uptime: number;
  memoryBytes: number;
  /** How many objects that persist there are, by class: the eight largest, counted at most a second ago. */
  classes: Record<string, number>;
  causes: ReportCause[];
  retryable: boolean;
  fatal: boolean;
  /** The same for the same fault, in every build of the program. */
  fingerprint: string;
  /** How many reports did not reach the listener since the last one that did. */
  omitted: number;
  /** The fields of which a part was cut off. */
  cut?: string[];
}

/** What a listener gets beside a report. */
export interface ReportAttachments {
  /** A copy of the memory of the instance that ended, for a listener with `memory`. */
  memory?: Uint8Array;
  /** What `context` gave. */
  context?: unknown;
}

/** How many reports there are in a period. */
export interface ReportLimit {
  /** In all. */
  reports: number;
  /** Of one fingerprint. */
  perFingerprint: number;
  /** Milliseconds. */
  period: number;
}

/** What a listener of reports wants. */
export interface ReportOptions {
  /**
   * What becomes of messages, which may hold what users typed: `'hash'` (the default) has a hash of their
   * shape in their place, `'keep'` their text, `'omit'` nothing.
   */
  messages?: 'keep' | 'hash' | 'omit';
  /**
   * Sees each report before the listener does: gives it, changed or not, or `null` to drop it. If it throws,
   * or gives anything else, nothing is sent, and it counts as `omitted`.
   */
  redact?(report: RecoveryReport): RecoveryReport | null;
  /** Unless set, 60 reports a minute, and 5 of one fingerprint. */
  limit?: Partial<ReportLimit>;
  /** Whether a copy of the memory comes with the report of an end. */
  memory?: boolean;
  /**
   * Called when it happens, within the call that fails; what it gives comes with the report: a request's number,
   * a span. It must be quick, and call nothing of the package.
   */
  context?(): unknown;
}

/** Which calls are captured. */
export interface CaptureOptions {
  /** Only methods of these classes; else all methods and functions. */
  classes?: string[];
  /** Bytes that a capture may have, 1 MiB unless set. */
  limitBytes?: number;
}

/** A call that failed. */
export interface CapturedCall {
  /** A number of 32 hexadecimal digits. */
  id: string;
  /** The id of the report about the same failure, where reports are on. */
  report: string | undefined;
  /** The function, or `Class.method`. */
  name: string;
  /** Whether it can be made again. */
  replayable: boolean;
  /** Why it can't. */
  why: string | undefined;
  /** What the caller gets. */
  error: Error;
  /** For a file. */
  bytes: Uint8Array;
}

/** A call that can be made again. */
export interface ReplayedCall {
  /** What the capture says of the call and of how it failed. */
  capture: {
    id: string;
    report?: string;
    build?: string;
    time: number;
    call: { kind: 'function' | 'static' | 'method' | 'get' | 'set'; class?: string; name: string; export?: string };
    failure: { name: string; code: string; kind: RecoverErrorKind; message: string; location?: PanicLocation; cause?: string };
  };
  /** The object of a method, as it was before the call. */
  object: any;
  args: any[];
  /** Makes the call. */
  call(): unknown;
}

/** The controls of this module. */
export interface Recovery {
  /**
   * Calls `listener` for every panic that is caught, and with a `PanicError` that has it as
   * its `cause` for whatever else goes wrong in a detached callback; returns a function
   * that stops it.
   */
  onPanic(listener: (error: PanicError) => void): () => void;
  /**
   * Calls `listener` with one report for each panic, end, lost object, poisoned object and refused restart, in a
   * microtask after the call that failed; returns a function that stops it. What the listener throws, or its
   * promise rejects with, is counted and dropped. Needs the feature `reports` of recover-runtime.
   */
  onReport(listener: (report: RecoveryReport, attached: ReportAttachments) => unknown, options?: ReportOptions): () => void;
  /** Whether a panic left `object` half changed. */
  isPoisoned(object: object): boolean;
  /** Accepts the state of `object` as it is; `true` if it was poisoned. */
  clearPoison(object: object): boolean;
  /**
   * Calls `listener` when an instance has ended and the next is ready; returns a function
   * that stops it. With `memory`, reports have a copy of the dead instance's memory.
   */
  onAbort(listener: (report: AbortReport) => void, options?: { memory?: boolean }): () => void;
  /**
   * Ends the instance and makes the next one. Calls under way get `InstanceAbortedError`;
   * objects that persist live on. Lifts a `RestartLimitError`.
   */
  restart(): Promise<void>;
  /**
   * Ends the instance and gives its memory up. No other is made before the next call. Calls under way
   * get `InstanceAbortedError`; objects that persist live on, each revived when it is used; others are stale.
   */
  dispose(): void;
  /**
   * How many restarts there may be before every call gets `RestartLimitError`, whatever ended the
   * instances. Unless set, only ends that no call caused count (in `start`, in a task that
   * begins by itself): 5 in 10 seconds.
   */
  setRestartLimit(limit: RestartLimit): void;
  /**
   * Whether the next instance is made ahead, in idle time: an end then costs no more than what is used
   * next. It takes the memory that the module begins with. `false`, the default, and `dispose()` let it go.
   */
  spare: boolean;
  /**
   * The present state of an object of a class that persists: bytes that the class's
   * `import` takes, in this process or another. Throws `BusyError` or `PoisonedError`
   * where the object is, and what its `Serialize` fails by.
   */
  export(object: object): Uint8Array;
  /**
   * What the `stack` of a panic's error holds: with `'full'`, which is the default, all frames from
   * where it began, and the JavaScript that called (100, or `Error.stackTraceLimit` if that is more);
   * with `'short'` as many as `Error.stackTraceLimit` says; with `'none'` no stack is taken.
   */
  stacks: 'full' | 'short' | 'none';
  /**
   * A coredump of the instance that a report of `onAbort` is of, in the format of WebAssembly's tool
   * conventions: frames, memory where the listener asked for `{ memory: true }`, and the objects that persisted.
   * With the bytes of the module, frames have their offset in the function. It needs the feature
   * `coredump` of recover-runtime.
   */
  coredump(report: AbortReport, options?: { module?: Uint8Array; name?: string }): Uint8Array;
  /**
   * Calls `listener` for each call that fails by a panic, a lack of memory or stack, or the end of the
   * instance, with what `cargo recover replay` needs to repeat it; returns a function that stops
   * it. The bytes hold arguments and state. It needs the feature `capture` of recover-runtime.
   */
  capture(listener: (capture: CapturedCall) => void, options?: CaptureOptions): () => void;
  /**
   * Reads a capture and rebuilds the object of its call, which `call()` of the answer makes. `exports` are
   * those of this package. The bytes may come from an untrusted source: if they are no capture, it throws an
   * `ImportError`. It needs the feature `capture` of recover-runtime.
   */
  replay(bytes: Uint8Array, exports: object): ReplayedCall;
  health(): RecoveryHealth;
}

export const recovery: Recovery;
