// @ts-check
// A class of the shape of a Durable Object around the counter: requests in, responses out.
// How a failure of Rust's becomes a status stands here, and nowhere else.

/**
 * @typedef {{ get(key: string): Promise<Uint8Array | undefined>, put(key: string, bytes: Uint8Array): Promise<void> }} Storage
 * @typedef {{ count: number, add(): number, panic(): void, exhaust(): void, overflow(): void, unreachable(): void }} Counter
 * @typedef {{
 *   Counter: { new (): Counter, import(bytes: Uint8Array): Counter },
 *   RecoverError: { [Symbol.hasInstance](value: unknown): boolean },
 *   recovery: { export(object: object): Uint8Array, health(): { epoch: number } },
 * }} Package
 */

/** The status for a `kind` of error; what is not here is 500. @type {Record<string, number>} */
const STATUS = { 'busy': 409, 'out-of-memory': 507, 'aborted': 503, 'restart-limit': 503 };

export class Room {
  /**
   * @param {{ storage: Storage }} state
   * @param {{ wasm: Package }} env
   */
  constructor(state, env) {
    this.storage = state.storage;
    this.wasm = env.wasm;
    /** @type {Promise<Counter>} */
    this.counter = this.storage.get('counter').then(
      (bytes) => (bytes === undefined ? new env.wasm.Counter() : env.wasm.Counter.import(bytes)),
    );
  }

  /**
   * @param {Request} request
   * @returns {Promise<Response>}
   */
  async fetch(request) {
    const counter = await this.counter;
    const path = new URL(request.url).pathname;
    if (request.method !== 'POST') return Response.json({ count: counter.count });
    try {
      switch (path) {
        case '/add': counter.add(); break;
        case '/panic': counter.panic(); break;
        case '/exhaust': counter.exhaust(); break;
        case '/overflow': counter.overflow(); break;
        case '/unreachable': counter.unreachable(); break;
        default: return Response.json({ error: 'NotFound' }, { status: 404 });
      }
    } catch (error) {
      return this.failed(error);
    }
    // What outlives the process, too.
    await this.storage.put('counter', this.wasm.recovery.export(counter));
    return Response.json({ count: counter.count });
  }

  /** @param {any} error */
  failed(error) {
    if (!(error instanceof this.wasm.RecoverError)) throw error;
    return Response.json(
      { error: error.name, code: error.code, message: error.message, location: error.location },
      { status: STATUS[error.kind] ?? 500, headers: error.retryable ? { 'retry-after': '0' } : {} },
    );
  }
}
