// @ts-check
// The page itself, in Chromium: by keyboard alone, on a phone, in both themes, with less
// motion, to a screen reader. What the failures do is tested elsewhere.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { chromium, open } from './browser.mjs';

/** @type {any} */
let browser;
before(async () => { browser = await chromium(); });
after(() => browser.close());

/** Failures that fill the page with all that it can show. */
const SOME = ['err', 'panic', 'panic-poison', 'panic-timer', 'import', 'import-await', 'oom-small', 'abort-pending'];

/** Where the focus is, and whether one can see that. @param {any} page */
const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return undefined;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    name: /** @type {HTMLElement} */ (element).dataset.failure ?? element.id ?? '',
    text: element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '',
    outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
    inside: box.width > 0 && box.right <= innerWidth + 1 && box.bottom > 0 && box.top < innerHeight,
  };
});

/**
 * Tab until there.
 * @param {any} page
 * @param {(at: any) => boolean} there
 */
async function tabTo(page, there) {
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press('Tab');
    const at = await focused(page);
    if (at !== undefined && there(at)) return at;
  }
  throw new Error('the focus never came there');
}

test('everything can be done by keyboard, and the focus is always seen', async () => {
  const lab = await open(browser);
  const { page } = lab;
  await page.keyboard.press('Tab');
  assert.equal((await focused(page)).text, 'Skip to the failures');
  await page.keyboard.press('Enter');
  const first = await tabTo(page, () => true);
  assert.equal(first.name, 'err', 'the skip link leads to the first failure');
  for (const [key, id] of [['Enter', 'panic-poison'], ['Space', 'abort']]) {
    const at = await tabTo(page, ({ name }) => name === id);
    assert.ok(at.outlined && at.inside, `the focus on ${id} is seen`);
    await page.keyboard.press(key);
    await lab.idle();
    assert.equal((await lab.outcome(id ?? '', 'ours')).how, 'threw');
    assert.equal((await focused(page)).name, id, 'the focus stays where it was');
  }
  // The poisoned object went with its instance: a new one, poisoned and accepted by key.
  await page.focus('[data-failure="panic-poison"]');
  await page.keyboard.press('Enter');
  await lab.idle();
  await page.focus('#theme');
  await tabTo(page, ({ text }) => text === 'Accept its state: basket, With recover');
  await page.keyboard.press('Enter');
  await lab.idle();
  assert.deepEqual(await lab.object('ours', 'basket'), { state: 'ready', value: 'pear, gold' });
  assert.equal((await focused(page)).text, 'Add a plum: basket, With recover', 'the focus is not lost with its button');
  // Round the page: everything that can be pressed is met, and seen.
  await page.focus('.skip');
  const met = [];
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press('Tab');
    const at = await focused(page);
    if (at === undefined) break;
    assert.ok(at.outlined && at.inside, `the focus on "${at.text.slice(0, 40)}" is seen`);
    met.push(at);
  }
  const buttons = await page.evaluate(() => Array.from(document.querySelectorAll('button')).filter((button) => button.checkVisibility()).length);
  assert.ok(buttons > 30 && met.length >= buttons, `${met.length} met, ${buttons} buttons`);
  await lab.close();
});

for (const width of [360, 320]) {
  test(`a phone of ${width} pixels shows one column, nothing beside it`, async () => {
    const lab = await open(browser, { viewport: { width, height: 740 }, isMobile: true, hasTouch: true });
    for (const id of SOME) await lab.fail(id);
    const { beyond, whole, columns, small } = await lab.page.evaluate(() => {
      const shown = Array.from(document.querySelectorAll('body *')).filter((element) => element.checkVisibility() && !element.closest('.skip'));
      return {
        whole: document.documentElement.scrollWidth,
        beyond: shown.filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5).map(({ outerHTML }) => outerHTML.slice(0, 80)),
        columns: ['.sides', '.columns', '.outcomes'].map((selector) => getComputedStyle(/** @type {Element} */ (document.querySelector(selector))).gridTemplateColumns.split(' ').length),
        small: shown.filter((element) => element.matches('button') && element.getBoundingClientRect().height < 24).length,
      };
    });
    assert.ok(whole <= width, `the page is ${whole} wide`);
    assert.deepEqual(beyond, []);
    assert.deepEqual(columns, [1, 1, 1]);
    assert.equal(small, 0, 'every button can be hit');
    await lab.close();
  });
}

