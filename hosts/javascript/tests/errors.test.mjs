// @ts-check
// Failures as errors, and errors as failures: what of one is kept in the other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DomainError, InstanceAbortedError, OutOfMemoryError, PanicError, RecoverError, TimeoutError, raises, toFailure } from '../index.js';
import { CLASSES, classesOf } from '../src/errors.js';
import { framesOfStack, isFailure, toError } from '../src/failure.js';
import { withLimit } from '../src/memory.js';
import { thrownBy } from './setup.mjs';

/** @param {any} [changes] @returns {any} */
const failure = (changes) => ({
  kind: 'domain', class: 'NoKeyError', code: 'E_NO_KEY', message: 'no key', language: 'rust', location: { file: 'a.rs', line: 3, column: 5 },
  retryable: false, fatal: false, build: 'ab', fields: [], frames: [], causes: [], ...changes,
});

test('every kind has its class, and what a failure says of it', () => {
  const kinds = { 'panic': 'PanicError', 'out-of-memory': 'OutOfMemoryError', 'stack-overflow': 'StackOverflowError', 'busy': 'BusyError', 'poisoned': 'PoisonedError', 'stale': 'StaleHandleError', 'aborted': 'InstanceAbortedError', 'restart-limit': 'RestartLimitError', 'timeout': 'TimeoutError' };
  for (const [kind, name] of Object.entries(kinds)) {
    const error = toError(failure({ kind, class: name, code: 'E_X', fatal: true, retryable: true }), classesOf().classFor);
    assert(error instanceof /** @type {any} */ (CLASSES)[name] && error instanceof RecoverError);
    assert.deepEqual([error.name, error.kind, error.code, error.fatal, error.retryable, error.build], [name, kind, 'E_X', true, true, 'ab']);
    assert.deepEqual(error.location, { file: 'a.rs', line: 3, column: 5 });
  }
  assert(OutOfMemoryError.prototype instanceof PanicError);
  assert(!(TimeoutError.prototype instanceof PanicError));
});

test('the classes and fields are those of a package for JavaScript', async () => {
  const theirs = await import('../../../recover-runtime/js/errors.js');
  for (const [name, ours] of Object.entries(CLASSES)) {
    const same = /** @type {any} */ (theirs)[`${name}Class`];
    // Those of hosts alone.
    if (same === undefined) assert.equal(name, 'TimeoutError');
    else {
      assert.equal(Object.getPrototypeOf(ours).name, Object.getPrototypeOf(same).name);
      const [one, other] = [ours, same].map((made) => new made('m', 'E_X', 'panic'));
      for (const field of Object.keys(other)) assert(field in one, field);
      assert(one instanceof theirs.RecoverErrorClass, 'each knows the errors of the other');
      assert(other instanceof RecoverError);
    }
  }
});

test('a chain of three languages keeps all causes in order, with their frames', () => {
  const cause = (/** @type {string} */ name, /** @type {string} */ language, /** @type {any[]} */ frames = []) => ({ kind: 'domain', class: name, code: '', message: `of ${language}`, language, fields: [], frames });
  const { errors, classFor } = classesOf();
  const error = toError(failure({ causes: [cause('KeyError', 'python', [{ function: 'look', location: { file: 'a.py', line: 1, column: 0 } }]), cause('TypeError', 'javascript')] }), classFor);
  const [first, second] = /** @type {any[]} */ (error.causes);
  assert.deepEqual([first.name, second.name, error.causes.length], ['KeyError', 'TypeError', 2]);
  assert(first instanceof /** @type {any} */ (errors).KeyError && first.cause === second && error.cause === first);
  assert.equal(first.stack, 'KeyError: of python\n    at look (a.py:1:0)');
  assert.deepEqual(second.frames, []);
});

test('fields are properties, and take the place of nothing that an error has', () => {
  const values = { limit: { tag: 'unsigned', val: 100n }, large: { tag: 'signed', val: -(2n ** 62n) }, on: { tag: 'boolean', val: true }, none: { tag: 'null' }, ratio: { tag: 'float', val: 0.5 }, bytes: { tag: 'bytes', val: new Uint8Array([1]) }, text: { tag: 'text', val: 'x' },
    message: { tag: 'text', val: 'evil' }, stack: { tag: 'text', val: 'evil' }, __proto__x: { tag: 'null' }, code: { tag: 'text', val: 'evil' }, toJSON: { tag: 'text', val: 'evil' } };
  const fields = [...Object.entries(values).map(([name, value]) => ({ name, value })), { name: '__proto__', value: { tag: 'text', val: 'evil' } }];
  const error = /** @type {any} */ (toError(failure({ fields }), classesOf().classFor));
  assert.deepEqual([error.limit, error.large, error.on, error.none, error.ratio, error.bytes, error.text], [100, -(2n ** 62n), true, null, 0.5, new Uint8Array([1]), 'x']);
  assert.deepEqual([error.message, error.code, error.fields.code, typeof error.toJSON], ['no key', 'E_NO_KEY', 'evil', 'function']);
  assert(error instanceof DomainError && !error.stack?.includes('evil'));
  const json = JSON.parse(JSON.stringify(error));
  assert.deepEqual([json.large, json.bytes, json.limit], [String(-(2n ** 62n)), [1], 100]);
});

