// @ts-check
// What objects.js does without an instance. What needs one is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as host from './host.js';
import * as objects from './objects.js';

test('a class that wasm-bindgen made otherwise is refused by name', () => {
  class Strange {}
  assert.throws(() => objects.adopt(new Strange(), host.linksOf(), false), /unexpected wasm-bindgen output for class Strange/);
});
