// @ts-check
// `stores/postgres.js` on a server that is started here, with processes that are killed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { conformance } from './conformance.mjs';
import { child, moduleOf } from './owner.mjs';
import { PG, startServer } from './server.mjs';

const module = moduleOf('postgres');
/** @type {typeof import('../../../recover-runtime/js/stores/postgres.js')} */
const { PostgresStore } = await import(pathToFileURL(module).href);
const { default: { Client, Pool } } = await import(pathToFileURL(PG).href);

conformance('postgres', async () => {
  const server = await startServer();
  const { connection } = server;
  return {
    owner: () => child({ module, class: 'PostgresStore', args: [{ wait: 0 }], pg: PG, connection }),
    async take(name) {
      const client = new Client(connection);
      await client.connect();
      // An operator ends the session that has the lock of this object.
      const { rows: [{ space, id }] } = await client.query('SELECT tableoid::bigint AS space, id FROM recover.objects WHERE name = $1', [name]);
      const { rowCount } = await client.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2", [space, id]);
      assert.equal(rowCount, 1);
      await client.end();
    },
    end: () => server.stop(),
  };
});

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;

/** @param {object} [options] @returns {Promise<any>} */
async function connected(options) {
  const client = new Client({ ...server.connection, ...options });
  client.on('error', () => {});
  await client.connect();
  return client;
}

