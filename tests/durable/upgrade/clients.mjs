// @ts-check
// The clients of the upgrade load test: each has a connection of its own, and sends one call after the other, as fast as they
// are answered. It counts what was acknowledged. load.mjs starts this, in a process of its own.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { modules, required, tell } from './parts.mjs';

const port = Number(required('RECOVER_UPGRADE_PORT'));
const connections = Number(required('RECOVER_UPGRADE_CONNECTIONS'));
const { WebSocket } = await import(pathToFileURL(join(modules(), 'ws/wrapper.mjs')).href);

/** Of so many calls one waits in Rust; the others are edits. */
const LATER = 10;
/** Milliseconds between an answer and the next call, at most: who types does not type faster. */
const THINKS = 50;

/** What was acknowledged to each, and all that failed. */
const acknowledged = Array.from({ length: connections }, () => 0);
/** @type {string[]} */
const failures = [];
/** @type {number[]} */
const took = [];
let [calls, ends] = [0, false];

/** @param {number} client @returns {Promise<{ over: Promise<unknown> }>} */
function connect(client) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    /** @type {(value: undefined) => void} */
    let left;
    const over = new Promise((/** @type {(value: undefined) => void} */ resolveOver) => { left = resolveOver; });
    let sent = 0;
    let call = '';
    const next = () => {
      if (ends) {
        left(undefined);
        socket.close();
        return;
      }
      call = Math.random() * LATER < 1 ? 'later' : 'edit';
      sent = performance.now();
      socket.send(JSON.stringify({ call, client, number: (acknowledged[client] ?? 0) + 1 }));
    };
    socket.on('message', (/** @type {Buffer} */ data) => {
      const { number, value, error } = JSON.parse(data.toString());
      calls += 1;
      took.push(performance.now() - sent);
      if (error !== undefined) failures.push(error);
      else if (call === 'edit' && value !== number) failures.push(`client ${client}: edit ${number} was answered by ${value}`);
      else if (call === 'edit') acknowledged[client] = number;
      setTimeout(next, Math.random() * THINKS);
    });
    socket.on('close', () => { if (!ends) failures.push(`client ${client}: the connection was closed`); left(undefined); });
    socket.on('error', (/** @type {Error} */ error) => { failures.push(`client ${client}: ${error}`); reject(error); });
    socket.on('open', () => { resolve({ over }); next(); });
  });
}

/** @type {Promise<unknown>[]} */
const overs = [];
/** So many connect at a time: a server has no more in its line. */
const AT_ONCE = 25;
for (let client = 0; client < connections; client += AT_ONCE) {
  const those = Array.from({ length: Math.min(AT_ONCE, connections - client) }, (_, at) => connect(client + at));
  overs.push(...(await Promise.all(those)).map(({ over }) => over));
}
tell({ connected: connections });

process.on('message', async () => {
  ends = true;
  await Promise.all(overs);
  took.sort((one, other) => one - other);
  const at = (/** @type {number} */ part) => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0;
  tell({ answer: { acknowledged, failures, calls, median: at(0.5), most: at(1), high: at(0.99) } });
  process.disconnect();
});
