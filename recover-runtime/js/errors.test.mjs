// @ts-check
// What errors.js does without an instance. What needs one is in tests/e2e.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import * as errors from './errors.js';

/** @param {string} message @param {unknown} [payload] @param {number} [stack] */
const panicked = (message, payload, stack = 0) => errors.panicked(message, 0, 0, 0, 0, 0, 0, stack, payload, -1, 0, 0);

test('names, codes and kinds are literals of each class', () => {
  const made = [
    [panicked('m'), 'PanicError', 'E_PANIC', 'panic', false, false],
    [errors.outOfMemory(1, 2), 'OutOfMemoryError', 'E_OUT_OF_MEMORY', 'out-of-memory', false, false],
    [errors.panicError(0, 'm', undefined, 1, 1, 2), 'StackOverflowError', 'E_STACK_OVERFLOW', 'stack-overflow', false, false],
    [errors.refused(0, 'C', '', undefined), 'StaleHandleError', 'E_STALE_HANDLE', 'stale', false, false],
    [errors.refused(1, 'C', '', undefined), 'BusyError', 'E_BUSY', 'busy', false, true],
    [errors.refused(2, 'C', '', undefined), 'PoisonedError', 'E_POISONED', 'poisoned', false, false],
    // Nothing makes another instance here.
    [errors.aborted(undefined), 'InstanceAbortedError', 'E_INSTANCE_ABORTED', 'aborted', true, false],
    [errors.limited({ restarts: 1, period: 2 }), 'RestartLimitError', 'E_RESTART_LIMIT', 'restart-limit', true, false],
    [errors.importError('m', 'C'), 'ImportError', 'E_IMPORT', 'import', false, false],
    [errors.wrongClass('C'), 'WrongClassError', 'E_WRONG_CLASS', 'wrong-class', false, false],
    [errors.unsupported('m'), 'RecoverError', 'E_UNSUPPORTED', 'unsupported', false, false],
    [errors.notLoaded('m', true), 'RecoverError', 'E_NOT_LOADED', 'not-loaded', false, true],
  ];
  for (const [error, name, code, kind, fatal, retryable] of made) {
    assert.ok(error instanceof errors.RecoverErrorClass && error instanceof Error);
    assert.deepEqual(
      [error.name, error.constructor.name, error.code, error.kind, error.fatal, error.retryable],
      [name, name, code, kind, fatal, retryable],
    );
    assert.match(String(error.stack), new RegExp(`^${name}: `));
    assert.equal(errors.RecoverErrorClass.fromJSON(JSON.parse(JSON.stringify(error))).constructor, error.constructor);
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

test('an error comes back from JSON, and from a message, as what it was', () => {
  const poisoned = errors.refused(2, 'Store', 'app::Store::put', errors.panicked('at fault', 0, 0, 0, 0, 0, 0, 0, undefined, -1, 0, 0));
  const stale = Object.assign(errors.staleError('Store', 3), { export: 'x' });
  const full = errors.outOfMemory(8, 16, { cause: new RangeError('of the engine') });
  for (const error of [poisoned, stale, full, errors.refused(1, 'Store', '', undefined), errors.wrongClass('Store')]) {
    for (const sent of [JSON.parse(JSON.stringify(error)), structuredClone(error.toJSON()), Object.assign(new Error(error.message), error)]) {
      const back = errors.RecoverErrorClass.fromJSON(sent);
      assert.equal(Object.getPrototypeOf(back), Object.getPrototypeOf(error));
      assert.ok(back instanceof errors.RecoverErrorClass && back instanceof Error);
      const { stack, cause, ...all } = back.toJSON();
      const { stack: before, cause: whence, ...expected } = error.toJSON();
      assert.deepEqual(JSON.parse(JSON.stringify(all)), JSON.parse(JSON.stringify(expected)));
      assert.ok(stack === before || sent instanceof Error);
    }
  }
  const { cause } = errors.RecoverErrorClass.fromJSON(JSON.parse(JSON.stringify(poisoned)));
  assert.ok(cause instanceof errors.PanicErrorClass && cause.message === 'at fault');
  const engine = /** @type {any} */ (errors.RecoverErrorClass.fromJSON(structuredClone(full.toJSON())).cause);
  assert.deepEqual([engine instanceof Error, engine.name, engine.message], [true, 'RangeError', 'of the engine']);
  for (const none of [undefined, null, 7, {}, { code: 'E_OTHER' }]) {
    assert.throws(() => errors.RecoverErrorClass.fromJSON(none), TypeError);
  }
});

test('a frozen Error, a console that throws and a revoked proxy cost no error', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const error = panicked('m', proxy);
  assert.equal(JSON.parse(JSON.stringify(error)).cause, 'object');
  const angry = { get message() { throw new Error('a getter'); } };
  Object.setPrototypeOf(angry, Error.prototype);
  assert.equal(panicked('m', angry).toJSON().cause, 'object');
  const seen = [];
  const listener = (/** @type {unknown} */ told) => { seen.push(told); };
  errors.listeners.add(listener);
  errors.report(proxy);
  errors.listeners.delete(listener);
  assert.equal(seen.length, 1);

  const script = `
    import * as errors from ${JSON.stringify(new URL('./errors.js', import.meta.url).href)};
    Object.freeze(Error);
    const error = errors.panicked('frozen', 0, 0, 0, 0, 0, 0, 0, undefined, -1, 0, 0);
    console.log(error.name, errors.counters.panics);
    process.on('uncaughtException', (thrown) => console.log(thrown));
    // Frozen intrinsics have a console that nobody changes.
    Reflect.set(console, 'error', () => { throw 'an angry console'; });
    errors.report(error);
    console.log('reported');`;
  for (const flags of [[], ['--frozen-intrinsics']]) {
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--no-warnings', '--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.equal(stdout, `PanicError 1\nreported\n${flags.length === 0 ? 'an angry console\n' : ''}`, stderr);
  }
});

/**
 * A module whose export calls an import, through another function: its functions are 1 and 2.
 * @param {() => void} call
 * @returns {() => void}
 */
function throughWasm(call) {
  const bytes = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 3, 2, 0, 0,
    7, 5, 1, 1, 101, 0, 2, 10, 11, 2, 4, 0, 16, 0, 11, 4, 0, 16, 1, 11,
  ]);
  const { e } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f: call } }).exports;
  return /** @type {() => void} */ (e);
}

