// @ts-check
// What clients send and get, over WebSockets and HTTP alike: a request is a call of the
// room, an error is a status, a code, and whether to try again. Nothing of Cloudflare's
// stands here.

/**
 * @typedef {import('./types.mjs').Room} Room
 * @typedef {import('./types.mjs').Request_} Request_
 * @typedef {import('./types.mjs').Answer} Answer
 */

/** The most that a request may have, in UTF-16 units. */
const MOST = 65_536;

/** A request that is none. */
export class BadRequest extends Error {
  /** @param {string} message @param {number} [status] */
  constructor(message, status = 400) {
    super(message);
    this.name = 'BadRequest';
    this.code = 'E_BAD_REQUEST';
    this.status = status;
  }
}

/** @param {unknown} value */
function isPlace(value) {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffffffff;
}

/** @param {unknown} value */
const isText = (value) => typeof value === 'string';

/**
 * Calls of a room: what they take, and whether they edit it.
 * @type {Record<string, { takes: Record<string, (value: unknown) => boolean>, edits: boolean, call: (room: Room, request: any) => unknown }>}
 */
const CALLS = {
  insert: { takes: { at: isPlace, text: isText }, edits: true, call: (room, { at, text }) => room.insert(at, text) },
  delete: { takes: { from: isPlace, to: isPlace }, edits: true, call: (room, { from, to }) => room.delete(from, to) },
  shift: {
    takes: { from: isPlace, to: isPlace, at: isPlace }, edits: true,
    call: (room, { from, to, at }) => room.shift(from, to, at),
  },
  fill: {
    takes: { at: isPlace, text: isText, times: isPlace }, edits: true,
    call: (room, { at, text, times }) => room.fill(at, text, times),
  },
  read: { takes: { from: isPlace, to: isPlace }, edits: false, call: (room, { from, to }) => room.read(from, to) },
  nesting: { takes: { text: isText }, edits: false, call: (room, { text }) => room.nesting(text) },
  nestingUnguarded: { takes: { text: isText }, edits: false, call: (room, { text }) => room.nesting_unguarded(text) },
  crash: { takes: {}, edits: false, call: (room) => room.crash() },
};

/** What the object itself does. */
const OWN = { render: { from: isPlace, to: isPlace }, health: {}, evict: {}, captures: {} };

/**
 * Reads a request, whatever is in it.
 * @param {string | ArrayBuffer} data
 * @returns {Partial<Request_>}
 */
export function parse(data) {
  if (typeof data !== 'string') throw new BadRequest('a request is a text');
  if (data.length > MOST) throw new BadRequest(`a request has ${MOST} units at the most`, 413);
  let request;
  try {
    request = JSON.parse(data);
  } catch {
    throw new BadRequest('a request is JSON');
  }
  if (typeof request !== 'object' || request === null) throw new BadRequest('a request is an object');
  return request;
}

/**
 * What is in it is what its op takes.
 * @param {any} request
 * @returns {Request_}
 */
export function check(request) {
  const op = String(request.op);
  const takes = Object.hasOwn(CALLS, op) ? CALLS[op]?.takes : Object.hasOwn(OWN, op) ? OWN[/** @type {keyof OWN} */ (op)] : undefined;
  if (takes === undefined) throw new BadRequest('there is no such op');
  for (const [name, holds] of Object.entries(takes)) {
    if (!holds(request[name])) throw new BadRequest(`${op} needs ${Object.keys(takes).join(', ')}`);
  }
  return request;
}

/**
 * Calls the room. The answer says the number of the last edit and the length.
 * @param {Room} room
 * @param {Request_} request
 */
export async function perform(room, request) {
  const call = CALLS[request.op];
  if (call === undefined) throw new BadRequest('there is no such op');
  // Both are asked for at once, so that no other request comes in between.
  if (call.edits) {
    const [sequence, length] = await Promise.all([call.call(room, request), room.length]);
    return { edited: true, body: { sequence, length } };
  }
  const [sequence, result] = await Promise.all([room.sequence, call.call(room, request)]);
  return { edited: false, body: { sequence, result } };
}

/** Statuses by the `kind` of recover's errors. @type {Record<string, number>} */
const BY_KIND = {
  'panic': 500, 'out-of-memory': 507, 'stack-overflow': 413,
  'poisoned': 500, 'busy': 409, 'aborted': 503, 'restart-limit': 503, 'import': 500, 'stale': 410,
  'store': 503, 'lease': 503,
};

/** Statuses by the `code` of the room's own errors. @type {Record<string, number>} */
const BY_CODE = { 'E_OUT_OF_RANGE': 422, 'E_FULL': 413, 'E_UNBALANCED': 422 };

/**
 * The answer to a request that failed.
 * @param {any} error
 * @returns {Answer}
 */
export function failed(error) {
  const status = error?.status ?? BY_KIND[error?.kind] ?? BY_CODE[error?.code] ?? 500;
  const { name = 'Error', code = null, message = String(error), retryable = false } = error ?? {};
  return { status, body: { error: { name, code, message, retryable } } };
}
