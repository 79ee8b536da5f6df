// @ts-check
// Nothing leaks: memory, table slots, allocations, values and the shadow stack end
// where they began, after calls that end in every way.
import test from 'node:test';
import assert from 'node:assert/strict';
import { debug, load, unwind } from './load.mjs';
import { shapesOf } from './shapes.mjs';
import { measure, place, thrown } from './support.mjs';

const { pkg, wasm } = await load('fixture-core');
const { Bomb, Counter, Reentrant, recovery } = pkg;

/** Debug builds take ten times as long a call. */
const CALLS = debug ? 100_000 : 1_000_000;
/** More than the 1,024 table slots that wasm-bindgen keeps for short borrows. */
const REPEATS = 2_000;
const FULL = 4294967295;

const bytes = new Uint8Array(64);
const floats = new Float64Array(16);
const value = { some: 'value' };
const nothing = () => undefined;
const stale = new Counter(1);
stale.free();
const counter = new Counter(1);
const zero = new Counter(0);
const brink = new Counter(76);
const beast = new Counter(666);
const object = new Reentrant(1);
const poisoned = new Counter(FULL);
if (unwind) thrown(() => poisoned.add(1));
const refusing = unwind ? poisoned : stale;

/**
 * Throws what `call` throws in the middle of another call, which ends well: see the
 * last test for why no exception goes through a callback here.
 * @param {(f: () => void) => unknown} outer
 * @param {() => unknown} call
 */
function inside(outer, call) {
  let error;
  outer(() => { error = thrown(call); });
  throw error;
}
/** @param {() => unknown} call */
const whileBusy = (call) => inside((f) => object.under_exclusive(f), call);

/**
 * One shape of call: how it goes well, panics, fails and is refused. All but the
 * first throw; a panic may leave something to clear up.
 * @typedef {{ good: () => unknown, panic: () => unknown, err: () => unknown, refused: () => unknown, clear?: () => unknown }} Shape
 * @type {Record<string, Shape>}
 */
const shapes = {
  'a function of numbers': {
    good: () => pkg.add(1, 2), panic: () => pkg.add(FULL, 1), err: () => pkg.halve(3), refused: () => pkg.peek(stale),
  },
  '&self': {
    good: () => counter.get(), panic: () => beast.get(), err: () => object.err_shared(),
    refused: () => refusing.get(),
  },
  '&mut self': {
    good: () => object.write(), panic: () => object.panic_after(nothing), err: () => object.err_exclusive(),
    refused: () => whileBusy(() => object.write()), clear: () => recovery.clearPoison(object),
  },
  'a consuming method': {
    good: () => new Reentrant(1).end(), panic: () => new Counter(44).into_value(),
    err: () => new Reentrant(1).err_owned(object), refused: () => refusing.into_value(),
  },
  'texts, bytes and JavaScript values': {
    good: () => pkg.everything('text', bytes, value, value, nothing, 0),
    panic: () => pkg.everything('text', bytes, value, value, nothing, 1),
    err: () => pkg.everything('text', bytes, value, value, nothing, 2),
    refused: () => pkg.end_pair(stale, stale, 'a text that is longer'),
  },
  'a text': {
    good: () => pkg.shout('abc'), panic: () => pkg.shout(''), err: () => pkg.parse('x'),
    refused: () => pkg.bump(stale),
  },
  '&mut [T]': {
    good: () => pkg.fill(bytes, 1), panic: () => pkg.fill(bytes, 13), err: () => pkg.fill_or_err(floats, -1),
    refused: () => inside((f) => pkg.fill_under(bytes, f), () => refusing.get()),
  },
  'objects as arguments': {
    good: () => counter.absorb(zero), panic: () => counter.absorb(brink),
    err: () => counter.try_add(FULL), refused: () => counter.swap(refusing),
    clear: () => { recovery.clearPoison(counter); counter.value = 1; },
  },
  'a consumed argument': {
    good: () => pkg.holding_owned(new Reentrant(2), nothing), panic: () => pkg.drop_bomb(new Bomb(true)),
    err: () => pkg.err_all([new Reentrant(1)]), refused: () => pkg.holding_owned(stale, nothing),
  },
  'a vector of objects': {
    good: () => pkg.end_all([new Reentrant(1), new Reentrant(2)]),
    panic: () => pkg.drop_bombs([new Bomb(true), new Bomb(false)]),
    err: () => pkg.err_all([new Reentrant(1), new Reentrant(2)]), refused: () => Counter.total([counter, refusing]),
  },
  'a property': {
    good: () => { counter.value = 1; return counter.value; }, panic: () => beast.doubled,
    err: () => Counter.fallible(0), refused: () => { refusing.value = 1; },
  },
};
const table = Object.values(shapes);

/** @param {Shape} shape @param {number} way */
function run(shape, way) {
  if (way === 0 && unwind) {
    thrown(shape.panic);
    shape.clear?.();
  } else if (way === 1) {
    thrown(shape.err);
  } else if (way === 2) {
    thrown(shape.refused);
  } else {
    shape.good();
  }
  counter.value = 1;
}

/** One call in a hundred of each shape ends in each way. @param {number} calls */
function loop(calls) {
  for (let n = 0; n < calls; n += 1) {
    run(/** @type {Shape} */ (table[n % table.length]), Math.floor(n / table.length) % 100);
  }
}

test(`${CALLS} calls, of which one in a hundred panics, fails or is refused each`, () => {
  loop(table.length * 200);
  const before = measure(pkg, wasm);
  const { panics } = recovery.health();
  loop(CALLS);
  assert.deepEqual(measure(pkg, wasm), before);
  if (unwind) assert.ok(recovery.health().panics - panics >= CALLS / 100 - table.length);
});

