// @ts-check
// The server behind the page of a browser: the scripts, the package under as many names as
// there are fresh copies, the order, and what the page says.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { orderText, packageDirectory, say } from './driver.mjs';

const root = join(import.meta.dirname, '../../..');
/** @type {Record<string, string>} */
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const PAGE = '<!doctype html><title>matrix</title><script type="module" src="/source/tests/matrix/drivers/page.mjs"></script>';

/** @param {string} path */
function file(path) {
  const [, top = '', ...rest] = normalize(path).split(/[/\\]/);
  if (top === 'source') return join(root, ...rest);
  // The second part is the number of the copy.
  if (top === 'package') return join(packageDirectory, ...rest.slice(1));
  return undefined;
}

/**
 * Serves until it is closed; `done` is called when the page has ended.
 * @param {string} version of the browser
 * @param {() => unknown} done
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function serve(version, done) {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    /** @param {number} status @param {string} type @param {string | Buffer} body */
    const answer = (status, type, body) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    if (request.method === 'POST') {
      let text = '';
      request.on('data', (part) => { text += part; });
      request.on('end', async () => {
        if (path === '/say') {
          const line = JSON.parse(text);
          if ('ready' in line) line.ready.version = version;
          await say(line);
        }
        answer(200, 'text/plain', '');
        if (path === '/done') done();
      });
      return;
    }
    if (path === '/') return answer(200, 'text/html', PAGE);
    if (path === '/order') return answer(200, 'application/json', orderText);
    const name = file(path);
    try {
      if (name === undefined) throw new Error('not served');
      answer(200, TYPES[extname(name)] ?? 'application/octet-stream', readFileSync(name));
    } catch {
      answer(404, 'text/plain', 'not here');
    }
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
