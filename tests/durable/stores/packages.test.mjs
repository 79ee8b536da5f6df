// @ts-check
// The stores are in packages of every target, each with its types, and each loads by itself: it imports nothing of the package.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { pathToFileURL } from 'node:url';

const PACKAGES = process.env.RECOVER_DURABLE_PACKAGES ?? '';

/** The classes, and what each imports. @type {Record<string, [string, string[]]>} */
const STORES = {
  directory: ['DirectoryStore', ['node:crypto', 'node:fs', 'node:fs/promises', 'node:os', 'node:path']],
  'durable-object': ['DurableObjectStore', []],
  indexeddb: ['IndexedDbStore', []],
  memory: ['MemoryStore', []],
  'node-sqlite': ['NodeSqliteStore', ['node:crypto', 'node:fs', 'node:path', 'node:sqlite']],
  postgres: ['PostgresStore', []],
};

for (const target of ['web', 'nodejs', 'bundler']) {
  test(`a package for ${target} has the stores, each with its types, and each loads by itself`, { skip: PACKAGES === '' && 'RECOVER_DURABLE_PACKAGES is not set' }, async () => {
    const folder = join(PACKAGES, target, 'stores');
    const files = readdirSync(folder).filter((file) => file !== 'package.json').sort();
    assert.deepEqual(files, Object.keys(STORES).flatMap((name) => [`${name}.d.ts`, `${name}.js`]).sort());
    for (const [name, [exported, imports]] of Object.entries(STORES)) {
      const text = readFileSync(join(folder, `${name}.js`), 'utf8');
      assert.deepEqual([...text.matchAll(/^import .* from '(.*)';$/gm)].map(([, from]) => from), imports);
      const module = await import(pathToFileURL(join(folder, `${name}.js`)).href);
      assert.deepEqual(Object.keys(module), [exported]);
      const types = readFileSync(join(folder, `${name}.d.ts`), 'utf8');
      assert.match(types, new RegExp(`^export class ${exported} implements DurableStore \\{$`, 'm'));
      assert.match(types, /^import type \{ DurableStore, DurableStored \} from '\.\.\/fixture_durable\.js';$/m);
    }
  });
}

/** What a strict consumer writes. */
const CONSUMER = `
import { DirectoryStore } from './web/stores/directory.js';
import { DurableObjectStore } from './web/stores/durable-object.js';
import { IndexedDbStore } from './web/stores/indexeddb.js';
import { MemoryStore, type MemoryPoint } from './web/stores/memory.js';
import { NodeSqliteStore } from './web/stores/node-sqlite.js';
import { PostgresStore, type PostgresClient } from './web/stores/postgres.js';
import type { DurableStore } from './web/fixture_durable.js';

declare const client: PostgresClient;
export const stores: DurableStore[] = [
  new DirectoryStore('x', { takeOver: true }), new DurableObjectStore({}, { api: 'kv' }), new IndexedDbStore({ database: 'x', wait: true }),
  new MemoryStore({ hook: async ({ when, op, at, bytes, name }: MemoryPoint) => [when === 'synced', op === 'drop', at + bytes.length, name] }),
  new NodeSqliteStore('x', { timeout: 1 }), new PostgresStore(client, { schema: 'x' }),
];
new MemoryStore().crash(({ bytes }) => bytes.length >> 1);
// @ts-expect-error: a path is text
new DirectoryStore(1);
// @ts-expect-error: no such option
new IndexedDbStore({ waits: true });
// @ts-expect-error: no such interface
new DurableObjectStore({}, { api: 'keys' });
// @ts-expect-error: no client
new PostgresStore({});
`;

test('the types of the stores fit strict TypeScript, and what open of a class takes', { skip: PACKAGES === '' && 'RECOVER_DURABLE_PACKAGES is not set' }, () => {
  const file = join(PACKAGES, 'consumer.ts');
  writeFileSync(file, CONSUMER);
  try {
    execFileSync(process.execPath, [process.env.RECOVER_TSC ?? '', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--lib', 'esnext,dom', file], { encoding: 'utf8' });
  } catch (error) {
    assert.fail(String(/** @type {any} */ (error).stdout));
  } finally {
    rmSync(file);
  }
});
