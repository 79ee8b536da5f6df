// @ts-check
// Rust closures that JavaScript calls: owned, once, re-entrant, detached, borrowed.
import test from 'node:test';
import assert from 'node:assert/strict';
import { declarations, load, unwind } from './load.mjs';
import { told, written } from './listen.mjs';
import { dies, measure, place, thrown, throwsClass } from './support.mjs';
import { collectUntil } from './support-gc.mjs';

const { pkg, wasm } = await load('fixture-callbacks');
const { recovery, Counter } = pkg;

/** @param {() => unknown} call */
const panics = (call) => throwsClass(pkg, 'PanicError', call);
/** @param {() => unknown} call */
const poisoned = (call) => throwsClass(pkg, 'PoisonedError', call);
/** @param {() => unknown} call */
const stale = (call) => throwsClass(pkg, 'StaleHandleError', call);
/** @param {() => unknown} call */
const busy = (call) => throwsClass(pkg, 'BusyError', call);
const alive = () => pkg.probe.made() - pkg.probe.dropped();

test('arguments and returns cross as those of an export do', () => {
  const value = { a: 1 };
  const list = [1, 'two'];
  /** @type {[string, unknown][]} */
  const rows = [
    ['echo_bool', true], ['echo_i32', -3], ['echo_u64', 2n ** 63n], ['echo_f64', 0.5], ['echo_char', 'ß'],
    ['echo_string', 'a text'], ['echo_bytes', new Uint8Array([1, 2])], ['echo_strings', ['a', 'b']],
    ['echo_maybe', 4294967295], ['echo_maybe', undefined], ['echo_maybe_string', ''], ['echo_maybe_string', undefined],
    ['echo_value', value], ['echo_array', list], ['echo_maybe_counter', undefined],
  ];
  for (const [name, passed] of rows) assert.deepEqual(pkg[name]()(passed), passed, name);
  assert.equal(pkg.echo_value()(value), value);
  assert.equal(pkg.echo_array()(list), list);
  for (const name of ['echo_counter', 'echo_maybe_counter']) {
    const counter = new Counter(5);
    const back = pkg[name]()(counter);
    assert.ok(back instanceof Counter && back !== counter);
    assert.equal(back.get(), 5);
    stale(() => counter.get());
    back.free();
  }
});

