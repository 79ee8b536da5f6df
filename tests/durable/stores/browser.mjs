// @ts-check
// Tabs of a real browser that have a store in IndexedDB and do what a test commands: Chromium by playwright-core, Firefox
// by WebDriver BiDi, which it speaks itself. A profile outlives its browser, which can be killed. No assertion is in here.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { moduleOf } from './owner.mjs';

/** @typedef {import('./owner.mjs').Owner} Owner */
/**
 * @typedef {object} Browser
 * @property {(url: string) => Promise<{ run: (script: string) => Promise<string>, crash: () => Promise<void> }>} tab runs a
 *   script, whose value is text
 * @property {() => Promise<void>} kill ends all of it as `kill -9` does
 */

/** What is served: the page, and the modules that it loads. */
async function site() {
  /** @type {Record<string, [string, () => string]>} */
  const files = {
    '/': ['text/html', () => '<!doctype html><title>a store</title>'],
    '/store.js': ['text/javascript', () => readFileSync(moduleOf('indexeddb'), 'utf8')],
    '/agent.mjs': ['text/javascript', () => readFileSync(join(import.meta.dirname, 'agent.mjs'), 'utf8')],
    '/pieces.mjs': ['text/javascript', () => readFileSync(join(import.meta.dirname, 'pieces.mjs'), 'utf8')],
  };
  const server = createServer((request, response) => {
    const [type, read] = files[request.url ?? ''] ?? [];
    if (type === undefined || read === undefined) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(read());
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`, close: () => server.close() };
}

/** A program of a browser whose standard error says where it listens. @param {string} program @param {string[]} args @param {RegExp} where */
export async function launched(program, args, where) {
  // A group of its own, since it is many processes.
  const browser = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise((resolve) => { browser.once('exit', resolve); });
  const kill = async () => {
    try {
      process.kill(-Number(browser.pid), 'SIGKILL');
    } catch {
      // It has ended.
    }
    await exited;
  };
  const address = await new Promise((/** @type {(address: string) => void} */ resolve, reject) => {
    let text = '';
    browser.stderr.setEncoding('utf8').on('data', (part) => {
      text += part;
      const [, found] = where.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    browser.once('exit', () => reject(new Error(`${program} ended: ${text}`)));
  });
  return { address, kill, pid: Number(browser.pid) };
}

/** @param {string} profile @returns {Promise<Browser>} */
export async function chromium(profile) {
  const program = process.env.RECOVER_CHROMIUM ?? '/usr/bin/chromium';
  const modules = process.env.RECOVER_PLAYWRIGHT ?? join(import.meta.dirname, '../../../engines/playwright/node_modules');
  const { chromium: driver } = await import(join(modules, 'playwright-core/index.mjs'));
  const { address, kill } = await launched(program, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], /DevTools listening on (ws:\S+)/);
  const browser = await driver.connectOverCDP(address);
  const [context] = browser.contexts();
  return {
    async tab(url) {
      const page = await context.newPage();
      await page.goto(url);
      const session = await context.newCDPSession(page);
      return {
        run: (script) => page.evaluate(script),
        async crash() {
          const crashed = new Promise((resolve) => { page.once('crash', resolve); });
          session.send('Page.crash').catch(() => {});
          await crashed;
        },
      };
    },
    kill,
  };
}

/** The processes of Firefox's tabs. @param {number} browser */
function tabsOf(browser) {
  const all = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).map((pid) => {
    try {
      return { pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
    } catch {
      return { pid: 0, command: '' };
    }
  });
  return all.filter(({ command }) => command.includes(`-parentPid ${browser} `) && / tab ?$/.test(command)).map(({ pid }) => pid);
}

/** @param {string} profile @returns {Promise<Browser>} */
export async function firefox(profile) {
  // Nothing that calls anyone; and a process for a tab is made with the tab.
  writeFileSync(join(profile, 'user.js'), [
    ['browser.shell.checkDefaultBrowser', false], ['browser.aboutwelcome.enabled', false],
    ['datareporting.policy.dataSubmissionEnabled', false], ['toolkit.telemetry.reportingpolicy.firstRun', false],
    ['app.update.enabled', false], ['app.normandy.enabled', false], ['network.captive-portal-service.enabled', false],
    ['network.connectivity-service.enabled', false], ['browser.safebrowsing.update.enabled', false],
    ['dom.ipc.processPrelaunch.enabled', false], ['browser.sessionstore.resume_from_crash', false], ['remote.active-protocols', 1],
  ].map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});\n`).join(''));
  const program = process.env.RECOVER_FIREFOX ?? '/usr/bin/firefox-esr';
  const { address, kill, pid } = await launched(program, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'], /BiDi listening on (ws:\S+)/);
  const socket = new WebSocket(`${address}/session`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let last = 0;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (reason: unknown) => void }>} */
  const waiting = new Map();
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'error') call?.reject(new Error(`${message.error}: ${message.message}`));
    else call?.resolve(message.result);
  };
  socket.onclose = () => {
    for (const { reject } of waiting.values()) reject(new Error('Firefox ended'));
    waiting.clear();
  };
  /** @param {string} method @param {object} params @returns {Promise<any>} */
  const call = (method, params) => new Promise((resolve, reject) => {
    if (socket.readyState !== WebSocket.OPEN) return reject(new Error('Firefox ended'));
    last += 1;
    waiting.set(last, { resolve, reject });
    socket.send(JSON.stringify({ id: last, method, params }));
  });
  await call('session.new', { capabilities: {} });
  return {
    async tab(url) {
      const before = new Set(tabsOf(pid));
      const { context } = await call('browsingContext.create', { type: 'tab' });
      await call('browsingContext.navigate', { context, url, wait: 'complete' });
      const own = tabsOf(pid).filter((each) => !before.has(each));
      return {
        async run(script) {
          const answer = await call('script.evaluate', { expression: script, target: { context }, awaitPromise: true });
          if (answer.type !== 'success') throw new Error(JSON.stringify(answer.exceptionDetails));
          return answer.result.value;
        },
        async crash() {
          // Where it shares the process of another tab, that one crashes as well.
          const killed = own.length === 0 ? tabsOf(pid) : own;
          for (const each of killed) {
            try {
              process.kill(each, 'SIGKILL');
            } catch {
              // It has ended.
            }
          }
          while (tabsOf(pid).some((each) => killed.includes(each))) await sleep(10);
        },
      };
    },
    kill,
  };
}

