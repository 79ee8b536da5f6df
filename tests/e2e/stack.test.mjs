// @ts-check
// Deep recursion: guarded, it ends in a StackOverflowError and costs one call.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { dies, place, thrown, throwsClass } from './support.mjs';

const { pkg, wasm } = await load('fixture-stack');

/** @param {() => unknown} call */
const overflows = (call) => throwsClass(pkg, 'StackOverflowError', call);

/** Guarded calls that the default budget allows. */
const budget = 200;
/** What a guarded function leaves of the shadow stack. */
const margin = 64 * 1024;

/** @param {number} levels */
const nested = (levels) => '['.repeat(levels) + ']'.repeat(levels);
/** @param {number} levels */
function throughJs(levels) {
  /** @param {number} below @returns {number} */
  const again = (below) => pkg.through_js(below, again);
  return again(levels);
}

/**
 * Every tested shape: a call that nests `levels` guarded calls below the first, and
 * what it then answers.
 * @type {Record<string, [call: (levels: number) => unknown, answer: (levels: number) => unknown]>}
 */
const shapes = {
  'a free function': [(levels) => pkg.descend(levels), (levels) => levels],
  'mutual recursion': [(levels) => pkg.is_even(levels), (levels) => levels % 2 === 0],
  'a function that is not exported': [(levels) => pkg.sum_to(levels), (levels) => levels * (levels + 1) / 2],
  'many live values': [(levels) => pkg.descend_wide(levels, 1), (levels) => levels + 1],
  'iterators and results': [(levels) => pkg.descend_iterating(levels), (levels) => levels],
  'through JavaScript': [throughJs, (levels) => levels],
  'a method': [(levels) => new pkg.Walker().walk(levels), (levels) => levels],
  'a shared method': [(levels) => new pkg.Walker().look(levels), () => 0],
  'a private method': [(levels) => new pkg.Walker().stroll(levels), (levels) => levels],
  'a method of a plain block': [(levels) => pkg.count_plainly(levels), (levels) => levels + 1],
  'a method of a trait': [(levels) => pkg.visit(levels), () => 7],
  'a generic function': [(levels) => pkg.last_of(levels + 1), (levels) => levels],
  'a tree': [(levels) => pkg.round_trip(nested(levels + 1)), (levels) => nested(levels + 1)],
};

for (const [name, [call, answer]] of Object.entries(shapes)) {
  test(`${name}: recursion within the budget returns the right answer`, () => {
    for (const levels of [0, 1, 10, budget - 1]) {
      assert.equal(call(levels), answer(levels), `${levels} levels`);
    }
  });
}

test('recursion with large frames works within the shadow stack', () => {
  assert.equal(pkg.descend_large(100), 101 - 1);
  assert.equal(pkg.descend_huge(10), 10);
});

test('calls up to max_depth succeed', () => {
  assert.equal(pkg.ten(9), 9);
  assert.equal(pkg.once(0), 0);
  assert.equal(pkg.outer(8, 0), 8);
  assert.equal(pkg.with_limit(3, 2), 2);
  assert.equal(pkg.ten_often(1000), 9000);
});

test('remaining() and size() report the stack', async () => {
  const { pkg: fresh } = await load('fixture-stack');
  const size = fresh.stack_size();
  assert.equal(size, 1024 * 1024);
  const remaining = fresh.stack_remaining();
  assert.ok(remaining < size && remaining > size - 4096, `${remaining} of ${size}`);
  const under = fresh.remaining_under_4k();
  assert.ok(under < remaining - 4000 && under > remaining - 4096 * 5, `${under} of ${remaining}`);
  assert.equal(fresh.stack_remaining(), remaining, 'what was used is given back');
});

