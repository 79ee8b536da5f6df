// @ts-check
// Exported structs that extend others. An object is one object for all its levels: busy, poisoned, freed,
// recorded and revived as a whole. In a build that can't unwind every panic ends the instance.
import test from 'node:test';
import assert from 'node:assert/strict';
import { declarations, load, unwind } from './load.mjs';
import { clock, dies, thrown, throwsClass } from './support.mjs';
import { later, rejection, turn } from './support-async.mjs';
import { collectUntil } from './support-gc.mjs';

const { pkg } = await load('fixture-extends');
const { Animal, Dog, Puppy, Page, Spread, Account, Savings, Junior, recovery } = pkg;
recovery.setRestartLimit({ restarts: Infinity, period: 1 });

test.beforeEach(() => clock(0.0001));
test.afterEach(() => clock());

/** The error of a panic, in either kind of build. @param {() => unknown} call */
function panics(call) {
  const error = unwind ? thrown(call) : dies(pkg, call);
  assert.ok(error instanceof pkg.PanicError, String(error));
  return error;
}

const die = () => dies(pkg, () => pkg.trap());
/** @param {() => unknown} call */
const busy = (call) => throwsClass(pkg, 'BusyError', call);
/** @param {() => unknown} call */
const poisoned = (call) => throwsClass(pkg, 'PoisonedError', call);
/** @param {() => unknown} call */
const stale = (call) => throwsClass(pkg, 'StaleHandleError', call);

test('methods of every level are called on one object', () => {
  const puppy = new Puppy('bit');
  assert.ok(puppy instanceof Puppy && puppy instanceof Dog && puppy instanceof Animal);
  assert.equal(Object.getPrototypeOf(Dog.prototype), Animal.prototype);
  assert.equal(Object.getPrototypeOf(Dog), Animal);
  assert.equal(puppy.grow(2), 2);
  assert.equal(puppy.learn(), 1);
  puppy.name = 'bite';
  puppy.rename(`${puppy.name}r`);
  assert.equal(puppy.describe(), 'biter of 2 knows 1');
  assert.equal(puppy.weeks(), 112);
  assert.equal(puppy.age, 2);
  puppy.age = 3;
  assert.equal(puppy.tricks, 1);
  assert.equal(puppy.weeks(), 164);
  puppy.free();
  const animal = new Animal('own');
  assert.ok(!(animal instanceof Dog));
  assert.equal(animal.grow(1), 1);
  animal.free();
});

