// @ts-check
// What errors.js does without an instance. What needs one is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as errors from './errors.js';

/** @param {string} message @param {unknown} [payload] */
const panicked = (message, payload) => errors.panicked(message, 0, 0, 0, 0, 0, 0, payload, -1, 0, 0);

test('names, codes and kinds are literals of each class', () => {
  const made = [
    [new errors.PanicErrorClass('m'), 'PanicError', 'E_PANIC', 'panic', false, false],
    [new errors.OutOfMemoryErrorClass(1, 2), 'OutOfMemoryError', 'E_OUT_OF_MEMORY', 'out-of-memory', false, false],
    [new errors.StackOverflowErrorClass(1, 2), 'StackOverflowError', 'E_STACK_OVERFLOW', 'stack-overflow', false, false],
    [errors.refused(0, 'C', '', undefined), 'StaleHandleError', 'E_STALE_HANDLE', 'stale', false, false],
    [errors.refused(1, 'C', '', undefined), 'BusyError', 'E_BUSY', 'busy', false, true],
    [errors.refused(2, 'C', '', undefined), 'PoisonedError', 'E_POISONED', 'poisoned', false, false],
    // Nothing makes another instance here.
    [new errors.InstanceAbortedErrorClass('m'), 'InstanceAbortedError', 'E_INSTANCE_ABORTED', 'aborted', true, false],
    [new errors.RestartLimitErrorClass({ restarts: 1, period: 2 }), 'RestartLimitError', 'E_RESTART_LIMIT', 'restart-limit', true, false],
    [new errors.ImportErrorClass('m', 'C'), 'ImportError', 'E_IMPORT', 'import', false, false],
  ];
  for (const [error, name, code, kind, fatal, retryable] of made) {
    assert.ok(error instanceof errors.RecoverErrorClass && error instanceof Error);
    assert.deepEqual(
      [error.name, error.constructor.name, error.code, error.kind, error.fatal, error.retryable],
      [name, name, code, kind, fatal, retryable],
    );
    assert.match(String(error.stack), new RegExp(`^${name}: `));
  }
});

test('the brand reaches across copies of the module', async () => {
  const copy = await import(`./errors.js?copy=${Date.now()}`);
  assert.notEqual(copy.PanicErrorClass, errors.PanicErrorClass);
  assert.ok(panicked('x') instanceof copy.RecoverErrorClass);
  assert.ok(!(panicked('x') instanceof copy.PanicErrorClass), 'only the base is shared');
  assert.ok(!(new Error('x') instanceof errors.RecoverErrorClass));
});

test('toJSON keeps what a log needs, causes included', () => {
  const json = JSON.parse(JSON.stringify(errors.refused(2, 'C', 'a::b', panicked('first'))));
  assert.equal(json.name, 'PoisonedError');
  assert.equal(json.export, 'a::b');
  assert.equal(json.class, 'C');
  assert.equal(json.cause.message, 'first');
  assert.equal(json.cause.code, 'E_PANIC');
  assert.equal(JSON.parse(JSON.stringify(panicked('m', new RangeError('r')))).cause.name, 'RangeError');
});

test('a JavaScript value that Rust panicked with is the cause, itself', () => {
  const thrown = { odd: true };
  assert.equal(panicked('m', thrown).cause, thrown);
  assert.ok(!('cause' in panicked('m')));
});
