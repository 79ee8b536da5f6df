// @ts-check
import assert from 'node:assert/strict';
import test from 'node:test';
import { answered, attach, attachObject, failure, held, hold } from './worker.js';

console.error = () => {};

/** An error of recover's. @param {string} kind @param {boolean} [retryable] */
const typed = (kind, retryable = false) => Object.assign(new Error('a secret'), { name: 'PanicError', code: 'E_PANIC', kind, retryable });

test('a failure has the status of its kind and an id, and nothing of the message', () => {
  const { status, body } = failure(typed('panic'));
  assert.equal(status, 500);
  const { id, ...rest } = body.error;
  assert.deepEqual(rest, { name: 'PanicError', code: 'E_PANIC', retryable: false });
  assert.match(id, /^[\da-f-]{36}$/);
  assert.ok(!JSON.stringify(body).includes('secret'));
  assert.equal(failure(typed('aborted', true)).status, 503);
});

test('what is no error of recover is an internal error, whatever it says of itself', () => {
  for (const thrown of [new Error('a secret'), undefined, 'a secret', { kind: 'constructor', name: 'a secret' }]) {
    const { status, body } = failure(thrown);
    assert.equal(status, 500);
    assert.equal(body.error.code, 'E_INTERNAL');
    assert.ok(!JSON.stringify(body).includes('secret'));
  }
});

test('a promise that rejects becomes a response with the id as a header', async () => {
  const response = await answered(Promise.reject(typed('aborted', true)));
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('retry-after'), '0');
  assert.equal(response.headers.get('x-error-id'), (await response.json()).error.id);
  const good = new Response('good');
  assert.equal(await answered(Promise.resolve(good)), good);
});

test('the methods of a class answer, once it is patched', async () => {
  class Room {
    /** @type {unknown} */
    fault = typed('panic');
    async fetch() { throw this.fault; }
    /** @param {unknown} _socket @param {unknown} _message */
    async webSocketMessage(_socket, _message) { throw this.fault; }
  }
  /** @type {{ onAdopt?: Map<string, (prototype: object) => void> }} */
  const links = {};
  attachObject(links, 'Room');
  links.onAdopt?.get('Room')?.(Room.prototype);
  links.onAdopt?.get('Room')?.(Room.prototype);
  const room = new Room();
  assert.equal((await /** @type {any} */ (room.fetch())).status, 500);
  /** @type {any[]} */
  const sent = [];
  const socket = { send: (/** @type {string} */ text) => sent.push(JSON.parse(text)) };
  await room.webSocketMessage(socket, '{"id":7}');
  await room.webSocketMessage(socket, 'no JSON');
  await room.webSocketMessage(socket, new ArrayBuffer(1));
  assert.deepEqual(sent.map(({ id, status, error }) => [id, status, error.code]), [[7, 500, 'E_PANIC'], [undefined, 500, 'E_PANIC'], [undefined, 500, 'E_PANIC']]);
  const gone = { send() { throw new Error('gone'); } };
  await room.webSocketMessage(gone, '{"id":7}');
});

test('a value is kept under one number, and that of an object until it is made again', () => {
  const env = {};
  assert.equal(hold(env), hold(env));
  assert.equal(held(hold(env)), env);
  const state = () => ({ id: 'one', blockConcurrencyWhile() {} });
  const [first, second] = [state(), state()];
  const number = hold(first);
  assert.equal(held(number), first);
  assert.equal(held(hold(second)), second);
  assert.equal(held(number), undefined);
  assert.equal(held(hold(env)), env);
});

test('the shim sees one instance for ever', () => {
  const page = /** @type {any} */ (globalThis);
  attach();
  page.__worker_init_state = { criticalError: true, instanceId: 3 };
  attach();
  page.__worker_init_state.instanceId = 4;
  page.__worker_init_state.criticalError = true;
  assert.deepEqual({ ...page.__worker_init_state }, { criticalError: false, instanceId: 3 });
});
