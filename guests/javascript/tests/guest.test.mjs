// @ts-check
// What crosses of an exception, and what an import's failure is in JavaScript. Whole components are in
// tests/component: here is what is hard to see from outside of one. Stacks are V8's here, and SpiderMonkey's there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import * as guest from '../index.js';
import { framesOf } from '../src/stack.js';

const { DomainError, PanicError, RecoverError, errors, failureOf, imported, recoverable } = guest;

class NoKeyError extends Error {
  name = 'NoKeyError';
  /** @param {string} key @param {ErrorOptions} [options] */
  constructor(key, options) {
    super(`no key ${key}`, options);
    this.key = key;
  }
}

/** What a call throws. @param {() => unknown} call @returns {any} */
function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

/** The record that an export fails by. @param {() => unknown} body @returns {import('../index.js').Failure} */
const told = (body) => thrown(recoverable(body)).payload;

/** @param {string} name @returns {import('../index.js').Cause} */
const cause = (name) => ({ kind: 'domain', class: name, code: '', message: `${name} happened`, language: 'go', fields: [], frames: [] });

/** A failure as another component tells it. @param {Partial<import('../index.js').Failure>} [more] @returns {import('../index.js').Failure} */
const record = (more = {}) => ({
  kind: 'domain', class: 'StoreError', code: 'E_STORE', message: 'the store is shut', language: 'rust',
  location: { file: 'src/store.rs', line: 7, column: 9 }, retryable: true, fatal: false, build: 'ab'.repeat(20),
  fields: [
    { name: 'shelf', value: { tag: 'unsigned', val: 3n } }, { name: 'far', value: { tag: 'unsigned', val: 2n ** 63n } },
    { name: 'message', value: { tag: 'text', val: 'taken' } }, { name: 'none', value: { tag: 'null' } },
  ],
  frames: [{ function: 'open', location: { file: 'src/store.rs', line: 7, column: 9 } }],
  causes: [], ...more,
});

/** What componentize-js throws of an import's error. @param {unknown} payload */
const failing = (payload) => {
  const fail = () => { throw Object.assign(new Error(`${payload} (see error.payload)`), { payload }); };
  class Shelf {
    put() { return fail(); }
    static open() { return fail(); }
  }
  return { get: /** @type {() => number} */ (fail), later: async () => fail(), Shelf };
};

