// A strict TypeScript consumer of the package of tests/fixtures/async. It is
// compiled, never run: `fixture_async` is mapped to the package by `paths`.
import {
  BusyError, Job, OddError, PanicError, Refusal, Store, add_later, asBigAsItGets, big, bytes, cancellable,
  everything, fill_later, first_of, halve, maybe, nothing, rejected_with, spawn_calling, with_maybe_signal,
  with_signal, with_signal_ref,
} from 'fixture_async';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only for `true`. */
function is<T extends true>(): T | void {}

is<Equal<ReturnType<typeof nothing>, Promise<void>>>();
is<Equal<ReturnType<typeof halve>, Promise<number>>>();
is<Equal<ReturnType<typeof big>, Promise<bigint>>>();
is<Equal<ReturnType<typeof bytes>, Promise<Uint8Array>>>();
is<Equal<ReturnType<typeof maybe>, Promise<string | undefined>>>();
is<Equal<ReturnType<typeof rejected_with>, Promise<any>>>();
is<Equal<ReturnType<typeof spawn_calling>, void>>();
is<Equal<Parameters<typeof everything>, [text: string, owned: string, bytes: Uint8Array | number[], big: bigint, maybe?: number | null]>>();
is<Equal<Parameters<typeof fill_later>, [slice: Uint8Array, promise: any]>>();
is<Equal<Parameters<typeof asBigAsItGets>, [theValue: number]>>();

// The signal: the user's own argument, or one more.
is<Equal<Parameters<typeof with_signal>, [promise: any, signal: AbortSignal]>>();
is<Equal<Parameters<typeof with_signal_ref>, [signal: AbortSignal, promise: any]>>();
is<Equal<Parameters<typeof with_maybe_signal>, [promise: any, signal?: AbortSignal | null]>>();
is<Equal<Parameters<typeof cancellable>, [promise: any, signal?: AbortSignal]>>();
is<Equal<Parameters<Job['step']>, [promise: any, signal?: AbortSignal]>>();
is<Equal<Parameters<Store['cancel_queued']>, [promise: any, by: number, signal?: AbortSignal]>>();

// Methods that wait for their object are methods like any other, with no marker beside.
is<Equal<ReturnType<typeof Store.open>, Promise<Store>>>();
is<Equal<ReturnType<Store['add_twice']>, Promise<number>>>();
is<Equal<ReturnType<Store['getQueued']>, Promise<number>>>();
is<Equal<Parameters<Store['absorb']>, [other: Store, mine: Store, promise: any]>>();
is<Equal<Extract<keyof Store, `__recover${string}`>, never>>();

export async function use(store: Store): Promise<number> {
  const controller = new AbortController();
  const later = cancellable(fetch('/'), controller.signal);
  await Promise.all([later, cancellable(undefined), first_of(1, 2)]);
  try {
    const opened: Store = await Store.open(Promise.resolve(1));
    return await opened.add_queued(add_later(1, 2), 1) + await store.end(0);
  } catch (error) {
    if (error instanceof OddError) {
      is<Equal<typeof error.code, 'E_ODD'>>();
      const base: Refusal = error;
      return error.value + base.message.length;
    }
    if (error instanceof BusyError) return error.class.length;
    return error instanceof PanicError ? error.location?.line ?? 0 : 0;
  }
}

// @ts-expect-error a promise of a number is no number
export const sum: number = halve(2) + 1;
// @ts-expect-error a controller is no signal
cancellable(1, new AbortController());
// @ts-expect-error the signal is needed
with_signal(1);
// @ts-expect-error the marker of a queue is nobody's
Store.prototype.__recover_queue_add_queued();
// @ts-expect-error a method of an object that waits in line has its arguments
new Store(1).add_queued();
