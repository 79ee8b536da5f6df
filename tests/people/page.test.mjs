// @ts-check
// The page that `cargo recover new --template web` begins and Vite builds, in Chromium: RECOVER_PAGE is its dist,
// RECOVER_PLAYWRIGHT where playwright-core is, RECOVER_CHROMIUM the browser.
import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const directory = process.env.RECOVER_PAGE ?? '';
/** @type {Record<string, string>} */
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://page');
  const file = join(directory, pathname === '/' ? 'index.html' : pathname);
  if (!existsSync(file)) return response.writeHead(404).end();
  response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
  return createReadStream(file).pipe(response);
});
/** @type {any} */
let browser;

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { chromium } = await import(pathToFileURL(join(process.env.RECOVER_PLAYWRIGHT ?? '', 'index.mjs')).href);
  browser = await chromium.launch({ executablePath: process.env.RECOVER_CHROMIUM, args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  server.close();
  server.closeAllConnections();
});

test('a failure is said on the page, and the shelf is as before', async () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const page = await browser.newPage();
  /** @type {string[]} */
  const failed = [];
  page.on('pageerror', (/** @type {Error} */ error) => failed.push(error.message));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.getByText('Emma').waitFor();
  await page.locator('#find').click();
  assert.match(await page.locator('#said').textContent(), /no “Dune” here/);
  await page.locator('#panic').click();
  assert.match(await page.locator('#said').textContent(), /panicked at src\/lib\.rs:\d+/);
  await page.locator('[name=title]').fill('Persuasion');
  await page.getByText('Add').click();
  assert.deepEqual(await page.locator('#titles li').allTextContents(), ['Emma', 'Persuasion']);
  assert.deepEqual(failed, []);
});
