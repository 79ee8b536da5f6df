// The declarations of `recover-host`. The errors are those of packages that `cargo recover` builds for JavaScript;
// what a component adds to them is said where it stands.

/** Where in a source file an error began. */
export interface ErrorLocation {
  file: string;
  /** From 1. */
  line: number;
  /** From 1; 0 where the language does not tell. */
  column: number;
}

/** One call of a trace, the innermost first. */
export interface ErrorFrame {
  function: string | undefined;
  location: ErrorLocation | undefined;
  /** The module, and the offset of the instruction in it, where there is no location. */
  module: string | undefined;
  offset: number | undefined;
}

/** What went wrong, as a closed union. */
export type RecoverErrorKind =
  | 'panic' | 'out-of-memory' | 'stack-overflow' | 'poisoned' | 'busy' | 'aborted' | 'restart-limit' | 'stale'
  | 'timeout' | 'wrong-class' | 'unsupported';

/** What every error has, of the machinery or of the program. */
interface Common {
  /** Stable, for programs: `E_PANIC`. */
  readonly code: string;
  /** The instance of the component is gone. */
  readonly fatal: boolean;
  /** The very same call may succeed. */
  readonly retryable: boolean;
  readonly location: ErrorLocation | undefined;
  /** What was called: `Ledger.put`. */
  readonly export: string | undefined;
  /** The build id of the component, where it is known. */
  readonly build: string | undefined;
  /** The trace in the language that raised it; of a trap, the frames of the module. */
  readonly frames: ErrorFrame[];
  /** The chain of `cause`, the nearest first. */
  readonly causes: unknown[];
  /** The language that raised it: `rust`, `python`, `javascript`. Absent where the host made the error. */
  readonly language?: string;
  toJSON(): Record<string, unknown>;
}

/** The machinery's errors. Errors of the program's own extend `DomainError`, not this. */
export abstract class RecoverError extends Error implements Common {
  readonly kind: RecoverErrorKind;
  readonly code: string;
  readonly fatal: boolean;
  readonly retryable: boolean;
  readonly location: ErrorLocation | undefined;
  readonly export: string | undefined;
  readonly build: string | undefined;
  readonly frames: ErrorFrame[];
  readonly causes: unknown[];
  readonly language?: string;
  toJSON(): Record<string, unknown>;
  /** The error that `toJSON()` described, of its class: after JSON or `postMessage`. */
  static fromJSON(json: unknown): RecoverError;
}

/** The component panicked. Its object is as its policy says. */
export class PanicError extends RecoverError {
  protected constructor();
  readonly name: 'PanicError' | 'OutOfMemoryError' | 'StackOverflowError';
  readonly kind: 'panic' | 'out-of-memory' | 'stack-overflow';
}

/** Memory ran out: in a call (not fatal), or for its arguments (fatal). */
export class OutOfMemoryError extends PanicError {
  private constructor();
  readonly name: 'OutOfMemoryError';
  readonly kind: 'out-of-memory';
  /** Bytes that were asked for, where that is known. */
  readonly requested?: number;
  /** Bytes that there may be, where that is known. */
  readonly limit?: number;
}

/** The stack ran out: guarded and unwound (not fatal), or the engine's (fatal). */
export class StackOverflowError extends PanicError {
  private constructor();
  readonly name: 'StackOverflowError';
  readonly kind: 'stack-overflow';
}

/** A call failed halfway and left the object as it was then; `cause` is why, where it is told. */
export class PoisonedError extends RecoverError {
  private constructor();
  readonly name: 'PoisonedError';
  readonly kind: 'poisoned';
}

/** A call is under way: no other enters the component meanwhile. */
export class BusyError extends RecoverError {
  private constructor();
  readonly name: 'BusyError';
  readonly kind: 'busy';
  readonly retryable: true;
}

/** A receiver or an argument is no object of the class, or not of this component. No call was made. */
export class WrongClassError extends RecoverError {
  private constructor();
  readonly name: 'WrongClassError';
  readonly kind: 'wrong-class';
  readonly class: string;
}

/** The object was disposed of or consumed, or went with its instance. */
export class StaleHandleError extends RecoverError {
  private constructor();
  readonly name: 'StaleHandleError';
  readonly kind: 'stale';
  readonly class: string;
  /** The instance that the object went with; `undefined` where it was disposed of or consumed. */
  readonly epoch: number | undefined;
  /** Why an object that persists could not come back, where that is the reason. */
  readonly cause: unknown;
}

