// @ts-check
// `stores/node-sqlite.js` on a file of SQLite, with processes that are killed.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { conformance } from './conformance.mjs';
import { child, moduleOf } from './owner.mjs';

const module = moduleOf('node-sqlite');
/** @type {typeof import('../../../recover-runtime/js/stores/node-sqlite.js')} */
const { NodeSqliteStore } = await import(pathToFileURL(module).href);

conformance('node-sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'recover-sqlite-'));
  const path = join(directory, 'objects.db');
  return {
    owner: () => child({ module, class: 'NodeSqliteStore', args: [path] }),
    async take(name) {
      const database = new DatabaseSync(path);
      database.exec('PRAGMA busy_timeout = 5000');
      database.prepare('UPDATE recover_leases SET owner = NULL, epoch = epoch + 1 WHERE name = ?').run(name);
      database.close();
    },
    end: async () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
});
