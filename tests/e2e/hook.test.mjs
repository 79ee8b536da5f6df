// @ts-check
// The panic hook is the user's as much as ours: who is called, and what a
// location is worth when the hook was replaced or never ran. Unwind builds only:
// elsewhere a panic has no location to lose.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { place, throwsClass } from './support.mjs';

/** A fresh instance, and where its panic with `call` began. */
async function fresh() {
  const { pkg } = await load('fixture-core');
  return {
    pkg,
    /** @param {() => unknown} call */
    lineOf(call) {
      return throwsClass(pkg, 'PanicError', call).location?.line;
    },
  };
}

const formatted = place('core/src/panics.rs', 'panic!("formatted {n}")').line;
const number = place('core/src/panics.rs', 'panic_any(7_u32)').line;

if (unwind) {
  test('replacing the panic hook loses one location', async () => {
    const { pkg, lineOf } = await fresh();
    assert.equal(lineOf(() => pkg.panic_formatted(1)), formatted);
    pkg.hook_replace();
    assert.equal(lineOf(() => pkg.panic_formatted(2)), undefined);
    assert.equal(lineOf(() => pkg.panic_formatted(3)), formatted);
    assert.equal(lineOf(() => pkg.panic_number()), number);
    assert.deepEqual(pkg.hook_seen(), ['user:true', 'user:true', 'user:true'], 'the user is called every time');
    pkg.hook_replace();
    assert.equal(lineOf(() => pkg.panic_number()), undefined);
    assert.equal(lineOf(() => pkg.panic_number()), number);
  });

  test('a hook that chains loses no location', async () => {
    const { pkg, lineOf } = await fresh();
    pkg.hook_chain();
    assert.equal(lineOf(() => pkg.panic_formatted(2)), formatted);
    pkg.hook_chain();
    assert.equal(lineOf(() => pkg.panic_formatted(2)), formatted);
    assert.deepEqual(pkg.hook_seen(), ['chained:true', 'chained:true', 'chained:true']);
  });

  test('the hook that was there before ours is called', async () => {
    const { pkg, lineOf } = await fresh();
    pkg.hook_replace();
    assert.equal(lineOf(() => pkg.panic_number()), undefined);
    for (let round = 0; round < 20; round += 1) {
      assert.equal(lineOf(() => pkg.panic_formatted(round)), formatted);
    }
    assert.equal(pkg.hook_seen().length, 21);
  });

  test('taking and dropping the hook loses one location', async () => {
    const { pkg, lineOf } = await fresh();
    pkg.hook_take();
    assert.equal(lineOf(() => pkg.panic_number()), undefined);
    assert.equal(lineOf(() => pkg.panic_number()), number);
    pkg.hook_let_go();
    assert.equal(lineOf(() => pkg.panic_number()), number);
    assert.equal(lineOf(() => pkg.resume_number()), undefined);
    assert.equal(lineOf(() => pkg.panic_number()), number);
    assert.equal(lineOf(() => pkg.resume_number()), undefined);
  });

  test('a resumed unwind has no location', async () => {
    const { pkg, lineOf } = await fresh();
    assert.equal(lineOf(() => pkg.resume('text')), undefined);
    assert.equal(lineOf(() => pkg.resume_number()), undefined);
    assert.equal(lineOf(() => pkg.panic_number()), number);
    assert.equal(lineOf(() => pkg.resume_number()), undefined);
    pkg.hook_chain();
    assert.equal(lineOf(() => pkg.resume_number()), undefined);
    assert.equal(lineOf(() => pkg.panic_number()), number);
    assert.equal(lineOf(() => pkg.resume_number()), undefined, 'a chaining hook leaves no second note');
  });

  test('a panic that the user catches lends its location to no other', async () => {
    const { pkg, lineOf } = await fresh();
    assert.equal(pkg.caught_inside(true), true);
    assert.equal(lineOf(() => pkg.resume_number()), undefined);
    assert.equal(lineOf(() => pkg.panic_number()), number);
    for (let round = 0; round < 20; round += 1) {
      assert.equal(pkg.caught_inside(round % 2 === 0), true);
      assert.equal(lineOf(() => pkg.panic_formatted(round)), formatted);
      assert.equal(lineOf(() => pkg.panic_number()), number);
    }
    // As long as the message that was caught, so that it may get the same memory.
    for (let round = 0; round < 20; round += 1) {
      pkg.caught_inside(false);
      assert.equal(lineOf(() => pkg.resume('caught inside 1')), undefined);
    }
  });

  test('a panic that is caught and resumed has the location where it began', async () => {
    const { pkg, lineOf } = await fresh();
    assert.equal(lineOf(() => pkg.caught_and_resumed()), place('core/src/panics.rs', 'catch_unwind(|| panic!("the first")).expect_err').line);
    assert.equal(lineOf(() => pkg.caught_then_panics()), place('core/src/panics.rs', 'panic!("the second")').line);
  });

  test('a panic inside a callback keeps the location of the outer panic', async () => {
    const { pkg, lineOf } = await fresh();
    const after = place('core/src/objects.rs', 'panic!("after the callback")').line;
    const object = new pkg.Reentrant(1);
    assert.equal(lineOf(() => object.panic_after(() => pkg.panic_formatted(1))), after);
    assert.equal(lineOf(() => pkg.resume_number()), undefined);
  });
}
