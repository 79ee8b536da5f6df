// @ts-check
// The state machine of an object, seen from JavaScript: busy, stale, consumed.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load } from './load.mjs';
import { thrown, throwsClass } from './support.mjs';

const { pkg } = await load('fixture-core');
const { Reentrant, Counter } = pkg;

/** Every way to use an object, with what it needs beside. */
const uses = /** @type {Record<string, (object: any) => unknown>} */ ({
  'a &self method': (object) => object.read(),
  'a &mut self method': (object) => object.write(),
  'a consuming method': (object) => object.end(),
  'a field': (object) => object.n,
  'setting a field': (object) => { object.n = 1; },
  'a &T argument': (object) => pkg.holding_shared(object, () => 0),
  'a &mut T argument': (object) => pkg.holding_exclusive(object, () => 0),
  'a T argument': (object) => pkg.holding_owned(object, () => 0),
  'a Vec<T> argument': (object) => pkg.end_all([object]),
  'free': (object) => object.free(),
  'dispose': (object) => object[Symbol.dispose](),
});
const readers = ['a &self method', 'a field', 'a &T argument'];

/** Every way to hold an object while JavaScript runs. */
const holds = /** @type {Record<string, (object: any, f: () => unknown) => unknown>} */ ({
  '&self': (object, f) => object.under_shared(f),
  '&mut self': (object, f) => object.under_exclusive(f),
  '&T': (object, f) => pkg.holding_shared(object, f),
  '&mut T': (object, f) => pkg.holding_exclusive(object, f),
});

for (const [hold, holding] of Object.entries(holds)) {
  test(`while ${hold} holds an object, every other use gets its answer`, () => {
    for (const [use, using] of Object.entries(uses)) {
      const object = new Reentrant(1);
      const shared = !hold.includes('mut') && readers.includes(use);
      /** @type {any} */
      let busy;
      holding(object, () => {
        if (shared) using(object);
        else busy = throwsClass(pkg, 'BusyError', () => using(object));
        return 0;
      });
      if (busy !== undefined) {
        assert.equal(busy.code, 'E_BUSY');
        assert.equal(busy.kind, 'busy');
        assert.equal(busy.retryable, true, use);
        assert.equal(busy.fatal, false);
        assert.equal(busy.class, 'Reentrant', use);
        assert.equal(busy.message, 'this Reentrant is busy with another call; call again when that one has ended');
        if (use.includes('self')) assert.equal(busy.export, `fixture_core::objects::Reentrant::${use.includes('mut') ? 'write' : 'read'}`);
      }
      assert.ok(object.read() >= 1, `${use} left the object as it was`);
      assert.ok(object.write() >= 2);
      object.free();
    }
  });
}

test('a BusyError that is not caught in the callback reaches the caller unchanged', () => {
  const object = new Reentrant(1);
  /** @type {unknown} */
  let inner;
  const outer = throwsClass(pkg, 'BusyError', () => object.under_exclusive(() => {
    try {
      return object.read();
    } catch (error) {
      inner = error;
      throw error;
    }
  }));
  assert.equal(outer, inner);
  assert.equal(object.read(), 2);
});

test('two arguments of one call alias an object only if both read it', () => {
  const object = new Reentrant(3);
  throwsClass(pkg, 'BusyError', () => object.with(object));
  assert.equal(object.read(), 3);
  assert.equal(pkg.holding_shared(object, () => object.read()), 3);
  throwsClass(pkg, 'BusyError', () => object.take_in(object));
  assert.equal(object.read(), 3);
});