/** The stack that is taken below both, as a number. */
function theCaller() {
  let stack = 0;
  throughWasm(() => { stack = errors.takeStack(); })();
  return stack;
}

/** @param {string | undefined} stack */
const linesOf = (stack) => String(stack).split('\n').map((line) => /wasm-function\[\d\]|theCaller/.exec(line)?.[0] ?? line);

test('the stack of a panic is that of where it began, without our frames and those that are own', () => {
  const { stackTraceLimit } = Error;
  const error = panicked('later\n    at first', undefined, theCaller());
  const foreign = panicked('another', undefined, 0);
  assert.deepEqual(linesOf(error.stack).slice(0, 5), ['PanicError: later', '    at first', 'wasm-function[1]', 'wasm-function[2]', 'theCaller']);
  assert.equal(error.stack, error.stack);
  assert.doesNotMatch(String(foreign.stack), /wasm|theCaller/, 'another panic has none of it');
  errors.facts.own = '2';
  try {
    const without = panicked('m', undefined, theCaller());
    assert.deepEqual(linesOf(without.stack).slice(0, 3), ['PanicError: m', 'wasm-function[2]', 'theCaller']);
    assert.deepEqual(Object.keys(without).sort(), ['code', 'export', 'fatal', 'kind', 'location', 'retryable']);
    assert.equal(JSON.parse(JSON.stringify(without)).stack, without.stack);
    errors.facts.own = '';
    errors.facts.ownNames = /function\[1\]/;
    assert.deepEqual(linesOf(panicked('m', undefined, theCaller()).stack).slice(0, 3), ['PanicError: m', 'wasm-function[2]', 'theCaller']);
    without.stack = 'mine';
    assert.equal(without.stack, 'mine');
    const { cause } = errors.panicError(theCaller(), 'm', 7, -1, 0, 0);
    assert.equal(cause, 7);
    const full = errors.panicError(errors.takeStack(), '', undefined, 0, 8, 16);
    assert.ok(full instanceof errors.OutOfMemoryErrorClass && full.message === errors.outOfMemory(8, 16).message);
  } finally {
    errors.facts.own = '';
    errors.facts.ownNames = undefined;
  }
  assert.equal(Error.stackTraceLimit, stackTraceLimit);
});

