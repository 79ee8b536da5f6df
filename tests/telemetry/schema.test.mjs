// @ts-check
// Real reports, by a validator of others.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EVENTS, failEverything, load, sdk, thrown } from './support.mjs';

const schema = JSON.parse(readFileSync(new URL('../../recover-runtime/report.schema.json', import.meta.url), 'utf8'));
const { default: Ajv } = sdk('ajv/dist/2020.js');
const validate = new Ajv({ strict: true, strictTuples: true }).compile(schema);

/** @param {any} report */
function isValid(report) {
  const json = JSON.stringify(report);
  assert.ok(validate(JSON.parse(json)), `${JSON.stringify(validate.errors)} of ${json}`);
  assert.ok(Buffer.byteLength(json) < 1024, `${Buffer.byteLength(json)} bytes`);
}

test('every event\'s report is valid, with every choice for messages, and under 1,024 bytes', async () => {
  const pkg = await load();
  for (const messages of ['hash', 'keep', 'omit']) {
    /** @type {any[]} */
    const all = [];
    const stop = pkg.recovery.onReport((/** @type {any} */ report) => { all.push(report); }, { messages });
    await failEverything(pkg);
    thrown(() => pkg.fault('€"\u0001'.repeat(10_000)));
    await new Promise((resolve) => { setTimeout(resolve, 0); });
    stop();
    assert.deepEqual(all.map(({ event }) => event), [...EVENTS, 'panic']);
    all.forEach(isValid);
    assert.equal(all.some(({ cut }) => cut?.includes('message')), messages === 'keep');
  }
});

test('the schema refuses what is no report', () => {
  for (const wrong of [{}, { version: 2 }, [], null]) assert.ok(!validate(wrong));
});
