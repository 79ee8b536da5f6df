// @ts-check
// The Durable Objects of durable-object.test.mjs: each does with its storage what requests command. No assertion is in here.
import { DurableObjectStore } from '../../../recover-runtime/js/stores/durable-object.js';
import { agentOf } from './agent.mjs';

class Kept {
  #ctx;
  #agent;

  /** @param {{ storage: any, abort: (reason: string) => void }} ctx */
  constructor(ctx) {
    this.#ctx = ctx;
    this.#agent = agentOf(new DurableObjectStore(ctx.storage));
  }

  /** @param {Request} request */
  async fetch(request) {
    const command = await request.json();
    if (command.do === 'evict') this.#ctx.abort('evicted');
    if (command.do === 'deleteAll') return Response.json(await this.#ctx.storage.deleteAll() ?? {});
    return Response.json(await this.#agent(command));
  }
}

export class BySql extends Kept {}
export class ByKeys extends Kept {}

export default {
  /** @param {Request} request @param {Record<string, any>} env */
  fetch(request, env) {
    const namespace = env[new URL(request.url).pathname.slice(1)];
    return namespace.get(namespace.idFromName('one')).fetch(request);
  },
};
