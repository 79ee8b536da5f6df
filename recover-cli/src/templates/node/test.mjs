import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotThereError, PanicError, Shelf } from '../pkg/{{stem}}.js';

test('a book that is not there is an error with its title', () => {
  const shelf = new Shelf();
  assert.throws(() => shelf.find('Dune'), (error) => error instanceof NotThereError && error.title === 'Dune');
});

test('a panic costs one call', () => {
  const shelf = new Shelf();
  shelf.add('Emma');
  assert.throws(() => shelf.at(7), PanicError);
  assert.equal(shelf.at(0), 'Emma');
});