test('a component can name a class after anything, and not so many that memory ends', () => {
  const { errors, classFor } = classesOf();
  assert.equal(classFor('').name, 'DomainError');
  assert.equal(classFor('a.b.C').name, 'a.b.C');
  for (let n = 0; n < 1000; n += 1) classFor(`Class${n}`);
  assert.equal(classFor('Class999'), DomainError);
  assert.equal(classFor('Class1').name, 'Class1');
  assert.equal(/** @type {any} */ (errors).Asked.name, 'Asked', 'who asks gets it');
  assert.equal(classFor('Asked'), /** @type {any} */ (errors).Asked);
  assert.equal(/** @type {any} */ (errors).then, undefined);
  assert.equal(/** @type {any} */ (errors).PanicError, PanicError, 'a component does not replace ours');
});

test('a program that names the classes hears of a name that is none of them', () => {
  const { errors, classFor } = classesOf(['NoKeyError']);
  assert.equal(classFor('NoKeyError'), /** @type {any} */ (errors).NoKeyError);
  assert.throws(() => /** @type {any} */ (errors).NoKeyEror, /errors has no class NoKeyEror; `errors` of supervise\(\) named NoKeyError/);
  assert.equal(classFor('Other').name, 'Other', 'the component may have more');
  assert.equal(/** @type {any} */ (errors).PanicError, PanicError);
});

test('what is no failure is not taken for one', () => {
  assert(isFailure(failure()));
  for (const other of [undefined, null, 'x', 5, {}, failure({ kind: 'other' }), failure({ kind: 'toString' }), failure({ causes: undefined }), failure({ class: 5 })]) assert(!isFailure(other));
});

test('JSON tells a class again, its chain, and its fields', () => {
  const error = toError(failure({ kind: 'out-of-memory', class: 'OutOfMemoryError', code: 'E_OUT_OF_MEMORY', fields: [{ name: 'requested', value: { tag: 'unsigned', val: 5n } }], causes: [failure()] }), classesOf().classFor);
  const again = /** @type {any} */ (RecoverError.fromJSON(JSON.parse(JSON.stringify(error))));
  assert(again instanceof OutOfMemoryError);
  assert.deepEqual([again.requested, again.message, again.stack, /** @type {any} */ (again.cause).name], [5, 'no key', error.stack, 'NoKeyError']);
  assert.throws(() => RecoverError.fromJSON({ code: 'E_MINE' }), /takes what toJSON\(\) of a RecoverError gave/);
});

test('an error that is raised in JavaScript is a failure with its class, fields, chain and trace', () => {
  class OverdrawnError extends Error {
    /** @param {ErrorOptions} options */
    constructor(options) {
      super('too little', options);
      this.name = 'OverdrawnError';
      Object.assign(this, { code: 'E_OVERDRAWN', by: 5, at: 2n ** 63n, half: 0.5, none: null, fine: true, object: {} });
    }
  }
  const told = toFailure(new OverdrawnError({ cause: new TypeError('no number', { cause: 'a text' }) }));
  assert.deepEqual([told.kind, told.class, told.code, told.message, told.language, told.fatal], ['domain', 'OverdrawnError', 'E_OVERDRAWN', 'too little', 'javascript', false]);
  assert.deepEqual(told.fields, [
    { name: 'by', value: { tag: 'signed', val: 5n } }, { name: 'at', value: { tag: 'unsigned', val: 2n ** 63n } }, { name: 'half', value: { tag: 'float', val: 0.5 } },
    { name: 'none', value: { tag: 'null' } }, { name: 'fine', value: { tag: 'boolean', val: true } }]);
  assert.deepEqual(told.causes.map((one) => [one.class, one.message]), [['TypeError', 'no number'], ['Error', 'a text']]);
  assert.match(/** @type {any} */ (told.location).file, /errors\.test\.mjs$/);
  assert(told.frames.length > 0);
  const back = toError(told, classesOf().classFor);
  assert.deepEqual([back.name, /** @type {any} */ (back).by, back.language], ['OverdrawnError', 5, 'javascript']);
  assert.equal(toFailure('a text').message, 'a text');
  assert.equal(toFailure(toError(failure({ kind: 'panic' }), classesOf().classFor)).kind, 'panic', 'ours keep their kind');
  assert.deepEqual(toFailure(Object.assign(new Error('x'), { cause: { cause: null } })).causes.length, 1);
});