test('a consumed or freed handle is stale in every use', () => {
  /** @type {Record<string, (object: any) => unknown>} */
  const ends = {
    'free': (object) => object.free(),
    'dispose': (object) => object[Symbol.dispose](),
    'a consuming method': (object) => object.end(),
    'a consuming method that calls back': (object) => object.under_consumed(() => 0),
    'a T argument': (object) => pkg.holding_owned(object, () => 0),
    'a Vec<T> argument': (object) => pkg.end_all([object]),
  };
  for (const [end, ending] of Object.entries(ends)) {
    const object = new Reentrant(2);
    ending(object);
    for (const [use, using] of Object.entries(uses)) {
      if (use === 'dispose') {
        using(object);
        continue;
      }
      const stale = throwsClass(pkg, 'StaleHandleError', () => using(object));
      assert.equal(stale.code, 'E_STALE_HANDLE');
      assert.equal(stale.kind, 'stale');
      assert.equal(stale.retryable, false);
      assert.equal(stale.fatal, false);
      assert.equal(stale.class, 'Reentrant', `${use} after ${end}`);
      assert.equal(stale.message, 'this Reentrant was freed or consumed; create a new one');
    }
    assert.equal(pkg.recovery.isPoisoned(object), false);
    assert.equal(pkg.recovery.clearPoison(object), false);
  }
});

test('an object that is being consumed is stale for the callback', () => {
  const object = new Reentrant(2);
  object.under_consumed(() => {
    throwsClass(pkg, 'StaleHandleError', () => object.read());
    throwsClass(pkg, 'StaleHandleError', () => object.free());
    object[Symbol.dispose]();
    return 0;
  });
});

test('a freed handle is refused where an Option is expected', () => {
  const counter = new Counter(1);
  counter.free();
  throwsClass(pkg, 'StaleHandleError', () => pkg.consume_maybe(counter));
  throwsClass(pkg, 'StaleHandleError', () => Counter.maybe(counter));
  assert.equal(pkg.consume_maybe(undefined), undefined);
});

/** Calls of one free object and one that is busy, or does not fit otherwise. @type {[string, (free: any, held: any) => unknown][]} */
const pairs = [
  ['self, then a T', (free, held) => free.join(held)],
  ['self, then a &mut T', (free, held) => free.join_mut(held)],
  ['a self, then a free T', (free, held) => held.join(free)],
  ['&mut self, then a T', (free, held) => free.take_in(held)],
  ['a &mut self, then a free T', (free, held) => held.take_in(free)],
  ['a free T, then a T', (free, held) => pkg.end_pair(free, held, 'text')],
  ['a T, then a free T', (free, held) => pkg.end_pair(held, free, 'text')],
  ['a Vec<T>, then a &mut T', (free, held) => pkg.end_all_beside([free], held)],
  ['an Option<T>, then a Vec<T>', (free, held) => pkg.end_if_any(free, [held])],
  ['a Vec<T>, then an Option<T>', (free, held) => pkg.end_if_any(held, [free])],
];

test('a refused call consumes nothing, and can be made again', () => {
  const live = () => pkg.probe.made() - pkg.probe.dropped();
  const before = live();
  for (const [what, call] of pairs) {
    const [free, held] = [new Reentrant(1), new Reentrant(2)];
    held.under_exclusive(() => {
      const error = throwsClass(pkg, 'BusyError', () => call(free, held));
      assert.equal(error.retryable, true);
    });
    assert.deepEqual([free.read(), held.read()], [1, 3], what);
    held.n = 2;
    const made = /** @type {any} */ (call(free, held));
    for (const object of [free, held]) object[Symbol.dispose]();
    made.free?.();
  }
  assert.equal(live(), before, 'none leaks');
  const held = new Reentrant(2);
  assert.equal(new Reentrant(1).join(held).end(), 3);
});

test('an argument that does not fit refuses the call before anything is taken', () => {
  const [free, other] = [new Reentrant(1), new Reentrant(2)];
  const gone = new Reentrant(3);
  gone.free();
  for (const call of [
    () => pkg.end_pair(free, other, 7),
    () => pkg.end_pair(free, new Counter(1), ''),
    () => pkg.end_pair(free, other, { length: -1 }),
    () => pkg.end_pair(free, gone, ''),
    () => pkg.end_all([free, other, 7]),
    () => pkg.end_all([free, other, gone]),
    () => pkg.end_if_any(free, [other, new Counter(1)]),
    () => pkg.end_if_any(7, [free, other]),
    () => free.take_in(new Counter(1)),
  ]) {
    assert.ok(thrown(call) instanceof Error, String(call));
    assert.deepEqual([free.read(), other.read()], [1, 2], String(call));
  }
  assert.equal(pkg.end_pair(free, other, ''), '12');
});

