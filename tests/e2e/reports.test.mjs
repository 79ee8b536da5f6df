// @ts-check
// What listeners of `recovery.onReport` get of a program's failures. What a report holds without Rust is
// tested in recover-runtime/js.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load, unwind } from './load.mjs';
import { dies, place, thrown } from './support.mjs';

const { pkg } = await load('fixture-reports');
const { recovery } = pkg;

/** Lets microtasks and what they start run. */
const turn = () => new Promise((resolve) => { setTimeout(resolve, 0); });

/**
 * The reports of what `run` does.
 * @param {() => unknown} run
 * @param {any} [options]
 */
async function reports(run, options) {
  /** @type {any[]} */
  const all = [];
  const stop = recovery.onReport((/** @type {any} */ report, /** @type {any} */ attached) => { all.push({ ...report, attached }); }, options);
  try {
    const running = run();
    assert.equal(all.length, 0, 'a report is made behind the call');
    await running;
    await turn();
  } finally {
    stop();
  }
  return all;
}

/** What a report says of the failure, without what differs each time. @param {any} report */
const gist = ({ event, kind, code, name, fatal }) => [event, kind, code, name, fatal];

/** The event of a panic, which ends the instance of an abort build. */
const PANIC = unwind ? ['panic', 'panic', 'E_PANIC', 'PanicError', false] : ['end', 'panic', 'E_PANIC', 'PanicError', true];

test('a panic gives one report, behind the error of the call', async () => {
  const before = recovery.health();
  /** @type {any} */
  let error;
  const all = await reports(() => { error = thrown(() => pkg.fault('no key "x"')); }, { messages: 'keep' });
  assert.equal(all.length, 1);
  const [report] = all;
  assert.deepEqual(gist(report), PANIC);
  assert.equal(report.message, error.message);
  const at = place('reports/src/lib.rs', 'panic!("{message}");');
  assert.match(report.location.file, /fixtures\/reports\/src\/lib\.rs$/);
  assert.deepEqual(report.location, { file: report.location.file, ...at });
  assert.equal(report.export, error.export);
  assert.deepEqual([report.epoch, report.restarts], [before.epoch, before.restarts]);
  assert.ok(report.memoryBytes >= before.memoryBytes && report.uptime >= 0 && report.uptime < 600_000);
  assert.ok(report.frames.length > 0, 'it has the frames of the module');
  for (const [index, offset] of report.frames) assert.ok(index > 0 && offset > 0);
  assert.equal(pkg.add(1, 2), 3);
});

test('a panic of an asynchronous call gives one, too', async () => {
  const [report, ...more] = await reports(() => assert.rejects(pkg.later('late')));
  assert.deepEqual(more, []);
  assert.deepEqual(gist(report), PANIC);
  assert.equal(report.message, undefined);
});

test('no report has what a user typed, unless it was asked for', async () => {
  for (const messages of [undefined, 'hash', 'omit']) {
    const all = await reports(() => { thrown(() => pkg.fault('jane@example.org')); thrown(() => pkg.by_one(13)); }, { messages });
    assert.equal(all.length, 2);
    assert.ok(!JSON.stringify(all).includes('jane'));
  }
});

test('a trap gives the report of an end, with the frames of the trap', async () => {
  const all = await reports(() => { dies(pkg, () => pkg.trap()); });
  assert.equal(all.length, 1);
  assert.deepEqual(gist(all[0]), ['end', 'aborted', 'E_INSTANCE_ABORTED', 'InstanceAbortedError', true]);
  assert.equal(all[0].export, 'trap');
  assert.ok(all[0].frames.length > 0);
  assert.equal(all[0].causes[0].name, 'RuntimeError');
  assert.deepEqual(all[0].attached, {});
});

test('an end that the program asks for is no failure', async () => {
  const { epoch } = recovery.health();
  assert.deepEqual(await reports(async () => { await recovery.restart(); recovery.dispose(); pkg.add(1, 2); }), []);
  assert.equal(recovery.health().epoch, epoch + 2);
});

test('the memory comes with the report of an end by request', async () => {
  const [report] = await reports(() => { dies(pkg, () => pkg.trap()); }, { memory: true });
  assert.ok(report.attached.memory instanceof Uint8Array);
  assert.equal(report.attached.memory.length, report.memoryBytes);
});

test('a failure right before the end is reported, both with the instance that they were in', async () => {
  const { epoch } = recovery.health();
  const all = await reports(() => { thrown(() => pkg.fault('first')); dies(pkg, () => pkg.trap()); pkg.add(1, 2); });
  assert.deepEqual(all.map(({ event }) => event), [PANIC[0], 'end']);
  assert.deepEqual(all.map((report) => report.epoch), [epoch, unwind ? epoch : epoch + 1]);
});

