// @ts-check
// Running out of memory: every failed allocation reaches its caller as an
// OutOfMemoryError, and costs that call alone.
import test from 'node:test';
import assert from 'node:assert/strict';
import { debug, load, unwind } from './load.mjs';
import { dies, thrown, throwsClass } from './support.mjs';

/** What both fixtures' memories may have. */
const MAXIMUM = 64 << 20;
const MEGA = 1 << 20;
const TOO_MUCH = 100 * MEGA;

/** Debug builds take ten times as long a call. */
const TIMES = debug ? 20 : 200;

const plain = await load('fixture-memory-plain');
const counting = await load('fixture-memory');
const fixtures = /** @type {const} */ ([['the allocator of Rust', plain], ['the one that counts', counting]]);

/**
 * @param {{ pkg: any }} fixture
 * @param {() => unknown} call
 * @param {{ requested?: number, limit?: number, message?: string }} [wanted]
 */
function outOfMemory({ pkg }, call, { requested, limit = MAXIMUM, message } = {}) {
  const error = throwsClass(pkg, 'OutOfMemoryError', call);
  assert.ok(error instanceof pkg.PanicError && error instanceof pkg.RecoverError);
  assert.deepEqual(
    [error.code, error.kind, error.fatal, error.retryable, error.limit],
    ['E_OUT_OF_MEMORY', 'out-of-memory', false, false, limit], message,
  );
  if (requested !== undefined) assert.equal(error.requested, requested, message);
  return error;
}

/**
 * Everything that must be as it was.
 * @param {{ pkg: any, wasm: any }} fixture
 */
function state({ pkg, wasm }) {
  // The blocks of the last freed objects stay allocated (pointer.rs): these are always the same ones.
  for (let i = 0; i < 8; i += 1) new pkg.Store('').free();
  return {
    alive: pkg.alive(),
    live: pkg.recovery.health().liveBytes,
    externrefs: pkg.externrefs(),
    stack: pkg.stack_address(),
    table: wasm.__wbindgen_externrefs.length,
    memory: wasm.memory.buffer.byteLength,
  };
}

/**
 * Runs `call` once, so that what grows once has grown, then `times` more: nothing is left.
 * @param {{ pkg: any, wasm: any }} fixture
 * @param {number} times
 * @param {() => unknown} call
 */
function flat(fixture, times, call) {
  call();
  const before = state(fixture);
  for (let i = 0; i < times; i += 1) call();
  assert.deepEqual(state(fixture), before);
}

