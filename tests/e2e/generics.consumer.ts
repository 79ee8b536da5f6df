// A strict TypeScript consumer of the package of tests/fixtures/generics. It is compiled, never run.
import {
  FloatRing3, LedgerString, LedgerU32, StackF64, StackString, StackU32, after_i32, height_string, largestNumber,
  pour, shout_string, shout_u32, stack_of, U64FromU32,
} from 'fixture_generics';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only for `true`. */
function is<T extends true>(): T | void {}

export async function use(): Promise<void> {
  is<Equal<Parameters<typeof shout_u32>, [value: number]>>();
  is<Equal<ReturnType<typeof U64FromU32>, bigint>>();
  is<Equal<ReturnType<StackString['toArray']>, string[]>>();
  is<Equal<StackU32['top'], number | undefined>>();
  is<Equal<StackF64['pushes'], number>>();
  const numbers: StackU32 = stack_of(new Uint32Array([1]));
  const words = StackString.of('a');
  pour(numbers, words);
  words.join(new StackString());
  const text: string = shout_string(words.text()) + largestNumber(1, 2);
  const sum: number = numbers.sum() + numbers.scaled_i64(2n) + height_string(words, [words], undefined);
  const later: number = await after_i32(Promise.resolve(), 1) + await numbers.push_later(Promise.resolve(), 1);
  const ledger: LedgerString = LedgerString.import(new Uint8Array());
  ledger.add(text);
  new FloatRing3().put(sum + later);
  // @ts-expect-error a string is no number
  shout_u32('a');
  // @ts-expect-error a method of other instantiations
  words.sum();
  // @ts-expect-error of another class
  words.join(numbers);
  // @ts-expect-error of another class, in another argument
  pour(words, words);
  // @ts-expect-error readonly
  numbers.pushes = 7;
  // @ts-expect-error another instantiation's entry
  new LedgerU32().add('a');
}