/**
 * The least contrast of text on the page with what is behind it.
 * @param {any} page
 */
const contrast = (page) => page.evaluate(() => {
  /** @param {string} colour */
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  /** @param {string} colour */
  const light = (colour) => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  /** @param {Element | null} element @returns {string} */
  const behind = (element) => {
    if (element === null) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return (channels(backgroundColor)[3] ?? 1) === 0 ? behind(element.parentElement) : backgroundColor;
  };
  let least = { ratio: 99, text: '', count: 0 };
  for (const element of Array.from(document.querySelectorAll('body *'))) {
    const own = Array.from(element.childNodes).some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    if (!own || !element.checkVisibility() || element.closest('.skip')) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(element instanceof SVGElement ? style.fill : style.color), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    least = { ratio: Math.min(ratio, least.ratio), text: ratio < least.ratio ? element.textContent ?? '' : least.text, count: least.count + 1 };
  }
  return least;
});

/** How light the page is. @param {any} page @returns {Promise<number>} */
const lightness = (page) => page.evaluate(() => Math.max(...(getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number)));

for (const colorScheme of ['light', 'dark']) {
  test(`what the system says is ${colorScheme}: all text can be read`, async () => {
    const lab = await open(browser, { colorScheme });
    const { page } = lab;
    for (const id of SOME) await lab.fail(id);
    await page.click('#chart summary');
    assert.equal(await lightness(page) > 128, colorScheme === 'light');
    const { ratio, text, count } = await contrast(page);
    assert.ok(count > 100, `${count} texts`);
    assert.ok(ratio >= 4.5, `"${text}" has a contrast of ${ratio.toFixed(2)}`);
    // The toggle overrules it, and is remembered.
    const other = colorScheme === 'light' ? 'dark' : 'light';
    for (let press = 0; press < 3 && await page.textContent('#theme') !== `Theme: ${other}`; press += 1) await page.click('#theme');
    assert.equal(await lightness(page) > 128, other === 'light');
    await page.reload();
    await page.waitForSelector('body[data-ready=true]');
    assert.equal(await page.textContent('#theme'), `Theme: ${other}`);
    assert.equal(await lightness(page) > 128, other === 'light');
    await lab.close();
  });
}

test('nothing moves for who wants less motion', async () => {
  const durations = async (/** @type {string} */ reducedMotion) => {
    const lab = await open(browser, { reducedMotion });
    const longest = await lab.page.evaluate(() => Math.max(...Array.from(document.querySelectorAll('*'), (element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element);
      return Math.max(...`${transitionDuration},${animationDuration}`.split(',').map(parseFloat));
    })));
    await lab.close();
    return longest;
  };
  assert.equal(await durations('reduce'), 0);
  assert.ok(await durations('no-preference') > 0);
});

test('the chart is told in words and as a table, the log to a screen reader', async () => {
  const lab = await open(browser);
  const { page } = lab;
  await lab.fail('oom-small');
  await lab.fail('abort');
  const chart = await page.evaluate(() => {
    const picture = document.querySelector('#chart svg');
    const named = (picture?.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent);
    return {
      named, role: picture?.getAttribute('role'), caption: document.querySelector('#chart figcaption')?.textContent,
      lines: Array.from(document.querySelectorAll('#chart path'), (path) => /^M[\d.]+ [\d.]+[HV\d.]+$/.test(path.getAttribute('d') ?? '')),
      rows: Array.from(document.querySelectorAll('#chart tbody tr'), (row) => row.textContent),
    };
  });
  assert.equal(chart.role, 'img');
  assert.deepEqual(chart.named, ['Memory over time', chart.caption]);
  assert.match(chart.caption ?? '', /With recover: .*, at most \d+ MiB, 1 restart\. Plain wasm-bindgen: .*, 0 reloads\./);
  assert.deepEqual(chart.lines, [true, true, true]);
  assert.ok(chart.rows.some((/** @type {string | null} */ row) => row?.includes('restart, epoch 1')));
  const log = page.locator('#log');
  assert.deepEqual([await log.getAttribute('role'), await log.getAttribute('aria-live')], ['log', 'polite']);
  assert.equal(await page.getAttribute('#status', 'role'), 'status');
  // Each button says what it is about, and what should happen.
  const nameless = await page.evaluate(() => Array.from(document.querySelectorAll('[data-failure]')).filter((button) => !document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).length);
  assert.equal(nameless, 0);
  await lab.close();
});
