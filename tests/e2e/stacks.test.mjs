// @ts-check
// The stack of an error is that of the panic: the function that panicked, who called it in Rust and
// in JavaScript, and no frame of ours or of std's.
import test from 'node:test';
import assert from 'node:assert/strict';
import { debug, load, unwind } from './load.mjs';
import { rejection } from './support-async.mjs';
import { collectUntil } from './support-gc.mjs';
import { dies, throwsClass } from './support.mjs';

const { pkg } = await load('fixture-odd');
const { recovery } = pkg;

/**
 * The error of a call, by a function that the stack names.
 * @param {() => unknown} call
 * @param {{ name?: string, deadly?: boolean, of?: any }} [expected]
 */
function theCallerInJs(call, { name = 'PanicError', deadly = !unwind, of = pkg } = {}) {
  if (!deadly) return throwsClass(of, name, call);
  const error = dies(of, call);
  assert.equal(error.name, name);
  return error;
}

/** By the crate of a function, or of the type whose method it is. */
const OURS = /wasm\.[<&]*(core|std|alloc|recover_runtime|__rustc|wasm_bindgen)\[|__rust|::__recover_|_generated_|takeStack/;
/** @param {any} error */
const frames = (error) => String(error.stack).split('\n').filter((line) => line.startsWith('    at '));
/**
 * The stack begins with these functions. Only an unoptimised build has each of them.
 * @param {any} error
 * @param {string[]} names
 */
function isAt(error, names) {
  const found = frames(error);
  const text = `${error.stack}`;
  assert.equal(text.split('\n    at ')[0], `${error.name}: ${error.message}`);
  assert.match(found[0] ?? '', debug ? new RegExp(`\\b${names[0]}\\b`) : /wasm-function\[\d+\]:0x/, text);
  if (!debug) return;
  names.forEach((name, at) => assert.match(found[at] ?? '', new RegExp(`\\b${name}\\b`), text));
  for (const line of found) assert.doesNotMatch(line, OURS, text);
}
/** @param {any} error @param {string[]} [names] */
function isOfThePanic(error, names = ['the_innermost', 'the_caller']) {
  isAt(error, names);
  assert.match(error.stack, /theCallerInJs/);
  assert.ok(frames(error).findIndex((line) => line.includes('theCallerInJs')) >= (debug ? names.length : 1));
}

test('the stack of an error begins with the function that panicked, its caller, and the JavaScript that called', () => {
  for (const how of ['panic', 'any', 'index', 'slice', 'unwrap', 'expect', 'assert', 'divide', 'borrow', 'utf8']) {
    const error = theCallerInJs(() => pkg.stack_of(how));
    isOfThePanic(error, ['the_innermost', 'the_caller', 'stack_of']);
    assert.equal(error.toJSON().stack, error.stack);
  }
  isOfThePanic(theCallerInJs(() => pkg.stack_of_drop()), ['the_innermost', 'the_caller', 'drop']);
});

test('out of memory, and a guarded stack that is full', async () => {
  isOfThePanic(theCallerInJs(() => pkg.stack_of_overflow(9), { name: 'StackOverflowError' }), ['stacks::stack_of_overflow', 'stacks::stack_of_overflow']);
  const { pkg: of } = await load('fixture-memory');
  const error = theCallerInJs(() => of.huge(2 ** 30), unwind ? { name: 'OutOfMemoryError', of } : { name: 'InstanceAbortedError', of });
  if (unwind) isOfThePanic(error, ['failures::huge']);
  else if (debug) assert.match(error.cause.stack, /^RuntimeError[^]*huge/);
});

test('the end of an instance has the stack of its panic, or that of the trap as the cause', async () => {
  const both = theCallerInJs(() => pkg.stack_of_both(), { deadly: true });
  isOfThePanic(both, unwind ? ['the_innermost', 'the_caller'] : ['the_other']);
  const { cause } = theCallerInJs(() => pkg.stack_of('trap'), { name: 'InstanceAbortedError', deadly: true });
  if (debug) assert.match(cause.stack, /^RuntimeError[^]*the_innermost[^]*the_caller/);
});

test('the stack of a callback, and of a panic after an await', async () => {
  const call = pkg.stack_of_callback();
  isOfThePanic(theCallerInJs(() => call('panic')));
  const { pkg: fresh } = await load('fixture-odd');
  const error = await rejection(fresh.stack_after_await(Promise.resolve(), 'panic'));
  isAt(error, ['the_innermost', 'the_caller', 'stack_after_await']);
});

if (unwind) {
  test('a panic that the user catches lends its stack to no other', () => {
    for (const times of [0, 1, 2, 7, 8, 9, 30]) {
      const error = theCallerInJs(() => pkg.stack_of_second(times));
      isOfThePanic(error);
      assert.doesNotMatch(error.stack, /the_other/);
    }
    isOfThePanic(theCallerInJs(() => pkg.stack_of_resumed()));
    isOfThePanic(theCallerInJs(() => pkg.stack_around_caught()));
    const unseen = theCallerInJs(() => pkg.stack_without_hook());
    assert.equal(unseen.location, undefined);
    assert.doesNotMatch(unseen.stack, /the_other|the_innermost/, 'no hook of ours saw it');
    assert.match(unseen.stack, /theCallerInJs/);
  });

  test('a panic within a call of JavaScript has a stack of its own', () => {
    /** @type {any} */
    let inner;
    const error = theCallerInJs(() => pkg.stack_around(() => { inner = theCallerInJs(() => pkg.stack_of('index')); }));
    isOfThePanic(inner);
    isOfThePanic(error);
    assert.equal(frames(inner).filter((line) => line.includes('theCallerInJs')).length, 2);
    assert.equal(frames(error).filter((line) => line.includes('theCallerInJs')).length, 1);
  });

  test('the stack of a panic that the user caught holds nothing beyond the next call', async () => {
    let gone = 0;
    const registry = new FinalizationRegistry(() => { gone += 1; });
    (() => {
      // V8 keeps the receiver of each frame until the stack is read.
      class Caller {
        call() { return pkg.catch_panics(3); }
      }
      const caller = new Caller();
      registry.register(caller, undefined);
      assert.equal(caller.call(), 3);
    })();
    assert.equal(pkg.answer(), 42);
    await collectUntil(() => gone === 1);
    assert.equal(gone, 1);
  });

  test('recovery.stacks says how much of it is taken', () => {
    assert.equal(recovery.stacks, 'full');
    /** @type {(levels: number) => number} */
    const deep = (levels) => (levels === 0 ? pkg.stack_of('panic') : deep(levels - 1));
    const many = () => frames(theCallerInJs(() => deep(40))).length;
    assert.ok(many() > 40);
    try {
      recovery.stacks = 'short';
      assert.ok(many() < 40);
      isAt(theCallerInJs(() => pkg.stack_of('panic')), ['the_innermost', 'the_caller', 'stack_of']);
      recovery.stacks = 'none';
      const none = theCallerInJs(() => pkg.stack_of('panic'));
      assert.equal(none.stack, 'PanicError: at the bottom');
      assert.notEqual(none.location, undefined);
      for (const wrong of ['fulL', undefined, 7]) {
        assert.throws(() => { recovery.stacks = wrong; }, (/** @type {any} */ error) => error instanceof TypeError && /'full', 'short' or 'none'/.test(error.message));
      }
      assert.equal(recovery.stacks, 'none');
    } finally {
      recovery.stacks = 'full';
    }
    assert.equal(Error.stackTraceLimit, 10);
  });
}
