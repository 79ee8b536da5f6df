// @ts-check
// Each way in which the fixture fails, from a function and from each class: the error that the caller gets, the state of
// the object, and the next call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusyError, DomainError, InstanceAbortedError, OutOfMemoryError, PanicError, PoisonedError, RecoverError, StackOverflowError, StaleHandleError } from '../index.js';
import { entries, fixture, thrownBy } from './setup.mjs';

/** How a failure ends: by a typed error of the component, or with the instance. @type {Record<string, [string, any]>} */
const UNWINDS = {
  'panic': ['panic', PanicError],
  'panic-in-drop': ['panic', PanicError],
  'out-of-memory': ['out-of-memory', OutOfMemoryError],
  'out-of-memory-huge': ['out-of-memory', OutOfMemoryError],
};
const ENDS = ['unreachable', 'abort', 'double-panic'];

const app = await fixture();
const { ledgers, recovery } = app;
/** @type {any} */
const errors = app.errors;

/** What every error has. @param {any} error */
function isWhole(error) {
  assert(Array.isArray(error.frames) && Array.isArray(error.causes));
  for (const name of ['kind', 'code', 'message']) assert.equal(typeof error[name], 'string', name);
  for (const name of ['retryable', 'fatal']) assert.equal(typeof error[name], 'boolean', name);
  const json = JSON.parse(JSON.stringify(error));
  assert.deepEqual([json.name, json.kind, json.code, json.message], [error.name, error.kind, error.code, error.message]);
  const [, first] = String(error.stack).split('\n').filter((line) => !line.includes('at ') || line.includes('.test.mjs'));
  assert(first?.includes('failures.test.mjs'), `the stack begins where the call was: ${error.stack}`);
}

for (const [how, [kind, errorClass]] of Object.entries(UNWINDS)) {
  test(`${how}: a typed error, and the next call works`, () => {
    const { epoch } = recovery.health();
    const error = thrownBy(() => ledgers.fail(how));
    assert(error instanceof errorClass && error instanceof PanicError && error instanceof RecoverError);
    assert.deepEqual([error.kind, error.fatal, error.export], [kind, false, 'fail']);
    isWhole(error);
    assert.equal(ledgers.parse('5'), 5n);
    assert.equal(recovery.health().epoch, epoch, 'the instance lives on');
  });

  test(`${how}: a ledger is rolled back, a draft is poisoned, a tally is kept`, () => {
    const ledger = new ledgers.Ledger('ada'), draft = new ledgers.Draft(), tally = new ledgers.Tally();
    ledger.put('before', 1n);
    draft.write('a');
    tally.add(1);
    for (const call of [() => ledger.fail('torn', how), () => draft.fail('b', how), () => tally.fail(2, how)]) {
      assert.equal(thrownBy(call).kind, kind);
    }
    assert.deepEqual(entries(ledger), { before: 1 });
    const error = thrownBy(() => draft.text());
    assert(error instanceof PoisonedError);
    assert.deepEqual([error.code, error.export], ['E_POISONED', 'Draft.text']);
    assert.equal(draft.clearPoison(), true);
    assert.equal(draft.text(), 'ab');
    assert.equal(tally.add(0), 3);
  });
}

for (const how of ENDS) {
  test(`${how}: the instance ends, and the next call works in another`, () => {
    const { epoch } = recovery.health();
    const ledger = new ledgers.Ledger('ada'), draft = new ledgers.Draft();
    ledger.put('before', 1n);
    for (const call of [() => ledgers.fail(how), () => ledger.fail('torn', how)]) {
      const error = thrownBy(call);
      assert(error instanceof InstanceAbortedError);
      assert.deepEqual([error.kind, error.code, error.fatal, error.retryable], ['aborted', 'E_INSTANCE_ABORTED', true, true]);
      assert(error.cause instanceof WebAssembly.RuntimeError);
      assert(error.frames.length > 0 && error.frames.every((/** @type {any} */ one) => typeof one.offset === 'number'));
      isWhole(error);
      assert.equal(ledgers.parse('5'), 5n);
    }
    assert.equal(recovery.health().epoch, epoch + 2);
    assert.deepEqual(entries(ledger), { before: 1 });
    assert(thrownBy(() => draft.text()) instanceof StaleHandleError);
  });
}

test('stack-overflow: the instance ends unless the component guards its stack, and the next call works', () => {
  const ledger = new ledgers.Ledger('ada');
  ledger.put('before', 1n);
  for (const call of [() => ledgers.fail('stack-overflow'), () => ledger.fail('torn', 'stack-overflow')]) {
    const error = thrownBy(call);
    assert(error instanceof StackOverflowError || error instanceof InstanceAbortedError);
    isWhole(error);
    assert.equal(ledgers.parse('5'), 5n);
  }
  assert.deepEqual(entries(ledger), { before: 1 });
});

test('err: an error of the class that it names, with its fields, and the state as the call left it', () => {
  const ledger = new ledgers.Ledger('ada');
  const error = thrownBy(() => ledger.fail('kept', 'err'));
  assert(error instanceof DomainError && error instanceof Error && !(error instanceof RecoverError));
  assert.deepEqual([error.kind, error.fatal], ['domain', false]);
  isWhole(error);
  assert.deepEqual(entries(ledger), { kept: 1 });
});

test('a class by its name, with a field and the chain of causes', () => {
  const { NoKeyError, NotIndexedError, QuotaError, NotANumberError } = errors;
  const ledger = new ledgers.Ledger('ada');
  const error = thrownBy(() => ledger.get('nobody'));
  assert(error instanceof NoKeyError && error instanceof errors.DomainError && !(error instanceof QuotaError));
  assert.deepEqual([error.name, error.code, error.key, error.export], ['NoKeyError', 'E_NO_KEY', 'nobody', 'Ledger.get']);
  assert(error.cause instanceof NotIndexedError);
  assert.deepEqual(error.causes, [error.cause]);
  isWhole(error);

  for (let n = 0; n < 100; n += 1) ledger.put(`${n}`, 1n);
  const quota = thrownBy(() => ledger.put('more', 1n));
  assert(quota instanceof QuotaError);
  assert.equal(quota.limit, 100);

  const number = thrownBy(() => ledgers.parse('x7'));
  assert(number instanceof NotANumberError);
  assert.equal(number.text, 'x7');
  assert.equal(number.causes.length, 1);
});

test('an error says which build it is of', () => {
  const { build } = thrownBy(() => ledgers.fail('panic'));
  assert.match(build, /^[0-9a-f]{40}$/);
  assert.equal(recovery.health().build, build);
  assert.equal(thrownBy(() => ledgers.fail('unreachable')).build, build);
});

test('a panic says where it began, and listeners hear of it once', () => {
  /** @type {any[]} */
  const heard = [];
  const stop = recovery.onPanic((error) => heard.push(error));
  const error = thrownBy(() => ledgers.fail('panic'));
  stop();
  thrownBy(() => ledgers.fail('panic'));
  assert.deepEqual(heard, [error]);
  assert.match(error.location.file, /\.rs$/);
  assert(error.location.line > 0);
});

test('what a component says of the memory that it wanted', () => {
  const error = thrownBy(() => ledgers.fail('out-of-memory-huge'));
  assert.equal(error.requested, 0x7000_0000);
});

test('the errors are told by their class, also of another copy', () => {
  assert(!(thrownBy(() => ledgers.fail('panic')) instanceof BusyError));
  const brand = Symbol.for('recover.error');
  assert(brand in thrownBy(() => ledgers.fail('panic')));
  assert(!(brand in thrownBy(() => ledgers.fail('err'))));
});
