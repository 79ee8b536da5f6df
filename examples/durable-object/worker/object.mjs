// @ts-check
// A room as a Durable Object: sockets that may hibernate, requests, and who is told of an edit.
// Which package the room is of, and where its state is kept, is for the classes that extend
// this one (worker.mjs, unstored.mjs, plain.mjs).
import { DurableObject } from 'cloudflare:workers';
import { BadRequest, check, failed, parse, perform } from './protocol.mjs';

/**
 * @typedef {import('./types.mjs').Room} Room
 * @typedef {import('./types.mjs').Request_} Request_
 * @typedef {import('./types.mjs').Answer} Answer
 */

/** Milliseconds that a page waits for its template, which stands for another service. */
const WAIT = 10;

export class RoomBase extends DurableObject {
  /** @type {Room | undefined} */
  current;
  /** Why the room could not be opened; what is stored is as it was. @type {unknown} */
  unreadable;

  /** @param {import('./types.mjs').State} ctx @param {import('./types.mjs').Env} env */
  constructor(ctx, env) {
    super(ctx, env);
    this.ctx.blockConcurrencyWhile(async () => {
      try {
        this.current = await this.open();
      } catch (error) {
        this.unreadable = error;
      }
    });
  }

  /** @returns {Room | Promise<Room>} */
  open() {
    throw new Error('not of this class');
  }

  /** @param {string} _text @param {Promise<string>} _template @returns {Promise<string>} */
  page(_text, _template) {
    throw new Error('not of this class');
  }

  /** @returns {object} */
  health() {
    return {};
  }

  /** What failed, for tests. @returns {object} */
  captures() {
    return {};
  }

  /** @returns {Room} */
  get room() {
    if (this.current === undefined) throw this.unreadable;
    return this.current;
  }

  /** @param {Request} request */
  async fetch(request) {
    const { method, url, headers } = request;
    if (headers.get('upgrade') === 'websocket') return this.accept(new URL(url).searchParams.has('quiet'));
    if (method === 'POST') return response(await this.answer(await request.text()));
    try {
      const [sequence, text] = await Promise.all([this.room.sequence, this.room.text]);
      return new Response(text, { headers: { 'x-sequence': String(sequence) } });
    } catch (error) {
      return response(failed(error));
    }
  }

  /** @param {boolean} quiet whether the client does not want to be told of the others' edits */
  accept(quiet) {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, quiet ? [] : ['watches']);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** @param {import('./types.mjs').Socket} socket @param {string | ArrayBuffer} data */
  async webSocketMessage(socket, data) {
    tell(socket, await this.answer(data, socket));
  }

  /** @param {import('./types.mjs').Socket} socket @param {number} code */
  webSocketClose(socket, code) {
    // 1005 and 1006 say that there was none.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  /**
   * @param {string | ArrayBuffer} data
   * @param {import('./types.mjs').Socket} [from]
   * @returns {Promise<Answer>}
   */
  async answer(data, from) {
    /** @type {Partial<Request_> | undefined} */
    let given;
    const id = () => (given?.id === undefined ? {} : { id: given.id });
    try {
      given = parse(data);
      const request = check(given);
      const own = this.own(request);
      if (own !== undefined) return { status: 200, body: { ...id(), ...await own } };
      const { edited, body } = await perform(this.room, request);
      if (edited) this.edited(request, body, from);
      return { status: 200, body: { ...id(), ...body } };
    } catch (error) {
      const { status, body } = failed(error);
      return { status, body: { ...id(), status, ...body } };
    }
  }

  /**
   * What the object does itself.
   * @param {Request_} request
   * @returns {Promise<object> | undefined}
   */
  own(request) {
    switch (request.op) {
      case 'render': return this.render(request);
      case 'health': return Promise.resolve(this.health());
      case 'evict': return this.evict();
      case 'captures': return Promise.resolve(this.env.CAPTURES === 'yes' ? this.captures() : {});
      default: return undefined;
    }
  }

  /** @param {Request_} request */
  async render(request) {
    const [sequence, text] = await Promise.all([this.room.sequence, this.room.read(request.from ?? 0, request.to ?? 0)]);
    const template = scheduler.wait(WAIT).then(() => '<p>{}</p>');
    for (;;) {
      try {
        return { sequence, result: await this.page(text, template) };
      } catch (error) {
        // Another request ended the instance. This one changes nothing, so it is made
        // again; it waits for the same template, so that comes to an end.
        if (/** @type {any} */ (error)?.retryable !== true) throw error;
      }
    }
  }

  /** For tests: the object goes, as when Cloudflare needs its place. */
  async evict() {
    if (this.env.EVICTABLE !== 'yes') throw new BadRequest('there is no such op');
    this.ctx.abort('evicted');
    return {};
  }

  /**
   * Tells the others of an edit.
   * @param {Request_} request
   * @param {object} body
   * @param {import('./types.mjs').Socket | undefined} from
   */
  edited({ id: _, ...edit }, body, from) {
    const watchers = this.ctx.getWebSockets('watches');
    if (watchers.length === 0) return;
    const text = JSON.stringify({ edit, ...body });
    for (const watcher of watchers) if (watcher !== from) watcher.send(text);
  }
}

/** @param {import('./types.mjs').Socket} socket @param {Answer} answer */
function tell(socket, { body }) {
  try {
    socket.send(JSON.stringify(body));
  } catch {
    // The client has gone.
  }
}

/** @param {Answer} answer */
function response({ status, body }) {
  return Response.json(body, { status, headers: status === 503 ? { 'retry-after': '1' } : {} });
}

/** Leads a request to its room. */
export const entry = {
  /** @param {Request} request @param {import('./types.mjs').Env} env */
  async fetch(request, env) {
    const name = /^\/rooms\/([\w-]{1,64})$/.exec(new URL(request.url).pathname)?.[1];
    if (name === undefined) return new Response('a room is at /rooms/NAME\n', { status: 404 });
    return env.ROOMS.get(env.ROOMS.idFromName(name)).fetch(request);
  },
};
