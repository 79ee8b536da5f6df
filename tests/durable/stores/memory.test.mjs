// @ts-check
// `stores/memory.js`: what each store must do, and the faults that it injects.
import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { agentOf } from './agent.mjs';
import { conformance } from './conformance.mjs';
import { moduleOf } from './owner.mjs';

/** @type {typeof import('../../../recover-runtime/js/stores/memory.js')} */
const { MemoryStore } = await import(pathToFileURL(moduleOf('memory')).href);

conformance('memory', async () => {
  // Slow enough that a kill meets a write.
  const store = new MemoryStore({ hook: () => new Promise((resolve) => { setImmediate(resolve); }) });
  return {
    async owner() {
      return { ask: agentOf(store), kill: async () => store.crash(({ bytes }) => bytes.length >> 1) };
    },
    take: async (name) => store.take(name),
    end: async () => {},
  };
});

const one = Uint8Array.of(1, 2, 3, 4);
/** @param {import('../../../recover-runtime/js/stores/memory.js').MemoryStore} store */
const chunksOf = async (store) => {
  const stored = store.open('x');
  const { chunks } = await stored.read();
  await stored.close();
  return chunks.map(({ at, bytes }) => `${at}: ${[...bytes]}`);
};
const never = () => new Promise(() => {});

test('memory: without a hook a write is durable at once', async () => {
  const store = new MemoryStore();
  assert.equal(store.open('x').append(0, one), undefined);
  store.crash();
  assert.deepEqual(await chunksOf(store), ['0: 1,2,3,4']);
});

test('memory: the hook is called at each point, with what is written', async () => {
  /** @type {string[]} */
  const points = [];
  const store = new MemoryStore({ hook: ({ name, op, at, bytes, when }) => { points.push(`${name} ${op} ${at} ${bytes.length} ${when}`); } });
  const stored = store.open('x');
  await stored.snapshot(3, one);
  await stored.append(3, one);
  await stored.drop(3);
  assert.deepEqual(points, [
    'x snapshot 3 4 before', 'x snapshot 3 4 written', 'x snapshot 3 4 synced', 'x append 3 4 before', 'x append 3 4 written', 'x append 3 4 synced',
    'x drop 3 0 before', 'x drop 3 0 written',
  ]);
});

for (const [when, keep, expected] of /** @type {const} */ ([
  ['before', true, ['0: 1,2,3,4']],
  ['written', false, ['0: 1,2,3,4']],
  ['written', 2, ['0: 1,2,3,4', '1: 1,2']],
  ['written', true, ['0: 1,2,3,4', '1: 1,2,3,4']],
  ['synced', false, ['0: 1,2,3,4', '1: 1,2,3,4']],
])) {
  test(`memory: a crash at '${when}' that keeps ${keep} of the write`, async () => {
    const store = new MemoryStore({ hook: (point) => (point.at === 1 && point.when === when ? never() : undefined) });
    const stored = store.open('x');
    await stored.append(0, one);
    stored.append(1, one);
    await new Promise((resolve) => { setImmediate(resolve); });
    store.crash(() => keep);
    await assert.rejects(async () => stored.append(2, one), /the store crashed/);
    assert.deepEqual(await chunksOf(store), expected);
  });

  test(`memory: a write that fails at '${when}'`, async () => {
    const store = new MemoryStore({ hook: (point) => { if (point.at === 1 && point.when === when) throw new Error('no'); } });
    const stored = store.open('x');
    await stored.append(0, one);
    await assert.rejects(async () => stored.append(1, one), when === 'before' ? { nothingWritten: true } : /no/);
    await stored.close();
    assert.deepEqual(await chunksOf(store), when === 'synced' ? ['0: 1,2,3,4', '1: 1,2,3,4'] : ['0: 1,2,3,4']);
  });
}

test('memory: a drop is synced with the next write; until then a crash may undo it, or a part of it', async () => {
  for (const [keep, expected] of /** @type {const} */ ([[false, ['0', '1', '2']], [1, ['1', '2']], [true, ['2']]])) {
    const store = new MemoryStore({ hook: () => undefined });
    const stored = store.open('x');
    for (const at of [0, 1, 2]) await stored.append(at, one);
    await stored.drop(2);
    store.crash(() => keep);
    assert.deepEqual((await chunksOf(store)).map((text) => text[0]), expected);
  }
  const store = new MemoryStore({ hook: () => undefined });
  const stored = store.open('x');
  await stored.append(0, one);
  await stored.drop(1);
  await stored.append(1, one);
  store.crash();
  assert.deepEqual(await chunksOf(store), ['1: 1,2,3,4']);
});

test('memory: a write behind a slow one is later than a crash', async () => {
  const store = new MemoryStore({ hook: ({ at }) => new Promise((resolve) => { setTimeout(resolve, at * 20); }) });
  const stored = store.open('x');
  await stored.append(0, one);
  const slow = stored.append(1, one);
  store.crash(() => true);
  await assert.rejects(async () => slow, /the store crashed/);
  assert.deepEqual(await chunksOf(store), ['0: 1,2,3,4']);
});

test('memory: what is no option is refused, with what would be', () => {
  assert.throws(() => new MemoryStore(/** @type {any} */ ({ before: 1 })), /TypeError: MemoryStore has no option 'before'.*'hook'/);
  assert.throws(() => new MemoryStore(/** @type {any} */ ({ hook: 1 })), /'hook' must be a function/);
  assert.throws(() => new MemoryStore().open(/** @type {any} */ (1)), /the name of a durable object is a string, not number/);
});
