// @ts-check
// What host.js does without an instance, and that Rust imports what the modules export. What
// needs an instance is in tests/e2e.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import * as host from './host.js';
import * as errors from './errors.js';

const panicked = (/** @type {string} */ message) => errors.panicked(message, 0, 0, 0, 0, 0, 0, 0, undefined, -1, 0, 0);

for (const module of ['errors', 'host', 'objects', 'tasks', 'callbacks', 'instance', 'records', 'report']) {
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
    // With captures, and with durable objects, these.
    if (module === 'records') for (const name of ['hold', 'restore', 'follow', 'gained', 'stateOf']) wanted.add(name);
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
  const caught = panicked('caught'), ended = host.linksOf().fatal({ message: 'ended', location: undefined, task: undefined, stack: 0, exhausted: undefined }, new Error('trap'));
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

test('recovery.stacks is one of three, and anything else is refused by a line that names them', () => {
  const controls = host.recoveryControls;
  assert.equal(controls.stacks, 'full');
  for (const stacks of /** @type {const} */ (['short', 'none', 'full'])) {
    controls.stacks = stacks;
    assert.equal(controls.stacks, stacks);
    assert.equal(errors.facts.stacks, stacks);
  }
  for (const wrong of ['Full', '', undefined, null, 10]) {
    assert.throws(() => { controls.stacks = /** @type {any} */ (wrong); }, { name: 'TypeError', message: "recovery.stacks is 'full', 'short' or 'none'" });
  }
  assert.equal(controls.stacks, 'full');
});

test('an end has the stack that was taken of its panic, and the trap as its cause', () => {
  function theCaller() { return errors.takeStack(); }
  const trap = new Error('trap');
  const { fatal } = host.linksOf();
  const error = /** @type {any} */ (fatal({ message: 'over', location: undefined, task: undefined, stack: theCaller(), exhausted: [1, 8, 3] }, trap));
  assert.equal(error.constructor, errors.StackOverflowErrorClass);
  assert.match(String(error.stack), /^StackOverflowError: [^]*theCaller/);
  assert.deepEqual([error.fatal, error.cause, error.remaining, error.depth], [true, trap, 8, 3]);
  const plain = fatal({ message: 'over', location: undefined, task: undefined, stack: 0, exhausted: undefined }, trap);
  assert.deepEqual([plain.message, plain.name], ['over', 'PanicError']);
  assert.doesNotMatch(String(plain.stack), /theCaller/);
});
