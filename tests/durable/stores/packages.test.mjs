// @ts-check
// The stores are in packages of every target, each with its types, and each loads by itself: it imports nothing of the package.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
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