if (unwind) {
  test('a poisoned object has a report of its own, which names that of the panic', async () => {
    const desk = new pkg.Desk();
    const all = await reports(() => { thrown(() => desk.open(7)); });
    assert.deepEqual(all.map(({ event }) => event), ['panic', 'poisoned']);
    const [panic, poisoned] = all;
    assert.equal(poisoned.class, 'Desk');
    assert.equal(poisoned.causes[0].report, panic.id);
    assert.notEqual(poisoned.id, panic.id);
    assert.deepEqual(await reports(() => { thrown(() => desk.open(1)); }), [], 'a refused call is no event');
  });
}

test('an object that can\'t be revived is reported when it is used, and objects are counted by class', async () => {
  await new Promise((resolve) => { setTimeout(resolve, 1001); });
  const [kept, lost] = [new pkg.Room(7), new pkg.Room(13)];
  const all = await reports(() => {
    dies(pkg, () => pkg.trap());
    thrown(() => lost.number());
    thrown(() => lost.number());
  });
  assert.deepEqual(all.map(({ event }) => event), ['end', 'lost']);
  assert.deepEqual([all[1].class, all[1].kind, all[1].code], ['Room', 'stale', 'E_STALE_HANDLE']);
  assert.equal(all[1].causes[0].name, 'ImportError');
  assert.ok(all[0].classes.Room >= 1);
  assert.equal(kept.number(), 7);
});

test('a refused restart is reported once', async () => {
  recovery.setRestartLimit({ restarts: 0, period: 60_000 });
  const all = await reports(() => {
    thrown(() => pkg.trap());
    for (let call = 0; call < 3; call += 1) thrown(() => pkg.add(1, 2));
  });
  recovery.setRestartLimit({ restarts: 1000, period: 1 });
  await recovery.restart();
  assert.deepEqual(all.map(({ event }) => event), ['end', 'refused-restart']);
  assert.deepEqual([all[1].kind, all[1].fatal, all[1].causes[0].report], ['restart-limit', true, all[0].id]);
  assert.equal(pkg.add(1, 2), 3);
});

test('faults are told apart by their site, and not by who called', async () => {
  recovery.setRestartLimit({ restarts: 1000, period: 1 });
  /** @param {() => unknown} call */
  const print = async (call) => {
    const all = await reports(() => { thrown(call); });
    assert.equal(all.length, 1);
    return all[0].fingerprint;
  };
  const prints = [
    await print(() => pkg.either(undefined, 1)),
    await print(() => pkg.either(1, undefined)),
    await print(() => pkg.another(undefined)),
    await print(() => pkg.by_one(13)),
    await print(() => pkg.trap()),
  ];
  assert.equal(new Set(prints).size, prints.length);
  assert.equal(await print(() => pkg.by_other(13)), prints[3]);
  assert.equal(await print(() => pkg.either(undefined, 1)), prints[0]);
});

test('the module has the table of sites, and the package the adapters', async () => {
  const { readFileSync, existsSync } = await import('node:fs');
  const { join } = await import('node:path');
  const directory = join(/** @type {string} */ (process.env.RECOVER_E2E_DIR), 'fixture-reports');
  const module = new WebAssembly.Module(readFileSync(join(directory, 'fixture_reports_bg.wasm')));
  const [section] = WebAssembly.Module.customSections(module, 'recover_sites');
  assert.ok(section !== undefined && section.byteLength > 0 && section.byteLength % 8 === 0);
  for (const file of ['otel.js', 'otel.d.ts', 'sentry.js', 'sentry.d.ts']) assert.ok(existsSync(join(directory, 'telemetry', file)), file);
});

test('a coredump is of the instance that ended, and of the build', async () => {
  /** @type {any[]} */
  const told = [];
  const stop = recovery.onAbort((/** @type {any} */ report) => { told.push(report); }, { memory: true });
  dies(pkg, () => pkg.trap());
  stop();
  const dump = recovery.coredump(told[0], { name: 'reports.wasm' });
  const module = new WebAssembly.Module(dump);
  assert.equal(WebAssembly.Module.customSections(module, 'corestack').length, 1);
  const [own] = WebAssembly.Module.customSections(module, 'recover');
  const { build, epoch, frames } = JSON.parse(new TextDecoder().decode(own));
  assert.equal(build, recovery.health().build);
  assert.equal(epoch, told[0].epoch);
  assert.ok(frames.length > 0);
});