test('a stack is given once, and only the last are kept', () => {
  const stacks = Array.from({ length: 9 }, theCaller);
  const has = (/** @type {number | undefined} */ stack) => linesOf(panicked('m', undefined, stack).stack).includes('wasm-function[2]');
  assert.deepEqual([stacks[0], stacks[8], stacks[8], stacks[1]].map(has), [false, true, false, true]);
  errors.dropStack(stacks[2] ?? 0);
  assert.equal(has(stacks[2]), false);
  errors.dropStack(0);
  assert.deepEqual(stacks.map(has), Array(9).fill(false));
});

test('how much of a stack is taken is a setting', () => {
  /** @type {(levels: number) => number} */
  const deep = (levels) => (levels === 0 ? theCaller() : deep(levels - 1));
  const many = () => linesOf(panicked('m', undefined, deep(60)).stack).filter((line) => line.includes(' deep ')).length;
  const { stackTraceLimit } = Error;
  try {
    assert.ok(many() > 50);
    errors.facts.stacks = 'short';
    assert.ok(many() < stackTraceLimit);
    errors.facts.stacks = 'none';
    assert.equal(theCaller(), 0);
    assert.equal(panicked('m').stack, 'PanicError: m');
    errors.facts.stacks = 'full';
    Error.stackTraceLimit = 0;
    assert.equal(panicked('m', undefined, theCaller()).stack, 'PanicError: m', 'who wants none gets none');
  } finally {
    errors.facts.stacks = 'full';
    Error.stackTraceLimit = stackTraceLimit;
  }
});

test('what Error.prepareStackTrace made of a stack is left as it is', () => {
  Error.prepareStackTrace = (_, sites) => sites.length;
  try {
    assert.equal(typeof panicked('m', undefined, theCaller()).stack, 'number');
  } finally {
    Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
});

test('the stack of a trap is made by its call sites where the engine says more by them', async () => {
  // A function that calls one that traps.
  const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 3, 2, 0, 0, 7, 5, 1, 1, 102, 0, 1, 10, 10, 2, 3, 0, 0, 11, 4, 0, 16, 0, 11]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const trap = () => {
    try {
      return /** @type {() => void} */ (exports['f'])();
    } catch (error) {
      return error;
    }
  };
  const later = (/** @type {unknown} */ error) => {
    Error.prepareStackTrace = () => 'made when it was read';
    try {
      return /** @type {Error} */ (error).stack;
    } finally {
      Reflect.deleteProperty(Error, 'prepareStackTrace');
    }
  };
  const [plain, asked] = [trap(), trap()];
  errors.aborted(plain);
  assert.equal(later(plain), 'made when it was read');
  Reflect.set(globalThis, 'Bun', {});
  try {
    // @ts-expect-error: the same module, as it is there.
    const there = await import('./errors.js?in-bun');
    there.aborted(asked);
    for (const none of [undefined, null, 7, 'text']) there.aborted(none);
  } finally {
    Reflect.deleteProperty(globalThis, 'Bun');
  }
  assert.match(String(later(asked)), /^RuntimeError: unreachable\n {4}at .*wasm-function\[0\].*\n {4}at .*wasm-function\[1\]/);
});
