// @ts-check
// A Worker in Rust, as worker-build made it, in workerd: what fails is answered, and nothing else is lost.
// RECOVER_WORKER is the directory of the build, RECOVER_STRATEGY what a panic does there.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Client, post, text } from '../../examples/durable-object/client.mjs';
import { serve } from '../../examples/durable-object/server.mjs';

const directory = process.env.RECOVER_WORKER ?? '';
const unwinds = process.env.RECOVER_STRATEGY !== 'abort';
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
before(async () => { server = await serve({ package: directory, worker: 'rust', bindings: { ROOM: 'bound' } }); });
after(async () => { await server.dispose(); });

/** @param {string} path */
async function get(path) {
  const response = await fetch(new URL(path, server.url));
  const body = await response.text();
  const id = response.headers.get('x-error-id');
  return { status: response.status, body, error: id === null ? undefined : JSON.parse(body).error, id };
}

/** @param {string} name */
const counter = (name) => ({
  /** @param {string} what */
  ask: (what) => get(`/counters/${name}/${what}`),
  /** @param {string} what @param {string} expected */
  is: async (what, expected) => assert.equal((await get(`/counters/${name}/${what}`)).body, expected),
});

/** What a panic of an object ends in: where every panic ends the instance, who led the request there is lost, too. */
const PANIC = unwinds ? [500, 'PanicError', 'E_PANIC', false] : [503, 'InstanceAbortedError', 'E_INSTANCE_ABORTED', true];
const TRAP = [503, 'InstanceAbortedError', 'E_INSTANCE_ABORTED', true];

/** @param {Awaited<ReturnType<typeof get>>} answer @param {unknown[]} expected */
function fails({ status, error, id }, expected) {
  assert.deepEqual([status, error?.name, error?.code, error?.retryable], expected);
  assert.match(error.id, /^[\da-f-]{36}$/);
  assert.equal(id, error.id);
}

for (const [what, expected] of /** @type {const} */ ([['panic', PANIC], ['borrow', PANIC], ['trap', TRAP]])) {
  test(`${what}: the request has a typed answer with an id, and the object is as before it`, async () => {
    const { ask, is } = counter(what);
    await is('add', '1');
    await is('add', '2');
    fails(await ask(what), expected);
    await is('state', '2 2 0');
    await is('add', '3');
    fails(await ask(what), expected);
    await is('add', '4');
    await is('state', '4 4 0');
  });
}

test('a request that panics after a wait is undone from there on', async () => {
  const { ask, is } = counter('late');
  await is('add', '1');
  fails(await ask('late'), PANIC);
  await is('state', '2 2 0');
});

test('what the others did while a request waited is not undone with it', async () => {
  const { ask, is } = counter('others');
  const late = ask('late');
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  const { body } = await ask('add');
  fails(await late, PANIC);
  if (unwinds) assert.equal(body, '2');
  await is('state', '2 2 0');
});

test('requests under way when the instance ends are answered, and their objects live on', async () => {
  const [one, two] = [counter('waits'), counter('ends')];
  const waits = [one.ask('wait'), get('/wait'), counter('waits-too').ask('wait')];
  await new Promise((resolve) => { setTimeout(resolve, 100); });
  fails(await two.ask('trap'), TRAP);
  for (const answer of await Promise.all(waits)) fails(answer, TRAP);
  await one.is('state', '1 1 0');
  await one.is('add', '2');
  await two.is('add', '1');
});

test('a panic of another request disturbs nobody who waits', { skip: !unwinds }, async () => {
  const waits = counter('quiet').ask('wait');
  await new Promise((resolve) => { setTimeout(resolve, 100); });
  fails(await counter('loud').ask('panic'), PANIC);
  assert.equal((await waits).body, '1');
});

test('the handler itself panics, and answers the next request', async () => {
  for (let turn = 0; turn < 3; turn += 1) {
    fails(await get('/panic'), [500, 'PanicError', 'E_PANIC', false]);
    assert.equal((await get('/nowhere')).status, 404);
  }
});

test('messages that fail are answered with their id, over a socket that stays open', async () => {
  const socket = new WebSocket(new URL('/counters/socket/open', server.url).href.replace('http', 'ws'));
  await new Promise((resolve) => { socket.onopen = resolve; });
  /** @param {object | string} message */
  const ask = (message) => new Promise((resolve) => {
    socket.onmessage = ({ data }) => resolve(JSON.parse(data));
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  });
  assert.equal(await ask('add'), 1);
  for (const [op, expected] of /** @type {const} */ ([['panic', [500, 'PanicError', 'E_PANIC']], ['trap', TRAP.slice(0, 3)]])) {
    const { id, status, error } = await ask({ id: `${op} 7`, op });
    assert.equal(id, `${op} 7`);
    assert.deepEqual([status, error.name, error.code], expected);
    assert.match(error.id, /^[\da-f-]{36}$/);
  }
  assert.equal((await ask('panic')).error.code, 'E_PANIC');
  assert.equal(await ask('add'), 2);
  socket.close();
});

test('an alarm that panics is undone, and made again by workerd', async () => {
  const { is, ask } = counter('alarm');
  await ask('alarm');
  let body = '';
  for (let turn = 0; turn < 100 && body !== '0 0 1'; turn += 1) {
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    ({ body } = await ask('state'));
    assert.ok(['0 0 0', '0 0 1'].includes(body), body);
  }
  await is('state', '0 0 1');
});

test('a schedule and a batch that fail reject, and the next ones do not', async () => {
  const worker = await server.miniflare.getWorker();
  const message = (/** @type {string} */ body) => [{ id: body, timestamp: new Date(), attempts: 1, body }];
  for (let turn = 0; turn < 2; turn += 1) {
    assert.equal((await worker.scheduled({ cron: 'panic' })).outcome, 'exception');
    assert.equal((await worker.scheduled({ cron: 'ok' })).outcome, 'ok');
    assert.equal((await worker.queue('queue', message('panic'))).outcome, 'exception');
    assert.equal((await worker.queue('queue', message('error'))).outcome, 'exception');
    assert.equal((await worker.queue('queue', message('fine'))).outcome, 'ok');
  }
});

test('an object has its bindings and its storage in the next instance, too', async () => {
  const room = 'bindings';
  await post(server.url, room, { op: 'insert', at: 0, text: 'kept' });
  assert.equal((await post(server.url, room, { op: 'crash' })).status, 503);
  assert.equal((await post(server.url, room, { op: 'health' })).binding, 'bound');
  assert.equal((await post(server.url, room, { op: 'save' })).stored, 1);
  await post(server.url, room, { op: 'evict' }).catch(() => {});
  assert.deepEqual(await text(server.url, room), { text: 'kept', sequence: 1 });
});

test('a socket that hibernated is served by an object that is made again', async () => {
  const client = await Client.open(server.url, 'sleeps');
  await client.request({ op: 'insert', at: 0, text: 'kept' });
  await client.request({ op: 'crash' });
  await client.request({ op: 'save' });
  // workerd takes an object out of memory after ten seconds without a request.
  await new Promise((resolve) => { setTimeout(resolve, 12_000); });
  assert.equal((await client.request({ op: 'read', from: 0, to: 4 })).result, 'kept');
  assert.equal((await client.request({ op: 'shift', from: 0, to: 2, at: 4e9 })).error.code, 'E_PANIC');
  assert.equal((await client.request({ op: 'insert', at: 4, text: '!' })).sequence, 2);
  await client.close();
});
