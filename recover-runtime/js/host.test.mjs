// @ts-check
// What the host module does without an instance. What needs one is in tests/e2e.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import * as host from './host.js';
import * as errors from './errors.js';
import * as objects from './objects.js';

/** @param {string} message @param {unknown} [payload] */
const panicked = (message, payload) => errors.panicked(message, 0, 0, 0, 0, 0, 0, payload);

for (const module of ['errors', 'host', 'objects', 'tasks', 'callbacks', 'instance', 'records']) {
  test(`what is imported is what ${module}.js exports`, async () => {
    const sources = new URL('../src/', import.meta.url);
    const files = readdirSync(sources, { recursive: true }).map(String).filter((file) => file.endsWith('.rs'));
    const wanted = new Set();
    for (const file of files) {
      const text = readFileSync(new URL(file, sources), 'utf8');
      const blocks = new RegExp(`module = "/js/${module}\\.js"\\)\\]\\s*extern "C" \\{([^]*?)\\n\\}`, 'g');
      for (const [, block] of text.matchAll(blocks)) {
        for (const [, attribute, name] of block?.matchAll(/#\[wasm_bindgen\(([^)]*)\)\]\s*(?:pub\(crate\) )?fn (\w+)/g) ?? []) {
          wanted.add(/js_name = "?(\w+)/.exec(attribute ?? '')?.[1] ?? name);
        }
      }
    }
    assert.ok(wanted.size >= 2, 'the imports were found');
    // The glue of a package by `cargo recover` imports this one.
    if (module === 'instance') wanted.add('Gate');
    // What the modules are to each other.
    const directory = new URL('./', import.meta.url);
    for (const file of readdirSync(directory).filter((name) => /^\w+\.js$/.test(name))) {
      const imported = new RegExp(`^import \\{([^}]*)\\} from './${module}\\.js';`, 'gm');
      for (const [, names] of readFileSync(new URL(file, directory), 'utf8').matchAll(imported)) {
        for (const name of names?.match(/\w+/g) ?? []) wanted.add(name);
      }
    }
    assert.deepEqual([...wanted].sort(), Object.keys(await import(`./${module}.js`)).sort());
  });
}

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

test('listeners are told of each panic until they are taken off', () => {
  /** @type {unknown[]} */
  const seen = [];
  const stop = host.recoveryControls.onPanic((error) => seen.push(error));
  const error = panicked('told');
  stop();
  panicked('untold');
  assert.deepEqual(seen, [error]);
  assert.throws(() => host.recoveryControls.onPanic(/** @type {any} */ ('no function')), TypeError);
});

test('an error without a caller is told once: a panic that was caught was, one that ended the instance was not', () => {
  /** @type {unknown[]} */
  const seen = [];
  const caught = panicked('caught'), ended = host.linksOf().fatal({ message: 'ended', location: undefined, task: undefined, exhausted: undefined }, new Error('trap'));
  const stop = host.recoveryControls.onPanic((error) => seen.push(error));
  errors.report(caught);
  errors.report(ended);
  errors.report('other');
  stop();
  assert.equal(seen.length, 2);
  assert.equal(seen[0], ended);
  assert.equal(/** @type {Error} */ (seen[1]).cause, 'other');
});

test('a panic counts, a refusal counts', () => {
  const before = host.recoveryControls.health();
  panicked('counted');
  errors.refused(1, 'C', '', undefined);
  const after = host.recoveryControls.health();
  assert.equal(after.panics, before.panics + 1);
  assert.equal(after.refused.busy, before.refused.busy + 1);
});

test('controls refuse what is no recoverable object', () => {
  for (const value of [{}, null, 7, 'text']) {
    assert.throws(() => host.recoveryControls.isPoisoned(/** @type {any} */ (value)), /takes an object of a #\[recoverable\] class/);
  }
});

test('a class that wasm-bindgen made otherwise is refused by name', () => {
  class Strange {}
  assert.throws(() => objects.adopt(new Strange(), host.linksOf(), false), /unexpected wasm-bindgen output for class Strange/);
});

