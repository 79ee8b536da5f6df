// @ts-check
// Tabs of Chromium that are killed, over IndexedDB: the tab crashes, its process is killed, or all of the browser is, whose profile
// outlives it.
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { directory as packageDirectory } from './package.mjs';
import { launched } from '../stores/browser.mjs';
import { moduleOf } from '../stores/owner.mjs';

/** @typedef {import('./run.mjs').Engine} Engine */
/** @typedef {import('./driver.mjs').Said} Said */

/** How many calls a life has: all of them are known to be on their way when it begins. */
const CALLS = 400;
/** Every so many kills, the whole browser is killed. */
const BROWSERS = 20;

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

/** Serves the page and all that it loads, and hears what it says. @param {(turn: number, said: any) => void} heard */
async function site(heard) {
  const page = '<!doctype html><title>kills</title><script type="module" src="/tests/durable/kills/tab.mjs"></script>';
  /** @param {string} path @returns {string | Buffer | undefined} */
  const file = (path) => {
    if (path === '/') return page;
    if (path === '/recover-runtime/js/stores/indexeddb.js') return readFileSync(moduleOf('indexeddb'));
    const [, root, rest] = /^\/(pkg|tests\/durable\/kills)\/([\w./-]+)$/.exec(path) ?? [];
    if (root === undefined || rest === undefined || rest.includes('..')) return undefined;
    return readFileSync(join(root === 'pkg' ? packageDirectory() : import.meta.dirname, rest));
  };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname;
    if (request.method === 'POST') {
      const text = (await request.setEncoding('utf8').toArray()).join('');
      for (const said of JSON.parse(text)) heard(Number(path.slice('/said/'.length)), said);
      return response.end();
    }
    const found = file(path);
    if (found === undefined) return response.writeHead(404).end();
    const type = TYPES[/** @type {'.js'} */ (path === '/' ? '.html' : extname(path))] ?? 'text/plain';
    return response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=3600' }).end(found);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`, close: () => server.close() };
}

/** The processes of a browser's tabs: of its process group. @param {number} browser */
function tabsOf(browser) {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const group = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[2]);
      return group === browser && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer');
    } catch {
      return false;
    }
  }).map(Number);
}

/** @param {string} profile */
async function start(profile) {
  const program = process.env.RECOVER_CHROMIUM ?? '/usr/bin/chromium';
  const modules = process.env.RECOVER_PLAYWRIGHT ?? join(import.meta.dirname, '../../../engines/playwright/node_modules');
  const { chromium: driver } = await import(join(modules, 'playwright-core/index.mjs'));
  const { address, kill, pid } = await launched(program, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-breakpad', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], /DevTools listening on (ws:\S+)/);
  const browser = await driver.connectOverCDP(address);
  const [context] = browser.contexts();
  return { context, kill, pid };
}

/** A new tab. A process that was waiting for one may have been killed with the others. @param {any} context */
async function opened(context) {
  for (let turn = 0; ; turn += 1) {
    try {
      return await context.newPage();
    } catch (error) {
      if (turn === 10) throw error;
      await sleep(50);
    }
  }
}

/** @param {{ early?: boolean }} [how] a store that answers too early @returns {Promise<Engine>} */
export async function chromium({ early } = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'recover-kills-chromium-'));
  /** @type {(said: any) => void} */
  let heard = () => {};
  let turn = 0;
  const pages = await site((from, said) => { if (from === turn) heard(said); });
  /** @type {Awaited<ReturnType<typeof start>> | undefined} */
  let browser;
  return {
    name: 'chromium, indexeddb',
    points: 60,
    longest: 250,
    async live({ name, seed, life, limit, end, hear }) {
      browser ??= await start(profile);
      const { context, kill: killAll, pid } = browser;
      const page = await opened(context);
      turn += 1;
      const over = Promise.withResolvers();
      const crashed = new Promise((resolve) => { page.once('crash', resolve); });
      let isKilled = false;
      const killTabs = () => {
        for (const tab of tabsOf(pid)) {
          try {
            process.kill(tab, 'SIGKILL');
          } catch {
            // It has ended.
          }
        }
      };
      const kill = async () => {
        if (isKilled) return;
        isKilled = true;
        const whole = turn % BROWSERS === 0;
        if (whole) {
          browser = undefined;
          await killAll();
        } else if (turn % 3 === 0 && 'after' in end) {
          const session = await context.newCDPSession(page);
          session.send('Page.crash').catch(() => {});
          await crashed;
        } else {
          killTabs();
          await crashed;
        }
        over.resolve(undefined);
      };
      const isRandom = 'after' in end;
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      const begin = () => {
        if (isRandom && end.after !== Infinity) timer = setTimeout(() => kill().catch(over.reject), end.after);
      };
      const calls = Math.min(limit, CALLS);
      heard = (/** @type {any} */ said) => {
        if (said[0] === 'point') {
          hear(said);
          kill().catch(over.reject);
          return;
        }
        hear(said);
        if (said[0] === 'found') {
          // They are said in time, before the first is made.
          for (let number = said[1] + 1; number <= said[1] + calls; number += 1) hear(['sent', number]);
          if (isRandom && end.found) begin();
        }
        if (said[0] === 'closed' || said[0] === 'fault') over.resolve(undefined);
      };
      if (isRandom && !end.found) begin();
      const order = { turn, name, seed, life, limit: calls, early, ...isRandom ? {} : { point: end.point } };
      // It may be killed before it is there.
      await page.goto(`${pages.url}?order=${encodeURIComponent(JSON.stringify(order))}`).catch((/** @type {unknown} */ error) => {
        if (!isKilled) throw error;
      });
      await over.promise;
      heard = () => {};
      clearTimeout(timer);
      if (browser !== undefined) await page.close();
      return isKilled;
    },
    async stop() {
      await browser?.kill();
      pages.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
