// @ts-check
// Runs the rows in a page of Debian's Chromium, which playwright-core starts.
// `chromium.mjs ORDER PACKAGE CHROMIUM PLAYWRIGHT`. No assertion is in here.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import process from 'node:process';
import { endsWith, engineProgram } from './driver.mjs';
import { serve } from './site.mjs';

const { chromium } = await import(pathToFileURL(join(process.argv[5] ?? '', 'index.mjs')).href);
const browser = await chromium.launch({
  executablePath: engineProgram,
  // Those that let it run as root, and keep it from calling anyone.
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const end = endsWith(() => browser.close());
browser.on('disconnected', end);
const site = await serve(browser.version(), end);
const page = await browser.newPage();
page.on('crash', end);
await page.goto(site.url);
