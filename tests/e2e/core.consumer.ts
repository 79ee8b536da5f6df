// A strict TypeScript consumer of the package of tests/fixtures/core. It is
// compiled, never run: `fixture_core` is mapped to the package by `paths`.
import init, {
  BusyError, Colour, Counter, ImportError, InstanceAbortedError, OutOfMemoryError, PanicError, PoisonedError,
  RecoverError, Reentrant, RestartLimitError, StackOverflowError, StaleHandleError, add, echo_bytes, echo_mode, initSync, mixed, opt_string, outer,
  probe, recovery, shapes, side, sumOf,
} from 'fixture_core';
import type {
  AbortReport, LostObject, Mode, PanicLocation, Recovery, RecoverErrorKind, RecoveryHealth, RestartLimit,
} from 'fixture_core';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only for `true`. */
function is<T extends true>(): T | void {}

export function narrow(error: unknown): string {
  if (error instanceof OutOfMemoryError) {
    is<Equal<typeof error.name, 'OutOfMemoryError'>>();
    is<Equal<typeof error.code, 'E_OUT_OF_MEMORY'>>();
    is<Equal<typeof error.kind, 'out-of-memory'>>();
    return error.location?.file ?? 'nowhere';
  }
  if (error instanceof StackOverflowError) {
    is<Equal<typeof error.code, 'E_STACK_OVERFLOW'>>();
    return error.code;
  }
  if (error instanceof PanicError) {
    is<Equal<typeof error.location, PanicLocation | undefined>>();
    is<Equal<typeof error.fatal, boolean>>();
    is<Equal<typeof error.retryable, boolean>>();
    is<Equal<typeof error.export, string | undefined>>();
    const base: RecoverError = error;
    if (error.name === 'PanicError') return `${error.location?.line}:${error.location?.column} ${base.message}`;
    return error.stack ?? '';
  }
  if (error instanceof PoisonedError) {
    is<Equal<typeof error.cause, unknown>>();
    is<Equal<typeof error.code, 'E_POISONED'>>();
    is<Equal<typeof error.retryable, false>>();
    return (error.cause instanceof PanicError ? error.cause.message : '') + error.class;
  }
  if (error instanceof BusyError) {
    is<Equal<typeof error.name, 'BusyError'>>();
    is<Equal<typeof error.kind, 'busy'>>();
    is<Equal<typeof error.retryable, true>>();
    return error.class;
  }
  if (error instanceof StaleHandleError) {
    is<Equal<typeof error.code, 'E_STALE_HANDLE'>>();
    is<Equal<typeof error.fatal, false>>();
    is<Equal<typeof error.epoch, number | undefined>>();
    return error.class;
  }
  if (error instanceof RestartLimitError) {
    is<Equal<typeof error.code, 'E_RESTART_LIMIT'>>();
    return error.code;
  }
  if (error instanceof InstanceAbortedError) {
    is<Equal<typeof error.fatal, true>>();
    return error.code;
  }
  if (error instanceof ImportError) {
    is<Equal<typeof error.kind, 'import'>>();
    return error.message;
  }
  if (error instanceof RecoverError) {
    is<Equal<typeof error.kind, RecoverErrorKind>>();
    const plain: Error = error;
    const json: Record<string, unknown> = error.toJSON();
    return plain.message + Object.keys(json).join();
  }
  return String(error);
}

/** Every kind there is: a new one fails here. */
export function explain(kind: RecoverErrorKind): number {
  switch (kind) {
    case 'panic': case 'out-of-memory': case 'stack-overflow': return 1;
    case 'poisoned': case 'busy': case 'aborted': case 'stale': case 'wrong-class': return 2;
    case 'restart-limit': case 'import': case 'unsupported': case 'not-loaded': return 3;
    default: {
      const none: never = kind;
      return none;
    }
  }
}

export async function use(bytes: BufferSource): Promise<void> {
  await init({ module_or_path: new Response(bytes as BodyInit) });
  initSync({ module: bytes });
  const controls: Recovery = recovery;
  const stop: () => void = controls.onPanic((error) => is<Equal<typeof error, PanicError>>());
  stop();
  const limit: RestartLimit = { restarts: 3, period: 1000 };
  controls.setRestartLimit(limit);
  const deaf: () => void = controls.onAbort((report: AbortReport) => {
    is<Equal<typeof report.lost, LostObject[]>>();
    is<Equal<typeof report.error, unknown>>();
    if (report.panic !== undefined) is<Equal<typeof report.panic.message, string>>();
  }, { memory: true });
  deaf();
  is<Equal<ReturnType<Recovery['restart']>, Promise<void>>>();
  is<Equal<ReturnType<Recovery['export']>, Uint8Array>>();
  const counter: Counter = new Counter(1);
  is<Equal<ReturnType<Counter['add']>, number>>();
  is<Equal<Parameters<Counter['absorb']>, [other: Counter]>>();
  is<Equal<ReturnType<typeof Counter.many>, Counter[]>>();
  is<Equal<ReturnType<typeof Counter.maybe>, Counter | undefined>>();
  is<Equal<ReturnType<typeof echo_bytes>, Uint8Array>>();
  is<Equal<ReturnType<typeof opt_string>, string | undefined>>();
  is<Equal<ReturnType<typeof side>, 'left' | 'right'>>();
  is<Equal<ReturnType<Reentrant['join']>, Reentrant>>();
  const torn: boolean = recovery.isPoisoned(counter) && recovery.clearPoison(counter);
  const health: RecoveryHealth = recovery.health();
  const stacks: 'full' | 'short' | 'none' = recovery.stacks;
  recovery.stacks = stacks;
  const figures: number = health.panics + health.refused.busy + health.memoryBytes + sumOf(1, 2, 3) + Number(torn);
  const mode: Mode = echo_mode('fast');
  const text: string = mixed(true, '', bytes as Uint8Array, 1, ['a'], 2n) + mode + figures + Colour.Green;
  counter.value = text.length + outer.inner.nested() + probe.made();
  new shapes.Cloned().names = ['a'];
  side(true, { deep: 1 });
  {
    using scoped = new Counter(2);
    scoped.doubled = 4;
  }
  counter.free();
}

// @ts-expect-error the machinery makes its errors, nobody else
new PanicError('mine');
// @ts-expect-error an abstract base
new RecoverError('mine');
// @ts-expect-error errors are read-only
export const write = (error: PanicError): void => { error.location = undefined; };
// @ts-expect-error a location may be missing
export const line = (error: PanicError): number => error.location.line;
// @ts-expect-error not a code of this class
export const never = (error: BusyError): boolean => error.code === 'E_PANIC';
// @ts-expect-error readonly in Rust is readonly here
new Counter(1).calls = 2;
// @ts-expect-error a method that Rust does not export
new Counter(1).hidden();
// @ts-expect-error the host's own method is nobody's
new Counter(1).__recover(0);
// @ts-expect-error a counter is no text
add('1', 2);
// @ts-expect-error the parameter has a type of its own
side(true, { shallow: 1 });
// @ts-expect-error skip_typescript
export { untold } from 'fixture_core';
// @ts-expect-error the controls take an object
recovery.isPoisoned(1);
// @ts-expect-error one of three
recovery.stacks = 'long';
