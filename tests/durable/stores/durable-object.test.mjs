// @ts-check
// `stores/durable-object.js` in Durable Objects in workerd, whose process is killed and started again over the same storage: by
// SQL, and by keys and values in a class that has no SQLite.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { conformance } from './conformance.mjs';
import { moduleOf } from './owner.mjs';
import { bytesOf, saidOf } from './pieces.mjs';

const MODULES = process.env.RECOVER_MINIFLARE ?? join(import.meta.dirname, '../../../engines/miniflare/node_modules');
const { Miniflare } = await import(pathToFileURL(join(MODULES, 'miniflare/dist/src/index.js')).href);
/** @type {typeof import('../../../recover-runtime/js/stores/durable-object.js')} */
const { DurableObjectStore } = await import(pathToFileURL(moduleOf('durable-object')).href);

const file = (/** @type {string} */ name) => readFileSync(join(import.meta.dirname, name), 'utf8');
const modules = [
  { type: 'ESModule', path: '/worker/tests/durable/stores/worker.mjs', contents: file('worker.mjs') },
  { type: 'ESModule', path: '/worker/tests/durable/stores/agent.mjs', contents: file('agent.mjs') },
  { type: 'ESModule', path: '/worker/tests/durable/stores/pieces.mjs', contents: file('pieces.mjs') },
  { type: 'ESModule', path: '/worker/recover-runtime/js/stores/durable-object.js', contents: readFileSync(moduleOf('durable-object'), 'utf8') },
];

/** The processes of workerd that this one started. */
function workerds() {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return name === 'workerd' && Number(parent) === process.pid;
    } catch {
      return false;
    }
  }).map(Number);
}

/**
 * By a connection of its own: workerd ends one that was idle for five seconds, which a busy process notices too late.
 * @param {URL} url @param {string} body @returns {Promise<any>}
 */
