// @ts-check
// The upgrade load test: many connections edit rooms all the time, while the server goes on in other code again and
// again. No call may fail, and no acknowledged edit may be missing, in the rooms or in their store.
//
//   node tests/durable/upgrade/load.mjs --packages DIR [--connections 1000] [--upgrades 100] [--between 200]
//
// DIR has the packages `upgrade` and `upgrade-other`: tests/fixtures/upgrade, and that with the feature `other`.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MODULES = process.env.RECOVER_MINIFLARE ?? join(ROOT, 'engines/miniflare/node_modules');
const CLIENTS_IN_A_ROOM = 50;

/**
 * @typedef {object} Options
 * @property {string} packages
 * @property {number} connections
 * @property {number} upgrades
 * @property {number} between milliseconds between two upgrades
 */

/**
 * @typedef {{ waited: number, duration: number, rejected: number, revived: number, code: number }} Made an upgrade
 * @typedef {object} Seen what was seen
 * @property {number} connections
 * @property {number} rooms
 * @property {number} seconds
 * @property {Made[]} made
 * @property {number[]} acknowledged edits of each client
 * @property {string[]} failures
 * @property {number[]} edits of each client in its room
 * @property {number[]} stored the same in the store
 * @property {number} calls
 * @property {number} median milliseconds of a call
 * @property {number} high the 99th percentile
 * @property {number} most
 * @property {number} memory
 * @property {number} wasm
 */

/** A process of the test. @param {string} script @param {Record<string, string>} env */
function start(script, env) {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), { env: { ...process.env, RECOVER_MINIFLARE: MODULES, ...env }, execArgv: ['--disable-warning=ExperimentalWarning'] });
  /** @type {((message: any) => void)[]} */
  const waiting = [];
  /** @type {unknown} */
  let gone;
  child.on('message', (message) => waiting.shift()?.(message));
  child.on('exit', (code) => {
    gone = code;
    for (const tell of waiting.splice(0)) tell({ gone: code });
  });
  /** The next message. @returns {Promise<any>} */
  const heard = () => new Promise((resolve, reject) => {
    const tell = (/** @type {any} */ message) => ('gone' in message ? reject(new Error(`${script} ended with ${message.gone}`)) : resolve(message));
    if (gone !== undefined) tell({ gone });
    else waiting.push(tell);
  });
  const ask = async (/** @type {object} */ message) => {
    const answer = heard();
    child.send(message);
    const { answer: { failed, ...rest }, answer: whole } = await answer;
    if (failed !== undefined) throw new Error(failed);
    return Array.isArray(whole) ? whole : rest;
  };
  return { child, heard, ask };
}

/**
 * Runs it. The answer is what was seen; whether that is right, `wrong` says.
 * @param {Options} options
 * @returns {Promise<Seen>}
 */
