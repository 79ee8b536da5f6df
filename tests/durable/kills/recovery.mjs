// @ts-check
// `node recovery.mjs [ENTRIES]…`: how long `open` of an object takes whose journal has that many entries, on each store of Node, in
// milliseconds; the best of five. A figure, and no test: machines differ.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { load } from './package.mjs';
import { moduleOf } from '../stores/owner.mjs';
import { PG, startServer } from '../stores/server.mjs';

const TIMES = 5;
const sizes = process.argv.slice(2).map(Number);
if (sizes.length === 0) sizes.push(1000, 10_000, 100_000);
if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
  console.error('usage: node recovery.mjs [ENTRIES]…');
  process.exit(2);
}

const pkg = await load();
const directory = mkdtempSync(join(tmpdir(), 'recover-recovery-'));
const [{ MemoryStore }, { NodeSqliteStore }, { DirectoryStore }, { PostgresStore }] = await Promise.all(
  ['memory', 'node-sqlite', 'directory', 'postgres'].map((name) => import(pathToFileURL(moduleOf(name)).href)));
const server = await startServer();
const { default: { Client } } = await import(pathToFileURL(PG).href);
const client = new Client(server.connection);
await client.connect();

/** @type {[name: string, store: import('../../../recover-runtime/js/stores.js').DurableStore][]} */
const stores = [
  ['memory', new MemoryStore()], ['node-sqlite', new NodeSqliteStore(join(directory, 'objects.db'))],
  ['directory', new DirectoryStore(join(directory, 'objects'))], ['postgres', new PostgresStore(client)],
];

/** Without the state that `close` writes, so that the journal stays. @param {import('../../../recover-runtime/js/stores.js').DurableStore} store */
const asLeft = (store) => ({
  async open(/** @type {string} */ name) {
    const stored = await store.open(name);
    return {
      read: () => stored.read(),
      isWhole: stored.isWhole,
      append: (/** @type {number} */ at, /** @type {Uint8Array} */ bytes) => stored.append(at, bytes),
      snapshot: (/** @type {number} */ at, /** @type {Uint8Array} */ bytes) => (at === 0 ? stored.snapshot(at, bytes) : undefined),
      drop() {},
      close: () => stored.close(),
    };
  },
});

try {
  for (const [name, store] of stores) {
    const times = [];
    for (const size of sizes) {
      const object = `${size} entries`;
      const kept = asLeft(store);
      const made = await pkg.Ledger.open(kept, object, { create: () => new pkg.Ledger(), snapshotAfter: Infinity });
      for (let number = 1; number <= size;) {
        const group = [];
        for (let count = 0; count < Math.max(10, size / 1000) && number <= size; count += 1, number += 1) group.push(made.put(number, 'a line of text'));
        await Promise.all(group);
      }
      await made.close();
      let best = Infinity;
      for (let turn = 0; turn < TIMES; turn += 1) {
        const begun = performance.now();
        const ledger = await pkg.Ledger.open(kept, object);
        best = Math.min(best, performance.now() - begun);
        const [calls] = await ledger.state();
        if (calls !== size) throw new Error(`${name}: ${calls} of ${size} calls are there`);
        await ledger.close();
      }
      times.push(`${size}: ${best.toFixed(1)} ms`);
    }
    console.log(`${name}: ${times.join(', ')}`);
  }
} finally {
  await client.end();
  await server.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
