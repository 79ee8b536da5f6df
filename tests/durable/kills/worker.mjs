// @ts-check
// A Durable Object that lives a life of driver.mjs over its storage, and says what it does by a WebSocket. What it says there the
// platform holds back until what was written before is durable: so an answer that leaves is one. What it is about to do it says by
// a log as well, which nothing holds back. At a point that it is asked for it stands still until the process is killed.
import { Ledger, initSync, recovery } from '../../../pkg/fixture_kills.js';
import module from '../../../pkg/fixture_kills_bg.wasm';
import { DurableObjectStore } from '../../../recover-runtime/js/stores/durable-object.js';
import { live } from './driver.mjs';

/** @type {any} */ (globalThis).wait = () => new Promise((resolve) => { setTimeout(resolve, 0); });
initSync({ module });
recovery.setRestartLimit({ restarts: Infinity, period: 1 });
recovery.onPanic(() => {});

const log = (/** @type {unknown} */ said) => console.log(`SAID ${JSON.stringify(said)}`);
const turn = () => new Promise((resolve) => { setTimeout(resolve, 0); });

/** @typedef {{ name: string, seed: number, life: number, limit: number, point?: number, early?: boolean }} Order */

/**
 * A store that is asked at points: before a write, behind it in the same turn, and a turn later, when it may have been committed.
 * @param {any} store @param {number | undefined} last
 */
function pointed(store, last) {
  let count = 0;
  /** @param {string} name */
  const point = (name) => {
    count += 1;
    if (count !== last) return;
    log(['point', name]);
    for (;;);
  };
  return {
    async open(/** @type {string} */ name) {
      point('before open');
      const stored = await store.open(name);
      point('behind open');
      /** @type {any} */
      const wrapped = { read: () => stored.read(), lost: stored.lost, isWhole: stored.isWhole };
      for (const method of ['append', 'snapshot', 'drop', 'close']) {
        wrapped[method] = (/** @type {any[]} */ ...args) => {
          point(`before ${method}`);
          const answer = stored[method](...args);
          point(`behind ${method}`);
          if (last !== undefined && count === last - 1) setTimeout(() => point(`a turn behind ${method}`), 0);
          return answer;
        };
      }
      return wrapped;
    },
  };
}

class Kept {
  #storage;

  /** @param {{ storage: any }} ctx */
  constructor(ctx) {
    this.#storage = ctx.storage;
  }

  /** @param {Request} request */
  async fetch(request) {
    /** @type {Order} */
    const order = JSON.parse(decodeURIComponent(new URL(request.url).searchParams.get('order') ?? ''));
    const [client, server] = Object.values(new /** @type {any} */ (globalThis).WebSocketPair());
    server.accept();
    const store = new DurableObjectStore(this.#storage);
    live({
      pkg: { Ledger, recovery }, store: pointed(store, order.point), name: order.name, seed: order.seed, life: order.life, limit: order.limit, pause: turn,
      say: (said) => {
        // An answer that nothing holds back is too early.
        if (said[0] === 'found' || said[0] === 'sent' || (order.early === true && said[0] === 'answered')) log(said);
        server.send(JSON.stringify(said));
      },
    }).catch((error) => server.send(JSON.stringify(['fault', `${error?.stack}; ${error?.cause?.message ?? ''}`]))).finally(() => server.close());
    return new Response(null, /** @type {any} */ ({ status: 101, webSocket: client }));
  }
}

export class BySql extends Kept {}
export class ByKeys extends Kept {}

export default {
  /** @param {Request} request @param {Record<string, any>} env */
  fetch(request, env) {
    const url = new URL(request.url);
    const namespace = env[url.pathname.slice(1)];
    return namespace.get(namespace.idFromName(url.searchParams.get('name'))).fetch(request);
  },
};
