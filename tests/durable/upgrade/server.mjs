// @ts-check
// The server of the upgrade load test: rooms in a file of SQLite, which clients edit over WebSockets, while the code
// behind them changes from one build to the other and back. load.mjs starts it, and says when. What is right is judged there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { modules, required, tell } from './parts.mjs';

const packages = required('RECOVER_UPGRADE_PACKAGES');
const file = required('RECOVER_UPGRADE_STORE');
const rooms = Number(required('RECOVER_UPGRADE_ROOMS'));

const { WebSocketServer } = await import(pathToFileURL(join(modules(), 'ws/wrapper.mjs')).href);
const pkg = await import(pathToFileURL(join(packages, 'upgrade/fixture_upgrade.js')).href);
const { NodeSqliteStore } = await import(pathToFileURL(join(packages, 'upgrade/stores/node-sqlite.js')).href);

Object.assign(globalThis, { upgradeFails: () => '', upgradeWaits: () => 0, upgradeTold() {} });
const builds = await Promise.all(['upgrade', 'upgrade-other'].map((name) => WebAssembly.compile(readFileSync(join(packages, name, 'fixture_upgrade_bg.wasm')))));
pkg.initSync({ module: builds[0] });

/** @type {string[]} */
const strays = [];
process.on('uncaughtException', (error) => strays.push(String(error?.stack ?? error)));
process.on('unhandledRejection', (error) => strays.push(String(error)));

const store = new NodeSqliteStore(file);
/** @type {any[]} */
const opened = await Promise.all(Array.from({ length: rooms }, (_, at) => pkg.Room.open(store, `room ${at}`, { create: () => new pkg.Room() })));

/**
 * What clients ask for. Each is a call of Rust: an edit that is answered when it is in the store, or one that waits in Rust.
 * @type {Record<string, (client: number, number: number) => Promise<number>>}
 */
const calls = {
  edit: (client, number) => opened[client % rooms].edit(client, number),
  later: () => pkg.later(new Promise((resolve) => { setTimeout(resolve, 1 + Math.random() * 20); })),
};

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 1024, perMessageDeflate: false });
server.on('connection', (/** @type {any} */ socket) => {
  socket.on('message', async (/** @type {Buffer} */ data) => {
    const { call, client, number } = JSON.parse(data.toString());
    let answer;
    try {
      answer = { number, value: await calls[call]?.(client, number) };
    } catch (error) {
      answer = { number, error: `${call}: ${error}` };
    }
    socket.send(JSON.stringify(answer));
  });
});
server.on('listening', () => tell({ port: server.address().port }));

/** @type {Record<string, (message: any) => unknown>} */
const orders = {
  /** Goes on in the build that is not there. */
  async upgrade({ at }) {
    const { waited, duration, rejected, revived } = await pkg.recovery.upgrade(builds[at % 2]);
    return { waited, duration, rejected, revived, code: pkg.code() };
  },
  async edits({ clients }) {
    return Promise.all(Array.from({ length: clients }, (_, client) => opened[client % rooms].edits(client)));
  },
  async end() {
    await Promise.all(opened.map((room) => room.close()));
    server.close();
    for (const socket of server.clients) socket.terminate();
    return { strays, memory: process.memoryUsage().rss, wasm: pkg.recovery.health().memoryBytes, restarts: pkg.recovery.health().restarts };
  },
};

process.on('message', async (/** @type {any} */ message) => {
  try {
    tell({ answer: await orders[message.order]?.(message) });
  } catch (error) {
    tell({ answer: { failed: String(/** @type {any} */ (error)?.stack ?? error) } });
  }
  if (message.order === 'end') process.disconnect();
});
