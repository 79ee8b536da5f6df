// @ts-check
// The same source under #[wasm_bindgen] and under #[recoverable]: the same
// declarations, the same answers.
import test from 'node:test';
import assert from 'node:assert/strict';
import { declarations, load } from './load.mjs';

const ours = (await load('fixture-dropin-ours')).pkg;
const plain = (await load('fixture-dropin-plain')).pkg;

const OURS = [
  'PanicLocation', 'RecoverErrorKind', 'RecoverErrorKinds', 'RecoverError', 'PanicError', 'OutOfMemoryError', 'StackOverflowError',
  'PoisonedError', 'BusyError', 'InstanceAbortedError', 'RestartLimitError', 'StaleHandleError', 'ImportError', 'WrongClassError',
  'RestartLimit',
  'LostObject', 'AbortReport', 'HeldObject', 'RecoveryHealth', 'Recovery', 'recovery',
  'ReportEvent', 'ReportCause', 'RecoveryReport', 'ReportAttachments', 'ReportLimit', 'ReportOptions',
  'CaptureOptions', 'CapturedCall', 'ReplayedCall',
];

/**
 * The declarations of the surface: each with its documentation, sorted; without
 * the raw exports, which are no one's surface, and without the classes we add.
 * @param {string} crate
 */
function surface(crate) {
  const text = declarations(crate).split('export type InitInput')[0] ?? '';
  const blocks = text.split(/\n(?=\/\*\*|export |declare )/);
  /** @type {string[]} */
  const whole = [];
  for (const block of blocks) {
    const last = whole.at(-1);
    // A comment belongs to what follows it.
    if (last !== undefined && /\*\/\s*$/.test(last) && !/\bexport |\bdeclare /.test(last)) whole[whole.length - 1] = `${last}\n${block}`;
    else whole.push(block);
  }
  const name = /export (?:abstract )?(?:class|interface|type|const|function|enum|namespace) (\w+)/;
  return whole
    .map((block) => sorted(block.replace(/\/\* (?:ts|es)lint.*\*\/\n?/g, '').trim()))
    .filter((block) => block !== '' && !OURS.includes(name.exec(block)?.[1] ?? ''))
    .sort();
}

/**
 * A class with its members sorted: wasm-bindgen sorts them by Rust names, and ours
 * are other names.
 * @param {string} block
 */
function sorted(block) {
  const [head, body] = block.split(/(?<=class \w+(?: extends \w+)? \{)\n/);
  if (head === undefined || body === undefined) return block;
  const members = body.replace(/\}$/, '').match(/(?: *\/\*\*[^]*?\*\/\n)? *[^*\n]+;\n/g) ?? [];
  assert.equal(members.join('').length, body.length - 1, 'every line belongs to a member');
  return `${head}\n${members.sort().join('')}}`;
}

test('the declarations are the same', () => {
  assert.deepEqual(surface('fixture-dropin-ours'), surface('fixture-dropin-plain'));
});

test('the declarations hold what is compared', () => {
  const text = surface('fixture-dropin-plain').join('\n');
  for (const part of ['class Point', 'function add', 'Across.', 'camelCase', 'class Shape', '`${number}px`', 'With a second paragraph']) {
    assert.ok(text.includes(part), part);
  }
});

/** @param {any} pkg */
const names = (pkg) => Object.keys(pkg).filter((name) => !OURS.includes(name)).sort();

test('the packages export the same names', () => {
  assert.deepEqual(names(ours), names(plain));
});

test('the classes have the same members', () => {
  for (const name of ['Point', 'Shape', 'Pair', 'Empty', 'Local', 'Creature', 'Dog', 'Puppy']) {
    /** @param {any} pkg */
    const members = (pkg) => [
      Reflect.ownKeys(pkg[name].prototype).filter((key) => !String(key).startsWith('__')).map(String).sort(),
      Object.getOwnPropertyNames(pkg[name]).filter((key) => !key.startsWith('__')).sort(),
      Object.entries(Object.getOwnPropertyDescriptors(pkg[name].prototype))
        .filter(([key]) => !key.startsWith('__'))
        .map(([key, { get, set }]) => `${key} ${get !== undefined} ${set !== undefined}`).sort(),
    ];
    new ours.Point(1, 2).end();
    ours.puppy('bit').free();
    assert.deepEqual(members(ours), members(plain), name);
  }
});