describe('an exception as a record', () => {
  test('it has its class, message, fields, place and trace', () => {
    const inner = () => { throw new NoKeyError('tea'); };
    const outer = () => inner();
    const failure = told(outer);
    const { kind, code, message, language, fields, frames, location, retryable, fatal, build, causes } = failure;
    assert.deepEqual({ kind, class: failure.class, code, message, language, retryable, fatal, build, causes }, {
      kind: 'domain', class: 'NoKeyError', code: 'E_NO_KEY', message: 'no key tea', language: 'javascript',
      retryable: false, fatal: false, build: undefined, causes: [],
    });
    assert.deepEqual(fields, [{ name: 'key', value: { tag: 'text', val: 'tea' } }]);
    assert.deepEqual(frames.slice(0, 2).map((frame) => frame.function), ['inner', 'outer']);
    assert(location !== undefined && location.file.endsWith('guest.test.mjs'));
    const line = readFileSync(new URL(import.meta.url), 'utf8').split('\n')[location.line - 1] ?? '';
    assert(line.includes("throw new NoKeyError('tea')"), line);
    assert.equal(location.column, line.indexOf('new NoKeyError') + 1);
  });

  test('its causes are in order, at most eight of them, and may be a circle', () => {
    const first = new Error('0');
    let last = first;
    for (let number = 1; number < 20; number += 1) {
      const next = new Error(String(number));
      last.cause = next;
      last = next;
    }
    last.cause = first;
    assert.deepEqual(told(() => { throw first; }).causes.map((one) => one.message), ['1', '2', '3', '4', '5', '6', '7', '8']);
    const circle = new Error('a');
    circle.cause = circle;
    assert.deepEqual(told(() => { throw circle; }).causes, []);
    const many = new AggregateError([new NoKeyError('k'), new Error('other')], 'several');
    assert.deepEqual(told(() => { throw many; }).causes.map((one) => one.class), ['NoKeyError']);
  });

  test('values of each type are told', () => {
    const error = Object.assign(new Error('values'), {
      none: null, gone: undefined, yes: true, small: -5, half: 0.5, huge: 2 ** 60, big: 2n ** 63n, giant: 2n ** 70n,
      data: new Uint8Array([1]), list: [1, 2], code: 'E_MINE', retryable: true,
    });
    const failure = failureOf(error);
    assert.deepEqual([failure.code, failure.retryable], ['E_MINE', true]);
    assert.deepEqual(Object.fromEntries(failure.fields.map(({ name, value }) => [name, value])), {
      none: { tag: 'null' }, gone: { tag: 'null' }, yes: { tag: 'boolean', val: true }, small: { tag: 'signed', val: -5n },
      half: { tag: 'float', val: 0.5 }, huge: { tag: 'float', val: 2 ** 60 }, big: { tag: 'unsigned', val: 2n ** 63n },
      giant: { tag: 'text', val: String(2n ** 70n) }, data: { tag: 'bytes', val: new Uint8Array([1]) }, list: { tag: 'text', val: '[1,2]' },
    });
  });

  test('what is thrown may be anything', () => {
    for (const [value, message] of /** @type {[unknown, string][]} */ ([
      ['text', 'text'], [3, '3'], [undefined, 'undefined'], [null, 'null'], [{ a: 1 }, '{"a":1}'], [Symbol('s'), 'Symbol(s)'],
    ])) {
      const failure = told(() => { throw value; });
      assert.deepEqual([failure.class, failure.message, failure.kind], ['Error', message, 'domain']);
    }
    const rude = new Proxy({}, { get() { throw new Error('no'); }, getPrototypeOf() { throw new Error('no'); } });
    assert.throws(() => rude instanceof Error);
    assert.equal(failureOf(rude).message, 'a thrown object');
    assert.equal(told(() => { throw Object.defineProperty(new Error('kept'), 'rude', { enumerable: true, get() { throw new Error(); } }); }).message, 'kept');
  });

  test("what the engine's limits throw has a kind of its own", () => {
    const limit = (/** @type {string} */ message) => Object.assign(new Error(message), { name: 'InternalError' });
    assert.deepEqual([failureOf(limit('too much recursion')).kind, failureOf(limit('too much recursion')).code], ['stack-overflow', 'E_STACK_OVERFLOW']);
    assert.equal(failureOf(limit('allocation size overflow')).kind, 'out-of-memory');
    assert.equal(failureOf(limit('something else')).kind, 'domain');
  });

  test('functions, classes and promises are wrapped', async () => {
    class Store {
      /** @param {string} key */
      get(key) { throw new NoKeyError(key); }
      static open() { throw new NoKeyError('static'); }
      async later() { throw new NoKeyError('later'); }
    }
    const wrapped = recoverable({ Store, get: () => { throw new NoKeyError('function'); }, version: 3 });
    const key = (/** @type {any} */ error) => error.payload.fields[0].value.val;
    assert.equal(wrapped.version, 3);
    assert.equal(key(thrown(() => new wrapped.Store().get('k'))), 'k');
    assert.equal(key(thrown(() => wrapped.Store.open())), 'static');
    assert.equal(key(thrown(() => wrapped.get())), 'function');
    await assert.rejects(() => new wrapped.Store().later(), (error) => key(error) === 'later');
  });

  test('a mistake is named', () => {
    assert.throws(() => recoverable(/** @type {any} */ (3)), /takes what the component exports.*not number/);
    assert.throws(() => imported(/** @type {any} */ (null)), /takes what the component imports.*not null/);
  });
});