test('postgres: with a server of their own', async (t) => {
  server = await startServer();
  t.after(() => server.stop());

  await t.test('sessions that make the tables at once do not get in each other\'s way', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => connected()));
    const all = await Promise.all(clients.map((client, index) => new PostgresStore(client, { schema: 'at_once' }).open(`${index}`)));
    for (const stored of all) await stored.close();
    for (const client of clients) await client.end();
  });

  await t.test('a lease that is given up within the wait is taken; one that is not is refused', async () => {
    const [first, second] = [await connected(), await connected()];
    const stored = await new PostgresStore(first).open('handed on');
    const began = performance.now();
    await assert.rejects(new PostgresStore(second, { wait: 0 }).open('handed on'), { code: 'E_LEASE' });
    await assert.rejects(new PostgresStore(second, { wait: 120 }).open('handed on'), { code: 'E_LEASE' });
    assert.ok(performance.now() - began >= 120);
    const next = new PostgresStore(second).open('handed on');
    // As for a process that was killed: the connection ends without a word.
    setTimeout(() => first.connection.stream.destroy(), 150);
    const again = await next;
    assert.equal(/** @type {any} */ (await stored.lost).code, 'E_LEASE');
    await again.append(0, Uint8Array.of(1));
    await again.close();
    await second.end();
    for (const wait of /** @type {any[]} */ ([-1, NaN, '5', null])) assert.throws(() => new PostgresStore(second, { wait }), /'wait' must be a number of milliseconds/);
  });

  await t.test('a server that crashes: the lease is lost, writes reject, and what was acknowledged is there', async () => {
    const client = await connected();
    const stored = await new PostgresStore(client).open('crash');
    for (let at = 0; at < 20; at += 1) await stored.append(at, Uint8Array.of(at));
    await server.crash();
    assert.equal(/** @type {any} */ (await stored.lost).code, 'E_LEASE');
    await assert.rejects(async () => stored.append(20, Uint8Array.of(20)), { code: 'E_LEASE' });
    await stored.close();
    const other = await connected();
    const again = await new PostgresStore(other).open('crash');
    const { chunks } = await again.read();
    assert.deepEqual(chunks.map(({ at, bytes }) => `${at} ${bytes[0]}`), Array.from({ length: 20 }, (_, at) => `${at} ${at}`));
    await again.close();
    await other.end();
  });

  await t.test('a client without events learns of its end at the next write', async () => {
    const client = await connected();
    const stored = await new PostgresStore({ query: (text, values) => client.query(text, values) }).open('deaf');
    await stored.append(0, Uint8Array.of(1));
    await client.end();
    await assert.rejects(async () => stored.append(1, Uint8Array.of(1)));
    assert.equal(/** @type {any} */ (await stored.lost).code, 'E_LEASE');
  });

  await t.test('a former owner whose lock is gone but whose session lives is kept out by the epoch', async () => {
    const [one, two] = [await connected(), await connected()];
    const first = await new PostgresStore(one).open('epoch');
    await first.append(0, Uint8Array.of(1));
    await one.query('SELECT pg_advisory_unlock_all()');
    const second = await new PostgresStore(two).open('epoch');
    await assert.rejects(async () => first.append(1, Uint8Array.of(2)), { code: 'E_LEASE', nothingWritten: true });
    assert.equal(/** @type {any} */ (await first.lost).code, 'E_LEASE');
    assert.equal((await second.read()).chunks.length, 1);
    await second.close();
    await Promise.all([one.end(), two.end()]);
  });

  await t.test('a statement that the server refuses has written nothing, and says so', async () => {
    const [client, other] = [await connected(), await connected()];
    const stored = await new PostgresStore(client).open('refused');
    await client.query('SET statement_timeout = 50');
    await other.query("BEGIN; SELECT * FROM recover.objects WHERE name = 'refused' FOR UPDATE");
    await assert.rejects(async () => stored.append(0, Uint8Array.of(1)), { code: '57014', nothingWritten: true });
    await other.query('COMMIT');
    await stored.append(0, Uint8Array.of(2));
    assert.deepEqual((await stored.read()).chunks.map(({ bytes }) => bytes[0]), [2]);
    await stored.close();
    await Promise.all([client.end(), other.end()]);
  });

  /** Whether another session gets an object. @param {any} client @param {string} name */
  async function isFree(client, name) {
    const stored = await new PostgresStore(client).open(name);
    await stored.close();
  }

  await t.test('a server that speaks another language refuses a statement in the same way', async () => {
    const [client, other] = [await connected(), await connected()];
    // This server knows one language: the word is changed as another one has it.
    const german = {
      on: client.on.bind(client),
      query: (/** @type {string} */ text, /** @type {unknown[] | undefined} */ values) => client.query(text, values).catch((/** @type {any} */ error) => {
        throw Object.assign(error, { severity: error.severity === 'ERROR' ? 'FEHLER' : error.severity });
      }),
    };
    const stored = await new PostgresStore(german).open('German');
    await client.query('SET statement_timeout = 50');
    await other.query("BEGIN; SELECT * FROM recover.objects WHERE name = 'German' FOR UPDATE");
    await assert.rejects(async () => stored.append(0, Uint8Array.of(1)), { code: '57014', severity: 'FEHLER', nothingWritten: true });
    await other.query('COMMIT');
    await stored.append(0, Uint8Array.of(2));
    await stored.close();
    await isFree(other, 'German');
    await Promise.all([client.end(), other.end()]);
  });

  for (const hears of [true, false]) {
    await t.test(`a client that is tired of waiting${hears ? '' : ', and has no events,'} gives the lock up when it is closed`, async () => {
      const [client, other] = [await connected({ query_timeout: 200 }), await connected()];
      const stored = await new PostgresStore(hears ? client : { query: (text, values) => client.query(text, values) }).open('tired');
      await other.query("BEGIN; SELECT * FROM recover.objects WHERE name = 'tired' FOR UPDATE");
      let isLost = false;
      Promise.resolve(stored.lost).then(() => { isLost = true; });
      await assert.rejects(async () => stored.append(0, Uint8Array.of(1)), (/** @type {any} */ error) => {
        assert.match((hears ? error : error.cause).message, /timeout/);
        assert.equal(error.code, hears ? undefined : 'E_LEASE');
        return error.nothingWritten === undefined;
      });
      await new Promise((resolve) => { setImmediate(resolve); });
      assert.equal(isLost, !hears);
      await other.query('COMMIT');
      await stored.close();
      await isFree(other, 'tired');
      await Promise.all([client.end(), other.end()]);
    });
  }

  await t.test('a lock whose release was not answered is released with the next one', async () => {
    const [client, other] = [await connected({ query_timeout: 200 }), await connected()];
    const store = new PostgresStore(client);
    const stored = await store.open('unanswered');
    await other.query("BEGIN; SELECT * FROM recover.objects WHERE name = 'unanswered' FOR UPDATE");
    await assert.rejects(async () => stored.append(0, Uint8Array.of(1)), /timeout/);
    // The server is not asked: it has not answered yet what it was asked before.
    await assert.rejects(async () => stored.close(), /timeout/);
    await other.query('COMMIT');
    await assert.rejects(isFree(other, 'unanswered'), { code: 'E_LEASE' });
    const again = await store.open('unanswered');
    assert.equal((await again.read()).chunks.length, 1);
    await again.close();
    await isFree(other, 'unanswered');
    await Promise.all([client.end(), other.end()]);
  });

  await t.test('a session whose commits do not wait for the disk is told to', async () => {
    const client = await connected({ options: '-c synchronous_commit=off' });
    const stored = await new PostgresStore(client).open('commits');
    assert.equal((await client.query('SHOW synchronous_commit')).rows[0].synchronous_commit, 'on');
    await stored.close();
    await client.end();
  });

  await t.test('what is no client or no option is refused, with what would be', async () => {
    const client = await connected();
    assert.throws(() => new PostgresStore(/** @type {any} */ ({})), /TypeError: PostgresStore needs a client with 'query/);
    assert.throws(() => new PostgresStore(new Pool(server.connection)), /needs one session, not a pool/);
    assert.throws(() => new PostgresStore(client, { schema: 'x; DROP' }), /'schema' must be of small letters/);
    assert.throws(() => new PostgresStore(client, /** @type {any} */ ({ table: 'x' })), /has no option 'table'.*'schema'/);
    await assert.rejects(new PostgresStore(client).open(/** @type {any} */ (1)), /the name of a durable object is a string, not number/);
    await client.end();
  });
});
