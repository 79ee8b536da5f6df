// @ts-check
// `stores/directory.js` on the file system, with processes that are killed, and with files that a crash of the machine may leave.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { conformance } from './conformance.mjs';
import { child, moduleOf } from './owner.mjs';

const module = moduleOf('directory');
/** @type {typeof import('../../../recover-runtime/js/stores/directory.js')} */
const { DirectoryStore } = await import(pathToFileURL(module).href);

/** @param {string} path @param {string} prefix */
const found = (path, prefix) => readdirSync(path).filter((file) => file.startsWith(prefix)).sort();

conformance('directory', async () => {
  const path = mkdtempSync(join(tmpdir(), 'recover-directory-'));
  return {
    owner: () => child({ module, class: 'DirectoryStore', args: [path] }),
    async take(name) {
      // As its message says: by hand.
      for (const file of found(join(path, `o-${name}`), 'lease')) rmSync(join(path, `o-${name}`, file));
    },
    end: async () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
  };
});
