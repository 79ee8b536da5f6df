import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { attempt } from '../attempt.js';
import { Shelf, initSync } from '../pkg/{{stem}}.js';

initSync({ module: readFileSync(new URL('../pkg/{{stem}}_bg.wasm', import.meta.url)) });

test('a book that is not there is named', () => {
  assert.match(attempt(() => new Shelf().find('Dune')), /“Dune”/);
});

test('a panic costs one call', () => {
  const shelf = new Shelf();
  shelf.add('Emma');
  assert.match(attempt(() => shelf.at(7)), /panicked at src\/lib\.rs:\d+/);
  assert.equal(attempt(() => shelf.at(0)), 'Emma');
});
