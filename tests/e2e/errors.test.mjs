// What JavaScript gets for the errors that Rust returns: the ten points of the
// error classes, then the errors without a class. Runs against the package of
// tests/fixtures/errors (target web): RECOVER_PKG=<dir> node --test tests/e2e/errors.test.mjs
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

const dir = process.env.RECOVER_PKG_ERRORS ?? process.env.RECOVER_PKG;
assert.ok(dir, 'set RECOVER_PKG to the package of tests/fixtures/errors');
const pkg = await import(pathToFileURL(join(dir, 'errors_fixture.js')).href);
const wasm = readFileSync(join(dir, 'errors_fixture_bg.wasm'));
const declarations = readFileSync(join(dir, 'errors_fixture.d.ts'), 'utf8');
pkg.initSync({ module: wasm });

/** What `call` throws; a test that throws nothing fails. */
function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  assert.fail('nothing was thrown');
}

/** Messages from the error down to its last cause. */
function chain(error) {
  const messages = [];
  for (let at = error; at !== undefined; at = at.cause) messages.push(at.message);
  return messages;
}

test('1. a base class per enum and a subclass per variant, both under Error', () => {
  const error = thrown(() => pkg.no_key('k'));
  assert.ok(error instanceof pkg.NoKeyError);
  assert.ok(error instanceof pkg.StoreError);
  assert.ok(error instanceof Error);
  assert.ok(!(error instanceof pkg.ClosedError));
  assert.equal(Object.getPrototypeOf(pkg.NoKeyError), pkg.StoreError);
  assert.ok(thrown(() => pkg.closed()) instanceof pkg.StoreError);
  assert.ok(thrown(() => pkg.wrapped()) instanceof pkg.WrappedError);
  assert.equal(pkg.fine(), 1);
});

test('2. classes are top level, renameable, without a doubled suffix', () => {
  assert.ok(thrown(() => pkg.quota()) instanceof pkg.OverQuota);
  assert.ok(thrown(() => pkg.parse_error()) instanceof pkg.ParseError);
  assert.equal(pkg.QuotaError, undefined);
  assert.equal(pkg.ParseErrorError, undefined);
  assert.equal(typeof pkg.Never, 'function');
  assert.ok(thrown(() => pkg.raw()) instanceof pkg.TryError);
  assert.ok(thrown(() => pkg.declared()) instanceof pkg.InnerError);
});

test('3. fields are typed, own and enumerable', () => {
  const any = { deep: 1 };
  const error = thrown(() => pkg.fields(any));
  assert.deepEqual({ ...error }, {
    byte: 255, long: -(2n ** 63n), real: 0.5, size: 3, flag: true, letter: 'ß', label: 'label',
    text: 'text', some: 1, none: undefined, bytes: Uint8Array.of(1, 2),
    wide: BigUint64Array.of(2n ** 64n - 1n), names: ['a'], flags: [true, false], any, typed: any,
    type: 'kind', source: 'file', code: 'E_FIELDS',
  });
  assert.equal(error.any, any);
  assert.deepEqual({ ...thrown(() => pkg.parse_error()) }, { 0: 7, text: 'seven', code: 'E_PARSE' });
  const quota = thrown(() => pkg.quota());
  assert.equal(quota.limit, 2n ** 64n - 1n);
  assert.ok(!('trace' in quota), 'a skipped field is no property');
  assert.equal(thrown(() => pkg.raw()).in, 4);
  assert.equal(thrown(() => pkg.declared()).error, 'e');
});

test('4. the message is Display', () => {
  assert.equal(thrown(() => pkg.no_key('k\0€')).message, 'no key k\0€');
  assert.equal(thrown(() => pkg.fields(null)).message, 'all fields');
  assert.equal(String(thrown(() => pkg.no_key('k'))), 'NoKeyError: no key k');
});

test('5. cause is built from source()', () => {
  const disk = thrown(() => pkg.disk());
  assert.deepEqual(chain(disk), [
    'the disk failed', 'sector 9 is unreadable', 'invalid digit found in string',
  ]);
  assert.equal(disk.cause.constructor, Error);
  assert.deepEqual(chain(thrown(() => pkg.wrapped())), ['wrapped', 'invalid digit found in string']);
  assert.ok(!('cause' in thrown(() => pkg.no_key('k'))), 'no source, no cause');
  assert.ok(!('0' in disk), 'a #[from] field is the cause, and no property');
});

