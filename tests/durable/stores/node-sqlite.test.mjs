// @ts-check
// `stores/node-sqlite.js` on a file of SQLite, with processes that are killed.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
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

/** @param {import('node:test').TestContext} t */
function fresh(t) {
  const directory = mkdtempSync(join(tmpdir(), 'recover-sqlite-'));
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return { directory, path: join(directory, 'objects.db') };
}

test('node-sqlite: the log is synced at each commit, and nothing is left beside the database', async (t) => {
  const { directory, path } = fresh(t);
  const dead = await child({ module, class: 'NodeSqliteStore', args: [path] });
  await dead.ask({ do: 'open', name: 'x' });
  await dead.kill();
  assert.equal(readdirSync(directory).filter((file) => file.includes('-owner-')).length, 1);
  const stored = new NodeSqliteStore(path).open('x');
  stored.append(0, Uint8Array.of(1));
  assert.equal(readdirSync(directory).filter((file) => file.includes('-owner-')).length, 1, 'that of the dead process is gone');
  const database = new DatabaseSync(path);
  assert.equal(database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal');
  database.close();
  stored.close();
  assert.deepEqual(readdirSync(directory), ['objects.db']);
});

test('node-sqlite: a write that another program keeps out has written nothing, and says so', (t) => {
  const { path } = fresh(t);
  const stored = new NodeSqliteStore(path, { timeout: 50 }).open('x');
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  assert.throws(() => stored.append(0, Uint8Array.of(1)), { code: 'ERR_SQLITE_ERROR', nothingWritten: true });
  other.exec('COMMIT');
  other.close();
  stored.append(0, Uint8Array.of(2));
  assert.deepEqual(stored.read(), { snapshots: [], chunks: [{ at: 0, bytes: Uint8Array.of(2) }] });
  stored.close();
});

test('node-sqlite: after a close that another program kept out, the object opens again', (t) => {
  const { path } = fresh(t);
  const store = new NodeSqliteStore(path, { timeout: 50 });
  // With another object open, the owner stays the same.
  for (const others of [['y'], []]) {
    const open = others.map((name) => store.open(name));
    const stored = store.open('x');
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    assert.throws(() => stored.append(0, Uint8Array.of(1)), { nothingWritten: true });
    assert.throws(() => stored.close(), { code: 'ERR_SQLITE_ERROR' });
    other.exec('COMMIT');
    other.close();
    const again = store.open('x');
    assert.throws(() => store.open('x'), { code: 'E_LEASE' });
    // What is closed twice has no part in who opened it since.
    stored.close();
    assert.throws(() => store.open('x'), { code: 'E_LEASE' });
    again.append(0, Uint8Array.of(2));
    again.close();
    for (const each of open) each.close();
    const elsewhere = new NodeSqliteStore(path).open('x');
    assert.deepEqual(elsewhere.read(), { snapshots: [], chunks: [{ at: 0, bytes: Uint8Array.of(2) }] });
    elsewhere.close();
  }
});

test('node-sqlite: what is no path or no option is refused, with what would be', () => {
  assert.throws(() => new NodeSqliteStore(':memory:'), /TypeError: NodeSqliteStore needs the path of a file/);
  assert.throws(() => new NodeSqliteStore(/** @type {any} */ (undefined)), /needs the path of a file/);
  assert.throws(() => new NodeSqliteStore('x', /** @type {any} */ ({ wait: 1 })), /has no option 'wait'.*'timeout'/);
  assert.throws(() => new NodeSqliteStore('x', { timeout: -1 }), /'timeout' must be a number of milliseconds/);
  assert.throws(() => new NodeSqliteStore('x').open(/** @type {any} */ (1)), /the name of a durable object is a string, not number/);
});

test('node-sqlite: an open that fails leaves nothing open and no name taken, and says why', (t) => {
  const { directory, path } = fresh(t);
  const files = () => readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
    } catch {
      return false;
    }
  });
  // No database; one that somebody has; one whose table of this name is another.
  writeFileSync(`${path}-text`, 'x'.repeat(5000));
  const busy = new DatabaseSync(`${path}-busy`);
  busy.exec('CREATE TABLE t (x); BEGIN EXCLUSIVE');
  const foreign = new DatabaseSync(`${path}-foreign`);
  foreign.exec('CREATE TABLE recover_pieces (name TEXT, kind TEXT, at INTEGER, data BLOB)');
  foreign.close();
  for (const [kind, says] of /** @type {const} */ ([['text', /file is not a database/], ['busy', /database is locked/], ['foreign', /no such column: bytes/]])) {
    const store = new NodeSqliteStore(`${path}-${kind}`, { timeout: 0 });
    for (let time = 0; time < 3; time += 1) assert.throws(() => store.open('a'), says);
  }
  // As long as a lock of this process is there, SQLite keeps what else it had of that file.
  busy.close();
  assert.deepEqual(files(), []);
  assert.deepEqual(readdirSync(directory).filter((file) => file.includes('-owner-')), []);
  // The transaction is gone before it is taken back.
  new NodeSqliteStore(path).open('x').close();
  const database = new DatabaseSync(path);
  database.exec("CREATE TRIGGER t BEFORE INSERT ON recover_leases BEGIN SELECT RAISE(ROLLBACK, 'the reason'); END");
  database.close();
  assert.throws(() => new NodeSqliteStore(path).open('a'), /the reason/);
});
