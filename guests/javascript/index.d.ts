/** What happened; the words of the enum `kind` of `recover:error/types`. */
export type Kind =
  | 'panic' | 'out-of-memory' | 'stack-overflow' | 'busy' | 'poisoned' | 'stale' | 'aborted' | 'restart-limit' | 'timeout' | 'domain';

/** Where in a source file. */
export interface Location {
  file: string;
  /** From 1. */
  line: number;
  /** From 1; 0 where the language does not tell. */
  column: number;
}

/** One call of a trace. */
export interface Frame {
  function?: string;
  location?: Location;
  module?: string;
  offset?: bigint;
}

/** A value of a field, as componentize-js has the variant. */
export type Value =
  | { tag: 'null'; val?: undefined }
  | { tag: 'boolean'; val: boolean }
  | { tag: 'signed' | 'unsigned'; val: bigint }
  | { tag: 'float'; val: number }
  | { tag: 'text'; val: string }
  | { tag: 'bytes'; val: Uint8Array };

/** The record `cause`. */
export interface Cause {
  kind: Kind;
  class: string;
  code: string;
  message: string;
  language: string;
  location?: Location;
  fields: { name: string; value: Value }[];
  frames: Frame[];
}

/** The record `failure`. */
export interface Failure extends Cause {
  retryable: boolean;
  fatal: boolean;
  build?: string;
  causes: Cause[];
}

/** What the errors of imports have. `cause` leads from each to the next. */
interface Told {
  /** Stable, for programs: `E_PANIC`. */
  code: string;
  /** The language that raised it. */
  language: string;
  /** Whether the very same call may succeed. */
  retryable: boolean;
  /** Whether the instance ended. */
  fatal: boolean;
  /** Where it was raised. */
  location?: Location;
  /** The build id of the component that raised it. */
  build?: string;
  /** The calls it came through, the innermost first. */
  frames: Frame[];
  /** The values that it was raised with, by name. */
  fields: Record<string, unknown>;
  /** The errors behind it, the nearest first. */
  readonly causes: unknown[];
}

/** A call failed by something that is no error of the program's own. */
export class RecoverError extends Error implements Told {
  kind: Kind;
  code: string;
  language: string;
  retryable: boolean;
  fatal: boolean;
  location?: Location;
  build?: string;
  frames: Frame[];
  fields: Record<string, unknown>;
  readonly causes: unknown[];
}
/** A panic unwound, and the component goes on. */
export class PanicError extends RecoverError {}
/** Memory ran out. */
export class OutOfMemoryError extends PanicError {}
/** The stack ran out. */
export class StackOverflowError extends PanicError {}
/** A call failed halfway and left the object as it was then. */
export class PoisonedError extends RecoverError {}
/** The object is in use by another call. */
export class BusyError extends RecoverError {}
/** The object was freed or consumed, or ended with its instance. */
export class StaleHandleError extends RecoverError {}
/** The instance ended under the call. */
export class InstanceAbortedError extends RecoverError {}
/** The instance was restarted too often. */
export class RestartLimitError extends RecoverError {}
/** The call was stopped, because it took too long. */
export class TimeoutError extends RecoverError {}

/** An error of a program's own. Its fields are properties. */
export class DomainError extends Error implements Told {
  kind: 'domain';
  code: string;
  language: string;
  retryable: boolean;
  fatal: boolean;
  location?: Location;
  build?: string;
  frames: Frame[];
  fields: Record<string, unknown>;
  readonly causes: unknown[];
  [field: string]: unknown;
}

/**
 * The classes by name: `errors.NoKeyError`. A class is made when it is first asked for, or first thrown. They extend
 * `DomainError`; which fields one has, only the component that throws it knows.
 */
export const errors: Readonly<Record<string, any>>;

/** An exception as a record `failure`, with its causes and its trace. */
export function failureOf(thrown: unknown): Failure;

/** What the component exports: an exception becomes the `failure` of its result. */
export function recoverable<T extends object>(exported: T): T;

/** What the component imports: a `failure` becomes an error with a class of its own. */
export function imported<T extends object>(module: T): T;