for (const [what, fixture] of unwind ? fixtures : []) {
  const { pkg, wasm } = fixture;

  test(`one huge allocation fails only its own call, with ${what}`, () => {
    let calls = 0;
    const made = pkg.made();
    flat(fixture, 1000, () => {
      calls += 1;
      const error = outOfMemory(fixture, () => pkg.huge(TOO_MUCH), { requested: TOO_MUCH });
      assert.match(error.export, /::failures::huge$/);
      assert.equal(error.location, undefined, 'no hook runs');
      assert.equal(pkg.add(1, 2), 3);
    });
    assert.equal(calls, 1001);
    assert.equal(pkg.made() - made, calls + 16, 'each made its token, and the measuring two times eight');
    outOfMemory(fixture, () => pkg.huge(2 ** 31 - 1), { requested: 2 ** 31 - 1 });
  });

  test(`small allocations until memory is full fail one call, and all is freed, with ${what}`, () => {
    flat(fixture, 20, () => outOfMemory(fixture, () => pkg.many(100_000), { requested: 100_000 }));
    flat(fixture, 20, () => outOfMemory(fixture, () => pkg.many(1000)));
    assert.equal(wasm.memory.buffer.byteLength, MAXIMUM);
  });

  test(`memory that is full to the last byte leaves room for the error, with ${what}`, () => {
    flat(fixture, 5, () => outOfMemory(fixture, () => pkg.tiny()));
    flat(fixture, 3, () => {
      outOfMemory(fixture, () => pkg.destructor_allocates(30_000));
      assert.equal(pkg.said(), 30_000, 'and for a destructor');
    });
  });

  test(`memory stays full between calls, with ${what}`, () => {
    const before = state(fixture);
    pkg.prepare_fill();
    assert.ok(pkg.fill(16) > 0);
    // The reserve is used, and taken back, again and again.
    for (let i = 0; i < TIMES; i += 1) {
      outOfMemory(fixture, () => pkg.tiny());
      outOfMemory(fixture, () => pkg.huge(5000), { requested: 5000 });
      assert.equal(pkg.add(i, 2), i + 2);
    }
    pkg.empty();
    assert.equal(pkg.alive(), before.alive);
    assert.equal(pkg.huge(MEGA), MEGA);
  });

  test(`an allocation that returns a Result does not unwind, with ${what}`, () => {
    const { panics } = pkg.recovery.health();
    assert.equal(pkg.reserves(TOO_MUCH), false);
    assert.equal(pkg.reserves(100), true);
    assert.equal(pkg.recovery.health().panics, panics);
  });

  test(`the user's own catch_unwind catches an allocation failure, with ${what}`, () => {
    flat(fixture, 100, () => assert.equal(pkg.catches(TOO_MUCH), true));
    outOfMemory(fixture, () => pkg.tiny());
  });

  test(`a destructor may fail to allocate, also while another failure unwinds, with ${what}`, () => {
    flat(fixture, 50, () => {
      outOfMemory(fixture, () => pkg.in_destructor(TOO_MUCH), { requested: TOO_MUCH });
      outOfMemory(fixture, () => pkg.while_unwinding(TOO_MUCH, 2 * TOO_MUCH), { requested: TOO_MUCH });
    });
  });

  test(`a second failure that leaves a destructor ends the instance, and does not loop, with ${what}`, async () => {
    const { pkg: fresh } = await load(what.includes('counts') ? 'fixture-memory' : 'fixture-memory-plain');
    dies(fresh, () => fresh.leaves_while_unwinding(TOO_MUCH, TOO_MUCH));
    assert.equal(fresh.add(1, 2), 3);
  });

  test(`an allocation failure poisons the object, or keeps it, with ${what}`, () => {
    const store = new pkg.Store('s');
    const error = outOfMemory(fixture, () => store.fill(MEGA), { requested: MEGA });
    assert.match(error.export, /Store::fill$/);
    assert.equal(throwsClass(pkg, 'PoisonedError', () => store.clear()).cause, error);
    assert.equal(pkg.recovery.clearPoison(store), true);
    assert.ok(store.clear() > 30);
    outOfMemory(fixture, () => store.fill_and_keep(MEGA));
    assert.ok(store.clear() > 30);
    assert.equal(store.name, 's');
    store.free();
    flat(fixture, 50, () => {
      const torn = new pkg.Store('torn');
      outOfMemory(fixture, () => torn.fill(MEGA));
      torn.free();
    });
  });

  test(`an allocation failure in a call within a call fails only the inner one, with ${what}`, () => {
    flat(fixture, 50, () => {
      assert.equal(pkg.through_javascript(() => outOfMemory(fixture, () => pkg.tiny()).requested), 4);
    });
  });

  test(`an allocation failure after an await rejects the promise, with ${what}`, async () => {
    await assert.rejects(pkg.huge_later(Promise.resolve(), TOO_MUCH), (error) => {
      outOfMemory(fixture, () => { throw error; }, { requested: TOO_MUCH });
      return true;
    });
    const before = state(fixture);
    for (let i = 0; i < 50; i += 1) {
      await assert.rejects(pkg.huge_later(Promise.resolve(), TOO_MUCH), pkg.OutOfMemoryError);
    }
    assert.deepEqual(state(fixture), before);
  });

  test(`onPanic listeners get the allocation failure, with ${what}`, () => {
    /** @type {unknown[]} */
    const told = [];
    const stop = pkg.recovery.onPanic((/** @type {unknown} */ error) => told.push(error));
    const error = outOfMemory(fixture, () => pkg.tiny());
    stop();
    assert.deepEqual(told, [error]);
  });
}

