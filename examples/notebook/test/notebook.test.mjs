// @ts-check
// The notebook in tabs of Chromium and of Firefox: what it said was saved is there after a reload, a crash, in another tab
// and in the next version of the program. RECOVER_NOTEBOOK is the directory of the package, RECOVER_NOTEBOOK_FIRST that of its
// first version.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, firefox } from '../../../tests/durable/stores/browser.mjs';
import { difference } from '../page/difference.mjs';
import { serve } from '../serve.mjs';

const [second, first] = [process.env.RECOVER_NOTEBOOK ?? '', process.env.RECOVER_NOTEBOOK_FIRST ?? ''];

/** @typedef {{ run: (script: string) => Promise<string>, crash: () => Promise<void> }} Tab */

/** A browser with a profile of its own, and the site. @param {test.TestContext} t @param {'chromium' | 'firefox'} kind @param {string} version */
async function begun(t, kind, version) {
  const profile = mkdtempSync(join(tmpdir(), 'recover-notebook-'));
  let served = version;
  const site = await serve(() => served, 0);
  const browser = await { chromium, firefox }[kind](profile);
  t.after(async () => {
    await browser.kill();
    site.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    url: site.url,
    /** Puts another package in its place. @param {string} next */
    ship(next) { served = next; },
    async tab() {
      const tab = await browser.tab(site.url);
      await ready(tab);
      return tab;
    },
  };
}

/** What the page says. @param {Tab} tab */
const said = (tab) => tab.run("document.getElementById('state').value");
/** What is on the screen. @param {Tab} tab */
const shown = (tab) => tab.run("document.getElementById('text').value");

/** Waits until the page says something. @param {Tab} tab @param {RegExp} what */
async function says(tab, what) {
  let text = '';
  for (let turn = 0; turn < 600; turn += 1) {
    text = await said(tab).catch(() => '');
    if (what.test(text)) return text;
    await sleep(20);
  }
  return assert.fail(`the page says ${JSON.stringify(text)}, not ${what}`);
}

/** @param {Tab} tab */
const ready = (tab) => says(tab, /saved|another tab|Error/);

/** A server that a page tells something, and that answers if it is to go on. @param {test.TestContext} t */
async function listener(t) {
  const told = { url: '', hear: (/** @type {string} */ _text) => true };
  const server = createServer(async (request, response) => {
    const text = (await request.setEncoding('utf8').toArray()).join('');
    if (told.hear(text)) response.writeHead(200, { 'access-control-allow-origin': '*' }).end();
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const address = server.address();
  told.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return told;
}

/** Types, a letter at a time as a person does. @param {Tab} tab @param {string} text */
async function types(tab, text) {
  await tab.run(`(() => {
    const area = document.getElementById('text');
    for (const letter of ${JSON.stringify(text)}) {
      area.value += letter;
      area.dispatchEvent(new Event('input'));
    }
    return '';
  })()`);
  await says(tab, /saved/);
}

/** Pastes in front of all. @param {Tab} tab @param {string} text */
async function pastes(tab, text) {
  await tab.run(`(() => {
    const area = document.getElementById('text');
    area.value = ${JSON.stringify(text)} + area.value;
    area.dispatchEvent(new Event('input'));
    return '';
  })()`);
  await says(tab, /saved/);
}

/** @param {Tab} tab @param {string} id */
async function clicks(tab, id) {
  await tab.run(`(() => { document.getElementById('${id}').click(); return ''; })()`);
  await says(tab, /saved/);
}

/** The page is loaded again. @param {Tab} tab */
async function reloads(tab) {
  await tab.run("(() => { document.getElementById('state').value = 'reloading'; location.reload(); return ''; })()").catch(() => '');
  await ready(tab);
}

for (const kind of /** @type {const} */ (['chromium', 'firefox'])) {
  test(`${kind}: pages are there after a reload, and their edits can still be taken back`, async (t) => {
    const site = await begun(t, kind, second);
    const tab = await site.tab();
    await types(tab, 'milk, 𝄞, eggs');
    await clicks(tab, 'add');
    await types(tab, 'the second page');
    await reloads(tab);
    assert.equal(await shown(tab), 'milk, 𝄞, eggs');
    await clicks(tab, 'undo');
    await clicks(tab, 'undo');
    assert.equal(await shown(tab), 'milk, 𝄞, eg');
    await reloads(tab);
    assert.equal(await shown(tab), 'milk, 𝄞, eg');
    await tab.run("(() => { document.querySelector('#pages :nth-child(2)').click(); return ''; })()");
    for (let turn = 0; turn < 100 && await shown(tab) === 'milk, 𝄞, eg'; turn += 1) await sleep(10);
    assert.equal(await shown(tab), 'the second page');
  });

  test(`${kind}: a tab that crashes while one types loses nothing that it said was saved`, async (t) => {
    const site = await begun(t, kind, second);
    const told = await listener(t);
    let kept = '';
    for (let turn = 0; turn < 4; turn += 1) {
      const tab = await site.tab();
      const found = await shown(tab);
      assert.ok(found.startsWith(kept), `${JSON.stringify(found)} begins with ${JSON.stringify(kept)}`);
      assert.match(found, /^(0123456789)*\d*$/);
      // Whenever the page says `saved`, it tells the test before it does anything else; it crashes while it does.
      const crashed = new Promise((/** @type {(crashed: unknown) => void} */ resolve) => {
        told.hear = (text) => {
          kept = text;
          if (kept.length >= found.length + 12 + 5 * turn) resolve(tab.crash());
          return kept.length < found.length + 12 + 5 * turn;
        };
      });
      await tab.run(`(() => {
        const [area, state] = [document.getElementById('text'), document.getElementById('state')];
        const type = () => {
          area.value += String(area.value.length % 10);
          area.dispatchEvent(new Event('input'));
        };
        new MutationObserver(() => {
          if (state.value !== 'saved') return;
          const request = new XMLHttpRequest();
          request.open('POST', '${told.url}', false);
          request.send(area.value);
          setTimeout(type, 0);
        }).observe(state, { childList: true, characterData: true, subtree: true });
        setTimeout(type, 0);
        return '';
      })()`);
      await crashed;
      assert.ok(kept.length > found.length, 'something was saved');
    }
    const tab = await site.tab();
    assert.ok((await shown(tab)).startsWith(kept));
  });

  test(`${kind}: a second tab says that it waits, and goes on when the first is closed`, async (t) => {
    const site = await begun(t, kind, second);
    const tab = await site.tab();
    await types(tab, 'of the first');
    const other = await site.tab();
    assert.match(await said(other), /open in another tab/);
    assert.equal(await other.run("String(document.getElementById('text').disabled)"), 'true');
    await types(tab, ', and more');
    await tab.run("(() => { location.href = 'about:blank'; return ''; })()").catch(() => '');
    await says(other, /saved/);
    assert.equal(await shown(other), 'of the first, and more');
    await types(other, ', and of the second');
    await reloads(other);
    assert.equal(await shown(other), 'of the first, and more, and of the second');
  });

  test(`${kind}: the next version of the program reads what the first one left, and the first refuses what the next wrote`, async (t) => {
    const site = await begun(t, kind, first);
    let tab = await site.tab();
    assert.equal(await tab.run("String(document.getElementById('undo').disabled)"), 'true');
    // A state of the first version, and calls behind it.
    const long = 'x'.repeat(80_000);
    await pastes(tab, long);
    await types(tab, 'abc');
    await tab.crash();
    site.ship(second);
    tab = await site.tab();
    assert.equal(await said(tab), 'saved');
    assert.equal(await shown(tab), `${long}abc`);
    // The calls were made again by the second version, which remembers them; of the state nothing is known.
    for (let turn = 0; turn < 5; turn += 1) await clicks(tab, 'undo');
    assert.equal(await shown(tab), long);
    await types(tab, 'of the second');
    // What is in the store is the second version's when its state is written; until then the first one's and calls that it has not.
    await tab.crash();
    site.ship(first);
    tab = await site.tab();
    assert.match(await said(tab), /ImportError/);
    await tab.crash();
    site.ship(second);
    tab = await site.tab();
    assert.equal(await shown(tab), `${long}of the second`);
  });
}

test('an edit is the least that leads from one text to the other, and cuts no character', () => {
  const cases = [
    ['', 'a', 0, 0, 'a'], ['ab', 'aXb', 1, 0, 'X'], ['aaa', 'aa', 2, 1, ''], ['abc', 'abc', 3, 0, ''],
    ['a𝄞b', 'a𝄢b', 1, 2, '𝄢'], ['𝄞', '', 0, 2, ''], ['𐐀', '𝐀', 0, 2, '𝐀'],
  ];
  for (const [before, after, at, removed, text] of cases) assert.deepEqual(difference(String(before), String(after)), { at, removed, text });
});