async function post(url, body) {
  const call = request(url, { method: 'POST', agent: false });
  call.end(body);
  const [response] = await once(call, 'response');
  const text = (await response.setEncoding('utf8').toArray()).join('');
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${text}`);
  return JSON.parse(text);
}

/** @param {string} persist where the storage is @param {'SQL' | 'KEYS'} binding */
async function start(persist, binding) {
  const before = new Set(workerds());
  const miniflare = new Miniflare({
    modules,
    modulesRoot: '/worker',
    compatibilityDate: '2026-04-01',
    durableObjects: { SQL: { className: 'BySql', useSQLite: true }, KEYS: { className: 'ByKeys' } },
    durableObjectsPersist: persist,
  });
  const url = await miniflare.ready;
  const [pid] = workerds().filter((each) => !before.has(each));
  assert.ok(pid !== undefined, 'workerd is not a child of this process');
  let killed = false;
  return {
    get killed() { return killed; },
    /** @param {import('./agent.mjs').Command} command */
    async ask(command) {
      if (killed) throw new Error('workerd was killed');
      return post(new URL(`/${binding}`, url), JSON.stringify(command));
    },
    async kill() {
      if (killed) return;
      killed = true;
      process.kill(pid, 'SIGKILL');
      while (workerds().includes(pid)) await new Promise((resolve) => { setTimeout(resolve, 5); });
      await miniflare.dispose();
    },
  };
}

for (const binding of /** @type {const} */ (['SQL', 'KEYS'])) {
  conformance(`durable-object by ${binding === 'SQL' ? 'SQL' : 'keys'}`, async () => {
    const persist = mkdtempSync(join(tmpdir(), 'recover-durable-object-'));
    /** @type {Awaited<ReturnType<typeof start>> | undefined} */
    let server;
    return {
      // All are in the one object that the platform runs.
      async owner() {
        if (server === undefined || server.killed) server = await start(persist, binding);
        const own = server;
        return { ask: (command) => own.ask(command), kill: () => own.kill() };
      },
      end: async () => {
        await server?.kill();
        rmSync(persist, { recursive: true, force: true, maxRetries: 5 });
      },
    };
  });
}

for (const binding of /** @type {const} */ (['SQL', 'KEYS'])) {
  test(`durable-object by ${binding === 'SQL' ? 'SQL' : 'keys'}: an object that is evicted is let in again, and has all that was answered`, async (t) => {
    const persist = mkdtempSync(join(tmpdir(), 'recover-durable-object-'));
    const server = await start(persist, binding);
    t.after(async () => {
      await server.kill();
      rmSync(persist, { recursive: true, force: true, maxRetries: 5 });
    });
    for (let turn = 0; turn < 3; turn += 1) {
      assert.deepEqual(await server.ask({ do: 'open', name: 'evicted' }), { value: 0 });
      const chunks = Array.from({ length: turn }, (_, at) => saidOf(at, bytesOf(at, 300_000)));
      assert.deepEqual(await server.ask({ do: 'read', handle: 0 }), { value: { snapshots: [], chunks } });
      assert.deepEqual(await server.ask({ do: 'append', handle: 0, at: turn, seed: turn, length: 300_000 }), {});
      await assert.rejects(server.ask(/** @type {any} */ ({ do: 'evict' })), /500/);
    }
  });
}

for (const binding of /** @type {const} */ (['SQL', 'KEYS'])) {
  test(`durable-object by ${binding === 'SQL' ? 'SQL' : 'keys'}: objects are apart, also when the program has deleted all in between`, async (t) => {
    const persist = mkdtempSync(join(tmpdir(), 'recover-durable-object-'));
    const server = await start(persist, binding);
    t.after(async () => {
      await server.kill();
      rmSync(persist, { recursive: true, force: true, maxRetries: 5 });
    });
    /** @param {string} name @param {number} [seed] what is appended @param {boolean} [isLeft] it stays open */
    const chunksOf = async (name, seed, isLeft) => {
      const { value: handle, error } = await server.ask({ do: 'open', name });
      assert.equal(error, undefined);
      const { value: { chunks } } = await server.ask({ do: 'read', handle });
      if (seed !== undefined) assert.deepEqual(await server.ask({ do: 'append', handle, at: seed, seed, length: 10 }), {});
      if (isLeft !== true) await server.ask({ do: 'close', handle });
      return chunks;
    };
    const chunk = (/** @type {number} */ at) => saidOf(at, bytesOf(at, 10));
    const deleteAll = async () => assert.deepEqual(await server.ask(/** @type {any} */ ({ do: 'deleteAll' })), {});
    await chunksOf('zero', 0);
    await chunksOf('one', 1);
    await deleteAll();
    assert.deepEqual(await chunksOf('one', 4), []);
    await assert.rejects(server.ask(/** @type {any} */ ({ do: 'evict' })), /500/);
    for (const name of ['two', 'three', 'four']) assert.deepEqual(await chunksOf(name, 5), [], name);
    for (const [name, at] of /** @type {const} */ ([['one', 4], ['two', 5], ['three', 5], ['four', 5]])) assert.deepEqual(await chunksOf(name), [chunk(at)], name);
    // One that is still open, and whose next piece may be refused.
    const { value: handle } = await server.ask({ do: 'open', name: 'five' });
    await deleteAll();
    await server.ask({ do: 'append', handle, at: 6, seed: 6, length: 10 });
    for (const name of ['one', 'two', 'three', 'four', 'six']) assert.deepEqual(await chunksOf(name, 7), [], name);
    await deleteAll();
    await server.ask({ do: 'append', handle, at: 7, seed: 7, length: 10 });
    await assert.rejects(server.ask(/** @type {any} */ ({ do: 'evict' })), /500/);
    for (let turn = 0; turn < 10; turn += 1) assert.deepEqual(await chunksOf(`new ${turn}`, 8), [], `new ${turn}`);
  });
}

test('durable-object: what is no storage or no option is refused, with what would be', () => {
  const storage = { put() {} };
  assert.throws(() => new DurableObjectStore(/** @type {any} */ (undefined)), /TypeError: DurableObjectStore needs the storage of a Durable Object: new DurableObjectStore\(ctx.storage\)/);
  assert.throws(() => new DurableObjectStore({}), /needs the storage/);
  assert.throws(() => new DurableObjectStore(storage, /** @type {any} */ ({ sql: true })), /has no option 'sql'.*'api'/);
  assert.throws(() => new DurableObjectStore(storage, /** @type {any} */ ({ api: 'keys' })), /'api' must be 'sql' or 'kv'/);
  assert.throws(() => new DurableObjectStore(storage, { api: 'sql' }), /has no SQLite.*new_sqlite_classes/);
});