test('5. a source with a class of its own is a cause of that class', () => {
  const original = { mine: true };
  const sync = thrown(() => pkg.sync(original));
  assert.ok(sync instanceof pkg.SyncError);
  assert.ok(sync.cause instanceof pkg.NetError);
  assert.equal(sync.cause.url, 'x:');
  assert.equal(sync.cause.cause, original);
  assert.ok(!('source' in sync));
  assert.equal(thrown(() => pkg.light(7)).cause, 7);
  assert.ok(!('cause' in thrown(() => pkg.light())), 'an absent source is no cause');
});

test('5. an original JavaScript error keeps its identity', () => {
  for (const original of [new TypeError('mine'), { not: 'an error' }, 'text', null]) {
    assert.equal(thrown(() => pkg.net(original)).cause, original);
    assert.equal(thrown(() => pkg.threw(original)).cause, original);
  }
  assert.equal(thrown(() => pkg.threw(Error('x'))).times, 2);
  assert.ok(thrown(() => pkg.classed()).cause instanceof pkg.ClosedError);
  assert.ok(!('cause' in thrown(() => pkg.quiet())));
});

test('6. name and code are literals, and loggers see them', () => {
  const error = thrown(() => pkg.quota());
  assert.equal(error.name, 'OverQuota');
  assert.equal(error.code, 'STORE_QUOTA');
  assert.equal(thrown(() => pkg.no_key('k')).code, 'E_NO_KEY');
  assert.equal(pkg.OverQuota.name, 'OverQuota');
  assert.equal(pkg.StoreError.prototype.name, 'StoreError');
  assert.match(error.stack, /^OverQuota: quota of 18446744073709551615 exceeded\n/);
  assert.match(inspect(error), /code: 'STORE_QUOTA'/);
  const json = JSON.parse(JSON.stringify(thrown(() => pkg.disk())));
  assert.equal(json.name, 'DiskError');
  assert.equal(json.code, 'E_DISK');
  assert.equal(json.message, 'the disk failed');
  assert.equal(json.cause.cause.message, 'invalid digit found in string');
  assert.equal(JSON.parse(JSON.stringify(error)).limit, '18446744073709551615');
  const fields = JSON.parse(JSON.stringify(thrown(() => pkg.fields(1))));
  assert.deepEqual(fields.wide, ['18446744073709551615']);
});

test('6. names and codes outlive a minifier that renames classes', () => {
  const source = readFileSync(join(dir, 'errors_fixture.js'), 'utf8');
  const snippet = source.match(/import \{[^}]*\bNoKeyError\b[^}]*\} from '([^']+)'/)[1];
  const renamed = readFileSync(join(dir, snippet), 'utf8')
    .replaceAll(/\bNoKeyError\b(?!")/g, 'a').replaceAll(/\bStoreError\b(?!")/g, 'b')
    .replaceAll(/^export class (\w+)/gm, 'export const $1 = class');
  assert.match(renamed, /export const a = class extends b/);
  return import(`data:text/javascript,${encodeURIComponent(renamed)}`).then(({ make, a }) => {
    const error = make(0, 'm', ['k']);
    assert.equal(error.name, 'NoKeyError');
    assert.equal(error.code, 'E_NO_KEY');
    assert.equal(a.name, 'NoKeyError');
    assert.equal(String(error), 'NoKeyError: m');
  });
});

test('7. a variant can map to a builtin', () => {
  const error = thrown(() => pkg.bounds());
  assert.ok(error instanceof pkg.BoundsError);
  assert.ok(error instanceof RangeError);
  assert.ok(!(error instanceof pkg.StoreError));
  assert.equal(error.name, 'BoundsError');
  assert.equal(error[0], 1.5);
  assert.ok(thrown(() => pkg.net(0)) instanceof TypeError);
});

