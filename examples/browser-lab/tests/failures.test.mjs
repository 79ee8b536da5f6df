// @ts-check
// Every failure by its button, in Chromium: what comes out, what becomes of the object,
// what the next call does. Looks are tested elsewhere.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { FAILURES } from '../failures.mjs';
import { chromium, open } from './browser.mjs';
import { BRICKS, EXPECTED, HANGS } from './expected.mjs';

const unwinds = process.env.RECOVER_LAB_STRATEGY !== 'abort';

/** @type {any} */
let browser;
before(async () => { browser = await chromium(); });
after(() => browser.close());

test('every failure has its expectation', () => {
  assert.deepEqual(FAILURES.map(({ id }) => id).sort(), Object.keys(EXPECTED).sort());
});

// Each waits more than it works: some at a time, in pages of their own.
describe('each failure by itself', { concurrency: 4 }, () => {
  for (const { id, label, on } of FAILURES) {
    test(`with recover: ${label}`, async () => {
      const expected = EXPECTED[id];
      assert.ok(expected);
      const lab = await open(browser);
      const epoch = await lab.epoch();
      const { ours, plain } = await lab.fail(id);
      const { how = 'threw', next = 'ok', state = 'ready' } = expected;
      assert.deepEqual(
        { how: ours.how, class: ours.class, code: ours.code, next: ours.next, state: ours.state },
        { how, class: expected.class, code: expected.code, next, state },
        ours.text,
      );
      if (expected.same !== undefined) assert.equal(ours.change?.startsWith('unchanged: '), expected.same, ours.text);
      assert.equal(await lab.epoch() > epoch, expected.restarts === true, 'a restart, or none');
      if (on !== undefined) assert.equal((await lab.object('ours', on)).state, state);
      // Both objects that persist answer, whatever happened.
      assert.equal((await lab.object('ours', 'ledger')).state, 'ready');
      assert.equal((await lab.object('ours', 'download')).state, 'ready');
      if (unwinds && HANGS.includes(id)) assert.equal(plain.how, 'pending', plain.text);
      if (unwinds) {
        await lab.press('[data-side="plain"] [data-act="Post 1"]');
        assert.equal((await lab.object('plain', 'ledger')).state === 'dead', BRICKS.includes(id), plain.text);
      }
      await lab.close();
    });
  }
});

for (const [id, event, line] of /** @type {const} */ ([
  ['panic', unwinds ? 'panic' : 'end', 'assert!(*amount != 0'],
  ['abort', 'end', 'abort()'],
])) {
  test(`an error opens to its report, with the line of Rust that failed: ${id}`, async () => {
    const lab = await open(browser);
    await lab.fail(id);
    const report = lab.page.locator('#log article.ours details.report').first();
    assert.equal(await report.getAttribute('data-event'), event);
    await report.locator('summary').click();
    await report.locator('[data-lines="shown"]').waitFor({ timeout: 60_000 });
    const { build, fingerprint } = JSON.parse(await report.locator('pre').textContent());
    assert.match(build, /^[\da-f]{40}$/);
    assert.match(fingerprint, /^[\da-f]{16}$/);
    const sources = await report.locator('.source').allTextContents();
    assert.ok(sources.some((/** @type {string} */ source) => source.includes(line)), `${line} in ${sources.join('\n')}`);
    await lab.close();
  });
}

if (unwinds) test('an error says all that it knows in the log', async () => {
  const lab = await open(browser);
  await lab.fail('panic');
  const panic = await lab.entry('.ours');
  assert.match(panic.location, /^core\/src\/lib\.rs:\d+:\d+$/);
  assert.match(panic.export, /post_all/);
  assert.deepEqual([panic.code, panic.kind, panic.fatal, panic.retryable], ['E_PANIC', 'panic', 'false', 'false']);
  await lab.fail('panic-timer');
  assert.equal((await lab.entry('.ours')).how, 'recovery.onPanic');
  assert.equal((await lab.entry('.plain')).how, 'uncaught');
  await lab.fail('abort');
  const ended = await lab.entry('.ours[data-how="thrown"]');
  assert.deepEqual([ended.class, ended.kind, ended.fatal, ended.retryable], ['InstanceAbortedError', 'aborted', 'true', 'true']);
  assert.match(ended.cause, /^RuntimeError: /);
  const report = await lab.entry('.ours[data-how="recovery.onAbort"]');
  assert.equal(report['epoch that ended'], '0');
  await lab.press('#clear');
  assert.equal(await lab.page.locator('#log article').count(), 0);
  assert.ok(await lab.page.isVisible('#quiet'));
  await lab.close();
});

