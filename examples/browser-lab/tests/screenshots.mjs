// @ts-check
// Writes the pictures of the book: `cargo xtask lab --screenshots`. What they show is the
// page as it is; nothing is arranged but which buttons were pressed.

import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { chromium, open } from './browser.mjs';

/** A picture is no larger, so that the repository stays small. */
const MOST = 200 << 10;

/** A press that is no failure. */
const RELOAD = 'reload';

const directory = process.argv[2];
if (directory === undefined) throw new Error('usage: screenshots.mjs DIRECTORY');
mkdirSync(directory, { recursive: true });

const browser = await chromium();

/** @type {(name: string, options: Record<string, unknown>, presses: string[], place?: string) => Promise<void>} */
async function picture(name, options, presses, place) {
  const lab = await open(browser, { reducedMotion: 'reduce', ...options });
  for (const id of presses) await (id === RELOAD ? lab.press('[data-act="reload"]') : lab.fail(id));
  await lab.page.mouse.move(0, 0);
  // So that what is pending has been for a while.
  await lab.page.waitForTimeout(1500);
  await lab.page.evaluate((/** @type {string | undefined} */ selector) => {
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
    if (selector === undefined) scrollTo(0, 0);
    else document.querySelector(selector)?.scrollIntoView();
  }, place);
  const path = join(directory ?? '', `${name}.png`);
  await lab.page.screenshot({ path });
  const { size } = statSync(path);
  if (size > MOST) throw new Error(`${path} has ${size} bytes, more than ${MOST}`);
  console.log(`${path} ${size} bytes`);
  await lab.close();
}

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
const PRESSES = ['oom-small', 'stack-unguarded', RELOAD, 'panic', 'panic-poison', 'import', 'import-await'];

await picture('light', { viewport: { ...DESK, height: 900 }, colorScheme: 'light' }, PRESSES);
await picture('dark', { viewport: DESK, colorScheme: 'dark' }, PRESSES, '.columns');
await picture('phone', { viewport: PHONE, isMobile: true, colorScheme: 'light' }, ['panic', 'panic-poison'], '#failures');
await picture('phone-dark', { viewport: PHONE, isMobile: true, colorScheme: 'dark' }, ['oom-small', 'abort-pending', RELOAD, 'panic-timer'], '.watch');
await browser.close();
