// @ts-check
// One server under load: its connections, its stream of operations, what became of each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, post, text } from '../client.mjs';
import { serve } from '../server.mjs';
import { Model } from './model.mjs';
import { FAILING, Stream, beginning } from './operations.mjs';

/** Milliseconds after which a request that has no answer is taken to have none. */
const PATIENCE = 10_000;
/** Times that a request is made again. Where every failure ends the instance, a hundred a second, one that waits is met by many. */
const AGAIN = 200;
/** Connections that are opened at once. */
const AT_ONCE = 50;

/**
 * @typedef {object} Plan
 * @property {string} name
 * @property {string} package
 * @property {'worker' | 'unstored' | 'plain' | 'rust'} worker
 * @property {boolean} [aborts] every panic ends the instance
 * @property {number} connections
 * @property {number} rooms
 * @property {number} length that a document begins with
 * @property {number} share of operations that fail
 * @property {number} seed
 * @property {boolean} [captures] failures are captured, by a package that can do that
 */

/** A server and its clients. */
export class Side {
  /** @type {{ room: number, client: Client }[]} */
  clients = [];
  /** One a room, which is told of all edits. @type {Client[]} */
  watchers = [];
  /** Of the healthy operations. */
  counts = { answered: 0, failed: 0, hung: 0, edits: 0, repeated: 0 };
  /** What failing operations were answered with, by way. @type {Map<string, { typed: number, all: number }>} */
  failing = new Map(FAILING.map(({ way }) => [way, { typed: 0, all: 0 }]));
  /** What was not as it must be. @type {string[]} */
  wrong = [];
  /** Of the operations, in milliseconds. */
  time = 0;
  /** Answers a second, by round. @type {number[]} */
  rates = [];
  done = 0;

  /** @param {Plan} plan @param {Awaited<ReturnType<typeof serve>>} server @param {string} storage */
  constructor(plan, server, storage) {
    this.plan = plan;
    this.server = server;
    this.storage = storage;
    this.stream = new Stream(plan.seed, plan.share);
    this.models = Array.from({ length: plan.rooms }, () => new Model());
  }

  /** Starts a server and opens all connections. @param {Plan} plan */
  static async open(plan) {
    const bindings = { RESTARTS: 1_000_000, EVICTABLE: 'yes', CAPTURES: plan.captures ? 'yes' : 'no' };
    // On a disk, as a store is.
    const storage = mkdtempSync(join(tmpdir(), 'recover-load-'));
    const side = new Side(plan, await serve({ package: plan.package, worker: plan.worker, bindings, persist: storage }), storage);
    const { url } = side.server;
    for (const [room, model] of side.models.entries()) {
      const watcher = await Client.open(url, name(room));
      side.watchers.push(watcher);
      const request = { op: 'insert', at: 0, text: beginning(plan.length) };
      model.answered(request, await post(url, name(room), request));
    }
    while (side.clients.length < plan.connections) {
      const open = Math.min(AT_ONCE, plan.connections - side.clients.length);
      const rooms = Array.from({ length: open }, (_, at) => (side.clients.length + at) % plan.rooms);
      const opened = await Promise.all(rooms.map((room) => Client.open(url, name(room), { quiet: true })));
      side.clients.push(...opened.map((client, at) => ({ room: rooms[at] ?? 0, client })));
    }
    return side;
  }

  /**
   * Does so many operations, each connection one at a time.
   * @param {number} operations
   * @param {(done: number) => void} progress
   */
  async run(operations, progress) {
    let left = operations;
    const begun = performance.now();
    await Promise.all(this.clients.map(async ({ room, client }, number) => {
      while (left > 0) {
        left -= 1;
        await this.one(room, client, number);
        this.done += 1;
        if (this.done % 5_000 === 0) progress(this.done);
      }
    }));
    const time = performance.now() - begun;
    this.time += time;
    this.rates.push(operations / (time / 1000));
  }

