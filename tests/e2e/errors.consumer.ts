// A strict TypeScript consumer of the package of tests/fixtures/errors. It is
// compiled, never run: `errors_fixture` is mapped to the package by `paths`.
import {
  BoundsError, CallbackError, ClosedError, Fields, NetError, NoKeyError, OverQuota, ParseError,
  StoreError, ThrewError, no_key,
} from 'errors_fixture';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only for `true`. */
function is<T extends true>(): T | void {}

export function narrow(error: unknown): string | number | bigint {
  if (error instanceof NoKeyError) {
    is<Equal<typeof error.name, 'NoKeyError'>>();
    is<Equal<typeof error.code, 'E_NO_KEY'>>();
    is<Equal<typeof error.cause, unknown>>();
    return error.key;
  }
  if (error instanceof OverQuota) {
    is<Equal<typeof error.code, 'STORE_QUOTA'>>();
    return error.limit;
  }
  if (error instanceof ParseError) return error[0] + error.text.length;
  if (error instanceof StoreError) {
    switch (error.code) {
      case 'E_NO_KEY': case 'STORE_QUOTA': case 'E_PARSE': case 'E_DISK': case 'E_SYNC': case 'E_CLOSED':
        return error.code;
      default: {
        const none: never = error.code;
        return none;
      }
    }
  }
  if (error instanceof BoundsError) {
    const range: RangeError = error;
    return range.message + error[0];
  }
  if (error instanceof NetError) return error.url;
  if (error instanceof ThrewError) return error.times;
  if (error instanceof CallbackError) return error.name;
  if (error instanceof Fields) {
    is<Equal<typeof error.long, bigint>>();
    is<Equal<typeof error.bytes, Uint8Array>>();
    is<Equal<typeof error.none, string | undefined>>();
    is<Equal<typeof error.flags, boolean[]>>();
    is<Equal<typeof error.any, unknown>>();
    is<Equal<typeof error.typed, { deep: number }>>();
    is<Equal<typeof error.type, string>>();
    return error.typed.deep;
  }
  return no_key('k');
}

const made: Error = new NoKeyError('mine', { key: 'k' }, { cause: 1 });
new ClosedError('mine');
// @ts-expect-error a base class has no values of its own
new StoreError('mine');
// @ts-expect-error fields are read-only
if (made instanceof NoKeyError) made.key = 'other';
// @ts-expect-error not a code of this class
if (made instanceof NoKeyError && made.code === 'E_CLOSED') throw made;