/** The instance ended under the call: `cause` is the trap, or what an import threw. */
export class InstanceAbortedError extends RecoverError {
  private constructor();
  readonly name: 'InstanceAbortedError';
  readonly kind: 'aborted';
  readonly fatal: true;
  readonly cause: unknown;
}

/** Instances ended by themselves, or more often than a limit allows; `recovery.restart()` makes the next one. */
export class RestartLimitError extends RecoverError {
  private constructor();
  readonly name: 'RestartLimitError';
  readonly kind: 'restart-limit';
}

/** A call took too long, and was stopped by a host that can. This one can't: one thread stops no call of its own. */
export class TimeoutError extends RecoverError {
  private constructor();
  readonly name: 'TimeoutError';
  readonly kind: 'timeout';
}

/**
 * An error of the program's own. Its fields are properties; 64-bit integers are numbers where one can hold them. A field
 * with the name of something that every error has (`code`, `location`) is in `fields` alone.
 */
export class DomainError extends Error implements Common {
  /** All of them, by name. Not enumerable. */
  readonly fields: Record<string, unknown>;
  constructor(message?: string, options?: ErrorOptions);
  readonly kind: 'domain';
  readonly code: string;
  readonly fatal: boolean;
  readonly retryable: boolean;
  readonly location: ErrorLocation | undefined;
  readonly export: string | undefined;
  readonly build: string | undefined;
  readonly frames: ErrorFrame[];
  readonly causes: unknown[];
  readonly language?: string;
  /** A field. */
  readonly [field: string]: any;
  toJSON(): Record<string, unknown>;
}

/** The classes of a component's errors: ours, and those of its own by name. */
export type Errors<Names extends string = string> = {
  readonly RecoverError: typeof RecoverError;
  readonly PanicError: typeof PanicError;
  readonly OutOfMemoryError: typeof OutOfMemoryError;
  readonly StackOverflowError: typeof StackOverflowError;
  readonly PoisonedError: typeof PoisonedError;
  readonly BusyError: typeof BusyError;
  readonly WrongClassError: typeof WrongClassError;
  readonly StaleHandleError: typeof StaleHandleError;
  readonly InstanceAbortedError: typeof InstanceAbortedError;
  readonly RestartLimitError: typeof RestartLimitError;
  readonly TimeoutError: typeof TimeoutError;
  readonly DomainError: typeof DomainError;
} & { readonly [name in Names]: typeof DomainError };

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
  /** What was called; `undefined` for `recovery.restart()`. */
  export: string | undefined;
  /** What the caller got. */
  error: unknown;
  /** The trap, or what an import threw. */
  cause: unknown;
  /** Size of the memories, in bytes. */
  memoryBytes: number;
  /** A copy of the first one, for a listener with `{ memory: true }`. */
  memory: Uint8Array | undefined;
  /** Whether there is a next instance; `false` past the restart limit. */
  restarted: boolean;
  /** Milliseconds from the end to the next instance. */
  duration: number;
  /** Objects that live on under their handles: each comes back when it is used next. */
  revived: number;
  /** Objects that could not come back when they were used, since the last report. */
  lost: LostObject[];
  /** Classes of objects whose replay ended otherwise than their calls had, since the last report. */
  diverged: string[];
}

/** Counters since the component was loaded. */
export interface RecoveryHealth {
  build: string | undefined;
  /** The number of the instance that there is now, from 0. */
  epoch: number;
  /** Instances that were made after the first. */
  restarts: number;
  /** Panics caught, and memory or stack that ran out in a call. */
  panics: number;
  /** Calls refused, by reason. */
  refused: { busy: number; poisoned: number; stale: number };
  /** Objects that could not come back. */
  lost: number;
  /** Objects that persist. */
  persistent: number;
  /** Size of the memories, in bytes. */
  memoryBytes: number;
}