test('an object that is freed or given away while a call converts its arguments is stale for it', () => {
  const [object, other] = [new Reentrant(1), new Reentrant(2)];
  const consuming = { valueOf() { other.join(object); return 1; } };
  throwsClass(pkg, 'StaleHandleError', () => pkg.end_scaled(object, consuming));
  const third = new Reentrant(3);
  throwsClass(pkg, 'StaleHandleError', () => pkg.end_scaled(third, { valueOf() { third.free(); return 1; } }));
  assert.equal(pkg.end_scaled(new Reentrant(4), 2), 8);
});

test('a proxy of an object is consumed and freed as the object, once', async () => {
  const live = () => pkg.probe.made() - pkg.probe.dropped();
  const before = live();
  const [one, two] = [new Reentrant(1), new Reentrant(2)];
  assert.equal(new Proxy(one, {}).end(), 1);
  new Proxy(two, {}).free();
  for (const object of [one, two]) throwsClass(pkg, 'StaleHandleError', () => object.read());
  assert.equal(live(), before);
});

test('a stale handle beside others refuses the call', () => {
  const stale = new Reentrant(2);
  stale.free();
  throwsClass(pkg, 'StaleHandleError', () => new Reentrant(1).join(stale));
  throwsClass(pkg, 'StaleHandleError', () => pkg.end_pair(new Reentrant(1), stale, ''));
  const twice = new Reentrant(1);
  throwsClass(pkg, 'StaleHandleError', () => twice.join(twice));
});

test('Vec<T> with an element that is busy, stale or of another class', () => {
  const held = new Reentrant(1);
  const stale = new Reentrant(1);
  stale.free();
  /** @type {[string, any, (elements: any[]) => any][]} */
  const cases = [
    ['busy', held, (elements) => held.under_shared(() => throwsClass(pkg, 'BusyError', () => pkg.end_all(elements)))],
    ['stale', stale, (elements) => throwsClass(pkg, 'StaleHandleError', () => pkg.end_all(elements))],
    ['of another class', new Counter(1), (elements) => assert.ok(thrown(() => pkg.end_all(elements)) instanceof TypeError)],
    ['no object', undefined, (elements) => assert.ok(thrown(() => pkg.end_all(elements)) instanceof TypeError)],
  ];
  const made = pkg.probe.made() - pkg.probe.dropped();
  for (const [what, wrong, refused] of cases) {
    const before = new Reentrant(2);
    const after = new Reentrant(3);
    refused([before, wrong, after]);
    assert.deepEqual([before.end(), after.end()], [2, 3], what);
  }
  assert.equal(pkg.probe.made() - pkg.probe.dropped(), made, 'no element leaks');
  assert.equal(pkg.end_all([held]), 1);
  const twice = new Reentrant(5);
  throwsClass(pkg, 'StaleHandleError', () => pkg.end_all([twice, twice]));
  assert.equal(pkg.end_all([new Reentrant(1), new Reentrant(2)]), 3);
});

test('a refusal while a destructor runs leaves the handle usable', () => {
  // `free` runs a destructor that calls back into JavaScript.
  const held = new Reentrant(4);
  const gone = new Counter(1);
  gone.free();
  const dropped = pkg.probe.dropped();
  /** @type {unknown[]} */
  const seen = [];
  const parting = new pkg.Parting(() => {
    seen.push(throwsClass(pkg, 'BusyError', () => held.end()).name);
    seen.push(throwsClass(pkg, 'BusyError', () => pkg.holding_owned(held, () => 0)).name);
    assert.equal(pkg.probe.dropped(), dropped, 'a value that a call holds is not dropped under it');
    seen.push(throwsClass(pkg, 'StaleHandleError', () => pkg.consume_maybe(gone)).name);
  });
  held.under_exclusive(() => parting.free());
  assert.deepEqual(seen, ['BusyError', 'BusyError', 'StaleHandleError']);
  assert.equal(held.read(), 5);
  const inner = new pkg.Parting(() => seen.push('inner'));
  new pkg.Parting(() => { inner.free(); seen.push('outer'); }).free();
  assert.deepEqual(seen.slice(3), ['inner', 'outer']);
  throwsClass(pkg, 'StaleHandleError', () => inner.free());
});

