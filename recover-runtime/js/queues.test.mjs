// @ts-check
// What waits in line for an object, and what does not. What needs an instance is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as host from './host.js';
import { keepKey, keyOf, keyUnderWay, underKey } from './keys.js';
import * as queues from './queues.js';

const links = host.linksOf();
queues.queues(links);
const prototype = {};

test('a call waits while its object is busy, and calls begin in their order', async () => {
  let busy = 1;
  links.inspect = () => busy;
  /** @type {number[]} */
  const calls = [];
  const call = links.linedUp((/** @type {number} */ n) => { calls.push(n); return n; }, prototype, 6, '');
  const object = Object.create(prototype);
  const waiting = [1, 2].map((n) => call.call(object, n));
  await Promise.resolve();
  assert.deepEqual(calls, []);
  busy = 0;
  links.ended();
  assert.deepEqual(await Promise.all(waiting), [1, 2]);
  assert.deepEqual(calls, [1, 2]);
  assert.equal(call.call(object, 3), 3, 'a free object is called at once');
});

test('a signal takes its call out of the line', async () => {
  links.inspect = () => 1;
  const call = links.linedUp(() => assert.fail('it was called'), prototype, 6, '0');
  const controller = new AbortController();
  const waiting = call.call(Object.create(prototype), controller.signal);
  controller.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
});

test('a receiver of another class does not wait: the call refuses it', () => {
  links.inspect = () => 1;
  const call = links.linedUp(() => 'called', prototype, 6, '');
  assert.equal(call.call({}), 'called');
});

test('a call that waited has the idempotency key that it came with', async () => {
  let busy = 1;
  links.inspect = () => busy;
  const own = links.keepKey;
  links.keepKey = keepKey;
  const call = links.linedUp(() => keyUnderWay(), prototype, 6, '');
  const [owner, object] = [{ name: 'a', sequence: 0 }, Object.create(prototype)];
  const waiting = ['one', 'two'].map((given) => underKey(keyOf(owner, { name: 'call', args: [] }, given), () => call.call(object)));
  waiting.push(call.call(object));
  busy = 0;
  assert.deepEqual(await Promise.all(waiting), ['one', 'two', undefined]);
  links.keepKey = own;
});
