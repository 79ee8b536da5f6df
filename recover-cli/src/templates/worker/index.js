// The worker: a counter for each path, in a Durable Object. `POST /name` counts, `POST /name?panic` panics.
import { DurableObject } from 'cloudflare:workers';
import { DurableObjectStore } from '../pkg/stores/durable-object.js';
import { Counter, initSync } from '../pkg/{{stem}}.js';
import module from '../pkg/{{stem}}_bg.wasm';

initSync({ module });

/** @typedef {{ COUNTERS: DurableObjectNamespace<CounterObject> }} Env */

/** @extends {DurableObject<Env>} */
export class CounterObject extends DurableObject {
  /** @type {ReturnType<typeof Counter.open> | undefined} */
  #counter;

  /** The counter as the storage has it. A call of it is answered when what it did is there. */
  counter() {
    this.#counter ??= Counter.open(new DurableObjectStore(this.ctx.storage), 'counter', { create: () => new Counter() });
    // The next request tries again.
    this.#counter.catch(() => { this.#counter = undefined; });
    return this.#counter;
  }

  /** @override @param {Request} request */
  async fetch(request) {
    try {
      const counter = await this.counter();
      if (request.method === 'POST') {
        const { searchParams } = new URL(request.url);
        if (searchParams.has('panic')) await counter.panic();
        await counter.add(Number(searchParams.get('by') ?? 1));
      }
      return Response.json({ count: await counter.count });
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