/** The same calls against either package; a throw is an answer as well. */
const calls = /** @type {Record<string, (pkg: any) => unknown>} */ ({
  started: (pkg) => pkg.started(),
  add: (pkg) => [pkg.add(1, 2), pkg.add(-1, 2), pkg.add(1.9, '3'), pkg.add(), pkg.add.length],
  names: (pkg) => [pkg.camelCase('a', 3), pkg.camelCase('a'), pkg.camelName(), pkg.snake_case],
  variadic: (pkg) => [pkg.concat('a', 'b', 'c'), pkg.concat('a')],
  namespaces: (pkg) => [pkg.tools.in_tools(2), pkg.deep.er.in_deeper(), pkg.untold(), pkg.undocumented()],
  pixels: (pkg) => pkg.pixels(3, 'x', undefined),
  numbers: (pkg) => pkg.numbers(255, -128, 65535, -32768, -1, 1n, -1n, 2n ** 64n, -1n, 0.5, 7),
  slices(pkg) {
    const numbers = new Uint32Array(2);
    return [pkg.slices(Uint8Array.of(1), [1, 2], numbers, 'äb'), numbers];
  },
  vectors: (pkg) => pkg.vectors([1], ['a', 'b'], [1, null, {}], [() => 1], [1n, 2n]),
  options: (pkg) => [
    pkg.options(), pkg.options(0, '', [], new Uint8Array(0), false, 'x', 0n), pkg.options(null, 'a'),
  ],
  values(pkg) {
    const seen = pkg.values(1, 2, (/** @type {unknown} */ array) => array, Uint8Array.of(3));
    return seen;
  },
  'values, an error': (pkg) => pkg.values(null, 'error', () => 1, new Uint8Array(1)),
  'values, a throw': (pkg) => pkg.values(1, 2, () => { throw new RangeError('thrown'); }, new Uint8Array(1)),
  enums: (pkg) => [pkg.enums(1, 'quick'), pkg.enums(2, 'slow'), pkg.enums(2, 'slow', 1), pkg.Direction.Down],
  fails: (pkg) => [pkg.fails(true), pkg.fails(false)],
  fallible: (pkg) => pkg.fallible_text(true),
  'fallible, an error': (pkg) => pkg.fallible_text(false),
  maybe: (pkg) => [pkg.maybe_point(false), pkg.maybe_point(true).y],
  extends(pkg) {
    const [dog, puppy, animal] = [new pkg.Dog('rex'), pkg.puppy('bit'), new pkg.Creature('own')];
    const calls = [dog, puppy, animal].map((it) => [
      it.name, it.age, it.grow(), it.kind(), it.learn?.(), it.tricks, it.age, pkg.age_of(it), pkg.older(it), it.age,
      [pkg.Creature, pkg.Dog, pkg.Puppy].map((of) => it instanceof of),
    ]);
    const refused = [() => pkg.put_down(dog), () => puppy.consumed(), () => pkg.Creature.prototype.free.call(dog)].map((call) => {
      try { return call(); } catch (error) { return [/** @type {any} */ (error).constructor.name, String(error)]; }
    });
    const inherits = [[pkg.Dog, pkg.Creature], [pkg.Puppy, pkg.Dog]].map(([one, other]) => [
      Object.getPrototypeOf(one) === other, Object.getPrototypeOf(one.prototype) === other.prototype,
    ]);
    animal.age = 7;
    dog.tricks = 3;
    puppy.age = 9;
    const set = [animal.consumed(), dog.tricks, dog.learn(), puppy.age];
    dog.free();
    puppy.free();
    return [calls, refused, inherits, set];
  },
  patterns: (pkg) => pkg.patterns(undefined, 1, 2),
  point(pkg) {
    const point = new pkg.Point(3, 4);
    const other = new pkg.Point(10, 20);
    const length = point.length();
    const moved = point.moveBy(1, 1);
    point.exchange(other);
    point.x += 1;
    point.label = 'new';
    point.maybe = 'text';
    point.only = 9;
    point.area = 33;
    const copy = point.plus(other);
    return [
      length, moved, point.x, point.y, point.count, point.label, point.quiet, point.maybe, point.skipped,
      other.maybe, point.area, point.renamed, point.only, pkg.Point.static_one, point.sum(1, 2), point.answer('why'),
      point.in(5), point.again(), copy.x, point.hidden, point.end(),
    ];
  },
  'points in vectors and options': (pkg) => [
    pkg.Point.row(3).map((/** @type {any} */ point) => point.x), pkg.Point.longest(pkg.Point.row(4)).x,
    pkg.Point.longest([]), pkg.Point.or_origin().x, pkg.Point.or_origin(new pkg.Point(5, 5)).x,
  ],
  'a readonly property': (pkg) => { new pkg.Point(1, 1).count = 3; },
  inspectable(pkg) {
    const shape = new pkg.Shape(4);
    return [JSON.stringify(shape), String(shape)];
  },
  'a constructor that fails': (pkg) => new pkg.Shape(2),
  spaced: (pkg) => new pkg.spaced.Spaced().n,
  pair: (pkg) => [pkg.Pair.of('abc')[0], pkg.Pair.of('abc')[1]],
  internal: (pkg) => [pkg.internal().n, pkg.Internal],
  'free and dispose': (pkg) => [new pkg.Empty().free(), new pkg.Point(1, 1)[Symbol.dispose]()],
  level: (pkg) => [pkg.level(0), pkg.level(5), pkg.Level.Bottom],
  wide: (pkg) => [pkg.wide(0n), pkg.wide(1n), pkg.wide(2n ** 128n - 1n), pkg.wide_signed(-(2n ** 127n)), pkg.wide_signed(5n)],
  'parameters of any name': (pkg) => [pkg.offset(1), pkg.named(1, 2, 3, 4, 5)],
  'a struct that is not public'(pkg) {
    const local = new pkg.Local();
    const other = pkg.local_of(local);
    return [local.text, local.left_out, other.kept, other.twice, other.stays(1), other.byAnotherName(3)];
  },
  imported: (pkg) => pkg.imported(),
  prototypes: (pkg) => [new pkg.Point(1, 1) instanceof pkg.Point, pkg.Point.name, pkg.Shape.name, typeof pkg.Point.prototype.length],
});

/** @param {() => unknown} call */
function outcome(call) {
  try {
    return { value: call() };
  } catch (error) {
    return error instanceof Error ? { error: error.constructor.name, message: error.message } : { thrown: error };
  }
}

for (const [what, call] of Object.entries(calls)) {
  test(`the same answer: ${what}`, () => {
    assert.deepEqual(outcome(() => call(ours)), outcome(() => call(plain)));
  });
}

test('an argument of another class is an error of either, and says more here', () => {
  const call = (/** @type {any} */ pkg) => outcome(() => new pkg.Point(1, 1).plus(new pkg.Empty()));
  assert.deepEqual(call(plain), { error: 'Error', message: 'expected instance of Point' });
  assert.deepEqual(call(ours), { error: 'WrongClassError', message: 'expected an object of the class Point' });
});
