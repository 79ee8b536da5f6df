// @ts-check
// The fingerprints of faults in three builds of one program: as it is, with lines and a function inserted above, and
// optimised.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, thrown } from './support.mjs';

/** The faults. @type {Record<string, (pkg: any) => unknown>} */
const FAULTS = {
  'the first bare unwrap of a function': (pkg) => pkg.either(undefined, 1),
  'the second, in the same column': (pkg) => pkg.either(1, undefined),
  'one in another function': (pkg) => pkg.another(undefined),
  'an assertion of a shared function': (pkg) => pkg.by_one(13),
  'a panic with a message of the caller': (pkg) => pkg.fault('jane'),
  'a panic of a method': (pkg) => new pkg.Desk().open(9),
  'a trap': (pkg) => pkg.trap(),
};

/** What reports say of each fault. @param {string} build */
async function reportsOf(build) {
  const pkg = await load(build);
  /** @type {any[]} */
  const all = [];
  const stop = pkg.recovery.onReport((/** @type {any} */ report) => { if (report.event !== 'poisoned') all.push(report); });
  for (const fail of Object.values(FAULTS)) {
    thrown(() => fail(pkg));
    await new Promise((resolve) => { setTimeout(resolve, 0); });
  }
  thrown(() => pkg.by_other(13));
  thrown(() => pkg.fault('john'));
  await new Promise((resolve) => { setTimeout(resolve, 0); });
  stop();
  return all;
}

test('a fault has one fingerprint in every build, and another fault another', async () => {
  const [before, after, optimised] = await Promise.all(['before', 'after', 'optimised'].map(reportsOf));
  const prints = (/** @type {any[]} */ reports) => reports.map(({ fingerprint }) => fingerprint);
  const own = prints(before ?? []).slice(0, Object.keys(FAULTS).length);
  assert.equal(new Set(own).size, own.length, 'they differ');
  assert.deepEqual(prints(after ?? []), prints(before ?? []), 'with lines and a function inserted above');
  assert.deepEqual(prints(optimised ?? []), prints(before ?? []), 'optimised');
  // The builds do differ.
  assert.notEqual(after?.[0].location.line, before?.[0].location.line);
  assert.notDeepEqual(after?.[0].frames, before?.[0].frames);
  const [byOther, john] = prints(before ?? []).slice(own.length);
  assert.equal(byOther, own[3], 'one fault, called by two exports');
  assert.equal(john, own[4], 'one fault, with two messages');
});