export async function load({ packages, connections, upgrades, between }) {
  const folder = mkdtempSync(join(tmpdir(), 'recover-upgrade-'));
  const file = join(folder, 'rooms.sqlite');
  const rooms = Math.max(1, Math.ceil(connections / CLIENTS_IN_A_ROOM));
  const started = [];
  try {
    const server = start('./server.mjs', { RECOVER_UPGRADE_PACKAGES: packages, RECOVER_UPGRADE_STORE: file, RECOVER_UPGRADE_ROOMS: String(rooms) });
    started.push(server);
    const { port } = await server.heard();
    const began = performance.now();
    const clients = start('./clients.mjs', { RECOVER_UPGRADE_PORT: String(port), RECOVER_UPGRADE_CONNECTIONS: String(connections) });
    started.push(clients);
    await clients.heard();
    /** @type {Made[]} */
    const made = [];
    for (let at = 1; at <= upgrades; at += 1) {
      await new Promise((resolve) => { setTimeout(resolve, between); });
      made.push(await server.ask({ order: 'upgrade', at }));
    }
    await new Promise((resolve) => { setTimeout(resolve, between); });
    const { acknowledged, failures, ...calls } = await clients.ask({});
    const seconds = (performance.now() - began) / 1000;
    const edits = await server.ask({ order: 'edits', clients: connections });
    const { strays, ...end } = await server.ask({ order: 'end' });
    const stored = await inStore(packages, file, rooms, connections);
    return { connections, rooms, seconds, made, acknowledged, failures: [...failures, ...strays], edits, stored, ...calls, ...end };
  } finally {
    for (const { child } of started) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What another process finds in the store: here, with the first build. @param {string} packages @param {string} file @param {number} rooms @param {number} connections */
async function inStore(packages, file, rooms, connections) {
  Object.assign(globalThis, { upgradeFails: () => '', upgradeWaits: () => 0, upgradeTold() {} });
  const pkg = await import(pathToFileURL(join(packages, 'upgrade/fixture_upgrade.js')).href);
  const { NodeSqliteStore } = await import(pathToFileURL(join(packages, 'upgrade/stores/node-sqlite.js')).href);
  pkg.initSync({ module: readFileSync(join(packages, 'upgrade/fixture_upgrade_bg.wasm')) });
  const store = new NodeSqliteStore(file);
  const opened = await Promise.all(Array.from({ length: rooms }, (_, at) => pkg.Room.open(store, `room ${at}`)));
  const edits = await Promise.all(Array.from({ length: connections }, (_, client) => opened[client % rooms].edits(client)));
  await Promise.all(opened.map((room) => room.close()));
  return edits;
}

/** What is not as it must be, one line each. @param {Seen} seen @param {number} upgrades */
export function wrong({ made, acknowledged, failures, edits, stored, calls, rooms }, upgrades) {
  const lines = failures.slice(0, 20).map((failure) => `failed: ${failure}`);
  if (made.length !== upgrades) lines.push(`${made.length} upgrades of ${upgrades}`);
  made.forEach(({ code, rejected, revived }, at) => {
    // The first is to the other build.
    const expected = at % 2 === 0 ? 2 : 1;
    if (code !== expected) lines.push(`behind upgrade ${at + 1} build ${code} answers, not ${expected}`);
    if (rejected !== 0) lines.push(`upgrade ${at + 1} rejected ${rejected} calls`);
    if (revived < rooms) lines.push(`upgrade ${at + 1} has ${revived} objects of ${rooms}`);
  });
  acknowledged.forEach((number, client) => {
    if (edits[client] !== number) lines.push(`client ${client}: ${number} edits were acknowledged, its room has ${edits[client]}`);
    if (stored[client] !== number) lines.push(`client ${client}: ${number} edits were acknowledged, the store has ${stored[client]}`);
    if (number === 0) lines.push(`client ${client} made no edit`);
  });
  if (calls < acknowledged.length * 2) lines.push(`only ${calls} calls were made`);
  return lines;
}

/** The figures, in a line. @param {Seen} seen */
export function told({ connections, rooms, seconds, made, acknowledged, failures, calls, median, high, most, memory, wasm }) {
  const sum = (/** @type {number[]} */ all) => all.reduce((one, other) => one + other, 0);
  const ms = (/** @type {number} */ time) => `${time.toFixed(1)} ms`;
  const pauses = made.map(({ duration }) => duration).sort((one, other) => one - other);
  const waits = made.map(({ waited }) => waited).sort((one, other) => one - other);
  const middle = (/** @type {number[]} */ all) => all[Math.floor(all.length / 2)] ?? 0;
  return `upgrades: ${connections} connections in ${rooms} rooms, ${made.length} upgrades in ${seconds.toFixed(1)} s; ${calls} calls, ${failures.length} failed; `
    + `${sum(acknowledged)} edits acknowledged; an upgrade stops calls for ${ms(middle(pauses))} (most ${ms(pauses.at(-1) ?? 0)}) after ${ms(middle(waits))} (most ${ms(waits.at(-1) ?? 0)}) for those under way; `
    + `calls took ${ms(median)}, 99 % ${ms(high)}, most ${ms(most)}; ${Math.round(memory / 2 ** 20)} MiB, of which wasm ${Math.round(wasm / 2 ** 20)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      packages: { type: 'string' }, connections: { type: 'string', default: '1000' }, upgrades: { type: 'string', default: '100' },
      between: { type: 'string', default: '200' },
    },
  });
  if (values.packages === undefined) throw new Error('say where the packages are: --packages DIR');
  const upgrades = Number(values.upgrades);
  const seen = await load({ packages: values.packages, connections: Number(values.connections), upgrades, between: Number(values.between) });
  console.log(told(seen));
  const lines = wrong(seen, upgrades);
  for (const line of lines.slice(0, 40)) console.log(line);
  process.exitCode = lines.length === 0 ? 0 : 1;
}
