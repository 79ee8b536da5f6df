// @ts-check
// What tasks.js does without an instance: a Rust of the test's own, which is asked, and
// throws as an instance does. What needs one is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const TICK = 0, RESOLVED = 1, REJECTED = 2, ABORTED = 3;
let copies = 0;

/**
 * A copy of the module, driven by `rust`; what it tells the host.
 * @param {(operation: number, id: number, tasks: any) => void} [rust]
 */
async function driven(rust = () => {}) {
  const tasks = await import(`./tasks.js?copy=${copies += 1}`);
  /** @type {[operation: number, id: number, argument: unknown][]} */
  const calls = [];
  /** @type {unknown[]} */
  const reported = [];
  const links = {
    instance: { dead: false },
    ends: 0,
    report: (/** @type {unknown} */ error) => reported.push(error),
    abortedTasks: (/** @type {unknown} */ cause, /** @type {number} */ count) => Array.from({ length: count }, () => new Error('aborted', { cause })),
    ended() { links.ends += 1; },
    abandonTasks(/** @type {unknown[]} */ ..._death) {},
  };
  const tick = () => {
    calls.push([TICK, 0, undefined]);
    rust(TICK, 0, tasks);
  };
  tasks.drive(tick, (/** @type {number} */ operation, /** @type {number} */ id, /** @type {unknown} */ value) => {
    calls.push([operation, id, value]);
    rust(operation, id, tasks);
  }, links);
  return { tasks, links, calls, reported };
}

/** Lets every microtask run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** @param {Promise<unknown>} promise */
const state = (promise) => Promise.race([
  promise.then((value) => ['fulfilled', value], (reason) => ['rejected', reason]),
  turn().then(() => ['pending']),
]);

test('a tick comes as a microtask, one for each time it is asked for', async () => {
  const { tasks, calls } = await driven();
  tasks.schedule();
  assert.deepEqual(calls, []);
  await Promise.resolve();
  assert.deepEqual(calls, [[TICK, 0, undefined]]);
  tasks.deferred(1, true);
  tasks.deferred(2, false);
  await turn();
  assert.equal(calls.length, 2);
});

test('a promise is settled by its number, once, and the host is told', async () => {
  const { tasks, links } = await driven();
  const [first, second] = [tasks.deferred(1, false), tasks.deferred(2, false)];
  tasks.settle(2, false, 'reason');
  assert.deepEqual(await state(second), ['rejected', 'reason']);
  assert.deepEqual(await state(first), ['pending']);
  tasks.settle(1, true, 7);
  tasks.settle(1, false, 8);
  assert.deepEqual(await state(first), ['fulfilled', 7]);
  assert.equal(links.ends, 3);
  const again = tasks.deferred(1, false);
  assert.deepEqual(await state(again), ['pending'], 'a number is used again');
  assert.deepEqual(await state(tasks.settled(true, 1)), ['fulfilled', 1]);
  assert.deepEqual(await state(tasks.settled(false, undefined)), ['rejected', undefined]);
});

test('a promise that is waited for wakes its wait alone', async () => {
  const { tasks, calls } = await driven();
  tasks.watch(5, Promise.resolve('value'));
  tasks.watch(6, Promise.reject('reason'));
  tasks.watch(7, 'no promise');
  tasks.watch(8, { then(/** @type {any} */ resolve) { resolve('thenable'); resolve('twice'); } });
  tasks.watch(9, Promise.resolve('given up'));
  tasks.unwatch(9);
  await turn();
  assert.deepEqual(calls, [[RESOLVED, 5, 'value'], [REJECTED, 6, 'reason'], [RESOLVED, 7, 'no promise'], [RESOLVED, 8, 'thenable']]);
});

test('a wait whose number is used again is not woken by the promise before', async () => {
  const { tasks, calls } = await driven();
  const { promise, resolve } = Promise.withResolvers();
  tasks.watch(5, promise);
  tasks.unwatch(5);
  tasks.watch(5, new Promise(() => {}));
  resolve('late');
  await turn();
  assert.deepEqual(calls, []);
});