test('free and dispose', () => {
  const before = pkg.probe.dropped();
  const object = new Reentrant(1);
  object.free();
  assert.equal(pkg.probe.dropped(), before + 1);
  throwsClass(pkg, 'StaleHandleError', () => object.free());
  object[Symbol.dispose]();
  object[Symbol.dispose]();
  assert.equal(pkg.probe.dropped(), before + 1);
  const other = new Reentrant(1);
  other[Symbol.dispose]();
  other[Symbol.dispose]();
  assert.equal(pkg.probe.dropped(), before + 2);
});

test('a subclass in JavaScript', () => {
  class Sub extends Counter {
    /** @param {number} value */
    constructor(value) {
      super(value);
      this.extra = 1;
    }
    add(/** @type {number} */ by) {
      return super.add(by) + this.extra;
    }
  }
  const sub = new Sub(4);
  assert.ok(sub instanceof Counter);
  assert.equal(sub.add(1), 6);
  assert.equal(pkg.peek(sub), 5);
  assert.equal(pkg.recovery.isPoisoned(sub), false);
  assert.equal(pkg.Counter.total([sub, new Sub(1)]), 6);
  throwsClass(pkg, 'StaleHandleError', () => sub.get());
  const freed = new Sub(1);
  freed.free();
  throwsClass(pkg, 'StaleHandleError', () => freed.free());
  assert.equal(pkg.consume(new Sub(9)), 9);
});

test('a class whose first object comes out of a static method is guarded as well', async () => {
  const { pkg: fresh } = await load('fixture-core');
  const [first, second] = fresh.Counter.many(2);
  first.free();
  throwsClass(fresh, 'StaleHandleError', () => first.free());
  throwsClass(fresh, 'StaleHandleError', () => fresh.peek(first));
  throwsClass(fresh, 'StaleHandleError', () => fresh.Counter.maybe(first));
  assert.equal(second.get(), 1);
});

test("methods called on objects of no class are refused", () => {
  const { get, free } = Counter.prototype;
  for (const [receiver, refusal] of [[{}, pkg.WrongClassError], [Object.create(Counter.prototype), pkg.StaleHandleError]]) {
    assert.ok(thrown(() => get.call(receiver)) instanceof refusal);
    assert.ok(thrown(() => free.call(receiver)) instanceof Error);
  }
  assert.throws(() => pkg.recovery.isPoisoned({}), TypeError);
  assert.throws(() => pkg.recovery.clearPoison(undefined), TypeError);
  assert.equal(new Counter(1).get(), 1);
});

test('errors are RecoverErrors, also of other copies of the package', async () => {
  const { pkg: other } = await load('fixture-core');
  const object = new Counter(1);
  object.free();
  const stale = throwsClass(pkg, 'StaleHandleError', () => object.get());
  assert.ok(stale instanceof pkg.RecoverError);
  assert.ok(stale instanceof Error);
  assert.ok(!(stale instanceof pkg.BusyError));
  assert.ok(stale instanceof other.RecoverError, 'the brand is shared');
  assert.ok(!(stale instanceof other.StaleHandleError));
  assert.ok(!(new Error('x') instanceof pkg.RecoverError));
  const json = JSON.parse(JSON.stringify(stale));
  assert.equal(json.name, 'StaleHandleError');
  assert.equal(json.class, 'Counter');
  assert.equal(json.export, 'fixture_core::counter::Counter::get');
});

test('health counts refusals by reason', async () => {
  const { pkg: fresh } = await load('fixture-core');
  assert.deepEqual(fresh.recovery.health().refused, { busy: 0, poisoned: 0, stale: 0 });
  const object = new fresh.Reentrant(1);
  object.under_exclusive(() => thrown(() => object.read()));
  object.free();
  thrown(() => object.read());
  thrown(() => object.free());
  const { refused, panics, memoryBytes } = fresh.recovery.health();
  assert.deepEqual({ refused, panics }, { refused: { busy: 1, poisoned: 0, stale: 2 }, panics: 0 });
  assert.ok(memoryBytes > 0 && memoryBytes % 65536 === 0);
});
