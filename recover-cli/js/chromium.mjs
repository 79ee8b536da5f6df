// @ts-check
// Runs a session in a page of Chromium, which the user's playwright starts: tests, or scenarios.
// `chromium.mjs ORDER.json`.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import process from 'node:process';
import { existing, inCrate, installed, lacks, order, say } from './driver.mjs';

const playwright = installed('playwright', 'playwright-core')
  ?? lacks('Chromium is driven by playwright, which', 'npm install --save-dev playwright && npx playwright install chromium');
const { chromium } = playwright;
const executablePath = existing(
  process.env.RECOVER_CHROMIUM, chromium.executablePath(),
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
) ?? lacks('Chromium', 'npx playwright install chromium');

const PAGE = '<!doctype html><meta charset="utf-8"><title>tests</title><body><pre id="output"></pre>';
/** @type {Record<string, string>} */
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };

/** @param {string} path @returns {string | undefined} */
function file(path) {
  const [, top = '', ...rest] = normalize(path).split(/[/\\]/);
  if (top === 'driver') return join(import.meta.dirname, ...rest);
  if (top === 'crate') return join(order.crate, ...rest);
  const directory = order.packages[Number(top)]?.directory;
  return directory === undefined ? undefined : join(directory, ...rest);
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const name = file(decodeURIComponent(pathname));
  try {
    const body = pathname === '/' ? PAGE : readFileSync(name ?? '');
    const type = pathname === '/' ? 'text/html' : TYPES[extname(pathname)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;

const root = process.getuid?.() === 0;
const browser = await chromium.launch({
  executablePath,
  args: [...(root ? ['--no-sandbox'] : []), '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--js-flags=--expose-gc'],
});
const page = await browser.newPage();
page.on('crash', () => process.exit(1));
let ending = false;
browser.on('disconnected', () => { if (!ending) process.exit(1); });
if (!order.capture) page.on('console', (/** @type {any} */ message) => process.stdout.write(`${message.text()}\n`));
await page.exposeFunction('__recover_say', say);
await page.goto(`http://127.0.0.1:${port}/`);
const packages = order.packages.map(({ scenarios = [], ...the }) => ({
  ...the,
  scenarios: scenarios.map(({ path, ...scenario }) => ({ ...scenario, path: path && inCrate(path) })),
}));
await page.evaluate(async (/** @type {any} */ { packages, order }) => {
  // By an expression: the page's module is no file beside this one.
  const { fail, run } = await import(String(`/driver/${order.session}`));
  addEventListener('error', (event) => { if (fail(event.error ?? event.message)) event.preventDefault(); });
  addEventListener('unhandledrejection', (event) => { if (fail(event.reason)) event.preventDefault(); });
  const loaded = packages.map((/** @type {any} */ the, /** @type {number} */ index) => ({
    ...the,
    load: async () => {
      const glue = await import(`/${index}/${the.stem}.js`);
      await glue.default({ module_or_path: `/${index}/${the.stem}_bg.wasm` });
      return glue;
    },
    scenarios: the.scenarios.map((/** @type {any} */ scenario) => ({
      ...scenario,
      ...scenario.path && { load: () => import(`/crate/${scenario.path}`) },
    })),
  }));
  await run(loaded, order, /** @type {any} */ (globalThis).__recover_say);
}, { packages, order });
ending = true;
await browser.close();
server.close();
process.stdout.write('', () => process.exit(0));