describe('a record as an error', () => {
  test('it is of a class of its name, with fields, place and causes', async () => {
    const store = imported(failing(record({ causes: [cause('DiskError'), cause('PowerError')] })));
    /** @type {any[]} */
    const all = [thrown(() => store.get()), thrown(() => new store.Shelf().put()), thrown(() => store.Shelf.open()), await store.later().catch((caught) => caught)];
    for (const error of all) {
      assert.equal(error.constructor, errors.StoreError);
      assert.deepEqual([error instanceof DomainError, error instanceof RecoverError], [true, false]);
      const { name, message, code, kind, language, retryable, fatal, build, shelf, far, none } = error;
      assert.deepEqual({ name, message, code, kind, language, retryable, fatal, build, shelf, far, none }, {
        name: 'StoreError', message: 'the store is shut', code: 'E_STORE', kind: 'domain', language: 'rust', retryable: true, fatal: false,
        build: 'ab'.repeat(20), shelf: 3, far: 2n ** 63n, none: null,
      });
      assert.equal(error.fields.message, 'taken');
      assert.deepEqual(error.causes.map((/** @type {Error} */ one) => one.constructor.name), ['DiskError', 'PowerError']);
      assert.equal(error.cause.cause, error.causes[1]);
      assert.match(error.stack, /^open@src\/store\.rs:7:9\n/);
    }
  });

  test('each kind has its class', () => {
    for (const [kind, errorClass] of /** @type {[import('../index.js').Kind, Function][]} */ ([
      ['panic', PanicError], ['out-of-memory', guest.OutOfMemoryError], ['stack-overflow', guest.StackOverflowError], ['busy', guest.BusyError],
      ['poisoned', guest.PoisonedError], ['stale', guest.StaleHandleError], ['aborted', guest.InstanceAbortedError],
      ['restart-limit', guest.RestartLimitError], ['timeout', guest.TimeoutError],
    ])) {
      const error = thrown(() => imported(failing(record({ kind, class: 'Anything' }))).get());
      assert.equal(error.constructor, errorClass);
      assert(error instanceof RecoverError);
      assert.equal(error.kind, kind);
    }
  });

  test('what nobody handles goes on as it came', () => {
    const came = record({ causes: [cause('DiskError')] });
    assert.equal(told(() => imported(failing(came)).get()), came);
    assert.equal(told(() => failing(came).get()), came);
    assert.equal(told(() => failing(record({ kind: 'aborted', fatal: true })).get()).fatal, false);
  });

  test('what is thrown because of it has all of it behind', () => {
    const came = record({ causes: [cause('DiskError'), cause('PowerError')] });
    for (const store of [imported(failing(came)), failing(came)]) {
      const { causes } = told(() => {
        try {
          return store.get();
        } catch (error) {
          throw new NoKeyError('k', { cause: error });
        }
      });
      assert.deepEqual(causes.map((one) => `${one.language}:${one.class}`), ['rust:StoreError', 'go:DiskError', 'go:PowerError']);
      assert.deepEqual([causes[0]?.frames, causes[0]?.fields], [came.frames, came.fields]);
    }
  });

  test('other errors of an import are left alone', () => {
    assert.equal(thrown(() => imported(failing('text')).get()).payload, 'text');
  });

  test('an import that names classes without end gets one', () => {
    const classes = new Set();
    for (let number = 0; number < 400; number += 1) classes.add(thrown(() => imported(failing(record({ class: `Class${number}` }))).get()).constructor);
    assert(classes.size <= 257);
  });
});

describe('the text of a stack', () => {
  test("SpiderMonkey's lines, and what is no frame", () => {
    const stack = 'LinkError@src/a.js:3:5\nown@src/a.js:21:11\n@src/a.js:4:1\nopen@sources/initializer.js:1:2\nno frame\n';
    assert.deepEqual(framesOf(stack, 64, new Set(['LinkError'])).map((frame) => [frame.function, frame.location?.line]), [['own', 21], [undefined, 4]]);
    assert.equal(framesOf('f@a.js:1:1\n'.repeat(100), 64).length, 64);
    assert.deepEqual(framesOf(undefined, 64), []);
    assert.deepEqual(framesOf(`${'x'.repeat(5000)}@a.js:1:1`, 64), []);
  });
});