test('a promise with a `then` of its own answers as to `await`: not at once, and once', async () => {
  const { tasks, calls } = await driven();
  const odd = Object.assign(Promise.resolve('own'), { then: (/** @type {any} */ f) => f('at once') });
  tasks.watch(5, odd);
  assert.deepEqual(calls, []);
  await turn();
  assert.deepEqual(calls, [[RESOLVED, 5, 'own']]);
  const fault = Object.defineProperty(Promise.resolve(), 'constructor', { get() { throw new RangeError('mine'); } });
  assert.throws(() => tasks.watch(6, fault), RangeError);
});

test('what crosses a task rejects its promise, and the rest goes on', async () => {
  const thrown = { own: 'exception' };
  const { tasks, calls, reported } = await driven((operation, _, module) => {
    if (operation === RESOLVED) {
      module.crossing(3);
      throw thrown;
    }
  });
  const promise = tasks.deferred(3, false);
  const other = tasks.deferred(4, false);
  tasks.watch(1, Promise.resolve());
  assert.deepEqual(await state(promise), ['rejected', thrown]);
  assert.deepEqual(await state(other), ['pending']);
  await turn();
  assert.deepEqual(calls.at(-1), [TICK, 0, undefined], 'those that are awake get their tick');
  assert.deepEqual(reported, []);
});

test('what crosses a detached task is reported', async () => {
  for (const value of ['thrown', undefined]) {
    let once = true;
    const { tasks, reported } = await driven((operation, _, module) => {
      if (operation === TICK && once) {
        once = false;
        module.crossing(undefined);
        throw value;
      }
    });
    tasks.schedule();
    await turn();
    assert.deepEqual(reported, [value]);
  }
});

test('an instance that dies rejects what is under way, however it is found out', async () => {
  const trap = new Error('trap');
  const { tasks, links, calls } = await driven((operation) => {
    if (operation === TICK) {
      links.instance.dead = true;
      throw trap;
    }
  });
  const promises = [tasks.deferred(0, false), tasks.deferred(2, false), tasks.deferred(1, false)];
  tasks.settle(2, true, 'before');
  tasks.watch(4, new Promise((resolve) => setImmediate(resolve)));
  tasks.schedule();
  const [first, second, third] = await Promise.all(promises.map(state));
  assert.equal(/** @type {any} */ (first)[1].cause, trap);
  assert.deepEqual(second, ['fulfilled', 'before']);
  assert.equal(/** @type {any} */ (third)[1].message, 'aborted');
  const asked = calls.length;
  await turn();
  await turn();
  assert.equal(calls.length, asked, 'nothing of it is called any more');

  const { tasks: others, links: host, calls: late } = await driven();
  const pending = others.deferred(0, true);
  const trap2 = new Error('another');
  host.abandonTasks(trap2, trap2, undefined);
  assert.equal(/** @type {any} */ (await state(pending))[1].message, 'aborted');
  await turn();
  assert.deepEqual(late, [], 'a tick that was asked for before comes to nobody');
});

test('a signal aborts its task, until the task has ended', async () => {
  const { tasks, calls } = await driven();
  const [first, second] = [new AbortController(), new AbortController()];
  tasks.deferred(1, false).catch(() => {});
  tasks.deferred(2, false);
  tasks.cancelOn(1, first.signal);
  tasks.cancelOn(2, second.signal);
  first.abort('reason');
  assert.deepEqual(calls, [[ABORTED, 1, 'reason']]);
  tasks.settle(1, false, 'reason');
  tasks.settle(2, true, 7);
  second.abort('late');
  assert.equal(calls.length, 1);
});

test('what a signal does wrong stays its own', async () => {
  const { tasks, calls } = await driven();
  for (const wrong of [undefined, null, 7, {}, { aborted: true, reason: 1 }]) assert.throws(() => tasks.cancelOn(1, wrong), TypeError);
  assert.throws(() => tasks.cancelOn(1, AbortSignal.abort('before')), (thrown) => thrown === 'before');
  /** @type {(() => void)[]} */
  const kept = [];
  const leaky = { aborted: false, addEventListener: (/** @type {any} */ _, /** @type {any} */ f) => kept.push(f), removeEventListener() { throw new Error('mine'); } };
  const promise = tasks.deferred(1, false);
  tasks.cancelOn(1, leaky);
  tasks.settle(1, true, 7);
  assert.deepEqual(await state(promise), ['fulfilled', 7]);
  tasks.deferred(1, false);
  for (const listener of kept) listener();
  assert.deepEqual(calls, [], 'the task that has the number now is not concerned');
});
