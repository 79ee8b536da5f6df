// @ts-check
// What waits in line for an object, and what does not. What needs an instance is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as host from './host.js';
import * as queues from './queues.js';

const links = host.linksOf();
queues.queues(links);

test('a call waits while its object is busy, and calls begin in their order', async () => {
  let busy = 1;
  links.inspect = () => busy;
  /** @type {number[]} */
  const calls = [];
  const call = links.linedUp((/** @type {number} */ n) => { calls.push(n); return n; }, () => busy, 6, '');
  const object = {};
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
  const call = links.linedUp(() => assert.fail('it was called'), () => 1, 6, '0');
  const controller = new AbortController();
  const waiting = call.call({}, controller.signal);
  controller.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
});