if (unwinds) test('a poisoned object is accepted by a button, a stale one replaced', async () => {
  const lab = await open(browser);
  // The second time on a new one, or it would be refused.
  for (const time of ['first', 'second']) assert.equal((await lab.fail('panic-poison')).ours.class, 'PanicError', time);
  assert.equal((await lab.object('ours', 'basket')).state, 'poisoned');
  await lab.press('[data-side="ours"] [data-object="basket"] [data-act="Accept its state"]');
  assert.deepEqual(await lab.object('ours', 'basket'), { state: 'ready', value: 'pear, gold' });
  await lab.fail('abort');
  assert.equal((await lab.object('ours', 'basket')).state, 'stale');
  await lab.press('[data-side="ours"] [data-object="basket"] [data-act="New one"]');
  assert.deepEqual(await lab.object('ours', 'basket'), { state: 'ready', value: 'empty' });
  await lab.press('[data-side="ours"] [data-object="basket"] [data-act="Add a plum"]');
  assert.deepEqual(await lab.object('ours', 'basket'), { state: 'ready', value: 'plum' });
  await lab.close();
});

if (unwinds) test('the other side comes back by a reload only, without its state', async () => {
  const lab = await open(browser);
  await lab.press('[data-side="plain"] [data-act="Post 1"]');
  await lab.press('[data-side="ours"] [data-act="Post 1"]');
  await lab.fail('abort-pending');
  assert.equal((await lab.object('plain', 'ledger')).state, 'dead');
  assert.match(await lab.page.textContent('[data-hanging="plain"]'), /^1 promise pending/);
  const clock = lab.page.locator('#failure-abort-pending .plain .clock');
  const first = await clock.textContent();
  // It goes on.
  await lab.page.waitForFunction((/** @type {string} */ text) => document.querySelector('#failure-abort-pending .plain .clock')?.textContent !== text, first);
  await lab.press('[data-act="reload"]');
  assert.deepEqual(await lab.object('plain', 'ledger'), { state: 'ready', value: '100 in 1 entry' });
  assert.deepEqual(await lab.object('ours', 'ledger'), { state: 'ready', value: '101 in 2 entries' });
  assert.equal(await lab.page.isVisible('[data-hanging="ours"]'), false);
  await lab.close();
});

test('every failure in a row leaves our side answering', async () => {
  const lab = await open(browser);
  await lab.press('#all');
  const status = await lab.page.textContent('#status');
  assert.match(status, new RegExp(`^${FAILURES.length} failures\\. With recover: the module answers after ${FAILURES.length} of them, 0 promises pending`));
  for (const { id } of FAILURES) {
    const { how, class: name } = await lab.outcome(id, 'ours');
    assert.deepEqual([how, name], [EXPECTED[id]?.how ?? 'threw', EXPECTED[id]?.class], id);
  }
  if (unwinds) {
    // Each restart is a mark in the chart.
    assert.equal(await lab.page.locator('#chart svg .restart.ours').count(), await lab.epoch());
    assert.match(await lab.page.textContent('#chart figcaption'), /With recover: .* at most 64 MiB, \d+ restarts/);
  }
  await lab.close();
});

test('a module too large to be instantiated while the page waits is revived as well', async () => {
  // A custom section of nine megabytes: Chromium makes no such instance synchronously.
  const size = 9 << 20;
  const lab = await open(browser, {}, (page) => page.route('**/lab_ours_bg.wasm', async (/** @type {any} */ route) => {
    const answer = await route.fetch();
    const leb = [];
    for (let rest = size + 1; ; rest >>>= 7) {
      leb.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
      if (rest <= 0x7f) break;
    }
    const section = Buffer.concat([Buffer.from([0, ...leb, 0]), Buffer.alloc(size)]);
    await route.fulfill({ response: answer, body: Buffer.concat([await answer.body(), section]) });
  }));
  await assert.rejects(lab.page.evaluate(async () => {
    const bytes = await (await fetch('pkg/ours/lab_ours_bg.wasm')).arrayBuffer();
    return new WebAssembly.Instance(await WebAssembly.compile(bytes), {});
  }), /RangeError/, 'Chromium refuses, or this test says nothing');
  await lab.press('[data-side="ours"] [data-act="Post 1"]');
  const { ours } = await lab.fail('abort');
  assert.deepEqual([ours.class, ours.next, ours.state], ['InstanceAbortedError', 'ok', 'ready'], ours.text);
  assert.equal(await lab.epoch(), 1);
  assert.deepEqual(await lab.object('ours', 'ledger'), { state: 'ready', value: '102 in 3 entries' });
  await lab.close();
});