if (unwind) {
  test('with the counting allocator a panic has room for its message when memory is full', () => {
    counting.pkg.prepare_fill();
    counting.pkg.fill(16);
    for (let i = 0; i < 3; i += 1) {
      assert.equal(throwsClass(counting.pkg, 'PanicError', () => counting.pkg.panic_formatted(i)).message, `formatted ${i}`);
    }
    counting.pkg.empty();
  });

  test('a limit without the counting allocator is refused, and changes nothing', () => {
    const error = thrown(() => plain.pkg.limited_without_allocator());
    assert.equal(error.constructor, Error);
    assert.match(error.message, /#\[global_allocator\]/);
    assert.deepEqual(Object.keys(plain.pkg.recovery.health()), ['build', 'epoch', 'restarts', 'panics', 'refused', 'memoryBytes']);
  });

  const { pkg } = counting;

  test('live and peak bytes are counted', () => {
    const { liveBytes, peakBytes } = pkg.recovery.health();
    assert.ok(liveBytes > 0 && liveBytes < 100_000, String(liveBytes));
    assert.ok(peakBytes > 50 * MEGA && peakBytes <= MAXIMUM, String(peakBytes));
    assert.equal(pkg.live_bytes(), liveBytes);
    assert.equal(pkg.peak_bytes(), peakBytes);
    const store = new pkg.Store('x'.repeat(MEGA));
    assert.ok(pkg.recovery.health().liveBytes - liveBytes >= MEGA);
    store.free();
  });

  test("the module's limit refuses before the engine does", () => {
    const before = state(counting);
    try {
      const limit = pkg.live_bytes() + 10 * MEGA;
      pkg.set_limit(limit);
      outOfMemory(counting, () => pkg.huge(11 * MEGA), { requested: 11 * MEGA, limit });
      for (let i = 0; i < 100; i += 1) outOfMemory(counting, () => pkg.many(50_000), { limit });
      assert.ok(pkg.peak_bytes() > 0);
      assert.equal(pkg.huge(9 * MEGA), 9 * MEGA);
      outOfMemory(counting, () => pkg.length('x'.repeat(11 * MEGA)), { requested: 11 * MEGA, limit });
      outOfMemory(counting, () => pkg.text_of_import(11 * MEGA), { requested: 11 * MEGA, limit });
      assert.equal(pkg.length('x'.repeat(9 * MEGA)), 9 * MEGA);
      // The lowest limit: there is still room for each message and error.
      pkg.set_limit(1);
      outOfMemory(counting, () => pkg.huge(1), { requested: 1, limit: 1 });
      assert.equal(throwsClass(pkg, 'PanicError', () => pkg.panic_formatted(7)).message, 'formatted 7');
      outOfMemory(counting, () => pkg.length('x'), { requested: 1, limit: 1 });
      assert.equal(pkg.add(1, 2), 3);
    } finally {
      pkg.set_limit(undefined);
    }
    assert.equal(pkg.huge(11 * MEGA), 11 * MEGA);
    assert.deepEqual(state(counting), before);
  });

  test('an allocation can fail around the body: in a converted array, a returned object, a task', async () => {
    const texts = new Array(5000).fill('text');
    pkg.texts(texts);
    const limit = pkg.live_bytes() + 40_000;
    try {
      pkg.set_limit(limit);
      flat(counting, 20, () => outOfMemory(counting, () => pkg.texts(texts), { limit }));
      pkg.set_limit(1);
      for (let i = 0; i < 20; i += 1) {
        outOfMemory(counting, () => new pkg.Store(''), { limit: 1 });
        await assert.rejects(pkg.huge_later(Promise.resolve(), 1), pkg.OutOfMemoryError);
      }
    } finally {
      pkg.set_limit(undefined);
    }
    assert.equal(await pkg.huge_later(Promise.resolve(), 10), 10);
  });

  test('the limit of a call counts what the call adds, and ends with it', () => {
    flat(counting, TIMES, () => {
      assert.equal(pkg.limited(1000), 1000);
      outOfMemory(counting, () => pkg.limited(2 * MEGA), { requested: 2 * MEGA, limit: MEGA });
      assert.equal(pkg.huge(2 * MEGA), 2 * MEGA);
      outOfMemory(counting, () => pkg.limited_many(), { limit: 65536 });
      assert.equal(pkg.huge(2 * MEGA), 2 * MEGA);
      assert.equal(throwsClass(pkg, 'PanicError', () => pkg.limited_panic(3)).message, 'within 3');
      assert.equal(pkg.huge(2 * MEGA), 2 * MEGA);
    });
  });

  test('limits nest: the lowest holds, and the outer one holds again afterwards', () => {
    flat(counting, 50, () => {
      pkg.limited_around(MEGA, () => {
        assert.equal(pkg.huge(2 * MEGA), 2 * MEGA);
        outOfMemory(counting, () => pkg.limited(2 * MEGA), { limit: MEGA });
        outOfMemory(counting, () => pkg.huge(3.5 * MEGA), { limit: 4 * MEGA });
        assert.equal(pkg.limited(1000), 1000);
        outOfMemory(counting, () => pkg.limited_many(), { limit: 65536 });
        // What JavaScript passes to an inner call counts for the outer one.
        outOfMemory(counting, () => pkg.length('x'.repeat(3.5 * MEGA)), { requested: 3.5 * MEGA, limit: 4 * MEGA });
      }, 2 * MEGA);
      outOfMemory(counting, () => pkg.limited_around(MEGA, () => undefined, 4 * MEGA), { limit: 4 * MEGA });
      assert.equal(pkg.huge(8 * MEGA), 8 * MEGA);
    });
  });

  test('a JavaScript exception that crosses a limited call ends its limit', () => {
    const error = new Error('crosses');
    for (let i = 0; i < 20; i += 1) {
      assert.equal(thrown(() => pkg.limited_crossed(() => { throw error; })), error);
      assert.equal(pkg.huge(2 * MEGA), 2 * MEGA);
    }
  });

  test('the limit of an asynchronous call counts all of its polls', async () => {
    const before = state(counting);
    for (let i = 0; i < 20; i += 1) {
      assert.equal(await pkg.limited_later(Promise.resolve(), 300_000, 300_000), 600_000);
      const failing = pkg.limited_later(Promise.resolve(), 600_000, 600_000);
      // Other calls in between do not count for it.
      const store = new pkg.Store('x'.repeat(2 * MEGA));
      await assert.rejects(failing, (error) => {
        outOfMemory(counting, () => { throw error; }, { requested: 600_000, limit: MEGA });
        return true;
      });
      store.free();
      await assert.rejects(pkg.limited_later(Promise.resolve(), 2 * MEGA, 1), pkg.OutOfMemoryError);
    }
    const after = state(counting);
    assert.ok(Math.abs((after.live ?? 0) - (before.live ?? 0)) < 10_000, `${before.live} ${after.live}`);
    assert.equal(after.alive, before.alive);
  });

  test('the copy that a call is rolled back to goes when the call has ended', () => {
    const copied = new pkg.Copied(10_000);
    let sum = 0;
    flat(counting, TIMES, () => {
      assert.equal(copied.add(1), sum = (sum + 1) % 256);
      assert.equal(throwsClass(pkg, 'PanicError', () => copied.add(13)).message, 'thirteen');
    });
    copied.free();
  });

  test('what fails where nobody would hear of it keeps no memory', () => {
    const copied = new pkg.Copied(10);
    copied.feed(TOO_MUCH);
    // Memory runs out where the copy is dropped.
    flat(counting, TIMES, () => copied.add(0));
    copied.free();
  });

  test('an object of which no copy could be made is as it was', () => {
    const copied = new pkg.Copied(10);
    assert.equal(copied.add(1), 1);
    copied.arm();
    for (let i = 0; i < 3; i += 1) assert.equal(throwsClass(pkg, 'PanicError', () => copied.add(1)).message, "it can't be copied");
    assert.equal(pkg.recovery.isPoisoned(copied), false);
    assert.equal(copied.first(), 1);
    copied.free();
  });

  test('an allocation that fails where tasks begin costs the call, and no promise of a later one', async () => {
    for (let room = 0; room < 1600; room += 8) {
      await pkg.recovery.restart();
      assert.equal(pkg.huge(1), 1);
      pkg.set_limit(pkg.live_bytes() + room);
      const ended = pkg.sum_later(1, 2).then(() => 'done', (/** @type {any} */ error) => (error.fatal ? 'ended' : error.name));
      // The next call finds what the failed one left.
      pkg.set_limit(undefined);
      const next = pkg.sum_later(2, 3);
      const late = new Promise((resolve) => { setTimeout(resolve, 1000, 'never').unref(); });
      assert.equal(await Promise.race([next, late]), 5, `with ${room} bytes`);
      const end = await Promise.race([ended, late]);
      // In wasm-bindgen's own code an allocation that fails ends the instance.
      assert.ok(end === 'done' || end === 'ended' || end === 'OutOfMemoryError', `${end} with ${room} bytes`);
    }
  });

  test('constructors and methods have limits', () => {
    outOfMemory(counting, () => new pkg.Cache(2 * MEGA), { limit: MEGA });
    const cache = new pkg.Cache(1000);
    assert.equal(cache.grow(1000), 3);
    const error = outOfMemory(counting, () => cache.grow(2 * MEGA), { limit: MEGA });
    assert.equal(throwsClass(pkg, 'PoisonedError', () => cache.grow(1)).cause, error);
    assert.equal(pkg.recovery.clearPoison(cache), true);
    assert.equal(cache.replace(1000), 1, 'what is freed first is had again');
    outOfMemory(counting, () => cache.replace(100_000), { limit: 1024 });
    assert.equal(cache.grow(1000), 2, 'half done, and kept: it had freed, not yet added');
    cache.free();
  });
}

const long = 'x'.repeat(TOO_MUCH);
/** The first byte is not ASCII, so it takes three times its length, in a second step. */
const wide = 'é'.repeat(22 * MEGA);
const bytes = new Uint8Array(TOO_MUCH);

for (const [what, fixture] of fixtures) {
  const { pkg } = fixture;

  test(`arguments that do not fit are refused while they are copied in, with ${what}`, () => {
    const store = new pkg.Store('kept');
    /** @type {[call: () => unknown, requested: number][]} */
    const calls = [
      [() => pkg.length(long), TOO_MUCH],
      [() => pkg.length_of_str(long), TOO_MUCH],
      [() => pkg.length(wide), 66 * MEGA],
      [() => pkg.sum(bytes), TOO_MUCH],
      [() => pkg.changed(bytes), TOO_MUCH],
      [() => pkg.optional(long, undefined), TOO_MUCH],
      [() => pkg.optional('x', new Float64Array(12 * MEGA)), 96 * MEGA],
      [() => pkg.optional(undefined, new Array(12 * MEGA).fill(1)), 96 * MEGA],
      [() => pkg.several('first', bytes, 'third'), TOO_MUCH],
      [() => pkg.several('x'.repeat(20 * MEGA), new Uint8Array(10 * MEGA), wide), 66 * MEGA],
      [() => pkg.texts(new Array(20 * MEGA)), 80 * MEGA],
      [() => store.put(bytes), TOO_MUCH],
      [() => { store.name = long; }, TOO_MUCH],
      [() => new pkg.Store(long), TOO_MUCH],
    ];
    const round = () => {
      for (const [call, requested] of calls) {
        const error = outOfMemory(fixture, call, { requested, message: String(call) });
        assert.equal(error.export, undefined);
        assert.equal(pkg.length('next'), 4);
        assert.equal(store.name, 'kept');
      }
    };
    // Memory does not grow further once it was full.
    round();
    flat(fixture, 2, round);
    assert.equal(store.put(new Uint8Array(10)), 10);
    store.free();
  });

  test(`an object passed with an argument that does not fit is not consumed, with ${what}`, () => {
    flat(fixture, 20, () => {
      const store = new pkg.Store('given');
      outOfMemory(fixture, () => pkg.with_store(store, long));
      assert.equal(store.name, 'given');
      store.free();
    });
  });

  test(`an argument of 4 GiB or more is refused with its full size, with ${what}`, () => {
    const array = { length: 2 ** 33 };
    outOfMemory(fixture, () => pkg.sum(array), { requested: 2 ** 33 });
    outOfMemory(fixture, () => pkg.sum({ length: 2 ** 32 + 1 }), { requested: 2 ** 32 + 1 });
  });

  test(`a value that an import returns and that does not fit is refused, with ${what}`, () => {
    flat(fixture, 20, () => {
      outOfMemory(fixture, () => pkg.text_of_import(TOO_MUCH), { requested: TOO_MUCH });
      assert.equal(pkg.text_of_import(5), 5);
    });
  });
}

if (!unwind) {
  test('an allocation failure ends the instance', async () => {
    for (const name of ['fixture-memory', 'fixture-memory-plain']) {
      const { pkg } = await load(name);
      assert.equal(pkg.reserves(TOO_MUCH), false);
      dies(pkg, () => pkg.huge(TOO_MUCH));
      assert.equal(pkg.add(1, 2), 3);
    }
  });

  test('in abort builds counters work, and the soft limit refuses', async () => {
    const { pkg } = await load('fixture-memory');
    pkg.set_limit(MEGA);
    assert.equal(pkg.reserves(2 * MEGA), false);
    outOfMemory({ pkg }, () => pkg.length('x'.repeat(2 * MEGA)), { requested: 2 * MEGA, limit: MEGA });
    assert.ok(pkg.recovery.health().liveBytes > 0);
  });
}
