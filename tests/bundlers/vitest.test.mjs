// @ts-check
// Vitest: `init()` finds the file by itself, where Vitest leaves packages to Node and where it
// transforms them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { project } from './support.mjs';

const vitest = await project('vitest');

for (const [where, option] of [['leaves packages to Node', ''], ['transforms packages', ' --config inline.config.js']]) {
  test(`the packages of both targets work where Vitest ${where}`, async () => {
    assert.match(await vitest.run(`vitest run${option}`), /Tests +2 passed/);
  });
}
