// @ts-check
// A process of Node that lives one life of driver.mjs, over a store, and is killed. Its first message says which; what it says
// goes through standard output, by writes that are done when they return.
import { writeSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { aroundQueries, endAt, point } from './points.mjs';
import { early } from './early.mjs';
import { live } from './driver.mjs';
import { load } from './package.mjs';
import { moduleOf } from '../stores/owner.mjs';

/**
 * @typedef {object} Order
 * @property {'node-sqlite' | 'directory' | 'postgres'} store
 * @property {string} [path]
 * @property {{ module: string, connection: object }} [postgres]
 * @property {string} name
 * @property {number} seed
 * @property {number} life
 * @property {number} limit
 * @property {number} [point] at which it kills itself
 * @property {string} [named] the same, by what happens there
 * @property {boolean} [early] has the store answer too early
 */

/** @param {Order} order @returns {Promise<import('../../../recover-runtime/js/stores.js').DurableStore>} */
async function storeOf({ store, path, postgres }) {
  const exported = await import(pathToFileURL(moduleOf(store)).href);
  if (postgres === undefined) return store === 'node-sqlite' ? new exported.NodeSqliteStore(path) : new exported.DirectoryStore(path);
  const { default: { Client } } = await import(pathToFileURL(postgres.module).href);
  const client = new Client(postgres.connection);
  await client.connect();
  aroundQueries(client);
  return new exported.PostgresStore(client);
}

process.on('disconnect', () => process.exit());
const pkg = await load();
process.once('message', async (/** @type {Order} */ order) => {
  try {
    const kept = await storeOf(order);
    const store = order.early === true ? early(kept, (go) => setTimeout(() => {
      point('before an early answer is true');
      go();
    }, 2)) : kept;
    endAt(order.point, order.named);
    await live({ pkg, store, name: order.name, seed: order.seed, life: order.life, limit: order.limit, say: (said) => { writeSync(1, `${JSON.stringify(said)}\n`); } });
  } catch (error) {
    writeSync(1, `${JSON.stringify(['fault', `${/** @type {any} */ (error)?.stack ?? error}; ${/** @type {any} */ (error)?.cause?.message ?? ''}`])}\n`);
  }
  process.disconnect();
});
process.send?.('ready');
