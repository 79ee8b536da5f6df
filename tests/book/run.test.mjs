// @ts-check
// A block of the book that is wrong is found: the stage would pass in silence otherwise.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { wrong } from './run.mjs';

const folder = mkdtempSync(join(tmpdir(), 'book-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {string} code @param {string[]} prints @param {number} [patience] */
function judge(code, prints, patience) {
  const file = join(folder, 'block.mjs');
  writeFileSync(file, code);
  return wrong(folder, file, prints, patience);
}

test('a block that prints what it says is right', async () => {
  assert.equal(await judge("console.log('a');\nconsole.log(1);", ['a', '1']), undefined);
});

test('a block that throws, or whose promise rejects, is wrong', async () => {
  assert.match(await judge("throw new Error('x')", []) ?? '', /ended with 1/);
  assert.match(await judge("Promise.reject(new Error('x'))", []) ?? '', /ended with 1/);
});

test('a block that prints anything else, or nothing, is wrong', async () => {
  assert.match(await judge("console.log('b');", ['a']) ?? '', /prints/);
  assert.match(await judge("console.log('a');", []) ?? '', /prints/);
  assert.match(await judge('', ['a']) ?? '', /prints/);
});

test('a block that does not end is wrong', async () => {
  assert.match(await judge('setInterval(() => {}, 1000);', [], 300) ?? '', /did not end/);
});
