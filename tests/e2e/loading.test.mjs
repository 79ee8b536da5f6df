// @ts-check
// First mistakes at run time: a package that is not loaded, or can't be, and a state that the first
// failure would lose.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debug, load, packageOf, prepare } from './load.mjs';
import { throwsClass, thrown } from './support.mjs';
import { rejection } from './support-async.mjs';

/** @param {any} pkg @param {any} error @param {boolean} retryable @param {RegExp} message */
function isNotLoaded(pkg, error, retryable, message) {
  assert.ok(error instanceof pkg.RecoverError, String(error?.stack ?? error));
  assert.deepEqual(
    [error.name, error.code, error.kind, error.fatal, error.retryable],
    ['RecoverError', 'E_NOT_LOADED', 'not-loaded', false, retryable],
  );
  assert.match(error.message, message);
}

/** What loading fails by: it takes longer than a promise of Rust's. @param {Promise<unknown>} loading @returns {Promise<any>} */
const refusal = (loading) => loading.then(() => assert.fail('it was loaded'), (error) => error);

test('a call before init says what to await, and the same call succeeds behind it', async () => {
  const { pkg, init } = await prepare('fixture-core');
  /** @type {(() => unknown)[]} */
  const calls = [() => pkg.add(1, 2), () => pkg.shout('a'), () => pkg.sum_bytes(new Uint8Array([1])), () => new pkg.Counter(1)];
  for (const call of calls) isNotLoaded(pkg, thrown(call), true, /`await init\(\)` before the first call/);
  const { epoch, restarts, memoryBytes } = pkg.recovery.health();
  assert.deepEqual([epoch, restarts, memoryBytes], [0, 0, 0]);
  isNotLoaded(pkg, await rejection(pkg.recovery.restart()), true, /await init/);
  pkg.recovery.dispose();
  init();
  for (const call of calls) call();
  assert.equal(pkg.recovery.health().restarts, 0);
});

test('an asynchronous call before init rejects, and a static method refuses', async () => {
  const { pkg } = await prepare('fixture-async');
  isNotLoaded(pkg, await rejection(pkg.fitted({}, 'abc', 4n, new Uint8Array(2), undefined)), true, /await init/);
  const { pkg: kept } = await prepare('fixture-persist');
  isNotLoaded(kept, thrown(() => kept.Ledger.import(new Uint8Array(9))), true, /await init/);
});

test('init twice, and at once, makes one instance', async () => {
  const { pkg } = await prepare('fixture-core');
  const { dir, name } = packageOf('fixture-core');
  const bytes = readFileSync(join(dir, `${name}_bg.wasm`));
  const [made, one] = await Promise.all([pkg.default({ module_or_path: bytes }), pkg.default({ module_or_path: bytes })]);
  // wasm-bindgen before 0.2.129 makes two, of which the second is used.
  const isOnce = readFileSync(join(dir, `${name}.js`), 'utf8').includes('let __wbg_init_promise;');
  assert.equal(made === one, isOnce);
  const counter = new pkg.Counter(1);
  assert.equal(await pkg.default({ module_or_path: bytes }), one);
  assert.equal(pkg.initSync({ module: bytes }), one);
  counter.add(1);
  assert.equal(counter.get(), 2);
  assert.equal(pkg.recovery.health().epoch, 0);
});

test('init that gets a page or nothing says so, and may be called again', async () => {
  const { pkg } = await prepare('fixture-core');
  const { dir, name } = packageOf('fixture-core');
  const page = new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } });
  const missing = new Response('', { status: 404, statusText: 'Not Found' });
  isNotLoaded(pkg, await refusal(pkg.default({ module_or_path: page })), false, /init\(\) got an HTML page from .* and not the module/);
  isNotLoaded(pkg, await refusal(pkg.default({ module_or_path: missing })), false, /init\(\) got 404 Not Found/);
  isNotLoaded(pkg, thrown(() => pkg.add(1, 2)), true, /await init/);
  const module = readFileSync(join(dir, `${name}_bg.wasm`));
  await pkg.default({ module_or_path: new Response(module, { headers: { 'Content-Type': 'application/wasm' } }) });
  assert.equal(pkg.add(1, 2), 3);
});

test('an engine without exnref refuses the package by a typed error that names the build it takes', () => {
  const { dir, name } = packageOf('fixture-core');
  const node = process.env.RECOVER_OLD_NODE;
  assert.ok(node, 'set RECOVER_OLD_NODE; cargo xtask test does');
  const script = `
    import { readFileSync } from 'node:fs';
    const pkg = await import(${JSON.stringify(join(dir, `${name}.js`))});
    const module = readFileSync(${JSON.stringify(join(dir, `${name}_bg.wasm`))});
    const told = (error) => [error instanceof pkg.RecoverError, error.code, error.kind, error.retryable, error.message, error.cause?.name];
    const seen = [];
    try { pkg.initSync({ module }); } catch (error) { seen.push(told(error)); }
    try { await pkg.default({ module_or_path: module }); } catch (error) { seen.push(told(error)); }
    console.log(JSON.stringify([seen, seen.length === 0 && pkg.add(1, 2)]));
  `;
  const [seen, answer] = JSON.parse(execFileSync(node, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
  if (process.env.RECOVER_BUILD === 'unwind-legacy') {
    assert.deepEqual([seen, answer], [[], 3]);
    return;
  }
  assert.equal(seen.length, 2);
  for (const [typed, code, kind, retryable, message, cause] of seen) {
    assert.deepEqual([typed, code, kind, retryable, cause], [true, 'E_UNSUPPORTED', 'unsupported', false, 'CompileError']);
    assert.match(message, /`cargo recover build --eh legacy`/);
  }
});

test('a state that can not be read back is told of when the first object is made, in debug builds', async () => {
  /** @type {[string, unknown, RegExp][]} */
  const rows = [
    ['Sparse', undefined, /each `Sparse`.*`#\[serde\(skip_serializing_if\)\]`/],
    ['Half', 'a', /each `Half`.*`#\[serde\(skip\)\]` in place of `skip_serializing`/],
    ['Ahead', 'text', /each `Ahead`.*`#\[serde\(tag\)\]`, `#\[serde\(untagged\)\]`/],
    ['Ahead', undefined, /each `Ahead`.*`#\[serde\(tag\)\]`, `#\[serde\(untagged\)\]`/],
    ['Flat', 3, /each `Flat`.*can't be written.*`#\[serde\(flatten\)\]`/],
  ];
  for (const [name, argument, message] of rows) {
    const { pkg } = await load('fixture-persist');
    const make = () => new pkg[name](argument);
    if (!debug) {
      assert.ok(make().size() > 0);
      continue;
    }
    assert.match(throwsClass(pkg, 'PanicError', make).message, message);
    // It is no matter of luck: the next one is told of, too.
    assert.match(throwsClass(pkg, 'PanicError', make).message, message);
  }
  const { pkg } = await load('fixture-persist');
  assert.equal(new pkg.Skipping(4).size(), 4);
  assert.equal(new pkg.Sparse('title').size(), 6);
});