test('closures of every arity', () => {
  assert.equal(pkg.arity_0()(), 7);
  assert.equal(pkg.arity_2()('n', 2), 'n2');
  assert.deepEqual(
    [3, 4, 5, 6, 7].map((arity) => pkg[`arity_${arity}`]()(1, 10, 100, 1000, 10000, 100000, 1000000)),
    [321, 4321, 54321, 654321, 7654321],
  );
  assert.equal(
    pkg.arity_8()('a', 2, 0.5, true, undefined, new Uint8Array([6]), null, new Counter(8)),
    'a 2 0.5 true None [6] true 8',
  );
  assert.deepEqual([0, 2, 3, 4, 5, 6, 7, 8].map((arity) => pkg[`arity_${arity}`]().length), [0, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(pkg.nothing()('text'), undefined);
  assert.equal(pkg.plain_function()(21), 42);
});

test('a Result throws its error, as an export does', () => {
  const divide = pkg.divide();
  assert.equal(divide(7, 2), 3);
  const error = throwsClass(pkg, 'ByZeroError', () => divide(7, 0));
  assert.equal(error.n, 7);
  assert.equal(divide(8, 2), 4, 'an error poisons nothing');
  const parse = pkg.parse();
  assert.equal(parse('12'), 12);
  assert.match(thrown(() => parse('x')).message, /invalid digit/);
  for (const value of [undefined, 'text', new RangeError('r')]) assert.equal(thrown(() => pkg.refuse()(value)), value);
});

test('callbacks are functions wherever they go', () => {
  assert.equal(pkg.maybe(true)(), 1);
  assert.equal(pkg.maybe(false), undefined);
  assert.equal(pkg.result(true)(), 1);
  assert.equal(thrown(() => pkg.result(false)), null);
  assert.deepEqual(pkg.pass(4), [5, 2, -1, 5]);
  const text = declarations('fixture-callbacks');
  assert.match(text, /export function arity_0\(\): Function;/);
  assert.match(text, /export function maybe\(there: boolean\): Function \| undefined;/);
});

test('an argument that is refused has not called the closure', () => {
  const echo = pkg.echo_counter();
  const freed = new Counter(1);
  freed.free();
  stale(() => echo(freed));
  const counter = new Counter(2);
  assert.equal(counter.during(() => busy(() => echo(counter))).name, 'BusyError');
  assert.equal(echo(counter).get(), 2);
  const once = pkg.give('once calling');
  assert.throws(() => once(7), 'no function');
});

test('a busy closure refuses a call, and a reentrant one accepts it', () => {
  const alone = pkg.keep('alone');
  const error = alone(() => busy(() => alone(() => 1)));
  assert.equal(error.class, 'callback');
  assert.equal(error.retryable, true);
  assert.match(error.message, /^this callback is busy with another call;/);
  assert.match(error.export, /^fixture_callbacks::kept::make::\{\{closure\}\}/);
  assert.equal(alone(() => 2), 2, 'once the first call has ended');
  const reentrant = pkg.keep('reentrant');
  assert.equal(reentrant(() => reentrant(() => reentrant(() => 3))), 3);
  const once = pkg.keep('once calling');
  assert.equal(once(() => stale(() => once(() => 1)).code), 'E_STALE_HANDLE');
});

test('a once-closure can be called once', () => {
  const before = alive();
  const once = pkg.keep('once');
  assert.equal(once(2), 4);
  assert.equal(alive(), before, 'what it captured went with the call');
  assert.match(stale(() => once(2)).message, /^this callback was freed or consumed;/);
  pkg.kept_free();
  stale(() => once(2));
});

test('a freed closure is stale, and dropped at once', () => {
  const before = alive();
  const count = pkg.keep('count');
  assert.equal(count(1), 2);
  assert.equal(alive(), before + 1);
  const { stale: refused } = recovery.health().refused;
  pkg.kept_free();
  assert.equal(alive(), before);
  for (let n = 0; n < 3; n += 1) stale(() => count(1));
  assert.equal(recovery.health().refused.stale, refused + 3);
  const blocks = pkg.probe.liveBlocks();
  for (let n = 0; n < 100; n += 1) {
    pkg.keep('count');
    pkg.kept_free();
  }
  assert.equal(pkg.probe.liveBlocks(), blocks, 'its memory does not wait for the garbage collector');
});

test('a closure that is freed while it runs lives until the call ends', () => {
  const before = alive();
  const freeing = pkg.keep('freeing');
  assert.equal(freeing(false), 1);
  assert.equal(alive(), before);
  stale(() => freeing(false));
  const reentrant = pkg.keep('reentrant');
  assert.equal(reentrant(() => {
    pkg.kept_free();
    return stale(() => reentrant(() => 1)).code;
  }), 'E_STALE_HANDLE');
  assert.equal(alive(), before);
});

test('a JavaScript exception that a closure returns is the same one', () => {
  const alone = pkg.give('alone');
  for (const value of [new Error('e'), 'text', undefined, null]) {
    assert.equal(thrown(() => alone(() => { throw value; })), value);
  }
  assert.equal(alone(() => 1), 1);
});

test('closures that JavaScript owns are dropped with their functions', async () => {
  const { pkg: fresh } = await load('fixture-callbacks');
  (() => {
    for (let n = 0; n < 100; n += 1) fresh.give('count')(1);
    fresh.keep('count');
    fresh.kept_let_go()(1);
  })();
  await collectUntil(() => fresh.probe.dropped() === fresh.probe.made());
  assert.equal(fresh.probe.made(), 101);
  assert.equal(fresh.probe.dropped(), 101);
});

test('a scoped closure may borrow from the stack', () => {
  assert.equal(pkg.sum_of((/** @type {any} */ add) => [1, 2, 3].forEach((n) => add(n))), 6);
  assert.equal(pkg.sum_of((/** @type {any} */ add) => assert.deepEqual([add(5), add(5)], [1, 2])), 10);
  const text = pkg.scopes((/** @type {any} */ outer, /** @type {any} */ inner) => {
    outer('a');
    inner('b');
    outer('c');
  });
  assert.equal(text, 'ac/b');
});

/** Ways to leave a scope, and what the caller sees. */
const thrownInScope = new Error('thrown in the scope');
/** @type {Record<string, (call: () => unknown) => void>} */
const ways = {
  return: (call) => assert.equal(call(), 'in the frame!'),
  err: (call) => assert.equal(thrown(call), 'err'),
  ...(unwind && { panic: (/** @type {() => unknown} */ call) => assert.equal(panics(call).message, 'in the scope') }),
  ...(unwind && { unmarked: (/** @type {() => unknown} */ call) => assert.equal(thrown(call), thrownInScope) }),
};

test('however a scope ends, its function is stale and its closure dropped', () => {
  Object.assign(globalThis, { thrownInScope });
  for (const [how, expect] of Object.entries(ways)) {
    const before = alive();
    /** @type {any} */
    let kept;
    expect(() => pkg.scope_left((/** @type {any} */ f) => {
      kept = f;
      assert.equal(f('!'), 'in the frame!');
    }, how));
    for (let n = 0; n < 3; n += 1) stale(() => kept('written where a frame was'));
    assert.equal(alive(), before, how);
  }
});

test('an exception that the callee of a scope throws is an Err, and the scope is closed', () => {
  /** @type {any} */
  let kept;
  const error = new Error('from JavaScript');
  assert.equal(thrown(() => pkg.sum_of((/** @type {any} */ add) => { kept = add; throw error; })), error);
  stale(() => kept(1));
});

test('a trap closes every scope', async () => {
  for (const how of unwind ? ['trap'] : ['trap', 'panic', 'unmarked']) {
    const { pkg: fresh } = await load('fixture-callbacks');
    /** @type {any} */
    let kept;
    thrown(() => fresh.scope_left((/** @type {any} */ f) => { kept = f; }, how));
    throwsClass(fresh, 'StaleHandleError', () => kept('written where a frame was'));
  }
});

test('callbacks of a dead instance are stale', async () => {
  const { pkg: fresh } = await load('fixture-callbacks');
  const owned = fresh.give('count');
  const kept = fresh.keep('count');
  const detached = fresh.give('count detached');
  assert.equal(owned(1) + kept(1) + detached(1), 6);
  dies(fresh, () => fresh.abort());
  for (const call of [owned, kept]) {
    const error = throwsClass(fresh, 'StaleHandleError', () => call(1));
    assert.equal(error.epoch, 0, 'it went with its instance, and was not freed');
    assert.equal(error.class, 'callback');
  }
  const [error] = await told(fresh, () => assert.equal(detached(1), undefined));
  assert.ok(error.cause instanceof fresh.StaleHandleError);
});

test('a detached callback reports failures to the listeners', async () => {
  const { pkg: fresh } = await load('fixture-callbacks');
  const reject = fresh.give('alone detached');
  assert.equal(reject(() => 5), 5);
  const cause = new RangeError('from JavaScript');
  const freed = fresh.keep('count detached');
  fresh.kept_free();
  const errors = await told(fresh, () => {
    assert.equal(reject(() => { throw cause; }), undefined);
    assert.equal(reject(() => reject(() => 1)), undefined, 'busy');
    assert.equal(freed(1), undefined);
  });
  assert.deepEqual(errors.map((error) => error instanceof fresh.PanicError), [true, true, true]);
  assert.equal(errors[0].cause, cause);
  assert.match(errors[0].message, /^unhandled error in a Rust task or callback: from JavaScript$/);
  assert.ok(errors[1].cause instanceof fresh.BusyError);
  assert.ok(errors[2].cause instanceof fresh.StaleHandleError);
  const lines = await written(() => reject(() => { throw cause; }));
  assert.deepEqual(lines, [cause]);
});

if (unwind) {
  test('a panic reaches the JavaScript caller, and poisons the closure', () => {
    const count = pkg.keep('count');
    assert.equal(count(1), 2);
    const error = panics(() => count(13));
    assert.equal(error.message, 'thirteen');
    assert.match(error.export, /^fixture_callbacks::kept::make::\{\{closure\}\}/);
    const { line } = place('callbacks/src/kept.rs', 'assert!(by != 13');
    assert.equal(error.location.line, line);
    assert.match(error.location.file, /kept\.rs$/);
    const refused = poisoned(() => count(1));
    assert.equal(refused.cause, error);
    assert.equal(refused.class, 'callback');
    assert.equal(refused.message, 'this callback was left half changed by a panic; ask Rust for a new one');
    assert.equal(poisoned(() => count(1)).cause, error);
    assert.equal(pkg.kept_is_poisoned(), true);
    assert.equal(pkg.kept_clear_poison(), true);
    assert.equal(pkg.kept_clear_poison(), false);
    assert.equal(count(1), 17, 'as the panic left it: 2 + 13 + 1 + 1');
    const before = alive();
    panics(() => count(13));
    pkg.kept_free();
    assert.equal(alive(), before - 1, 'a poisoned closure is dropped like any other');
    stale(() => count(1));
  });

  test('a closure with OnPanic::Keep is not poisoned', () => {
    const count = pkg.keep('count keep');
    panics(() => count(13));
    assert.equal(pkg.kept_is_poisoned(), false);
    assert.equal(count(1), 15);
    const strict = pkg.keep('count poison');
    panics(() => strict(13));
    poisoned(() => strict(1));
  });

  test('a once-closure that panicked is stale', () => {
    pkg.kept_free();
    const before = alive();
    const once = pkg.keep('once');
    panics(() => once(13));
    assert.equal(alive(), before);
    stale(() => once(1));
  });

  test('a panic of an inner call poisons a closure whose outer call goes on', () => {
    const f = pkg.keep('reentrant panic');
    let inner;
    assert.equal(f(() => { inner = panics(() => f(undefined)); return 'outer'; }), 'outer');
    assert.equal(poisoned(() => f(() => 1)).cause, inner);
  });

  test('a closure that is freed while it runs, and then panics', () => {
    const before = alive();
    const freeing = pkg.keep('freeing');
    assert.equal(panics(() => freeing(true)).message, 'freed');
    assert.equal(alive(), before);
    stale(() => freeing(false));
  });

  test('a JavaScript exception that crosses a closure poisons it and leaks nothing', () => {
    const through = pkg.keep('unmarked');
    assert.equal(through(() => 1), 1);
    const error = new Error('unseen');
    assert.equal(thrown(() => through(() => { throw error; })), error);
    assert.match(poisoned(() => through(() => 1)).cause.message, /crossed fixture_callbacks::kept::make/);
    const before = alive();
    pkg.kept_free();
    // In release builds a local of the closure is lost; what it captured is not.
    assert.ok(alive() < before);
  });

  test('a panic in a callback that Rust waits for goes through Rust to JavaScript as one error', async () => {
    for (const nested of [pkg.nested, pkg.nested_marked]) {
      const before = alive();
      assert.equal(nested(5), 2);
      /** @type {any} */
      let error;
      const seen = await told(pkg, () => { error = panics(() => nested(2)); });
      assert.deepEqual(seen, [error]);
      assert.equal(seen[0], error);
      assert.equal(error.message, 'below zero');
      assert.match(error.export, /nested(_marked)?::\{\{closure\}\}/);
      assert.equal(alive(), before);
    }
  });

  test('a panic in a timer, an event or a promise reaction reaches only the listeners', async () => {
    /** @type {unknown[]} */
    const uncaught = [];
    const surfaced = (/** @type {unknown} */ error) => uncaught.push(error);
    process.on('uncaughtException', surfaced);
    process.on('unhandledRejection', surfaced);
    try {
      const ways = [
        (/** @type {any} */ f) => new Promise((resolve) => { setTimeout(f, 0, 13); setTimeout(resolve, 20); }),
        (/** @type {any} */ f) => {
          const target = new EventTarget();
          target.addEventListener('some', () => f(13));
          target.dispatchEvent(new Event('some'));
        },
        (/** @type {any} */ f) => Promise.resolve(13).then(f),
        (/** @type {any} */ f) => queueMicrotask(() => f(13)),
      ];
      for (const way of ways) {
        const errors = await told(pkg, () => way(pkg.give('count detached')));
        assert.deepEqual(errors.map((error) => [error.name, error.message]), [['PanicError', 'thirteen']]);
      }
      const f = pkg.give('count detached');
      const lines = await written(() => ways[0]?.(f));
      assert.deepEqual(lines.map((error) => /** @type {any} */ (error).message), ['thirteen']);
      await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual(uncaught, []);
    } finally {
      process.off('uncaughtException', surfaced);
      process.off('unhandledRejection', surfaced);
    }
  });

  test('a listener gets the panic of a detached callback once', async () => {
    const f = pkg.give('count detached');
    const errors = await told(pkg, () => { f(13); f(1); });
    assert.equal(errors.length, 2);
    assert.equal(errors[1].cause.cause, errors[0], 'a PoisonedError, because of the first');
  });

  test('a panic in the destructor of a closure', async () => {
    const bomb = pkg.keep('bomb');
    assert.equal(bomb(), 1);
    assert.equal(panics(() => pkg.kept_free()).message, 'boom', 'Rust frees it');
    stale(() => bomb());
    const once = pkg.keep('bomb once');
    assert.equal(panics(() => once()).message, 'boom', 'the call consumes it');
    stale(() => once());
    assert.equal(panics(() => pkg.scope_bomb()).message, 'boom in 0', 'a scope ends');

    const { pkg: fresh } = await load('fixture-callbacks');
    const errors = await told(fresh, async () => {
      (() => { fresh.give('bomb')(); })();
      await collectUntil(() => fresh.recovery.health().panics > 0);
    });
    assert.deepEqual(errors.map((error) => error.message), ['boom'], 'the garbage collector drops it');
    assert.equal(fresh.arity_0()(), 7, 'and the instance lives');
  });

  test('a scope survives a panic inside its closure', () => {
    const sum = pkg.sum_of((/** @type {any} */ add) => {
      add(1);
      const error = panics(() => add(13));
      assert.equal(poisoned(() => add(1)).cause, error);
    });
    assert.equal(sum, 14);
  });
}

/** One callback of each kind made, called, failing and dropped. */
function round() {
  const count = pkg.keep('count');
  count(1);
  if (unwind) {
    thrown(() => count(13));
    thrown(() => count(1));
  }
  pkg.kept_free();
  thrown(() => count(1));
  const once = pkg.keep('once');
  once(1);
  thrown(() => once(1));
  const alone = pkg.keep('alone');
  alone(() => thrown(() => alone(() => 1)));
  pkg.keep('freeing')(false);
  pkg.sum_of((/** @type {any} */ add) => {
    add(1);
    if (unwind) thrown(() => add(13));
  });
  if (unwind) {
    thrown(() => pkg.scope_left(() => {}, 'panic'));
    thrown(() => pkg.keep('freeing')(true));
    pkg.keep('bomb');
    thrown(() => pkg.kept_free());
  }
  thrown(() => pkg.scope_left(() => {}, 'err'));
  pkg.pass(1);
}

test('2,000 callbacks of each kind leak nothing', async () => {
  pkg.kept_free();
  for (let each = 0; each < 100; each += 1) round();
  await collectUntil(() => false);
  const { blocks } = measure(pkg, wasm);
  /** @param {number} rounds */
  const rounds = async (rounds) => {
    for (let n = 0; n < rounds; n += 50) {
      for (let each = 0; each < 50; each += 1) round();
      // JavaScript's garbage collector drops the closures that JavaScript owns.
      await collectUntil(() => pkg.probe.liveBlocks() <= blocks);
    }
    return measure(pkg, wasm);
  };
  const before = await rounds(400);
  assert.deepEqual(await rounds(2000), before);
});