test('8. classes are declared with JSDoc, literals and fields', () => {
  assert.match(declarations, /\/\*\*\n \* No such key\.\n \*\n \* A comment that closes: \*\\\/ and goes on\.\n \*\/\nexport class NoKeyError extends StoreError \{/);
  assert.match(declarations, /\/\*\* The key that was asked for\. \*\/\n +readonly key: string;\n +readonly name: "NoKeyError";\n +readonly code: "E_NO_KEY";/);
  assert.match(declarations, /export abstract class StoreError extends Error/);
  assert.match(declarations, /export class BoundsError extends RangeError/);
  assert.doesNotMatch(declarations, /\bmake\b|class_0|export let/);
});

test('9. a transparent error is thrown as what it holds', () => {
  const net = thrown(() => pkg.net(1));
  assert.ok(net instanceof pkg.NetError);
  assert.equal(net.url, 'x:');
  assert.equal(net.message, 'fetch of x: failed');
  const number = thrown(() => pkg.number());
  assert.equal(number.constructor, Error);
  assert.equal(number.message, 'invalid digit found in string');
});

test('10. domain classes are not the machinery\'s', () => {
  const error = thrown(() => pkg.closed());
  assert.ok(!(Symbol.for('recover.error') in error));
  if (pkg.RecoverError) assert.ok(!(error instanceof pkg.RecoverError));
  assert.ok(error instanceof Error);
});

test('the plain wasm-bindgen Result throws the same class', () => {
  assert.ok(thrown(() => pkg.plain_result()) instanceof pkg.ClosedError);
});

test('JavaScript can construct the classes, for its own tests', () => {
  const error = new pkg.NoKeyError('mine', { key: 'k' }, { cause: 1 });
  assert.deepEqual({ ...error, cause: error.cause }, { key: 'k', code: 'E_NO_KEY', cause: 1 });
});

test('what wasm-bindgen converts is thrown as it is', () => {
  const original = new Error('mine');
  assert.equal(thrown(() => pkg.js_value(original)), original);
  assert.equal(thrown(() => pkg.js_value(undefined)), undefined);
  assert.equal(thrown(() => pkg.string()), 'text');
  assert.deepEqual(chain(thrown(() => pkg.js_error())), ['a JsError']);
});

test('errors without a class become plain Errors with their cause chain', () => {
  const last = 'invalid digit found in string';
  for (const one of [pkg.std_error, pkg.boxed, pkg.boxed_send, pkg.shared]) {
    const error = thrown(one);
    assert.deepEqual(chain(error), [last]);
    assert.equal(error.constructor, Error);
    assert.ok(!('cause' in error));
  }
  assert.deepEqual(chain(thrown(pkg.cow)), ['cow']);
  assert.deepEqual(chain(thrown(pkg.by_anyhow)), ['starting', 'reading the config', last]);
  assert.deepEqual(chain(thrown(pkg.boxed_send_sync)), ['starting', 'reading the config', last]);
  assert.deepEqual(chain(thrown(pkg.by_eyre)), ['starting', 'reading', last]);
});

test('a JavaScript value keeps its identity inside errors without a class', () => {
  const original = new RangeError('mine');
  for (const one of [pkg.js_in_anyhow, pkg.js_in_eyre, pkg.js_in_box]) {
    assert.equal(thrown(() => one(original)), original);
  }
  const below = thrown(() => pkg.js_below_anyhow(original));
  assert.equal(below.message, 'calling back');
  assert.equal(below.cause, original);
  assert.equal(thrown(() => pkg.js_text(original)), 'mine');
  assert.equal(thrown(() => pkg.js_text(7)), '7');
  assert.equal(thrown(() => pkg.js_text({ toString() { throw original; } })), 'a JavaScript value');
});

test('10,000 errors leave memory and the table where they were', () => {
  // Once initialised, it answers the instance there is.
  const { memory, __wbindgen_externrefs: table } = pkg.initSync({ module: wasm });
  const fail = () => {
    for (let i = 0; i < 10_000; i += 1) {
      thrown(() => pkg.disk());
      thrown(() => pkg.net(i));
      thrown(() => pkg.by_anyhow());
    }
  };
  fail();
  const [bytes, slots] = [memory.buffer.byteLength, table.length];
  fail();
  assert.equal(memory.buffer.byteLength, bytes);
  assert.equal(table.length, slots);
});
