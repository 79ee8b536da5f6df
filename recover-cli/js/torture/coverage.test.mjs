// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkUsed, coverage, ofClasses, universe, waiversOf } from './coverage.mjs';
import { Mistake } from './scenario.mjs';

test('what there must be is every export, import and class, without the runtime\'s own', () => {
  const all = universe({
    exports: ['store_put', 'store_sync', '__wbg_store_free', 'store___recover', 'wasm_bindgen_1___convert__closures_____invoke___'], later: new Set(['store_sync']),
    imports: ['now', 'later'], promising: ['later'], classes: ['Store'], persistent: ['Store'],
  });
  assert.deepEqual([...all].sort(), [
    'after@store_put', 'before@store_put', 'before@store_sync', 'decode@Store', 'encode@Store', 'enter@store_put', 'free@Store', 'leave@store_put', 'never@import:later',
    'reject@import:later', 'restart@store_put', 'restart@store_sync', 'snapshot@Store', 'throw@import:later', 'throw@import:now',
  ]);
});

test('records are visited under any export of their class', () => {
  const visited = new Set(['encode@store_put', 'decode@other_put']);
  ofClasses(visited, ['Store']);
  assert.ok(visited.has('encode@Store') && !visited.has('decode@Store'));
});

test('a site that was only passed, or never, is named, unless somebody waives it with a reason', () => {
  const all = new Set(['a@x', 'b@x', 'c@y', 'd@y', 'e@x', 'f@x']);
  const waivers = waiversOf([{ site: 'b@x', reason: 'no such' }, { pattern: '*@y', reason: 'not here' }]);
  const used = new Set();
  const sites = { tortured: new Set(['d@y', 'f@x', 'alloc@x']), passed: new Set(['b@x', 'c@y', 'd@y', 'e@x', 'stack@x']) };
  assert.deepEqual(coverage(all, sites, waivers, used), {
    tortured: ['d@y', 'f@x'], passed: ['e@x'], never: ['a@x'], waived: [{ site: 'b@x', reason: 'no such' }, { site: 'c@y', reason: 'not here' }],
  });
  checkUsed(waivers, used);
  const met = { tortured: all, passed: all };
  for (const [byChance, count] of /** @type {const} */ ([[false, 0], [true, 2]])) {
    const matched = new Set();
    coverage(all, met, waivers, matched, byChance);
    assert.equal(matched.size, count, 'what was tortured by chance may be waived');
  }
  assert.throws(() => checkUsed([...waivers, { site: 'gone', reason: 'old' }], used), (error) => error instanceof Mistake && /gone/.test(error.message));
});

test('waivers are JSON or tables, and one without a reason is refused', () => {
  const right = [{ site: 'a@x', reason: 'because' }, { pattern: 'b@*', reason: 'it\'s so' }];
  assert.deepEqual(waiversOf(JSON.stringify(right)), right);
  assert.deepEqual(waiversOf('# ours\n[[waiver]]\nsite = "a@x"\nreason = "because" # why\n\n[[waiver]]\npattern = \'b@*\'\nreason = "it\'s so"\n'), right);
  for (const wrong of ['[{"site":"a"}]', '[{"site":"a","reason":" "}]', '[{"reason":"r"}]', '[{"site":"a","pattern":"b","reason":"r"}]', '[{"site":1,"reason":"r"}]', '[', 'site = "a"', '[[waiver]]\nsite: a']) {
    assert.throws(() => waiversOf(wrong), Mistake, wrong);
  }
});
