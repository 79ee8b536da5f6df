// @ts-check
// A room as a Durable Object: sockets that may hibernate, requests, and the object's own
// storage. Which package the room is of, and how its state is kept, is for the classes
// that extend this one (worker.mjs, plain.mjs).
import { DurableObject } from 'cloudflare:workers';
import { BadRequest, check, failed, parse, perform } from './protocol.mjs';

/**
 * @typedef {import('./types.mjs').Room} Room
 * @typedef {import('./types.mjs').Request_} Request_
 * @typedef {import('./types.mjs').Answer} Answer
 */

/** Edits after which the state is stored; fewer are stored after a second. */
const STORE_EVERY = 256;
/** What the state is stored as. */
const KEY = 'room';
/** Milliseconds that a page waits for its template, which stands for another service. */
const WAIT = 10;

export class RoomBase extends DurableObject {
  /** The last edit that storage has. */
  stored = 0;
  /** An alarm will store. */
  alarmed = false;
  /** @type {Room | undefined} */
  current;
  /** Why the stored state could not be read; it is left as it is. @type {unknown} */
  unreadable;

  /** @param {import('./types.mjs').State} ctx @param {import('./types.mjs').Env} env */
  constructor(ctx, env) {
    super(ctx, env);
    this.ctx.blockConcurrencyWhile(async () => {
      const bytes = await this.ctx.storage.get(KEY);
      try {
        this.current = this.open(/** @type {Uint8Array | undefined} */ (bytes));
        this.stored = this.current.sequence;
      } catch (error) {
        this.unreadable = error;
      }
    });
  }

  /**
   * @param {Uint8Array | undefined} _bytes
   * @returns {Room}
   */
  open(_bytes) {
    throw new Error('not of this class');
  }

  /** The state, for storage. @param {Room} _room @returns {Uint8Array | undefined} */
  bytes(_room) {
    return undefined;
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
      const { sequence, length } = this.room;
      return new Response(this.room.read(0, length), { headers: { 'x-sequence': String(sequence) } });
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
  webSocketMessage(socket, data) {
    const answer = this.answer(data, socket);
    if (answer instanceof Promise) return answer.then((late) => tell(socket, late));
    tell(socket, answer);
    return undefined;
  }

  /** @param {import('./types.mjs').Socket} socket @param {number} code */
  webSocketClose(socket, code) {
    // 1005 and 1006 say that there was none.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  /**
   * @param {string | ArrayBuffer} data
   * @param {import('./types.mjs').Socket} [from]
   * @returns {Answer | Promise<Answer>}
   */
  answer(data, from) {
    /** @type {Partial<Request_> | undefined} */
    let given;
    const id = () => (given?.id === undefined ? {} : { id: given.id });
    /** @param {unknown} error */
    const fail = (error) => {
      const { status, body } = failed(error);
      return { status, body: { ...id(), status, ...body } };
    };
    try {
      given = parse(data);
      const request = check(given);
      const late = this.own(request);
      if (late !== undefined) return late.then((body) => ({ status: 200, body: { ...id(), ...body } }), fail);
      const { edited, body } = perform(this.room, request);
      if (edited) this.edited(request, body, from);
      return { status: 200, body: { ...id(), ...body, stored: this.stored } };
    } catch (error) {
      return fail(error);
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
      case 'save': return this.store().then(() => ({ stored: this.stored }));
      case 'health': return Promise.resolve(this.health());
      case 'evict': return this.evict();
      case 'captures': return Promise.resolve(this.env.CAPTURES === 'yes' ? this.captures() : {});
      default: return undefined;
    }
  }

  /** @param {Request_} request */
  async render(request) {
    const { sequence } = this.room;
    const text = this.room.read(request.from ?? 0, request.to ?? 0);
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
   * @param {Request_} request
   * @param {object} body
   * @param {import('./types.mjs').Socket | undefined} from
   */
  edited({ id: _, ...edit }, body, from) {
    const watchers = this.ctx.getWebSockets('watches');
    if (watchers.length > 0) {
      const text = JSON.stringify({ edit, ...body });
      for (const watcher of watchers) if (watcher !== from) watcher.send(text);
    }
    if (this.room.sequence - this.stored >= STORE_EVERY) {
      this.store().catch(console.error);
    } else if (!this.alarmed) {
      this.alarmed = true;
      this.ctx.storage.setAlarm(Date.now() + 1000);
    }
  }

  async alarm() {
    this.alarmed = false;
    await this.store();
  }

  /** Has storage keep the state. What is answered afterwards waits for it. */
  async store() {
    const { sequence } = this.room;
    const bytes = this.bytes(this.room);
    if (bytes === undefined) return;
    await this.ctx.storage.put(KEY, bytes);
    this.stored = Math.max(this.stored, sequence);
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
