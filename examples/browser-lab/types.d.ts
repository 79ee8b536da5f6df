// What the scripts of the lab hand each other, and what they see of the two packages,
// which are built later. No logic.
import type { AbortReport, PanicError, Recovery, RecoveryReport } from '../../recover-runtime/js/types';

export interface Ledger { post(amount: number): number; withdraw(amount: number): number; post_all(amounts: Int32Array): number; post_and_abort(amount: number): void; readonly balance: number; readonly entries: number; free(): void }
export interface Basket { add(item: string): number; add_all(items: string[]): number; readonly items: string; free(): void }
export interface Pad { stroke(): number; ask(f: () => number): number; readonly strokes: number; free(): void }
export interface Download { step(parts: Promise<number>): Promise<number>; step_and_ask(parts: Promise<number>, f: () => number): Promise<number>; readonly state: string; free(): void }

/** A package, of either side. */
export interface Module {
  default(options: { module_or_path: URL }): Promise<{ memory: WebAssembly.Memory }>;
  Ledger: new (balance: number) => Ledger;
  Basket: new () => Basket;
  Pad: new () => Pad;
  Download: new () => Download;
  Fuse: new () => { free(): void };
  allocate(bytes: number): number;
  fill(): number;
  length(text: string): number;
  nest_guarded(depth: number): number;
  nest(depth: number): number;
  abort(): void;
  panic_twice(): void;
  alarm(): () => void;
  answer(): number;
  /** Of a package with recover. */
  recovery?: Recovery;
}

export interface Objects { ledger: Ledger; basket: Basket; pad: Pad; download: Download }
export type Kind = keyof Objects;
export type SideName = 'ours' | 'plain';

/** What one object shows. */
export interface ObjectState {
  value: string;
  state: 'ready' | 'busy' | 'poisoned' | 'stale' | 'locked' | 'dead';
}

/** What one side shows. */
export interface Figures {
  epoch: number;
  restarts: number;
  panics: number | undefined;
  memoryBytes: number;
  liveBytes: number | undefined;
}

/** What the page says of a failure. */
export interface Failure {
  id: string;
  label: string;
  /** What should happen with recover. */
  expect: string;
  /** The object that it touches. */
  on?: Kind;
  /** Without recover there is nothing to call. */
  oursOnly?: boolean;
  /** A good call before it, so that there is something to lose. */
  first?(side: import('./sides.mjs').Side): unknown;
  run(side: import('./sides.mjs').Side): unknown;
  /** The call that follows. */
  next?(side: import('./sides.mjs').Side): unknown;
}

export interface Group { title: string; failures: Failure[] }

/** An error in words. */
export interface Described {
  class: string;
  message: string;
  code: string | undefined;
  kind: string | undefined;
  location: string | undefined;
  cause: string | undefined;
  export: string | undefined;
  fatal: boolean | undefined;
  retryable: boolean | undefined;
}

/** How a failure ended on one side. */
export interface Outcome {
  how: 'threw' | 'told' | 'returned' | 'pending' | 'nothing';
  error: Described | undefined;
  value: string | undefined;
  /** JavaScript got back the very error that it threw. */
  same: boolean | undefined;
  before: ObjectState | undefined;
  after: ObjectState | undefined;
  /** `refused` is the machinery's answer: the object, not the module, does not let it in. */
  next: { end: 'ok' | 'refused' | 'failed'; text: string } | undefined;
}

/** What the log is told. */
export interface Entry {
  side: SideName;
  how: 'thrown' | 'recovery.onPanic' | 'recovery.onAbort' | 'uncaught';
  failure: string;
  error: Described;
  epoch: number | undefined;
}

export type { AbortReport, PanicError, Recovery, RecoveryReport };
