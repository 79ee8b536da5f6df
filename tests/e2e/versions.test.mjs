// @ts-check
// Bytes of older versions of a class: three packages are one program in three versions, and the third reads
// what the others wrote.
import test from 'node:test';
import assert from 'node:assert/strict';
import { payloadOf, sealed } from './bytes.mjs';
import { load, unwind } from './load.mjs';
import { clock, dies, isDeath, thrown, throwsClass } from './support.mjs';

const { pkg: one } = await load('fixture-versions-one');
const { pkg: two } = await load('fixture-versions-two');
const { pkg: three } = await load('fixture-versions-three');
three.recovery.setRestartLimit({ restarts: Infinity, period: 1 });

// A call that takes long on a busy machine makes a snapshot due: the clock is the tests'.
test.beforeEach(() => clock(0.0001));
test.afterEach(() => clock());

/** @param {any} object @param {any} pkg @returns {Uint8Array} */
function taken(object, pkg) {
  const bytes = pkg.recovery.export(object);
  object.free();
  return bytes;
}

/** A page with two lines, as a version of the program writes it. @param {any} pkg */
function page(pkg) {
  const written = new pkg.Page('log');
  written.write('first');
  written.write('second');
  return taken(written, pkg);
}

test('bytes of the first and of the second version are read by the third, and by the second', () => {
  const [first, second] = [page(one), page(two)];
  for (const bytes of [first, second]) {
    const before = bytes.slice();
    const read = three.Page.import(bytes);
    assert.equal(read.shown(), 'log: 1 first|2 second');
    read.free();
    assert.deepEqual(bytes, before);
  }
  const between = two.Page.import(first);
  assert.equal(between.shown(), 'log: first|second');
  // What it writes now is of its own version.
  const again = three.Page.import(taken(between, two));
  assert.equal(again.shown(), 'log: 1 first|2 second');
  const now = three.recovery.export(again);
  assert.deepEqual(now, sealed('Page', 3, payloadOf('Page', now)));
  again.free();
});

test('an object of older bytes is journaled, rolled back and revived as any other', () => {
  const read = three.Page.import(page(one));
  read.write('third');
  if (unwind) {
    assert.ok(thrown(() => read.tear()) instanceof three.PanicError);
    assert.equal(read.shown(), 'log: 1 first|2 second|3 third');
  }
  dies(three, () => three.trap());
  read.write('fourth');
  dies(three, () => three.trap());
  assert.equal(read.shown(), 'log: 1 first|2 second|3 third|4 fourth');
  read.free();
});

test('a version that no migration leads from is refused by class and numbers, and the bytes stay as they are', () => {
  const bytes = taken(new one.Draft('a b c'), one);
  const before = bytes.slice();
  const error = throwsClass(three, 'ImportError', () => three.Draft.import(bytes));
  assert.match(error.message, /is of version 1 of the class Draft, which has version 3 here; name a function from version 1 in the `migrate`/);
  assert.equal(error.class, 'Draft');
  assert.deepEqual(bytes, before);
  const read = three.Draft.import(taken(new two.Draft('a b c'), two));
  assert.equal(read.shown(), '["a", "b", "c"] of 3');
  read.free();
  // An older build does not know what a newer one wrote.
  const newer = page(three);
  const refused = throwsClass(two, 'ImportError', () => two.Page.import(newer));
  assert.match(refused.message, /is of version 3 of the class Page, which has version 2 here; a build with that version reads it/);
  for (const version of [0, 4, 2 ** 32 - 1]) {
    const forged = sealed('Page', version, payloadOf('Page', newer));
    assert.match(throwsClass(three, 'ImportError', () => three.Page.import(forged)).message, new RegExp(`is of version ${version} of`));
  }
});

test('bytes that are no state of their version are refused before a migration sees them', () => {
  const payload = payloadOf('Page', page(one));
  for (const forged of [payload.subarray(1), payload.subarray(0, -1), new Uint8Array([...payload, 0]), new Uint8Array()]) {
    for (const version of [1, 2]) {
      const error = throwsClass(three, 'ImportError', () => three.Page.import(sealed('Page', version, forged)));
      assert.match(error.message, /holds no state of this class/);
    }
  }
});

test('a migration that returns an error refuses the bytes by its text', () => {
  const good = three.Bill.import(taken(new one.Bill(1200), one));
  assert.equal(good.shown(), '12 francs');
  good.free();
  const bytes = taken(new one.Bill(1250), one);
  const before = bytes.slice();
  const error = throwsClass(three, 'ImportError', () => three.Bill.import(bytes));
  assert.match(error.message, /the migration from version 0 failed: 1250 cents are no sum in francs/);
  assert.equal(error.class, 'Bill');
  assert.deepEqual(bytes, before);
});

test('a migration that panics refuses the bytes by what it said, and ends no other object', () => {
  const page = new three.Page('other');
  page.write('line');
  const bytes = taken(new one.Bill(1300), one);
  const before = bytes.slice();
  /** @type {any[]} */
  const panics = [];
  const stop = three.recovery.onPanic((/** @type {any} */ error) => panics.push(error));
  if (unwind) {
    const { epoch } = three.recovery.health();
    const error = throwsClass(three, 'ImportError', () => three.Bill.import(bytes));
    assert.match(error.message, /the migration from version 0 failed: a bill of 1300 cents/);
    assert.equal(three.recovery.health().epoch, epoch);
    assert.equal(panics.length, 1);
    assert.match(panics[0].location.file, /versions.three.src.lib\.rs$/);
  } else {
    const error = dies(three, () => three.Bill.import(bytes));
    assert.match(error.message, /a bill of 1300 cents/);
  }
  stop?.();
  assert.deepEqual(bytes, before);
  assert.equal(page.shown(), 'other: 1 line');
  page.free();
});

test('memory that runs out in a migration, and a trap in one, are what they are elsewhere', () => {
  const full = taken(new one.Bill(1400), one);
  const error = thrown(() => three.Bill.import(full));
  if (unwind) assert.ok(error instanceof three.OutOfMemoryError && !error.fatal, String(error));
  else isDeath(three, error);
  dies(three, () => three.Bill.import(taken(new one.Bill(1500), one)));
  const good = three.Bill.import(taken(new one.Bill(1200), one));
  assert.equal(good.shown(), '12 francs');
  good.free();
});

test('a class that extends another one reads its older bytes with those of the other', () => {
  const dog = three.Dog.import(taken(new one.Dog('Rex', 2), one));
  assert.equal(dog.name(), 'Rex on 4 legs');
  assert.equal(dog.tricks(), 'trick 0, trick 1');
  dog.rename('Max');
  dog.learn('trick 2');
  dies(three, () => three.trap());
  assert.equal(dog.name(), 'Max on 4 legs');
  assert.equal(dog.tricks(), 'trick 0, trick 1, trick 2');
  dog.free();
});

test('each instantiation of a generic class has migrations of its own', () => {
  const numbers = three.ShelfU32.import(sealed('ShelfU32', 1, new Uint8Array([7, 0, 0, 0])));
  assert.deepEqual([...numbers.all()], [7]);
  numbers.free();
  const texts = three.ShelfString.import(sealed('ShelfString', 1, new Uint8Array([1, 97])));
  assert.deepEqual(texts.all(), ['a']);
  texts.free();
});