test(`${CALLS} calls, in one of a hundred of which an import that nobody marked throws`, { skip: !unwind }, async () => {
  const { pkg: throws, wasm: its } = await load('fixture-throws');
  const table = Object.values(shapesOf(throws));
  const make = () => new throws.Tally();
  /** @param {number} calls */
  const loop = (calls) => {
    let failed = 0;
    for (let n = 0; n < calls; n += 1) {
      const shape = /** @type {import('./shapes.mjs').Shape} */ (table[n % table.length]);
      if (Math.floor(n / table.length) % 100 === 0) {
        thrown(shape.bad);
        failed += 1;
      } else if (shape.good() !== shape.answer) {
        assert.equal(shape.good(), shape.answer);
      }
    }
    return failed;
  };
  loop(table.length * 200);
  const before = measure(throws, its, make);
  const dropped = throws.probe.dropped();
  assert.ok(loop(CALLS) >= CALLS / 100 - table.length);
  assert.deepEqual(measure(throws, its, make), before);
  assert.ok(throws.probe.dropped() - dropped >= CALLS, 'each call drops what it holds');
});

for (const [name, shape] of Object.entries(shapes)) {
  test(`${REPEATS} failing calls of each kind: ${name}`, () => {
    for (const way of unwind ? [0, 1, 2] : [1, 2]) {
      const failing = /** @type {() => unknown} */ ([shape.panic, shape.err, shape.refused][way]);
      /** The same text every time, the place of a value in memory aside. */
      const once = () => {
        const error = thrown(failing);
        shape.clear?.();
        return `${error?.constructor?.name} ${error?.message ?? error} ${error?.location?.line}`;
      };
      const first = once();
      const { made: madeSoFar, dropped: droppedSoFar } = pkg.probe;
      const [made, dropped] = [madeSoFar(), droppedSoFar()];
      once();
      const each = madeSoFar() - made;
      assert.equal(droppedSoFar() - dropped, each, 'one call drops what it makes');
      const before = measure(pkg, wasm);
      for (let n = 0; n < REPEATS; n += 1) assert.equal(once(), first);
      assert.equal(pkg.probe.dropped() - dropped, each * (REPEATS + 1), 'exact drops');
      assert.deepEqual(measure(pkg, wasm), before, failing.toString());
    }
  });
}

test('error messages do not change over time', () => {
  assert.equal(thrown(() => stale.get()).message, 'this Counter was freed or consumed; create a new one');
  assert.equal(thrown(() => whileBusy(() => object.n)).message, 'this Reentrant is busy with another call; call again when that one has ended');
  if (unwind) {
    assert.match(thrown(() => poisoned.get()).message, /^this Counter was left half changed by a panic; free it,/);
    assert.equal(thrown(() => pkg.panic_static()).message, 'a static text');
    assert.equal(thrown(() => pkg.panic_static()).location.line, place('core/src/panics.rs', 'panic!("a static text")').line);
  }
});

test('poisoning, clearing and freeing objects over and over', () => {
  if (!unwind) assert.equal(recovery.clearPoison(counter), false);
  const round = () => {
    const torn = new Reentrant(1);
    if (unwind) {
      thrown(() => torn.panic_after(nothing));
      thrown(() => torn.read());
      recovery.clearPoison(torn);
      thrown(() => torn.panic_after(nothing));
    }
    torn.free();
    thrown(() => torn.free());
    torn[Symbol.dispose]();
  };
  for (let n = 0; n < 200; n += 1) round();
  const before = measure(pkg, wasm);
  for (let n = 0; n < REPEATS; n += 1) round();
  assert.deepEqual(measure(pkg, wasm), before);
});

test('a slice whose buffer is detached during the call leaks nothing', async () => {
  const { pkg: fresh } = await load('fixture-core');
  const detach = () => {
    const gone = new Uint8Array(8);
    fresh.fill_under(gone, () => { structuredClone(gone.buffer, { transfer: [gone.buffer] }); });
  };
  detach();
  const before = fresh.probe.liveExternrefs();
  for (let n = 0; n < 10; n += 1) detach();
  assert.equal(fresh.probe.liveExternrefs(), before);
  assert.equal(fresh.recovery.health().epoch, 0);
  assert.equal(fresh.add(1, 2), 3);
});

test('a host that throws while making an error leaks no table slot', { skip: !unwind }, async () => {
  const { pkg: fresh } = await load('fixture-core');
  thrown(() => fresh.panic_static());
  const before = fresh.probe.liveExternrefs();
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  const fault = new RangeError('of the host');
  /** @type {unknown[]} */
  const errors = [];
  Object.defineProperty(Error, 'stackTraceLimit', { configurable: true, get() { throw fault; } });
  try {
    for (let n = 0; n < 50; n += 1) {
      try { fresh.panic_static(); } catch (error) { errors.push(error); }
    }
  } finally {
    Object.defineProperty(Error, 'stackTraceLimit', /** @type {PropertyDescriptor} */ (limit));
  }
  assert.deepEqual([errors.length, new Set(errors)], [50, new Set([fault])]);
  assert.equal(fresh.probe.liveExternrefs(), before);
});

test('wasm-bindgen leaks a table slot for every exception that an import with `catch` throws', async () => {
  // If this fails, the bug is fixed: the tests above may then use callbacks that throw, and this
  // test can go.
  const { pkg: fresh } = await load('fixture-core');
  const before = fresh.probe.liveExternrefs();
  for (let n = 0; n < 10; n += 1) thrown(() => fresh.call_back(() => { throw n; }));
  assert.equal(fresh.probe.liveExternrefs() - before, 10);
});
