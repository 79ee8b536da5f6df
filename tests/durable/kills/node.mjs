// @ts-check
// Processes of Node that are killed, over SQLite, a directory, or a PostgreSQL server that is started here.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PG, startServer } from '../stores/server.mjs';

/** @typedef {import('./run.mjs').Engine} Engine */

/** A process that has loaded all and waits. */
function spare() {
  const child = fork(join(import.meta.dirname, 'child.mjs'), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], serialization: 'json' });
  const ready = new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the process ended by ${code} before it was ready`)));
  });
  ready.catch(() => {});
  return { child, ready };
}

/**
 * @param {'node-sqlite' | 'directory' | 'postgres'} store
 * @param {{ early?: boolean, named?: string }} [how] a store that answers too early; kills at points by name
 * @returns {Promise<Engine>}
 */
export async function node(store, { early, named } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'recover-kills-'));
  const server = store === 'postgres' ? await startServer() : undefined;
  const path = join(directory, store === 'node-sqlite' ? 'objects.db' : 'objects');
  let waiting = spare();
  return {
    name: `node, ${store}`,
    points: { 'node-sqlite': 60, directory: 200, postgres: 60 }[store],
    longest: 120,
    async live({ name, seed, life, limit, end, hear }) {
      const { child, ready } = waiting;
      await ready;
      waiting = spare();
      const isRandom = 'after' in end;
      child.send({
        store, path, name, seed, life, limit, early,
        ...server && { postgres: { module: PG, connection: server.connection } },
        ...isRandom ? {} : named === undefined ? { point: end.point } : { named },
      });
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      const begin = () => { if (isRandom && end.after !== Infinity) timer = setTimeout(() => child.kill('SIGKILL'), end.after); };
      if (isRandom && !end.found) begin();
      const signal = new Promise((resolve) => { child.once('exit', (_, by) => resolve(by)); });
      for await (const line of createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) })) {
        const said = JSON.parse(line);
        if (isRandom && end.found && said[0] === 'found') begin();
        hear(said);
      }
      const isKilled = await signal === 'SIGKILL';
      clearTimeout(timer);
      return isKilled;
    },
    async stop() {
      waiting.child.kill('SIGKILL');
      await server?.stop();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
