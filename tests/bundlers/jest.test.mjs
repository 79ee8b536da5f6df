// @ts-check
// Jest: the package for Node by `require`, the others where Jest runs modules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { project } from './support.mjs';

test('Jest runs the packages of all three targets', async () => {
  const jest = await project('jest');
  const said = await jest.run('jest --ci', { NODE_OPTIONS: '--experimental-vm-modules' });
  assert.match(said, /Tests: +3 passed, 3 total/);
});
