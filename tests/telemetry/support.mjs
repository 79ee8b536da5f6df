// @ts-check
// Loads the package, fails it in every way, and collects what SDKs send over HTTP. Which build is loaded, and from where
// the SDKs come, `cargo xtask test --only telemetry` says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** @param {string} name */
function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: cargo xtask test --only telemetry`);
  return value;
}

const npm = createRequire(join(variable('RECOVER_TELEMETRY_NPM'), 'package.json'));

/** A package from npm. @param {string} name @returns {any} */
export const sdk = (name) => npm(name);

/** The folder of a build. @param {string} build */
export const directory = (build) => join(variable('RECOVER_TELEMETRY_PACKAGES'), build);

/** The package of a build. @param {string} [build] @returns {Promise<any>} */
export async function load(build = 'before') {
  const pkg = await import(pathToFileURL(join(directory(build), 'fixture_reports.js')).href);
  pkg.initSync({ module: readFileSync(join(directory(build), 'fixture_reports_bg.wasm')) });
  pkg.recovery.setRestartLimit({ restarts: 1000, period: 1 });
  return pkg;
}

/** An adapter of the package. @param {string} name @returns {Promise<any>} */
export const adapter = (name) => import(pathToFileURL(join(directory('before'), 'telemetry', `${name}.js`)).href);

/** @param {() => unknown} call @returns {any} */
export function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

/** Fails in every way that is reported, once. @param {any} pkg */
export async function failEverything(pkg) {
  thrown(() => pkg.fault('no user "jane"'));
  await assert.rejects(pkg.later('late'));
  const desk = new pkg.Desk();
  thrown(() => desk.open(9));
  // A debug build reads the state of the first one back.
  new pkg.Room(1).free();
  const room = new pkg.Room(13);
  thrown(() => pkg.trap());
  thrown(() => room.number());
  pkg.recovery.setRestartLimit({ restarts: 0, period: 60_000 });
  thrown(() => pkg.trap());
  pkg.recovery.setRestartLimit({ restarts: 1000, period: 1 });
  await pkg.recovery.restart();
  await new Promise((resolve) => { setTimeout(resolve, 0); });
}

/** The events of that, in their order. */
export const EVENTS = ['panic', 'panic', 'panic', 'poisoned', 'end', 'lost', 'end', 'refused-restart'];

/** A server that keeps what is posted to it. */
export async function collector() {
  /** @type {{ path: string, body: string }[]} */
  const posts = [];
  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      posts.push({ path: (request.url ?? '').split('?')[0] ?? '', body: body.toString() });
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { port, posts, close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
}
