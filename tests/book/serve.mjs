// @ts-check
// Serves the book on the loopback address, for a person or for a test: `node serve.mjs FOLDER PORT`.

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What the book has files of. @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8', '.json': 'application/json', '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8',
};

/**
 * @param {string} folder
 * @param {number} port 0 for any that is free
 * @returns {Promise<{ address: string, close(): void }>}
 */
export function serve(folder, port) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://book').pathname);
    // `normalize` keeps it below: a path of a URL begins with a slash.
    const file = join(folder, normalize(path.endsWith('/') ? `${path}index.html` : path));
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
      resolve({ address: `http://127.0.0.1:${number}/`, close: () => server.close() });
    });
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { address } = await serve(process.argv[2] ?? '.', Number(process.argv[3] ?? 8788));
  console.log(`the book is at ${address} (Ctrl-C ends it)`);
}
