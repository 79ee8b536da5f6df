// @ts-check
// Panics in unusual locations: each has a defined outcome. The table of
// docs/book/panics.md names these tests.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, prepare, unwind } from './load.mjs';
import { later, never, rejection, settles, turn, watchStrays } from './support-async.mjs';
import { dies, isDeath, measure, thrown, throwsClass } from './support.mjs';
import { collectUntil } from './support-gc.mjs';

const { pkg, wasm } = await load('fixture-odd');
const { Mine, PanicError, Shelf, recovery } = pkg;
const strays = watchStrays();

const alive = () => pkg.probe.made() - pkg.probe.dropped();
/** @param {() => unknown} call @param {string | RegExp} message */
function panics(call, message) {
  const error = throwsClass(pkg, 'PanicError', call);
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
  return error;
}
/** @param {Promise<unknown>} promise @param {string} message */
async function rejects(promise, message) {
  const error = await rejection(promise);
  assert.ok(error instanceof PanicError, String(error));
  assert.equal(error.message, message);
  return error;
}
/** What the listeners are told while `run` runs. @param {() => unknown} run */
async function told(run) {
  /** @type {any[]} */
  const errors = [];
  const stop = recovery.onPanic((/** @type {unknown} */ error) => errors.push(error));
  await run();
  await turn();
  stop();
  return errors.map((error) => error.message);
}
/**
 * An instance ends by what `call` does, and says so afterwards.
 * @param {(fresh: any) => unknown} call
 */
async function ends(call) {
  const fresh = (await load('fixture-odd')).pkg;
  const pending = fresh.take_later(new fresh.Mine(false), never);
  await turn();
  const rejected = rejection(pending);
  dies(fresh, () => call(fresh));
  assert.equal(fresh.answer(), 42);
  const error = await rejected;
  assert.ok(error instanceof fresh.InstanceAbortedError, 'what was under way is told');
  assert.equal(pkg.answer(), 42, 'another instance is not concerned');
}

