// @ts-check
// `stores/indexeddb.js` in tabs of Chromium and of Firefox that crash, and in browsers that are killed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { browserOf } from './browser.mjs';
import { conformance } from './conformance.mjs';
import { moduleOf } from './owner.mjs';
import { bytesOf, saidOf } from './pieces.mjs';

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

for (const kind of /** @type {const} */ (['chromium', 'firefox'])) {
  test(`indexeddb in ${kind}: the browser is killed while it writes: what was acknowledged is there`, async (t) => {
    const browser = await browserOf(kind);
    t.after(browser.end);
    let acknowledged = 0;
    for (let turn = 0; turn < 3; turn += 1) {
      const owner = await browser.owner({}, true);
      assert.deepEqual(await owner.ask({ do: 'open', name: 'browser' }), { value: 0 });
      const answer = await owner.ask({ do: 'read', handle: 0 });
      assert.ok('value' in answer, JSON.stringify(answer));
      /** @type {import('./pieces.mjs').Said[]} */
      const chunks = answer.value.chunks;
      assert.deepEqual(chunks, chunks.map((_, at) => saidOf(at, bytesOf(at, 3000))));
      assert.ok(chunks.length >= acknowledged, `${chunks.length} of ${acknowledged}`);
      let at = chunks.length;
      const killed = sleep(200 + turn * 130).then(() => owner.kill());
      try {
        for (;;) {
          const written = await owner.ask({ do: 'append', handle: 0, at, seed: at, length: 3000 });
          assert.deepEqual(written, {});
          at += 1;
          acknowledged = at;
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
      }
      await killed;
    }
    assert.ok(acknowledged > 3, String(acknowledged));
    t.diagnostic(`${acknowledged} chunks`);
  });

  test(`indexeddb in ${kind}: with \`wait\`, a second tab is let in when the first crashes`, async (t) => {
    const browser = await browserOf(kind);
    t.after(browser.end);
    const [first, second] = [await browser.owner(), await browser.owner({ wait: true })];
    await first.ask({ do: 'open', name: 'awaited' });
    await first.ask({ do: 'read', handle: 0 });
    await first.ask({ do: 'append', handle: 0, at: 0, seed: 0, length: 10 });
    let open = false;
    const opened = second.ask({ do: 'open', name: 'awaited' }).then((answer) => {
      open = true;
      return answer;
    });
    await sleep(300);
    assert.equal(open, false);
    await first.kill();
    assert.deepEqual(await opened, { value: 0 });
    assert.deepEqual(await second.ask({ do: 'read', handle: 0 }), { value: { snapshots: [], chunks: [saidOf(0, bytesOf(0, 10))] } });
  });

  test(`indexeddb in ${kind}: a database that is deleted ends the lease`, async (t) => {
    const browser = await browserOf(kind);
    t.after(browser.end);
    const tab = await browser.owner();
    await tab.ask({ do: 'open', name: 'deleted' });
    await tab.run("new Promise((resolve) => { indexedDB.deleteDatabase('recover').onsuccess = () => resolve(''); })");
    assert.deepEqual(await tab.ask({ do: 'lost', handle: 0 }), { value: 'E_LEASE' });
    const answer = await tab.ask({ do: 'append', handle: 0, at: 0, seed: 0, length: 10 });
    assert.equal('error' in answer && answer.error.code, 'E_LEASE');
    assert.deepEqual(await tab.ask({ do: 'open', name: 'deleted' }), { value: 1 });
  });
}

test('indexeddb: what is no option is refused, with what would be', () => {
  assert.throws(() => new IndexedDbStore(/** @type {any} */ ({ waits: true })), /TypeError: IndexedDbStore has no option 'waits'.*'database' or 'wait'/);
  assert.throws(() => new IndexedDbStore(/** @type {any} */ ({ wait: 1 })), /'wait' must be true or false/);
  assert.throws(() => new IndexedDbStore(/** @type {any} */ ({ database: 1 })), /'database' must be the name/);
});