test('properties that an error only happens to have are not taken for ours', () => {
  // As every parser that peggy makes throws it.
  const located = Object.assign(new SyntaxError('Expected "a"'), {
    location: { source: undefined, start: { offset: 0, line: 1, column: 1 }, end: { offset: 1, line: 1, column: 2 } }, kind: 'panic', frames: 'abc', language: 'peg', build: 'x',
  });
  const told = toFailure(located);
  assert.deepEqual([told.kind, told.class, told.language, told.build], ['domain', 'SyntaxError', 'javascript', undefined]);
  assert.match(/** @type {any} */ (told.location).file, /errors\.test\.mjs$/);
  assert(told.frames.length > 0);
  const ours = /** @type {any} */ (toError(failure({ kind: 'panic' }), classesOf().classFor));
  Object.assign(ours, { location: { file: 5 }, frames: [{ function: 5, offset: 0.5, location: { line: -1 } }, null] });
  const whole = toFailure(ours);
  assert.equal(whole.location, undefined);
  assert.deepEqual(whole.frames, Array(2).fill({ function: undefined, location: undefined, module: undefined, offset: undefined }));
});

test('whatever is thrown is a failure', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const evil = new Error('mine');
  for (const name of ['cause', 'name', 'field']) Object.defineProperty(evil, name, { enumerable: true, get() { throw new Error('a getter'); } });
  for (const thrown of [Object.create(null), Symbol('x'), undefined, null, 5n, proxy, evil, { toString: () => ({}) }]) {
    const told = toFailure(thrown);
    assert.deepEqual([told.kind, told.class, typeof told.message], ['domain', 'Error', 'string']);
    assert.equal(thrownBy(() => raises(() => { throw thrown; })()).payload.message, told.message);
  }
  assert.equal(toFailure(new Error('x', { cause: Object.create(null) })).causes.length, 1);
});

test('imports raise by what the bindings read', () => {
  const imported = raises({ rate: () => { throw new TypeError('no rate'); }, ok: (/** @type {number} */ n) => n + 1, Resource: class {} });
  const error = thrownBy(() => imported.rate());
  assert.deepEqual([error.payload.class, error.payload.message, error.cause.name], ['TypeError', 'no rate', 'TypeError']);
  assert.equal(imported.ok(1), 2);
  assert.equal(typeof new imported.Resource(), 'object');
});

test('stacks of V8, Firefox and Safari are read', () => {
  const frames = framesOfStack([
    'RuntimeError: unreachable', '    at app.wasm.go (wasm://wasm/app.wasm-00152e5a:wasm-function[86]:0x264b9)', '    at wasm://wasm/00152e5a:wasm-function[7]:0x10',
    '    at call (file:///a/b.js:3:5)', '    at async file:///a/c.js:4:6', 'go@https://a.test/app.wasm:wasm-function[3]:0x1f', 'call@https://a.test/b.js:7:8', 'nonsense',
  ].join('\n'));
  assert.deepEqual(frames.map(({ function: name, location, module, offset }) => [name, location?.line, module, offset]), [
    ['app.wasm.go', undefined, 'wasm://wasm/app.wasm-00152e5a', 0x264b9], ['wasm-function[7]', undefined, 'wasm://wasm/00152e5a', 0x10],
    ['call', 3, undefined, undefined], [undefined, 4, undefined, undefined], ['go', undefined, 'https://a.test/app.wasm', 0x1f], ['call', 7, undefined, undefined],
  ]);
  assert.deepEqual(framesOfStack(5), []);
});

test('a limit is written into a module, and holds', () => {
  const plain = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 2, 7, 5, 1, 1, 109, 2, 0]);
  const memory = (/** @type {Uint8Array} */ bytes) => /** @type {WebAssembly.Memory} */ (new WebAssembly.Instance(new WebAssembly.Module(/** @type {any} */ (bytes))).exports.m);
  memory(plain).grow(100);
  const limited = withLimit(plain, 3 * 65_536);
  memory(limited).grow(1);
  assert.throws(() => memory(limited).grow(2), RangeError);
  // It has a maximum already: the lower one holds.
  assert.throws(() => memory(withLimit(limited, 100 * 65_536)).grow(2), RangeError);
  const none = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  assert.equal(withLimit(none, 65_536), none);
  assert.throws(() => withLimit(plain, 65_536), /begins with 131072/);
  for (let length = 9; length < plain.length; length += 1) {
    try {
      withLimit(plain.subarray(0, length), 3 * 65_536);
    } catch (error) {
      assert.match(/** @type {any} */ (error).message, /no module of WebAssembly/);
    }
  }
  assert(InstanceAbortedError.prototype instanceof RecoverError);
});
