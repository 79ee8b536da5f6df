// What the parts of `cargo recover torture` hand each other. What a scenario may say is `Scenario`.

/** What may be done at a point: by Rust (`fail`, `panic`, `trap`), in an import, or by the host. */
export type Action =
  | 'fail' | 'panic' | 'trap' | 'throw' | 'reject' | 'never'
  | 'restart' | 'abort-signal' | 'free' | 'gc' | 'reenter';

/** One failure. `point` counts from 0; -1 is before the run: a fresh instance. */
export interface Entry {
  point: number;
  action: Action;
  /** Also at every later point of the same kind. */
  persistent?: boolean;
}
export type Schedule = Entry[];

/** A failure that happened. */
export interface Fired {
  point: number;
  site: string;
  /** `alloc`, `import:now`, … */
  kind: string;
  action: Action;
  /** The step under way; -1 in none, `steps.length` in the teardown. */
  step: number;
  /** Which call of this import in this step it was, from 0. */
  ordinal: number;
  /** What was thrown, or what the signal was aborted with. */
  error: unknown;
  /** What a host action itself ended with, if that failed. */
  refused?: unknown;
  /** The handle that it freed. */
  path?: string;
  /** What a call within the call did that it may not. */
  broken?: string;
  /** A host action that found nothing to do: it is no failure. */
  idle?: boolean;
  /** The instance that it hit. */
  epoch: number;
}

/** What a run passed: the site of each point, and what could have been done there. */
export interface Trace {
  sites: string[];
  kinds: string[];
  /** Points whose import gave a promise. */
  promised: Set<number>;
  /** Points at which a signal could be aborted. */
  signalled: Set<number>;
}

export interface Step {
  name: string;
  run: (state: any, t: Tools) => unknown;
  overlap: boolean;
  atomic: boolean;
}

export interface Acknowledged { step: number; name: string; value: unknown }

export interface Scenario {
  name: string;
  setup: (pkg: any, t: Tools) => unknown;
  steps: Step[];
  observe: ((state: any, t: Tools) => unknown) | undefined;
  invariant: ((state: any, acknowledged: Acknowledged[], t: Tools) => unknown) | undefined;
  teardown: ((state: any, t: Tools) => unknown) | undefined;
  reenter: ((state: any, t: Tools) => unknown) | undefined;
  atomic: boolean;
  /** What a failed call leaves of an object, by the name of its class. */
  policy: Record<string, 'poison' | 'rollback' | 'keep'>;
  restartLimit: { restarts: number; period: number } | undefined;
}

/** What a scenario is given as `t`. */
export interface Tools {
  random(): number;
  now(): number;
  advance(ms: number): void;
  signal(): AbortSignal;
  own<T>(handle: T): T;
  assert(value: unknown, message?: string): asserts value;
  expects(...classes: Function[]): void;
}

/** What the engine gives. All but `macrotask` may be missing. */
export interface Host {
  /** Resolves in a later task: all microtasks have run then. */
  macrotask(): Promise<void>;
  /** Collects garbage. */
  gc?: () => void;
  /** Hears of what nobody caught; the answer stops it. */
  onUncaught?: (listener: (error: unknown) => void) => () => void;
  /** Milliseconds, of the real clock. */
  now(): number;
}

export interface Waiver { site?: string; pattern?: string; reason: string }

export interface Options {
  seed?: number;
  /** Milliseconds for everything. */
  budget?: number;
  /** Each failure at each point, however long that takes; what the budget has left is for the rest. */
  exhaustive?: boolean;
  pairs?: boolean;
  random?: boolean;
  /** Names of scenarios. */
  only?: string[];
  /** Replays this schedule, of the one scenario. */
  schedule?: Schedule;
  waivers?: Waiver[] | string;
  /** These are not all scenarios: a waiver may match nothing. */
  partial?: boolean;
  strategy?: 'unwind' | 'abort';
  /** How many violations of one scenario are shrunk and told; further ones are counted. */
  violations?: number;
}

/** How a step ended. */
export interface Ended {
  name: string;
  outcome: 'done' | 'failed' | 'skipped';
  value: unknown;
  error: unknown;
  /** How a promise that could not settle was made to. */
  stuck: 'no' | 'aborted' | 'restarted' | 'for ever';
  /** The injections that came while it was under way: those from `from` up to `to`. */
  from: number;
  to: number;
  /** The instance that there was when it had ended. */
  epoch: number;
  /** Other steps were under way when it began or ended. */
  together: boolean;
  /** It failed, by `first`, which said `retryable`, and was made again: how that ended, which is `outcome`. */
  again: 'no' | 'done' | 'failed';
  first: unknown;
  /** The handles that it had, by their paths. */
  had: Set<string>;
}

/** What there is of a handle at the end of a run. */
export interface HandleEnd {
  path: string;
  className: string;
  persists: boolean;
  status: 'live' | 'busy' | 'poisoned' | 'stale' | 'unknown';
  /** Of a persistent handle: its bytes, printed; or why there are none. */
  bytes: string | undefined;
  error: unknown;
  /** The schedule freed it. */
  freed: boolean;
  /** What a poisoned object did that it may not. */
  broken: string | undefined;
}

export interface Figures {
  live: number;
  table: number;
  stack: number;
  records: number;
  promises: number;
  depth: number;
}

/** Everything that is known of a run. */
export interface Run {
  schedule: Schedule;
  ended: Ended[];
  fired: Fired[];
  trace: Trace;
  observed: string | undefined;
  observeError: unknown;
  handles: HandleEnd[];
  /** The same after the objects left the memory, or the instance was ended, behind the steps; undefined if neither. */
  after: { how: 'evicted' | 'ended'; observed: string | undefined; observeError: unknown; handles: HandleEnd[] } | undefined;
  invariantError: unknown;
  teardownErrors: { path: string; error: unknown }[];
  setupError: unknown;
  uncaught: unknown[];
  /** What recovery.onPanic heard. */
  heard: unknown[];
  deadCalls: string[];
  expects: Function[];
  /** What signals were aborted with. */
  reasons: unknown[];
  epochs: { first: number; last: number };
}

export interface Violation { rule: string; message: string }
