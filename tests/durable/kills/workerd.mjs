// @ts-check
// Durable Objects in workerd, whose process is killed; its storage is in a directory. workerd is started by itself, which is
// quicker than by miniflare.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { directory as packageDirectory } from './package.mjs';
import { moduleOf } from '../stores/owner.mjs';

/** @typedef {import('./run.mjs').Engine} Engine */

const MODULES = process.env.RECOVER_MINIFLARE ?? join(import.meta.dirname, '../../../engines/miniflare/node_modules');

/** The program of this machine. */
function program() {
  const scope = join(MODULES, '@cloudflare');
  const [found] = readdirSync(scope).filter((name) => name.startsWith('workerd-'));
  return join(scope, found ?? '', 'bin/workerd');
}

/** The modules of the worker by the names that it imports them by, and where they are. @returns {[name: string, path: string][]} */
function modules() {
  const built = packageDirectory();
  const files = readdirSync(built, { recursive: true, withFileTypes: true }).filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  return [
    ...['worker.mjs', 'driver.mjs', 'model.mjs'].map((name) => /** @type {[string, string]} */ ([`tests/durable/kills/${name}`, join(import.meta.dirname, name)])),
    ['recover-runtime/js/stores/durable-object.js', moduleOf('durable-object')],
    ...files.filter((file) => /\.(js|wasm)$/.test(file)).map((file) => /** @type {[string, string]} */ ([`pkg/${relative(built, file)}`, file])),
  ];
}

/** @param {string} place the directory of the configuration */
function configure(place) {
  const texts = modules().map(([name, path]) => {
    // What is embedded is beside the configuration.
    cpSync(path, join(place, name));
    return `(name = ${JSON.stringify(name)}, ${path.endsWith('.wasm') ? 'wasm' : 'esModule'} = embed ${JSON.stringify(name)})`;
  });
  const path = join(place, 'config.capnp');
  mkdirSync(join(place, 'storage'), { recursive: true });
  writeFileSync(path, `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "storage", disk = (path = ${JSON.stringify(join(place, 'storage'))}, writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${texts.join(',\n    ')}],
  compatibilityDate = "2026-04-01",
  durableObjectNamespaces = [(className = "BySql", uniqueKey = "sql", enableSql = true), (className = "ByKeys", uniqueKey = "keys")],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [(name = "SQL", durableObjectNamespace = "BySql"), (name = "KEYS", durableObjectNamespace = "ByKeys")],
);
`);
  return path;
}

/** A workerd that listens, and where. @param {string} config */
async function serve(config) {
  const child = spawn(program(), ['serve', config, '--control-fd=3'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => { child.once('exit', resolve); });
  let told = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => { told = (told + text).slice(-4000); });
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdio[3]) }).on('line', (text) => {
      const said = JSON.parse(text);
      if (said.event === 'listen') resolve(said.port);
    });
    exited.then((code) => reject(new Error(`workerd ended by ${code}: ${told}`)));
  });
  return { child, exited, port, told: () => told };
}

/** @param {'SQL' | 'KEYS'} binding @param {{ early?: boolean }} [how] answers that do not wait for the platform @returns {Promise<Engine>} */
export async function workerd(binding, { early } = {}) {
  const place = mkdtempSync(join(tmpdir(), 'recover-kills-workerd-'));
  const config = configure(place);
  return {
    name: `workerd, ${binding === 'SQL' ? 'SQL' : 'keys and values'}`,
    points: 90,
    longest: 150,
    async live({ name, seed, life, limit, end, hear }) {
      const { child, exited, port, told } = await serve(config);
      let [isKilled, isFound, sent] = [false, false, 0];
      /** Either channel may be ahead. @param {import('./driver.mjs').Said} said */
      const once = (said) => {
        if (said[0] === 'found') {
          if (isFound) return;
          isFound = true;
          sent = said[1];
          if (isRandom && end.found) begin();
        } else if (said[0] === 'sent') {
          if (said[1] <= sent) return;
          sent = said[1];
        }
        hear(said);
      };
      const kill = () => {
        isKilled = true;
        child.kill('SIGKILL');
      };
      const isRandom = 'after' in end;
      const logs = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) });
      const logged = new Promise((resolve) => { logs.once('close', resolve); });
      logs.on('line', (text) => {
        const said = text.slice(text.indexOf('SAID ') + 5);
        if (!text.includes('SAID ')) return;
        const told = JSON.parse(said);
        if (told[0] !== 'point') return once(told);
        hear(told);
        kill();
      });
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      const begin = () => { if (isRandom && end.after !== Infinity) timer = setTimeout(kill, end.after); };
      const order = { name, seed, life, limit, early, ...isRandom ? {} : { point: end.point } };
      const socket = new WebSocket(`ws://127.0.0.1:${port}/${binding}?name=${encodeURIComponent(name)}&order=${encodeURIComponent(JSON.stringify(order))}`);
      const over = new Promise((resolve) => {
        socket.onclose = resolve;
        socket.onerror = resolve;
      });
      if (isRandom && !end.found) begin();
      let isClosed = false;
      socket.onmessage = ({ data }) => {
        const said = JSON.parse(data);
        isClosed ||= said[0] === 'closed';
        once(said);
      };
      await Promise.race([over, exited]);
      await over;
      clearTimeout(timer);
      const wasKilled = isKilled;
      if (!wasKilled && !isClosed) hear(['fault', `workerd ended the connection: ${told()}`]);
      child.kill('SIGKILL');
      await Promise.all([exited, logged]);
      return wasKilled;
    },
    async stop() {
      if (existsSync(place)) rmSync(place, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