/**
 * A browser with a profile, started when there is a tab to open.
 * @param {'chromium' | 'firefox'} kind
 */
export async function browserOf(kind) {
  const profile = mkdtempSync(join(tmpdir(), `recover-${kind}-`));
  const pages = await site();
  /** @type {Promise<Browser> | undefined} */
  let browser;
  let life = 0;
  const killAll = async () => {
    const old = browser;
    browser = undefined;
    life += 1;
    await (await old)?.kill();
  };
  return {
    killAll,
    /** A tab as an owner. @param {object} [options] of the store @param {boolean} [whole] whether the whole browser is killed with it */
    async owner(options = {}, whole = false) {
      browser ??= kind === 'chromium' ? chromium(profile) : firefox(profile);
      const tab = await (await browser).tab(pages.url);
      const own = life;
      let gone = false;
      await tab.run(`(async () => {
        const [{ IndexedDbStore }, { agentOf }] = await Promise.all([import('/store.js'), import('/agent.mjs')]);
        globalThis.agent = agentOf(new IndexedDbStore(${JSON.stringify(options)}));
        return '';
      })()`);
      const dead = Promise.withResolvers();
      dead.promise.catch(() => {});
      return {
        run: tab.run,
        /** @param {import('./agent.mjs').Command} command @returns {Promise<import('./agent.mjs').Answer>} */
        async ask(command) {
          if (gone || own !== life) throw new Error('the tab was killed');
          const asked = tab.run(`globalThis.agent(${JSON.stringify(command)}).then((answer) => JSON.stringify(answer))`);
          return JSON.parse(/** @type {string} */ (await Promise.race([asked, dead.promise])));
        },
        async kill() {
          if (gone || own !== life) return;
          gone = true;
          dead.reject(new Error('the tab was killed'));
          await (whole ? killAll() : tab.crash());
        },
      };
    },
    async end() {
      await killAll();
      pages.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
