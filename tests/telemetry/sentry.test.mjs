// @ts-check
// Reports reach a collector by Sentry's own SDK, as events that Sentry can group and symbolicate.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { EVENTS, adapter, collector, failEverything, load, sdk } from './support.mjs';

const Sentry = sdk('@sentry/node');
const { port, posts, close } = await collector();
Sentry.init({ dsn: `http://public@127.0.0.1:${port}/1`, defaultIntegrations: false, release: 'app@1.2.3' });
after(async () => {
  await Sentry.close(1000);
  await close();
});

test('each report is an event with its id, fingerprint, image and native frames', async () => {
  const pkg = await load();
  const { reportToSentry } = await adapter('sentry');
  /** @type {any[]} */
  const reports = [];
  const stop = [pkg.recovery.onReport((/** @type {any} */ report) => { reports.push(report); }), reportToSentry(pkg.recovery, Sentry)];
  await failEverything(pkg);
  stop.forEach((end) => end());
  assert.ok(await Sentry.flush(5000));
  const items = posts.filter(({ path }) => path === '/api/1/envelope/').flatMap(({ body }) => {
    const lines = body.split('\n');
    return lines.flatMap((line, at) => (line.includes('"type":"event"') ? [JSON.parse(lines[at + 1] ?? '')] : []));
  });
  assert.equal(items.length, EVENTS.length);
  assert.deepEqual(items.map((item) => item.tags['recover.event']).sort(), [...EVENTS].sort());
  assert.ok(!JSON.stringify(items).includes('jane'), 'nothing that a user typed');
  for (const item of items) {
    assert.match(item.event_id, /^[\da-f]{32}$/);
    const { fingerprint, frames, build } = reports.find((report) => report.fingerprint === item.fingerprint[0]);
    assert.deepEqual(item.fingerprint, [fingerprint]);
    const values = item.exception.values;
    const { type, mechanism, stacktrace } = values[values.length - 1];
    assert.ok(type.endsWith('Error') && mechanism.type === 'recover');
    assert.equal(item.level, mechanism.handled ? 'error' : 'fatal');
    if (frames.length !== 0) {
      // Sentry has the innermost last.
      assert.deepEqual(stacktrace.frames.map((/** @type {any} */ frame) => Number(frame.instruction_addr)), frames.map((/** @type {any} */ [, offset]) => offset).reverse());
      assert.ok(stacktrace.frames.every((/** @type {any} */ frame) => frame.platform === 'native' && frame.addr_mode === 'rel:0'));
    }
    if (build === undefined) continue;
    const [image] = item.debug_meta.images;
    assert.deepEqual([image.type, image.code_id], ['wasm', build]);
    assert.match(image.debug_id, new RegExp(`^${build.slice(0, 32)}`));
  }
});