if (unwind) {
  test('a panic in a constructor, a getter or a setter', () => {
    panics(() => new Shelf(7), 'in a constructor');
    const shelf = new Shelf(13);
    panics(() => shelf.clay, 'in a clone');
    assert.equal(recovery.isPoisoned(shelf), false, '&self is kept');
    shelf.free();
    const dropping = new Shelf(31);
    const cause = panics(() => { dropping.clay = 2; }, 'in the drop of a field');
    assert.equal(throwsClass(pkg, 'PoisonedError', () => dropping.clay).cause, cause);
    recovery.clearPoison(dropping);
    assert.equal(dropping.clay, 2, 'the new value is there');
    dropping.free();
    const mined = new Shelf(1);
    mined.mine = new Mine(true);
    panics(() => { mined.mine = new Mine(false); }, 'a mine');
    assert.ok(recovery.isPoisoned(mined));
    mined.free();
    assert.equal(alive(), 0);
  });

  test('a panic in Drop: by free(), disposal, the finalizer, of a field', async () => {
    panics(() => new Mine(true).free(), 'a mine');
    panics(() => new Mine(true)[Symbol.dispose](), 'a mine');
    const shelf = new Shelf(31);
    panics(() => shelf.free(), 'in the drop of a field');
    assert.equal(alive(), 0, 'the other fields are dropped');
    assert.deepEqual(await told(async () => {
      (() => { new Mine(true); })();
      await collectUntil(() => alive() === 0);
    }), ['a mine'], 'a finalizer has no caller');
    assert.equal(alive(), 0);
  });

  test('a panic in Drop of an argument of an asynchronous call', async () => {
    await rejects(pkg.take_later(new Mine(true), Promise.resolve()), 'a mine');
    await rejects(new Mine(true).end(Promise.resolve()), 'a mine');
    const controller = new AbortController();
    const [early, other] = [new Mine(true), new Mine(false)];
    const promise = pkg.take_beside(early, other, never, controller.signal);
    await turn();
    controller.abort('stop');
    await rejects(promise, 'a mine');
    assert.equal(recovery.isPoisoned(other), false, 'lent to be read');
    for (const refused of [
      async () => {
        const [kept, gone] = [new Mine(false), new Mine(false)];
        gone.free();
        const error = await rejection(pkg.take_beside(kept, gone, never));
        assert.ok(error instanceof pkg.StaleHandleError);
        kept.free();
      },
      // If the body never got it, it is dropped without a report, as in a synchronous call.
      async () => {
        const soon = new AbortController();
        const call = pkg.take_beside(new Mine(true), other, never, soon.signal);
        soon.abort('soon');
        assert.equal(await rejection(call), 'soon');
      },
    ]) await refused();
    other.free();
    assert.equal(alive(), 0);
  });

  test('a panic in an iterator or an ordering', () => {
    panics(() => pkg.list(5), 'in an iterator');
    assert.equal(alive(), 0, 'what was made is dropped');
    const made = pkg.list(10);
    for (const mine of made) mine.free();
    panics(() => pkg.sorted(new Uint32Array([3, 13, 1])), 'in an order');
    assert.deepEqual([...pkg.sorted(new Uint32Array([3, 1]))], [1, 3]);
  });

  test('a panic in the conversion of an error: Display, source, a field, From', async () => {
    for (const [way, message] of /** @type {[number, string][]} */ ([[0, 'in Display'], [1, 'in source'], [2, 'in the conversion of a field']])) {
      panics(() => pkg.fail(way), message);
      await rejects(pkg.fail_later(way), message);
    }
    panics(() => pkg.parsed('x'), 'in From');
    panics(() => pkg.parsed(''), 'in the conversion of an error');
    panics(() => pkg.boxed(0), 'in an opaque Display');
    panics(() => pkg.boxed(1), 'in an opaque source');
    assert.equal(thrown(() => pkg.boxed(2)).message, 'opaque');
    panics(() => pkg.answered(), 'in the conversion of a value');
    assert.equal(pkg.parsed('7'), 7);
    assert.equal(alive(), 0);
  });

  test('a panic in the initialiser of a static, and what std keeps poisoned', () => {
    panics(() => pkg.thread_local(), 'in a thread_local');
    panics(() => pkg.thread_local(), 'in a thread_local');
    assert.equal(pkg.thread_local(), 3, 'tried anew each time');
    assert.equal(pkg.thread_local(), 3);
    panics(() => pkg.lazy_lock(), 'in a LazyLock');
    panics(() => pkg.lazy_lock(), /poisoned/);
    panics(() => pkg.once_lock(false), 'in a OnceLock');
    assert.equal(pkg.once_lock(true), 7, 'tried anew');
    assert.equal(pkg.mutex(true), 2);
    panics(() => pkg.mutex(false), 'with the lock');
    panics(() => pkg.mutex(true), /^nobody panicked with it: PoisonError/);
    assert.equal(pkg.mutex_anyway(), 3);
    assert.equal(alive(), 0);
  });

  test("a panic in a future of the user's", async () => {
    const [dropReady, secondPoll, dropUnwinding, wakesInDrop, wakesLate] = [0, 1, 2, 3, 4];
    assert.ok(dropUnwinding === 2);
    await rejects(pkg.own(dropReady), 'in the drop of a future');
    await rejects(pkg.own(secondPoll), 'in a poll');
    assert.equal(await settles(pkg.own(wakesInDrop)), 7);
    assert.equal(await settles(pkg.own(wakesLate)), 7);
    const pending = pkg.take_later(new Mine(false), later().promise);
    assert.ok(pkg.wake_all() >= 4, 'a waker outlives its task, and wakes another in vain');
    await turn();
    assert.deepEqual(await told(() => pkg.spawn_drop()), ['in the drop of a future']);
    let inner;
    assert.equal(await settles(pkg.calling(() => { inner = pkg.own(secondPoll); return 7; })), 7);
    await rejects(/** @type {any} */ (inner), 'in a poll');
    pending.catch(() => {});
    assert.equal(pkg.probe.made() - pkg.probe.dropped(), 1);
  });

  test('a panic in a call that a listener makes', async () => {
    let depth = 0;
    const stop = recovery.onPanic(() => {
      depth += 1;
      if (depth < 5) panics(() => pkg.panic(), 'a panic');
    });
    panics(() => pkg.panic(), 'a panic');
    stop();
    assert.equal(depth, 5);
    await turn();
  });

  test('a panic in start: init() throws, the listeners are called, and the rest works', async () => {
    Reflect.set(globalThis, 'recoverStart', true);
    const { pkg: fresh, init } = await prepare('fixture-core');
    /** @type {any[]} */
    const errors = [];
    fresh.recovery.onPanic((/** @type {unknown} */ error) => errors.push(error));
    const error = thrown(init);
    Reflect.deleteProperty(globalThis, 'recoverStart');
    assert.deepEqual(errors.map(({ name, message }) => [name, message]), [['PanicError', 'in start']]);
    assert.equal(error, errors[0]);
    assert.equal(fresh.add(1, 2), 3);
    assert.equal(new fresh.Counter(1).get(), 1);
  });

  test('a panic in an asynchronous start: the listeners are called, and the rest works', async () => {
    const errors = /** @type {any[]} */ ([]);
    for (const [told, name] of /** @type {[unknown, string][]} */ ([[1, 'in an asynchronous start'], [{ then: (/** @type {any} */ _, /** @type {any} */ reject) => reject('one') }, 'one']])) {
      Reflect.set(globalThis, 'recoverBegin', told);
      const { pkg: fresh, init } = await prepare('fixture-odd');
      fresh.recovery.onPanic((/** @type {unknown} */ error) => errors.push(error));
      init();
      await turn();
      Reflect.deleteProperty(globalThis, 'recoverBegin');
      assert.ok(errors.at(-1) instanceof fresh.PanicError);
      assert.ok(errors.at(-1).message.endsWith(name), errors.at(-1).message);
      assert.equal(fresh.answer(), 42);
    }
    assert.equal(errors.length, 2);
    assert.equal(errors[1].cause, 'one');
  });

  // The others end the instance: std aborts, and no hook can prevent that.
  test('a panic in Debug while expect() makes its message ends the instance', () => ends((fresh) => fresh.expected()));
  test("a panic in a function that can't unwind ends the instance", () => ends((fresh) => fresh.panic_nounwind()));
  test("a panic in the user's hook ends the instance", () => ends((fresh) => {
    fresh.hook_panics();
    fresh.panic();
  }));

  test('a panic in the drop of a future while its poll unwinds ends the instance and rejects the promise', async () => {
    const fresh = (await load('fixture-odd')).pkg;
    const pending = rejection(fresh.take_later(new fresh.Mine(false), never));
    const error = await rejection(fresh.own(2));
    isDeath(fresh, error);
    assert.ok(error instanceof fresh.PanicError, String(error));
    assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    assert.ok(await pending instanceof fresh.InstanceAbortedError);
    assert.equal(fresh.answer(), 42);
  });

  test("after an exception from the user's hook the next panic ends the instance", async () => {
    const fresh = (await load('fixture-odd')).pkg;
    Reflect.set(globalThis, 'recoverThrower', () => { throw 'one'; });
    fresh.hook_throws();
    const left = thrown(() => fresh.panic());
    // The panic never leaves its hook, so std takes the next one for a panic inside the hook.
    assert.equal(left, 'one');
    assert.equal(fresh.answer(), 42);
    dies(fresh, () => fresh.panic());
    assert.equal(fresh.answer(), 42);
  });

  test('panics in odd places leak nothing', async () => {
    const round = async () => {
      for (let n = 0; n < 20; n += 1) {
        for (const call of [
          () => new Shelf(7), () => pkg.fail(0), () => pkg.fail(1), () => pkg.fail(2), () => pkg.boxed(0), () => pkg.boxed(1),
          () => pkg.list(5), () => new Mine(true).free(), () => pkg.answered(), () => pkg.parsed('x'), () => pkg.parsed(''),
        ]) thrown(call);
        for (const call of [
          () => pkg.fail_later(0), () => pkg.fail_later(2), () => pkg.own(0), () => pkg.own(1),
          () => pkg.take_later(new Mine(true), Promise.resolve()), () => new Mine(true).end(undefined),
        ]) await rejection(call());
        pkg.wake_all();
        const shelf = new Shelf(31);
        thrown(() => { shelf.clay = 2; });
        shelf.free();
      }
    };
    const state = () => measure(pkg, wasm, () => new Mine(false));
    await round();
    const before = state();
    await round();
    assert.deepEqual(state(), before);
  });
} else {
  test("in a build that can't unwind each of them ends the instance", async () => {
    for (const call of [
      (/** @type {any} */ fresh) => new fresh.Shelf(7), (/** @type {any} */ fresh) => fresh.fail(0),
      (/** @type {any} */ fresh) => new fresh.Mine(true).free(), (/** @type {any} */ fresh) => fresh.list(1),
      (/** @type {any} */ fresh) => fresh.thread_local(), (/** @type {any} */ fresh) => fresh.panic(),
    ]) await ends(call);
  });

  test('in an abort build a panic in a poll rejects all promises under way', async () => {
    const fresh = (await load('fixture-odd')).pkg;
    const pending = rejection(fresh.take_later(new fresh.Mine(false), never));
    const error = await rejection(fresh.own(1));
    isDeath(fresh, error);
    assert.ok(error instanceof fresh.PanicError, String(error));
    assert.ok(await pending instanceof fresh.InstanceAbortedError);
    assert.equal(fresh.answer(), 42);
  });
}

test('no unexpected failure surfaced', async () => {
  await turn();
  assert.deepEqual(strays, []);
});
