// @ts-check
// Serves the page and a package of the notebook on the loopback address, where a browser has Web Locks without https: for a
// person (`node serve.mjs [--package DIR] [--port N]`), and for the tests, which put the next version in its place.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.wasm': 'application/wasm',
};

/**
 * @param {() => string} packageOf the directory of the package, asked at each request
 * @param {number} port 0 for any that is free
 * @returns {Promise<{ url: string, close(): void }>}
 */
export function serve(packageOf, port) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://notebook').pathname);
    // `normalize` keeps it below: a path of a URL begins with a slash.
    const name = normalize(path === '/' ? '/index.html' : path);
    const file = name.startsWith('/pkg/') ? join(packageOf(), name.slice('/pkg'.length)) : join(import.meta.dirname, 'page', name);
    const type = TYPES[extname(file)];
    if (type === undefined || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
      return;
    }
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const bound = server.address();
      const number = typeof bound === 'object' && bound !== null ? bound.port : port;
      resolve({ url: `http://127.0.0.1:${number}/`, close: () => server.close() });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { package: { type: 'string', default: join(import.meta.dirname, 'pkg') }, port: { type: 'string', default: '8789' } },
  });
  const { url } = await serve(() => values.package, Number(values.port));
  console.log(`the notebook is at ${url} (Ctrl-C ends it)`);
}
