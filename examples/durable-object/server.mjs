// @ts-check
// Runs a worker of this example in workerd, by miniflare: for the test, the load test, and
// for whoever wants to try it (`node server.mjs --package DIR [--persist DIR]`).
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const DATE = '2026-04-01';

/** Where `cargo xtask setup --engines` puts miniflare, and ws with it. */
export const MODULES = process.env.RECOVER_MINIFLARE ?? join(ROOT, '../../engines/miniflare/node_modules');

/**
 * @typedef {object} Options
 * @property {string} package the directory of the package
 * @property {'worker' | 'unstored' | 'plain' | 'rust'} [worker] which of the workers; `rust` is what worker-build made
 *   of recover-worker/room
 * @property {string} [persist] the directory of the objects' storage; in memory without
 * @property {Record<string, string | number>} [bindings]
 * @property {number} [port]
 */

/** @param {string} directory the package's @param {string} as where the worker looks for it */
function packageModules(directory, as) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).filter((path) => /\.(js|wasm)$/.test(path));
  return paths.map((path) => ({
    type: path.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
    path: join(ROOT, as, relative(directory, path)),
    contents: path.endsWith('.wasm') ? readFileSync(path) : readFileSync(path, 'utf8'),
  }));
}

/** @param {'worker' | 'unstored' | 'plain'} worker @param {string} directory */
function inJavaScript(worker, directory) {
  const scripts = [`${worker}.mjs`, 'object.mjs', 'protocol.mjs'].map((name) => join(ROOT, 'worker', name));
  return {
    modulesRoot: ROOT,
    modules: [
      ...scripts.map((path) => ({ type: 'ESModule', path, contents: readFileSync(path, 'utf8') })),
      ...packageModules(directory, worker === 'plain' ? 'pkg-plain' : 'pkg'),
    ],
    durableObjects: { ROOMS: { className: 'RoomObject', useSQLite: true } },
  };
}

/** @param {string} directory */
function inRust(directory) {
  return {
    modulesRoot: directory,
    modules: [
      { type: 'ESModule', path: join(directory, 'index.js') },
      { type: 'CompiledWasm', path: join(directory, 'index_bg.wasm') },
    ],
    durableObjects: {
      ROOMS: { className: 'RoomObject', useSQLite: true },
      COUNTERS: { className: 'Counter', useSQLite: true },
    },
    queueProducers: { QUEUE: 'queue' },
    queueConsumers: { queue: { maxBatchTimeout: 0, maxRetries: 0 } },
  };
}

/**
 * Starts it.
 * @param {Options} options
 */
export async function serve({ package: directory, worker = 'worker', persist, bindings = {}, port = 0 }) {
  const { Miniflare } = await import(pathToFileURL(join(MODULES, 'miniflare/dist/src/index.js')).href);
  const miniflare = new Miniflare({
    ...(worker === 'rust' ? inRust(directory) : inJavaScript(worker, directory)),
    compatibilityDate: DATE,
    durableObjectsPersist: persist ?? false,
    bindings,
    host: '127.0.0.1',
    port,
  });
  const url = /** @type {URL} */ (await miniflare.ready);
  /** @type {Promise<void> | undefined} */
  let end;
  return { url, miniflare, dispose: () => (end ??= /** @type {Promise<void>} */ (miniflare.dispose())) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { package: { type: 'string', default: 'pkg' }, persist: { type: 'string' }, port: { type: 'string', default: '8787' } },
  });
  const { url } = await serve({ package: values.package, persist: values.persist, port: Number(values.port), bindings: { RESTARTS: 1000 } });
  console.log(`rooms are at ${url}rooms/NAME`);
}