if (unwind) {
  for (const [name, [call, answer]] of Object.entries(shapes)) {
    test(`${name}: recursion past the budget throws a StackOverflowError, and the next call works`, () => {
      for (const levels of [budget, budget + 1, 5_000]) {
        const error = overflows(() => call(levels));
        assert.equal(error.depth, budget);
        assert.ok(error.remaining > margin && error.remaining < 1024 * 1024, `${error.remaining} remain`);
        assert.equal(call(budget - 1), answer(budget - 1));
      }
    });
  }

  test('a StackOverflowError has its fields, location and message', () => {
    const error = overflows(() => pkg.descend(1e6));
    assert.ok(error instanceof pkg.PanicError && error instanceof pkg.RecoverError);
    assert.deepEqual(
      [error.code, error.kind, error.fatal, error.retryable, error.depth, error.cause],
      ['E_STACK_OVERFLOW', 'stack-overflow', false, false, budget, undefined],
    );
    assert.equal(error.message, `the stack ran out: ${error.remaining} bytes remain, ${budget} guarded calls deep`);
    assert.equal(error.export, 'fixture_stack::shapes::descend');
    const { line, column } = place('stack/src/shapes.rs', 'descend(levels: u32)');
    assert.match(error.location.file, /stack[/\\]src[/\\]shapes\.rs$/);
    assert.deepEqual({ line: error.location.line, column: error.location.column }, { line, column });
    assert.equal(JSON.parse(JSON.stringify(error)).depth, budget);
    const method = overflows(() => new pkg.Walker().stroll(1000));
    assert.equal(method.export, 'fixture_stack::shapes::Walker::stroll');
    assert.equal(method.location.line, place('stack/src/shapes.rs', 'stroll_on(&mut self, levels: u32)').line);
  });

  test('with large frames the remaining bytes decide, whatever the depth', () => {
    for (let round = 0; round < 3; round += 1) {
      const error = overflows(() => pkg.descend_huge(budget - 1));
      assert.ok(error.depth >= 20 && error.depth < 70, `${error.depth} deep`);
      assert.ok(error.remaining < margin && error.remaining > margin / 4, `${error.remaining} remain`);
      assert.equal(pkg.descend_huge(10), 10);
    }
  });

  test('an object whose method ran out of stack is poisoned, and the error is the cause', () => {
    const walker = new pkg.Walker();
    const error = overflows(() => walker.walk(1000));
    assert.equal(throwsClass(pkg, 'PoisonedError', () => walker.steps).cause, error);
    assert.equal(pkg.recovery.clearPoison(walker), true);
    assert.equal(walker.steps, budget);
    overflows(() => walker.look(1000));
    assert.equal(walker.steps, budget, '`on_panic = "keep"` keeps');
    walker.free();
  });

  test('the first call past max_depth fails', () => {
    assert.equal(overflows(() => pkg.ten(10)).depth, 10);
    assert.equal(overflows(() => pkg.once(1)).depth, 1);
    assert.equal(overflows(() => pkg.outer(8, 1)).depth, 10, 'the count is one for all');
    assert.equal(overflows(() => pkg.outer(9, 0)).depth, 10);
    assert.equal(overflows(() => pkg.outer(20, 0)).depth, 20);
    assert.equal(overflows(() => pkg.with_limit(3, 3)).depth, 3);
    assert.equal(overflows(() => pkg.with_limit(0, 0)).depth, 0);
    assert.equal(pkg.caught_inside(9), '9');
    assert.equal(pkg.caught_inside(10), 'caught, then 9');
  });

  test('an overflow drops what the recursion held', () => {
    assert.equal(pkg.live_nodes(), 0);
    overflows(() => pkg.round_trip(nested(1000)));
    assert.equal(pkg.live_nodes(), 0);
  });

  test('a destructor may recurse while a full stack unwinds', () => {
    const before = pkg.dropped_guarded();
    assert.equal(overflows(() => pkg.drops_guarded(1000)).depth, 100);
    assert.equal(pkg.dropped_guarded() - before, 100);
    assert.equal(pkg.drops_guarded(50), 50);
  });

  test('a check in a callback stops the recursion of foreign code', () => {
    assert.equal(pkg.nesting(nested(100)), 100);
    const error = overflows(() => pkg.nesting(nested(100_000)));
    assert.ok(error.remaining < margin && error.remaining > margin / 2, `${error.remaining} remain`);
    assert.equal(error.depth, 0);
    assert.equal(pkg.nesting(nested(100)), 100);
  });

  test('a thousand overflows in a row leak nothing', () => {
    const walker = new pkg.Walker();
    // Without JavaScript between: wasm-bindgen leaks what an import with `catch` throws (leak.test.mjs).
    const calls = [
      () => pkg.descend(1e6), () => pkg.sum_to(1e6), () => pkg.descend_huge(1e6),
      () => walker.look(1e6), () => pkg.descend_iterating(1e6), () => pkg.round_trip(nested(300)), () => pkg.ten(10),
    ];
    for (const call of calls) {
      for (let round = 0; round < 100; round += 1) overflows(call);
      const memory = wasm.memory.buffer.byteLength;
      const table = wasm.__wbindgen_externrefs.length;
      const remaining = pkg.stack_remaining();
      const { depth } = overflows(call);
      for (let round = 0; round < 1000; round += 1) assert.equal(overflows(call).depth, depth);
      assert.equal(wasm.memory.buffer.byteLength, memory);
      assert.equal(wasm.__wbindgen_externrefs.length, table);
      assert.equal(pkg.stack_remaining(), remaining);
    }
    assert.equal(pkg.descend(budget - 1), budget - 1);
  });

  test('the margin is larger than what a panic uses', async () => {
    const { pkg: fresh, wasm: raw } = await load('fixture-stack');
    fresh.descend_huge(1);
    const painted = new Uint8Array(raw.memory.buffer, 0, margin);
    painted.fill(0xa5);
    const error = throwsClass(fresh, 'StackOverflowError', () => fresh.descend_huge(1e6));
    const untouched = painted.findIndex((byte) => byte !== 0xa5);
    const used = error.remaining - untouched;
    assert.ok(used > 0 && used < 4096, `${used} bytes`);
  });
}

