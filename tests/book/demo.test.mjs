// @ts-check
// The book in Chromium: the lab on its first page works, and the search finds.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { serve } from './serve.mjs';

/** A page waits for this long, in milliseconds. */
const PATIENCE = 60_000;

/** @param {string} name */
function given(name) {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run: cargo xtask test --only book`);
  return value;
}

/** @type {{ address: string, close(): void }} */
let site;
/** @type {any} */
let browser;
before(async () => {
  site = await serve(join(given('RECOVER_BOOK'), 'html'), 0);
  /** playwright-core is not installed where types are checked. @type {any} */
  const playwright = await import(pathToFileURL(given('RECOVER_PLAYWRIGHT')).href);
  browser = await playwright.chromium.launch({
    executablePath: given('RECOVER_CHROMIUM'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
});
after(async () => {
  await browser?.close();
  site?.close();
});

test('the lab on the first page shows a failure on both sides', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(site.address);
  const lab = page.frameLocator('iframe.live');
  await lab.locator('body[data-ready=true]').waitFor({ timeout: PATIENCE });
  const row = lab.locator('[data-failure]').first();
  const id = await row.getAttribute('data-failure');
  await row.click();
  const ours = lab.locator(`#failure-${id} [data-outcome="ours"]`);
  await lab.locator('body[data-busy=false]').waitFor({ timeout: PATIENCE });
  assert.equal(await ours.getAttribute('data-next'), 'ok', 'the next call works');
  assert.match(await ours.textContent(), /Error/);
  assert.notEqual(await lab.locator(`#failure-${id} [data-outcome="plain"]`).textContent(), '');
  await page.close();
});

test('the search finds a page by what an error says', async () => {
  const page = await browser.newPage();
  await page.goto(`${site.address}?search=recursive+use`);
  const found = page.locator('#mdbook-searchresults a, #searchresults a');
  await found.first().waitFor({ timeout: PATIENCE });
  /** @type {string[]} */
  const addresses = await found.evaluateAll((/** @type {HTMLAnchorElement[]} */ all) => all.map((one) => one.href));
  assert.ok(addresses.some((address) => address.includes('faq.html')), addresses.join('\n'));
  await page.close();
});
