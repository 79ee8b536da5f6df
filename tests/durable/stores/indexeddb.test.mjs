// @ts-check
// `stores/indexeddb.js` in tabs of Chromium and of Firefox that crash, and in browsers that are killed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { browserOf } from './browser.mjs';
import { conformance } from './conformance.mjs';
import { moduleOf } from './owner.mjs';

/** @type {typeof import('../../../recover-runtime/js/stores/indexeddb.js')} */
const { IndexedDbStore } = await import(pathToFileURL(moduleOf('indexeddb')).href);

for (const kind of /** @type {const} */ (['chromium', 'firefox'])) {
  conformance(`indexeddb in ${kind}`, async () => {
    const browser = await browserOf(kind);
    return {
      owner: () => browser.owner(),
      async take(name) {
        const thief = await browser.owner();
        await thief.run(`navigator.locks.request('recover ' + JSON.stringify(['recover', ${JSON.stringify(name)}]), { steal: true }, () => '')`);
      },
      end: browser.end,
    };
  });
}
