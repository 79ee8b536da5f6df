// The worker: a counter for each path, in a Durable Object. `POST /name` counts, `POST /name?panic` panics.
import { DurableObject } from 'cloudflare:workers';
import { Counter, initSync, recovery } from '../pkg/{{stem}}.js';
import module from '../pkg/{{stem}}_bg.wasm';

initSync({ module });

/** What the object's storage has the counter as. */
const KEY = 'counter';

/** @typedef {{ COUNTERS: DurableObjectNamespace<CounterObject> }} Env */

/** @extends {DurableObject<Env>} */
export class CounterObject extends DurableObject {
  counter = new Counter();

  /** @param {DurableObjectState} ctx @param {Env} env */
  constructor(ctx, env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      const bytes = /** @type {Uint8Array | undefined} */ (await ctx.storage.get(KEY));
      if (bytes !== undefined) this.counter = Counter.import(bytes);
    });
  }

  /** @override @param {Request} request */
  async fetch(request) {
    try {
      if (request.method === 'POST') {
        const { searchParams } = new URL(request.url);
        if (searchParams.has('panic')) this.counter.panic();
        this.counter.add(Number(searchParams.get('by') ?? 1));
        await this.ctx.storage.put(KEY, recovery.export(this.counter));
      }
      return Response.json({ count: this.counter.count });
    } catch (error) {
      const { status, ...body } = described(error);
      return Response.json(body, { status });
    }
  }
}

/** A failure as an answer. What Rust throws has a name and a code. @param {unknown} error */
function described(error) {
  const { name, code, message, retryable } = /** @type {Record<string, unknown>} */ (Object(error));
  const status = code === 'E_LIMIT' ? 422 : retryable === true ? 503 : 500;
  return { status, name, code, message };
}

/** @satisfies {ExportedHandler<Env>} */
export default {
  /** @param {Request} request @param {Env} env */
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return env.COUNTERS.get(env.COUNTERS.idFromName(pathname)).fetch(request);
  },
};