/** The controls of a component. */
export interface Recovery {
  /**
   * Calls `listener` for every panic that is caught, and with a `PanicError` that has it as its `cause` for what else
   * fails where nobody waits for it; returns a function that stops it.
   */
  onPanic(listener: (error: PanicError) => void): () => void;
  /** Calls `listener` when an instance has ended and the next is ready, or could not be made; returns a function that stops it. */
  onAbort(listener: (report: AbortReport) => void, options?: { memory?: boolean }): () => void;
  /** Calls `listener` for each object that persists and could not come back; returns a function that stops it. */
  onLost(listener: (lost: LostObject) => void): () => void;
  /**
   * Ends the instance and makes the next one. A call under way gets `InstanceAbortedError`; objects that persist live
   * on. Lifts a `RestartLimitError`.
   */
  restart(): Promise<void>;
  /** Ends the instance and lets go of its memory. No other is made before the next call. */
  dispose(): void;
  /**
   * How many restarts there may be before every call gets `RestartLimitError`, whatever ended the instances. Unless
   * set, only ends that no call caused count (as it starts, in a replay, in a destructor that garbage collection
   * ran): 5 in 10 seconds.
   */
  setRestartLimit(limit: RestartLimit): void;
  /** The present state of an object that persists: bytes that `restore` of its class takes. */
  export(object: object): Uint8Array;
  health(): RecoveryHealth;
}

/** Options of `supervise`. */
export interface SuperviseOptions<Names extends string = string> {
  /** Gives a file that jco wrote: its bytes, or a module. It is called once for each. */
  getCoreModule(path: string): BufferSource | WebAssembly.Module | Promise<BufferSource | WebAssembly.Module>;
  /** What the component imports, by name with or without version; or a function that makes it for each instance. */
  imports: object | (() => object);
  /** When a journal is replaced by a snapshot: after so many calls (64), or with arguments of so many bytes (65,536). */
  journal?: { calls?: number; bytes?: number };
  /** Bytes that each memory of the component may have. It needs the bytes of the modules. */
  limits?: { memoryBytes?: number };
  restartLimit?: RestartLimit;
  /** Methods that change nothing, by class: they are not journaled. */
  reads?: Record<string, readonly string[]>;
  /**
   * The names of the component's own errors. With it, `errors` has these and no others, and TypeScript knows them;
   * without it, any name that is asked for.
   */
  errors?: readonly Names[];
  /** The build id of the component, for errors that the host makes. */
  build?: string;
}

/** A component behind a supervisor. */
export interface Supervised<Exports, Names extends string = string> {
  /** The exports, as jco has them. */
  readonly exports: Exports;
  readonly errors: Errors<Names>;
  readonly recovery: Recovery;
}

/** What jco generates with `--instantiation`. */
export type Instantiate = (
  getCoreModule: (path: string) => any,
  imports: any,
  instantiateCore?: (module: WebAssembly.Module, imports: Record<string, any>) => any,
) => any;

/**
 * Makes the first instance of a component, and its exports behind a supervisor. `bindings` is the module that
 * `jco transpile --instantiation async` (or `sync`) wrote, or its `instantiate`.
 */
export function supervise<T extends Instantiate, const Names extends string = string>(
  bindings: T | { instantiate: T },
  options: SuperviseOptions<Names>,
): Promise<Supervised<Awaited<ReturnType<T>>, Names>>;

/** The words of `kind` in `recover:error/types`. */
export type FailureKind =
  | 'panic' | 'out-of-memory' | 'stack-overflow' | 'busy' | 'poisoned' | 'stale' | 'aborted' | 'restart-limit'
  | 'timeout' | 'domain';

export type FailureValue =
  | { tag: 'null' } | { tag: 'boolean'; val: boolean } | { tag: 'signed'; val: bigint } | { tag: 'unsigned'; val: bigint }
  | { tag: 'float'; val: number } | { tag: 'text'; val: string } | { tag: 'bytes'; val: Uint8Array };

export interface FailureField {
  name: string;
  value: FailureValue;
}

export interface FailureFrame {
  function?: string;
  location?: ErrorLocation;
  module?: string;
  offset?: bigint;
}

/** An error behind another, as a component has it. */
export interface FailureCause {
  kind: FailureKind;
  class: string;
  code: string;
  message: string;
  language: string;
  location?: ErrorLocation;
  fields: FailureField[];
  frames: FailureFrame[];
}

/** The record `failure` of `recover:error/types`, as jco has it. */
export interface Failure extends FailureCause {
  retryable: boolean;
  fatal: boolean;
  build?: string;
  causes: FailureCause[];
}

/** The failure that a thrown value is. */
export function toFailure(thrown: unknown): Failure;

/**
 * The same import, or interface of imports, whose errors are failures of its results: for functions whose WIT says
 * `result<_, failure>`. Without it, what an import throws ends the instance.
 */
export function raises<T extends object>(imported: T): T;
