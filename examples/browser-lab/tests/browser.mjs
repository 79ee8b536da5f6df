// @ts-check
// Starts Chromium on the lab that `cargo xtask` serves, and reads what the page shows.
// Asserts nothing but that the page says nothing on the console.

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

/** @param {string} name */
export function given(name) {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run: cargo xtask test --only lab`);
  return value;
}

/** Those that let Chromium run as root, and keep it quiet. */
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** A button waits for this long for what it started, in milliseconds. */
const PATIENCE = 120_000;

/** playwright-core is not installed where types are checked. @returns {Promise<any>} */
export async function chromium() {
  const playwright = await import(pathToFileURL(given('RECOVER_PLAYWRIGHT')).href);
  return playwright.chromium.launch({ executablePath: given('RECOVER_CHROMIUM'), args: FLAGS });
}

/**
 * The lab in a page of its own, ready.
 * @param {any} browser
 * @param {Record<string, unknown>} [options] of the page
 * @param {(page: any) => Promise<unknown>} [before] the page is loaded
 */
export async function open(browser, options = {}, before = async () => undefined) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  /** @type {string[]} */
  const said = [];
  page.on('console', (/** @type {any} */ message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (/** @type {Error} */ error) => said.push(`uncaught: ${error.message}`));
  await before(page);
  await page.goto(given('RECOVER_LAB'));
  await page.waitForSelector('body[data-ready=true]', { timeout: PATIENCE });
  return new LabPage(page, said);
}

export class LabPage {
  /**
   * @param {any} page
   * @param {string[]} said on the console
   */
  constructor(page, said) {
    this.page = page;
    this.said = said;
  }

  /** Presses, and waits until what it started is over. @param {string} selector */
  async press(selector) {
    await this.page.click(selector);
    await this.idle();
  }

  async idle() {
    await this.page.waitForFunction(() => document.body.dataset.busy === 'false', undefined, { timeout: PATIENCE });
  }

  /** @param {string} id */
  async fail(id) {
    await this.press(`[data-failure="${id}"]`);
    return { ours: await this.outcome(id, 'ours'), plain: await this.outcome(id, 'plain') };
  }

  /**
   * @param {string} id
   * @param {'ours' | 'plain'} side
   * @returns {Promise<Record<string, string> & { text: string, change: string | undefined }>}
   */
  outcome(id, side) {
    return this.page.locator(`#failure-${id} [data-outcome="${side}"]`).evaluate((/** @type {HTMLElement} */ cell) => ({
      ...cell.dataset, text: cell.textContent, change: cell.querySelector('.state')?.textContent,
    }));
  }

  /**
   * @param {'ours' | 'plain'} side
   * @param {string} kind
   */
  async object(side, kind) {
    const row = this.page.locator(`[data-side="${side}"] [data-object="${kind}"]`);
    return { state: await row.getAttribute('data-state'), value: await row.locator('.value').textContent() };
  }

  /** @param {'ours' | 'plain'} side @returns {Promise<string>} */
  figures(side) {
    return this.page.textContent(`[data-figures="${side}"]`);
  }

  async epoch() {
    return Number(/epoch (\d+)/.exec(await this.figures('ours'))?.[1]);
  }

  /** The last entry of the log with this, as its facts. @param {string} selector */
  entry(selector) {
    return this.page.locator(`#log article${selector}`).first().evaluate((/** @type {HTMLElement} */ entry) => ({
      class: entry.dataset.class, how: entry.dataset.how, text: entry.textContent,
      ...Object.fromEntries(Array.from(entry.querySelectorAll('dl > div'), (fact) => [fact.querySelector('dt')?.textContent, fact.querySelector('dd')?.textContent])),
    }));
  }

  /** Nothing surfaced that recover has to do with; then the page goes. */
  async close() {
    const stray = await this.page.evaluate(() => document.body.dataset.stray ?? '');
    assert.equal(stray, '', 'nothing is uncaught on our side');
    assert.deepEqual(this.said, [], 'the console is silent');
    await this.page.close();
  }
}
