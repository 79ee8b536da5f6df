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

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
conformance('postgres', async () => {
  server = await startServer();
  const { connection } = server;
  return {
    owner: () => child({ module, class: 'PostgresStore', args: [], pg: PG, connection }),
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
