// @ts-check
// What a Worker in Rust needs of JavaScript: responses for requests that failed, and the values of the host
// that a Durable Object has, which outlive its instance. This module imports nothing.

/** Statuses by the `kind` of recover's errors. @type {Record<string, number>} */
const STATUS = {
  'panic': 500, 'out-of-memory': 507, 'stack-overflow': 413,
  'poisoned': 500, 'busy': 409, 'aborted': 503, 'restart-limit': 503, 'import': 500, 'stale': 410,
};

/**
 * The answer to a request that failed. What a panic says may be no client's business: the log has it, under
 * the same id.
 * @param {any} error
 * @returns {{ status: number, body: { status: number, error: { name: string, code: string, retryable: boolean, id: string } } }}
 */
export function failure(error) {
  const id = crypto.randomUUID();
  const known = typeof error?.kind === 'string' && Object.hasOwn(STATUS, error.kind);
  const status = known ? /** @type {number} */ (STATUS[error.kind]) : 500;
  const { name, code, retryable } = known ? error : { name: 'Error', code: 'E_INTERNAL', retryable: false };
  // Who was only under way when another call ended the instance has nothing to tell: that one is in the log, whole.
  if (known && retryable === true) console.error(`request failed, ${id}: ${String(error)}`);
  else console.error(`request failed, ${id}:`, error);
  return { status, body: { status, error: { name, code, retryable: retryable === true, id } } };
}

/** @param {unknown} error */
function response(error) {
  const { status, body } = failure(error);
  const headers = { 'x-error-id': body.error.id, ...(body.error.retryable ? { 'retry-after': '0' } : {}) };
  return Response.json(body, { status, headers });
}

/**
 * The promise of a response, whatever becomes of the call.
 * @param {Promise<Response>} promise
 */
export function answered(promise) {
  return promise.then(undefined, response);
}

/**
 * Tells a client that its message failed. If the message was JSON with an `id`, as in JSON-RPC, so is the answer.
 * @param {{ send(data: string): void }} socket
 * @param {unknown} message
 * @param {unknown} error
 */
function tell(socket, message, error) {
  const { body } = failure(error);
  let id;
  try {
    if (typeof message === 'string') ({ id } = JSON.parse(message));
  } catch {
    // It is not JSON.
  }
  try {
    socket.send(JSON.stringify(id === undefined ? body : { id, ...body }));
  } catch {
    // The client has gone.
  }
}

/** Prototypes whose methods answer. @type {WeakSet<object>} */
const answering = new WeakSet();

/**
 * Has the methods of a Durable Object answer. A request that the gate refused is answered, too: it never got to
 * Rust.
 * @param {any} prototype
 */
function answer(prototype) {
  if (answering.has(prototype)) return;
  answering.add(prototype);
  const { fetch, webSocketMessage } = prototype;
  if (typeof fetch === 'function') {
    /** @param {unknown[]} given */
    prototype.fetch = async function (...given) {
      try {
        return await fetch.apply(this, given);
      } catch (error) {
        return response(error);
      }
    };
  }
  if (typeof webSocketMessage === 'function') {
    /** @param {any} socket @param {unknown} message */
    prototype.webSocketMessage = async function (socket, message) {
      try {
        return await webSocketMessage.call(this, socket, message);
      } catch (error) {
        tell(socket, message, error);
      }
    };
  }
}

/**
 * The shim of worker-build makes another instance, and every object anew, when these change. That is the gate's to
 * do, which has the objects live on.
 */
export function attach() {
  const state = /** @type {any} */ (globalThis).__worker_init_state;
  if (typeof state !== 'object' || state === null) return;
  for (const [name, value] of Object.entries({ criticalError: false, instanceId: state.instanceId })) {
    Object.defineProperty(state, name, { get: () => value, set: () => {}, configurable: true });
  }
}

/**
 * The class's methods answer from when the runtime patches it.
 * @param {{ onAdopt?: Map<string, (prototype: object) => void> }} links
 * @param {string} name
 */
export function attachObject(links, name) {
  links.onAdopt ??= new Map();
  links.onAdopt.set(name, answer);
}

/** @type {Map<number, unknown>} */
const values = new Map();
/** @type {WeakMap<object, number>} */
const numbers = new WeakMap();
/** The number of an object's state, by the object's id: when it is made again, the one before is let go. @type {Map<string, number>} */
const states = new Map();
let last = 0;

/**
 * Keeps a value.
 * @param {any} value
 * @returns {number}
 */
export function hold(value) {
  const known = numbers.get(value);
  if (known !== undefined) return known;
  const number = last += 1;
  numbers.set(value, number);
  values.set(number, value);
  if (typeof value.blockConcurrencyWhile === 'function') {
    const id = String(value.id);
    const before = states.get(id);
    if (before !== undefined) values.delete(before);
    states.set(id, number);
  }
  return number;
}

/**
 * The value of a number.
 * @param {number} number
 */
export function held(number) {
  return values.get(number);
}
