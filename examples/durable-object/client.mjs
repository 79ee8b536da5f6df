// @ts-check
// A client of a room: requests over a WebSocket or by fetch, each with its answer. For the
// test and the load test.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MODULES } from './server.mjs';

/** What miniflare brings along. @type {(name: string) => any} */
const bring = createRequire(join(MODULES, 'miniflare/package.json'));
const WebSocketClient = bring('ws');
const { Agent, fetch } = bring('undici');
// A connection a request: one that is kept may be closed by the server while it is idle.
const dispatcher = new Agent({ pipelining: 0 });

/** @typedef {Record<string, any>} Body */

/** One connection. */
export class Client {
  /** Waiting for their answers. @type {Map<number, { resolve: (body: Body) => void, reject: (error: Error) => void }>} */
  waiting = new Map();
  /** Edits of others. @type {Body[]} */
  told = [];
  last = 0;

  /** @param {any} socket */
  constructor(socket) {
    this.socket = socket;
    socket.on('message', (/** @type {Buffer} */ data) => {
      const body = JSON.parse(data.toString());
      const waits = this.waiting.get(body.id);
      if (waits === undefined) {
        this.told.push(body);
        return;
      }
      this.waiting.delete(body.id);
      waits.resolve(body);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the connection closed'));
      this.waiting.clear();
    });
  }

  /**
   * Opens one.
   * @param {URL} url of the server
   * @param {string} room
   * @param {{ quiet?: boolean }} [options]
   * @returns {Promise<Client>}
   */
  static open(url, room, { quiet = false } = {}) {
    const socket = new WebSocketClient(`ws://${url.host}/rooms/${room}${quiet ? '?quiet' : ''}`, { perMessageDeflate: false });
    const client = new Client(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
    });
  }

  /**
   * Sends a request. The answer is whatever comes, an error too.
   * @param {Body} request
   * @returns {Promise<Body>}
   */
  request(request) {
    const id = this.last += 1;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, ...request }));
    });
  }

  close() {
    const closed = new Promise((resolve) => { this.socket.once('close', resolve); });
    this.socket.close();
    return closed;
  }
}

/**
 * The same by HTTP; the answer's status is beside it.
 * @param {URL} url of the server
 * @param {string} room
 * @param {Body} request
 * @returns {Promise<Body & { status: number }>}
 */
export async function post(url, room, request) {
  const response = await fetch(new URL(`/rooms/${room}`, url), { method: 'POST', body: JSON.stringify(request), dispatcher });
  return { ...await response.json(), status: response.status };
}

/**
 * The document.
 * @param {URL} url of the server
 * @param {string} room
 */
export async function text(url, room) {
  const response = await fetch(new URL(`/rooms/${room}`, url), { dispatcher });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return { text: await response.text(), sequence: Number(response.headers.get('x-sequence')) };
}
