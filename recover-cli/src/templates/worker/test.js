import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

const root = fileURLToPath(new URL('..', import.meta.url));
/** @type {import('miniflare').MiniflareOptions} */
const options = {
  modules: true,
  modulesRoot: root,
  scriptPath: `${root}worker/index.js`,
  modulesRules: [
    { type: 'ESModule', include: ['**/*.js'] },
    { type: 'CompiledWasm', include: ['**/*.wasm'] },
  ],
  compatibilityDate: '2026-04-01',
  durableObjects: { COUNTERS: { className: 'CounterObject', useSQLite: true } },
};
const miniflare = new Miniflare(options);
after(() => miniflare.dispose());

/** @param {string} path @param {string} method @param {Miniflare} to */
async function send(path, method = 'POST', to = miniflare) {
  const response = await to.dispatchFetch(`http://counters${path}`, { method });
  return { status: response.status, body: /** @type {any} */ (await response.json()) };
}

test('each path has a counter of its own', async () => {
  assert.deepEqual(await send('/a'), { status: 200, body: { count: 1 } });
  assert.deepEqual(await send('/a?by=2'), { status: 200, body: { count: 3 } });
  assert.deepEqual(await send('/b', 'GET'), { status: 200, body: { count: 0 } });
});

test('a panic is an answer, and the count is as before', async () => {
  await send('/c');
  const { status, body } = await send('/c?panic');
  assert.deepEqual([status, body.name, body.code], [500, 'PanicError', 'E_PANIC']);
  assert.deepEqual(await send('/c', 'GET'), { status: 200, body: { count: 1 } });
});

test('counts outlive the process', async () => {
  const own = await mkdtemp(join(tmpdir(), 'counters-'));
  const process = () => new Miniflare({ ...options, durableObjectsPersist: own });
  for (const count of [1, 2]) {
    const one = process();
    assert.deepEqual(await send('/kept', 'POST', one), { status: 200, body: { count } });
    await one.dispose();
  }
  await rm(own, { recursive: true, force: true });
});

test('what the caller did wrong is an answer of its own', async () => {
  const { status, body } = await send('/d?by=2000000');
  assert.deepEqual([status, body.name, body.code], [422, 'LimitError', 'E_LIMIT']);
});
