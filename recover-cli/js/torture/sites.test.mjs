// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sites } from './sites.mjs';

/** @param {Partial<import('./types.mjs').Fired>[]} fired @param {Partial<import('./types.mjs').HandleEnd>[]} [handles] */
const run = (fired, handles = []) => /** @type {any} */ ({ fired, handles, trace: { sites: ['before@store_put', 'alloc@store_put', 'import:now@store_put'] } });

test('a site that was passed is none at which a failure happened', () => {
  const sites = new Sites();
  const clean = run([], [{ className: 'Store', persists: true }]);
  sites.passes(clean);
  assert.equal(sites.judged(clean), 0);
  assert.ok(['before@store_put', 'restart@store_put', 'throw@import:now', 'free@Store'].every((site) => sites.passed.has(site)));
  assert.deepEqual([...sites.tortured], []);
  assert.deepEqual([...sites.persistent], ['Store']);
});

test('what an action did is where it happened, and one that found nothing to do is none', () => {
  const sites = new Sites();
  const count = sites.judged(run([
    { action: 'restart', kind: 'before', site: 'before@store_put' }, { action: 'throw', kind: 'import:now', site: 'import:now@store_put' },
    { action: 'free', kind: 'step', site: 'step@outside', idle: true },
  ]));
  assert.equal(count, 2);
  assert.deepEqual([...sites.tortured], ['before@store_put', 'restart@store_put', 'import:now@store_put', 'throw@import:now']);
});

test('a class is freed under torture by a failure in its destructor, or by a schedule that frees it', () => {
  const handles = [{ className: 'RoomView' }, { className: 'Store', freed: true }, { className: 'Other' }];
  const sites = new Sites();
  sites.judged(run([{ action: 'trap', kind: 'drop', site: 'drop@__wbg_roomview_free' }], handles));
  assert.deepEqual([...sites.tortured].filter((site) => site.startsWith('free@')), ['free@RoomView', 'free@Store']);
});
