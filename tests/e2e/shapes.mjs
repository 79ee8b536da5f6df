// @ts-check
// The calls of fixture-throws: for each import that nobody marked, one that goes well and one in
// which JavaScript throws. Both are made of what the caller gives, so that a loop makes no garbage
// that counts.

/** What the failing calls throw; the same value must arrive. */
export const fault = new Error('of the import');
const throws = () => { throw fault; };

const getter = Object.defineProperty({ a: 1 }, 'b', { get: throws, enumerable: true });
const iterable = { * [Symbol.iterator]() { yield 1; throws(); } };
const uncomparable = { valueOf: throws };
const thing = { length: 2, item: (/** @type {number} */ at) => at };
const frozen = new Proxy([1], { set: throws });
const numbers = new Uint16Array([1, 2, 3]);
const bytes = new Uint8Array(8);
const strings = Object.defineProperty(['a', 'b'], 1, { get: throws });

/** @param {() => unknown} call */
function withGlobal(call) {
  Object.defineProperty(globalThis, 'throwsFixtureGlobal', { get: throws, configurable: true });
  try {
    return call();
  } finally {
    Reflect.deleteProperty(globalThis, 'throwsFixtureGlobal');
  }
}

/** @param {() => unknown} call */
function withoutDecoder(call) {
  const { decode } = TextDecoder.prototype;
  TextDecoder.prototype.decode = throws;
  try {
    return call();
  } finally {
    TextDecoder.prototype.decode = decode;
  }
}

/**
 * @typedef {{ good: () => unknown, answer: number, bad: () => unknown, message?: RegExp }} Shape
 * @param {any} pkg
 * @returns {Record<string, Shape>}
 */
export function shapesOf(pkg) {
  return {
    'a getter in Object.values': {
      good: () => pkg.count('k', { a: 1, b: 2 }), answer: 3, bad: () => pkg.count('k', getter),
    },
    'an iterator in Array.from': {
      good: () => pkg.gather([1, 2, 3]), answer: 18, bad: () => pkg.gather(iterable),
    },
    'a getter in another crate': {
      good: () => pkg.items(thing), answer: 17, bad: () => pkg.items({ get length() { return throws(); } }),
    },
    'a method in another crate, half way': {
      good: () => pkg.items(thing), answer: 17,
      bad: () => pkg.items({ length: 2, item: (/** @type {number} */ at) => (at === 1 ? throws() : at) }),
    },
    'an operator': {
      good: () => pkg.added(1, 2), answer: 18, bad: () => pkg.added(1, uncomparable),
    },
    'a conversion to a number': {
      good: () => pkg.number(2), answer: 17, bad: () => pkg.number(uncomparable),
    },
    'the operator `in`': {
      good: () => pkg.within('a', { a: 1 }), answer: 16, bad: () => pkg.within('a', 1), message: /in/,
    },
    'a getter in a conversion': {
      good: () => pkg.vector(['a', 'bc']), answer: 18, bad: () => pkg.vector(strings),
    },
    'the decoder of strings': {
      good: () => pkg.text(5), answer: 20, bad: () => withoutDecoder(() => pkg.text(5)),
    },
    'a conversion, while a text is borrowed': {
      good: () => pkg.lent_text('text', 2), answer: 21, bad: () => pkg.lent_text('text', uncomparable),
    },
    'a conversion, while numbers are borrowed': {
      good: () => pkg.lent_numbers(numbers, 2), answer: 20, bad: () => pkg.lent_numbers(numbers, uncomparable),
    },
    'a conversion, while bytes are borrowed to be written': {
      good: () => pkg.lent_to_write(bytes, 2), answer: 25, bad: () => pkg.lent_to_write(bytes, uncomparable),
    },
    'a write': {
      good: () => pkg.fill([1, 2], 3), answer: 17, bad: () => pkg.fill(frozen, 3),
    },
  };
}

/** A static that is read for the first time: it throws as long as its global does. @param {any} pkg */
export const globalShape = (pkg) => ({
  good: () => pkg.global(), bad: () => withGlobal(() => pkg.global()),
});

/** An object whose method throws half way. */
export const halfWay = getter;