  /** @param {number} room @param {Client} client @param {number} number */
  async one(room, client, number) {
    const { request, byHttp, failing } = this.stream.next(number);
    // Who is told to try again does; what might have been done is done once, by its key.
    const again = this.plan.worker === 'rust' && failing === undefined;
    const keyed = again && byHttp ? { ...request, key: `${number}-${this.stream.sent}` } : request;
    const send = () => within(byHttp ? post(this.server.url, name(room), keyed) : client.request(keyed));
    let answer = await send();
    for (let turn = 0; again && answer?.error?.retryable === true && turn < AGAIN; turn += 1) {
      this.counts.repeated += 1;
      answer = await send();
    }
    if (failing !== undefined) {
      const seen = /** @type {{ typed: number, all: number }} */ (this.failing.get(failing.way));
      seen.all += 1;
      if (this.isTyped(failing, answer)) seen.typed += 1;
      else this.wrong.push(`${failing.way}: ${JSON.stringify(answer)?.slice(0, 120) ?? 'no answer'}`);
    } else if (answer === undefined) {
      this.counts.hung += 1;
      this.wrong.push(`${request.op}: no answer`);
    } else if (answer.error !== undefined) {
      this.counts.failed += 1;
      this.wrong.push(`${request.op}: ${JSON.stringify(answer.error)}`);
    } else {
      this.counts.answered += 1;
      if (answer.result === undefined) this.counts.edits += 1;
      this.models[room]?.answered(request, answer);
    }
  }

  /**
   * Whether a failing request has its code and its status. Where every panic ends the instance, who led the request
   * to its room has lost it, too.
   * @param {import('./operations.mjs').Failing} failing
   * @param {any} answer
   */
  isTyped({ code, status }, answer) {
    const is = (/** @type {string} */ other, /** @type {number} */ number) => answer?.error?.code === other && answer.status === number;
    return is(code, status) || (this.plan.aborts === true && is('E_INSTANCE_ABORTED', 503));
  }

  /** Compares with the models. How much was right and how much is left stands in the answer. */
  async verify() {
    const sums = { right: 0, equal: 0, again: 0, told: 0, kept: 0 };
    const { url } = this.server;
    for (const [room, model] of this.models.entries()) {
      const { right, edits } = model.replay();
      /** @param {Error} error */
      const none = (error) => {
        this.wrong.push(`the document: ${error.message}`);
        return { text: undefined, sequence: 0 };
      };
      const found = await text(url, name(room)).catch(none);
      // The first edit is not of the stream.
      sums.right += right - 1;
      sums.kept += Math.max(0, found.sequence - 1);
      sums.equal += Number(found.text === model.text && found.sequence === edits);
      sums.told += Number(inOrder(this.watchers[room]?.told ?? [], edits));
      // What recover answers is stored; the Worker in Rust stores now and then.
      if (this.plan.worker === 'rust') await post(url, name(room), { op: 'save' });
      if (this.plan.worker !== 'unstored') {
        await post(url, name(room), { op: 'evict' }).catch(() => {});
        sums.again += Number((await text(url, name(room)).catch(none)).text === model.text);
      }
      this.wrong.push(...model.wrong.slice(0, 3));
    }
    const health = await post(url, name(0), { op: 'health' });
    return { ...sums, restarts: Number(health.restarts) };
  }

  /** What failed, as the room has captured it. @returns {Promise<string[]>} */
  async captures() {
    return (await post(this.server.url, name(0), { op: 'captures' })).captures ?? [];
  }

  /** Healthy answers a second. */
  get rate() {
    return this.counts.answered / (this.time / 1000);
  }

  async close() {
    for (const { socket } of [...this.clients.map(({ client }) => client), ...this.watchers]) socket.terminate();
    await this.server.dispose();
    rmSync(this.storage, { recursive: true, force: true });
  }
}

/** @param {number} room */
const name = (room) => `load-${room}`;

/** @param {Record<string, any>[]} told @param {number} edits */
function inOrder(told, edits) {
  return told.length === edits && told.every(({ sequence }, at) => sequence === at + 1);
}

/**
 * The answer; undefined where there is none.
 * @param {Promise<Record<string, any>>} answer
 * @returns {Promise<Record<string, any> | undefined>}
 */
function within(answer) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE);
    const end = (/** @type {Record<string, any> | undefined} */ value) => {
      clearTimeout(timer);
      resolve(value);
    };
    answer.then(end, (error) => end({ error: { message: `no connection: ${error.cause ?? error}` } }));
  });
}