test('the declarations say what extends what', () => {
  const text = declarations('fixture-extends');
  assert.match(text, /class Dog extends Animal \{/);
  assert.match(text, /class Puppy extends Dog \{/);
  assert.match(text, /class \w*Heir extends \w*Base \{/);
});

test('a class extends one that has another name and a namespace', () => {
  const heir = new pkg.zoo.Heir(7);
  assert.ok(heir instanceof pkg.zoo.Base);
  assert.equal(heir.value, 7);
  heir.value = 8;
  assert.equal(heir.value, 8);
  heir.free();
});

test('a call of any level holds the object for all levels', () => {
  const puppy = new Puppy('bit');
  const calls = [() => puppy.grow(1), () => puppy.learn(), () => puppy.hold(() => {}), () => puppy.free(), () => pkg.feed(puppy)];
  const reads = [() => puppy.name, () => puppy.tricks, () => puppy.weeks()];
  for (const hold of [puppy.visit_mut, puppy.with_mut, puppy.hold]) {
    hold.call(puppy, () => {
      for (const call of [...calls, ...reads]) busy(call);
      assert.equal(recovery.isPoisoned(puppy), false);
    });
  }
  for (const hold of [puppy.visit, puppy.with]) {
    hold.call(puppy, () => {
      for (const call of calls) busy(call);
      for (const read of reads) read();
    });
  }
  for (const call of calls.slice(0, 3)) call();
  puppy.free();
});

test('a parent that Rust has borrowed mutably is busy for JavaScript', () => {
  const dog = new Dog('rex');
  dog.with_parent_mut(() => {
    busy(() => dog.name);
    busy(() => dog.grow(1));
    busy(() => dog.learn());
  });
  assert.equal(dog.age, 1);
  // A call of the parent's that reads it excludes a borrow that writes it.
  if (unwind) {
    dog.visit(() => panics(() => dog.rename('no')));
    recovery.clearPoison(dog);
  }
  assert.equal(dog.name, 'rex');
  dog.rename_within(() => dog.name);
  assert.equal(dog.name, 'rex!');
  dog.free();
  const puppy = new Puppy('bit');
  puppy.hold_dog(() => {
    busy(() => puppy.learn());
    busy(() => puppy.tricks);
    busy(() => puppy.weeks === undefined || puppy.hold(() => {}));
  });
  assert.equal(puppy.tricks, 1);
  puppy.free();
});

test('a panic at any level poisons the object for all levels', { skip: !unwind }, () => {
  for (const tear of ['tear', 'tear_both']) {
    const puppy = new Puppy('bit');
    const cause = panics(() => puppy[tear]());
    for (const call of [() => puppy.grow(1), () => puppy.name, () => puppy.learn(), () => puppy.weeks(), () => pkg.pet(puppy)]) {
      assert.equal(poisoned(call).cause, cause);
    }
    assert.equal(recovery.isPoisoned(puppy), true);
    assert.equal(recovery.clearPoison(puppy), true);
    assert.equal(puppy.age, 1000, 'its state is as the call left it');
    assert.equal(puppy.tricks, tear === 'tear' ? 0 : 1000);
    assert.equal(puppy.learn(), puppy.tricks);
    puppy.free();
  }
  const torn = new Dog('rex');
  panics(() => torn.tear());
  torn.free();
});

test('a panic at any level rolls the object back as a whole', { skip: !unwind }, () => {
  const spread = new Spread();
  assert.equal(spread.widen(false), 3);
  panics(() => spread.widen(true));
  assert.deepEqual([spread.width, spread.number], [3, 11]);
  panics(() => spread.turn(true));
  assert.deepEqual([spread.width, spread.number], [3, 11]);
  assert.equal(spread.turn(false), 12);
  assert.equal(spread.widen(false), 4);
  assert.deepEqual([spread.width, spread.number], [4, 22]);
  assert.ok(spread instanceof Page);
  spread.free();
});

test('an object is freed once, with all its levels', async () => {
  assert.equal(pkg.alive(), 0);
  const puppy = new Puppy('bit');
  assert.equal(pkg.alive(), 3);
  puppy.free();
  assert.equal(pkg.alive(), 0);
  for (const call of [() => puppy.name, () => puppy.grow(1), () => puppy.learn(), () => puppy.weeks(), () => puppy.free(), () => pkg.pet(puppy)]) stale(call);
  if (Symbol.dispose) {
    const disposed = new Dog('rex');
    disposed[Symbol.dispose]();
    disposed[Symbol.dispose]();
    assert.equal(pkg.alive(), 0);
  }
  for (let i = 0; i < 10; i += 1) new Puppy('bit').learn();
  await collectUntil(() => pkg.alive() === 0);
  // An argument's conversion frees the object.
  const dog = new Dog('rex');
  stale(() => dog.grow({ valueOf() { dog.free(); return 1; } }));
  assert.equal(pkg.alive(), 0);
});

test('an object of a class is passed where one of its parent is borrowed', () => {
  const puppy = new Puppy('bit');
  assert.equal(pkg.pet(puppy), 'good bit');
  assert.equal(pkg.feed(puppy), 1);
  assert.equal(pkg.name_of(puppy), 'bit');
  assert.equal(puppy.learn(), 1);
  const dog = new Dog('rex');
  dog.learn();
  assert.equal(pkg.both(puppy, dog), 2);
  busy(() => pkg.both(puppy, puppy));
  puppy.visit(() => busy(() => pkg.feed(puppy)));
  const animal = new Animal('no');
  throwsClass(pkg, 'WrongClassError', () => pkg.both(dog, animal));
  animal.free();
  puppy.free();
  dog.free();
});

test('an object of a class is not consumed as one of its parent', () => {
  const dog = new Dog('rex');
  assert.throws(() => pkg.adopt(dog), TypeError);
  const animal = new Animal('own');
  assert.throws(() => pkg.adopt_all([animal, dog]), TypeError);
  assert.equal(pkg.adopt(animal), 'own', 'nothing was taken');
  assert.throws(() => dog.consume(), TypeError);
  assert.throws(() => Animal.prototype.free.call(dog), TypeError);
  assert.equal(dog.learn(), 1);
  assert.equal(pkg.adopt(new Animal('own')), 'own');
  assert.equal(pkg.adopt_all([new Animal('own'), new Animal('too')]), 2);
  dog.free();
});

test('an object that Rust takes and gives back is a new one, with its parent', () => {
  const dog = new Dog('rex');
  const trained = pkg.train(dog);
  stale(() => dog.name);
  stale(() => dog.learn());
  assert.deepEqual([trained.tricks, trained.age, trained.name], [10, 10, 'rex']);
  const given = trained.give();
  stale(() => trained.grow(1));
  assert.equal(given.grow(1), 11);
  given.reborn('max');
  assert.equal(given.name, 'max', 'JavaScript sees the new parent');
  given.grow(1);
  assert.equal(given.describe(), 'max of 1 knows 10');
  given.free();
  assert.deepEqual(pkg.litter().map((/** @type {any} */ puppy) => [puppy.name, puppy.learn(), puppy.free()]), [['puppy 0', 1, undefined], ['puppy 1', 1, undefined]]);
});

test('objects whose parents were swapped lose none', () => {
  const [one, other] = [new Dog('one'), new Dog('other')];
  pkg.swap_parents(one, other);
  // JavaScript has the pointers of the old ones, as with wasm-bindgen.
  assert.deepEqual([one.name, other.name], ['one', 'other']);
  assert.match(one.describe(), /^other/);
  assert.match(other.describe(), /^one/);
  one.rename('renamed');
  assert.equal(other.name, 'renamed');
  one.free();
  assert.equal(other.name, 'renamed');
  other.free();
  assert.equal(pkg.alive(), 0);
});

test('an asynchronous call of the parent holds the object', async () => {
  const dog = new Dog('rex');
  const gate = later();
  const waits = dog.wait(gate.promise);
  busy(() => dog.learn());
  busy(() => dog.free());
  const queued = dog.queued(Promise.resolve());
  gate.resolve(undefined);
  assert.equal(await waits, 1);
  assert.equal(await queued, 2);
  assert.equal(dog.learn(), 1);
  const ended = rejection(dog.wait(new Promise(() => {})));
  die();
  await ended;
  stale(() => dog.name);
  stale(() => dog.learn());
  stale(() => pkg.pet(dog));
  stale(() => dog.free());
});

test('handles of an instance that has ended are stale at every level', () => {
  const puppy = new Puppy('bit');
  die();
  for (const call of [() => puppy.name, () => puppy.learn(), () => puppy.weeks(), () => pkg.pet(puppy), () => pkg.name_of(puppy)]) stale(call);
  const fresh = new Puppy('new');
  assert.equal(fresh.grow(1), 1);
  fresh.free();
});

test('an object comes back under its handle, with the calls of every level', () => {
  const savings = new Savings(10, 2);
  const plain = new Account(1);
  assert.equal(savings.accrue(), 12);
  assert.equal(savings.add(3), 15);
  assert.equal(savings.raise(1), 3);
  assert.equal(savings.accrue(), 18);
  savings.note('a snapshot by a call of the parent');
  assert.equal(savings.add(2), 20);
  assert.equal(plain.add(1), 2);
  for (let i = 0; i < 3; i += 1) {
    die();
    assert.equal(pkg.added(), 0);
    assert.equal(savings.total, 20);
    assert.equal(pkg.added(), 1, 'the journal holds the call of the parent alone');
    assert.ok(savings instanceof Savings && savings instanceof Account);
    assert.deepEqual([savings.rate, savings.notes(), pkg.balance(savings)], [3, ['a snapshot by a call of the parent'], 20]);
    assert.equal(plain.total, 2);
  }
  die();
  assert.equal(savings.add(1), 21);
  assert.equal(savings.accrue(), 24);
  die();
  assert.equal(savings.accrue(), 27);
  savings.free();
  stale(() => savings.total);
  stale(() => savings.raise(1));
  plain.free();
});

test('an object of three levels comes back, with a snapshot of the outermost', () => {
  const junior = new Junior('ann');
  junior.add(5);
  junior.raise(1);
  junior.accrue();
  junior.entrust('bea');
  junior.total = 20;
  die();
  assert.deepEqual([junior.total, junior.rate, junior.guardian()], [20, 2, 'bea']);
  junior.add(1);
  die();
  assert.deepEqual([junior.total, junior.rate, junior.guardian()], [21, 2, 'bea']);
  assert.ok(junior instanceof Account);
  assert.equal(junior.accrue(), 23);
  junior.hold(() => {
    busy(() => junior.guardian());
    busy(() => junior.rate);
  });
  die();
  assert.equal(junior.total, 24);
  assert.equal(pkg.close(new Savings(3, 1)), 3);
  junior.free();
});

test('an object that left the memory comes back at every level', async () => {
  const [savings, junior] = [new Savings(10, 2), new Junior('ann')];
  savings.add(1);
  junior.raise(1);
  assert.equal(pkg.top_up(savings, 4), 15);
  const error = thrown(() => pkg.exhaust());
  assert.ok(error instanceof pkg.RecoverError);
  await turn();
  assert.equal(junior.add(1), 11, 'the first call is that of the first class');
  assert.deepEqual([junior.total, junior.rate, junior.guardian()], [11, 2, 'ann']);
  assert.equal(savings.accrue(), 17);
  assert.equal(savings.add(1), 18);
  die();
  assert.deepEqual([savings.total, savings.rate, junior.total, junior.rate], [18, 2, 11, 2]);
  savings.free();
  junior.free();
});

test('JavaScript enters no level of an object whose destructor runs while it makes room', { skip: !unwind }, async () => {
  const watched = new pkg.Watched(5);
  /** @type {unknown[]} */
  const seen = [];
  pkg.watch(() => { seen.push(thrown(() => watched.add(100))); });
  thrown(() => pkg.exhaust());
  await turn();
  pkg.watch();
  assert.deepEqual(seen.map((error) => error instanceof pkg.RecoverError), [true]);
  assert.deepEqual([watched.add(1), watched.see()], [6, 1], 'it is as it was');
  watched.free();
});

test('a panic at any level rolls a persistent object back as a whole', () => {
  const savings = new Savings(10, 2);
  savings.add(1);
  panics(() => savings.tear());
  assert.deepEqual([savings.total, savings.rate], [11, 2]);
  panics(() => savings.tear_both());
  assert.deepEqual([savings.total, savings.rate], [11, 2]);
  assert.equal(savings.add(1), 12, 'its handle leads to the state that it was rolled back to');
  assert.equal(savings.accrue(), 14);
  die();
  assert.deepEqual([savings.total, savings.rate], [14, 2]);
  panics(() => savings.tear());
  assert.deepEqual([savings.total, savings.rate], [14, 2]);
  savings.free();
  const junior = new Junior('ann');
  junior.add(1);
  panics(() => junior.tear());
  assert.deepEqual([junior.total, junior.rate, junior.guardian()], [11, 1, 'ann']);
  panics(() => junior.tear_both());
  assert.deepEqual([junior.total, junior.rate, junior.guardian()], [11, 1, 'ann']);
  junior.free();
});

test('the bytes of an object are those of all levels', () => {
  const savings = new Savings(10, 2);
  savings.add(1);
  const bytes = recovery.export(savings);
  const copy = Savings.import(bytes);
  assert.deepEqual([copy.total, copy.rate], [11, 2]);
  copy.add(1);
  assert.equal(savings.total, 11);
  assert.throws(() => Account.import(bytes), pkg.ImportError);
  die();
  assert.equal(copy.total, 12);
  copy.free();
  savings.free();
});

test('a revived object that is collected is released at every level', async () => {
  const before = recovery.health();
  (() => {
    const savings = new Savings(1, 1);
    savings.add(1);
    die();
    assert.equal(savings.total, 2);
  })();
  let gone = false;
  new FinalizationRegistry(() => { gone = true; }).register(new Savings(1, 1), 0);
  await collectUntil(() => gone);
  assert.equal(recovery.health().epoch, before.epoch + 1);
});