if (unwind) {
  const fault = new Error('of the import');
  const fails = () => { throw fault; };
  const notACodePoint = 0x110000;

  test('a JavaScript exception through guarded frames costs no depth', () => {
    assert.equal(pkg.depth_left(), 50);
    for (let round = 0; round < 300; round += 1) {
      for (const [call, levels] of [[pkg.call_below, 0], [pkg.call_below, 20], [pkg.call_lower, 30], [pkg.call_lower, 0]]) {
        assert.equal(thrown(() => call(levels, fails)), fault);
      }
      assert.equal(pkg.call_below(49, () => 1), 50, `round ${round}`);
    }
    assert.equal(pkg.depth_left(), 50);
  });

  test('a guard that a JavaScript exception skipped is not counted later', () => {
    assert.equal(pkg.skip_one(0x35), 5);
    for (let round = 0; round < 300; round += 1) {
      const error = thrown(() => pkg.skip_one(notACodePoint));
      assert.ok(error instanceof RangeError, `round ${round}: ${error}`);
    }
    // At most one skipped entry may stay above all later ones.
    assert.ok(pkg.depth_left() >= 49, `${pkg.depth_left()}`);
    assert.equal(pkg.skip_one(0x36), 6);
    assert.equal(pkg.depth_left(), 50);
  });

  test('guards that were skipped inside a guarded call are not counted after it', () => {
    const left = pkg.call_below(10, () => {
      for (let round = 0; round < 300; round += 1) {
        assert.equal(thrown(() => pkg.call_below(10, fails)), fault);
        assert.ok(thrown(() => pkg.skip_one(notACodePoint)) instanceof RangeError);
      }
      return pkg.depth_left();
    });
    assert.ok(left >= 10 + 49 - 11 && left <= 10 + 50 - 11, `${left}`);
    pkg.call_below(0, () => void thrown(() => pkg.skip_one(notACodePoint)));
    assert.equal(pkg.call_lower(49, () => 1), 50, 'below where the skipped one was');
    assert.equal(pkg.depth_left(), 50);
  });
}

// Recursion without a guard ends the instance. Each case has a fresh instance.
test('recursion without a guard ends the instance', async () => {
  for (const [name, argument] of /** @type {[string, unknown][]} */ ([['unguarded', 1e7], ['unguarded_large', 1e5], ['parse_unguarded', nested(100_000)]])) {
    const { pkg: doomed } = await load('fixture-stack');
    const error = dies(doomed, () => doomed[name](argument));
    assert.ok(error.cause instanceof RangeError || error.cause instanceof WebAssembly.RuntimeError, `${name}: ${error.cause}`);
    assert.ok(doomed.stack_remaining() > 0);
  }
});

// The engine's stack is shared with the JavaScript caller, whose depth no budget knows.
test('a deep JavaScript caller leaves too little of the engine\'s stack, and the call throws the engine\'s error', { skip: !unwind }, async () => {
  const { pkg: doomed } = await load('fixture-stack');
  /** @type {any} */
  let error;
  /** Calls in from as deep as JavaScript goes. */
  function dig() {
    try {
      dig();
    } catch {
      // Out of stack: each frame tries on the way back.
    }
    if (error === undefined) {
      try { doomed.descend(budget - 1); } catch (caught) { error = caught; }
    }
  }
  dig();
  assert.ok(error instanceof RangeError || error instanceof WebAssembly.RuntimeError, String(error));
  assert.ok(!(error instanceof doomed.RecoverError));
});

if (!unwind) {
  test("in a build that can't unwind a full stack ends the instance", async () => {
    const { pkg: doomed } = await load('fixture-stack');
    const error = dies(doomed, () => doomed.descend(1e6));
    assert.ok(error instanceof doomed.StackOverflowError && error.fatal && error.depth > 0, String(error));
    assert.equal(doomed.descend(1), 1);
  });
}
