// @ts-check
// Every JavaScript block of the book runs, and prints what it says.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { wrong } from './run.mjs';

const book = process.env.RECOVER_BOOK;
if (book === undefined) throw new Error('RECOVER_BOOK is not set; run: cargo xtask test --only book');

/** @type {{ blocks: { page: string, line: number, file: string, package: string, names: string[], prints: string[] }[] }} */
const { blocks } = JSON.parse(readFileSync(join(book, 'blocks.json'), 'utf8'));

// A page may read the wasm file by the name that it has there.
for (const { page, package: name, names } of blocks) {
  const wasm = join(book, 'pkg', name, `${name.replaceAll('-', '_')}_bg.wasm`);
  for (const own of names) copyFileSync(wasm, join(book, 'js', page, 'pkg', `${own}_bg.wasm`));
}

describe('each block', { concurrency: availableParallelism() }, () => {
  for (const { page, line, file, prints } of blocks) {
    test(`${page}, line ${line}`, async () => {
      const said = await wrong(join(book, 'js', page), join(book, 'js', file), prints);
      assert.ok(said === undefined, said);
    });
  }
});
