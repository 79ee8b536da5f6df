// @ts-check
// What report.js makes of what happens, by events as errors.js and the others give them. What comes of Rust is
// tested in tests/e2e.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import * as errors from './errors.js';
import * as host from './host.js';
import { fingerprintOf, hashOf, plainFile, shapeOf, sitesOf } from './fingerprint.js';
import './report.js';

/** @typedef {Parameters<Parameters<typeof host.recoveryControls.onReport>[0]>[0]} RecoveryReport */
/** @typedef {NonNullable<Parameters<typeof host.recoveryControls.onReport>[1]>} ReportOptions */

const { onReport } = host.recoveryControls;
const links = host.linksOf();

/** The address of a text, in a memory of the module. @param {string} text @param {number} at */
function put(text, at) {
  errors.facts.memory ??= new WebAssembly.Memory({ initial: 1 });
  const bytes = new TextEncoder().encode(text);
  new Uint8Array(errors.facts.memory.buffer, at).set(bytes);
  errors.texts.clear();
  return [at, bytes.length];
}

/** A panic, as Rust has it made. @param {string} message @param {{ file?: string, line?: number, column?: number, exported?: string, payload?: unknown }} [where] */
function panic(message, { file = 'src/lib.rs', line = 7, column = 9, exported = 'app::Room::put', payload } = {}) {
  const [path = 0, length = 0] = put(file, 16);
  const [name = 0, nameLength = 0] = put(exported, 8192);
  return errors.panicked(message, name, nameLength, path, length, line, column, 0, payload, -1, 0, 0);
}

const settled = () => new Promise((resolve) => { setTimeout(resolve, 0); });

/** The reports of what `run` does. @param {() => unknown} run @param {ReportOptions} [options] */
async function reports(run, options) {
  /** @type {RecoveryReport[]} */
  const all = [];
  const stop = onReport((report) => { all.push(report); }, options);
  try {
    run();
    assert.equal(all.length, 0, 'a report is made after the call that failed');
    await settled();
  } finally {
    stop();
  }
  return all;
}

/** The one report of it. @param {() => unknown} run @param {ReportOptions} [options] */
async function report(run, options) {
  const all = await reports(run, options);
  assert.equal(all.length, 1);
  return /** @type {RecoveryReport} */ (all[0]);
}

test('the report of a panic', async () => {
  const one = await report(() => panic('no key "x"', { payload: new RangeError('of the caller') }));
  assert.deepEqual(one, {
    version: 1, id: one.id, time: one.time, event: 'panic', kind: 'panic', code: 'E_PANIC', name: 'PanicError', messageHash: one.messageHash,
    location: { file: 'src/lib.rs', line: 7, column: 9 }, frames: [], export: 'app::Room::put', epoch: 0, restarts: 0, uptime: one.uptime,
    memoryBytes: 65_536, classes: {}, causes: [{ name: 'RangeError', messageHash: hashOf('of the caller') }],
    retryable: false, fatal: false, fingerprint: one.fingerprint, omitted: 0,
  });
  assert.match(one.id, /^[\da-f]{32}$/);
  assert.match(one.fingerprint, /^[\da-f]{16}$/);
  assert.ok(Math.abs(Date.now() - one.time) < 1000 && one.uptime >= 0);
});

test('nothing is kept without a listener', async () => {
  assert.equal(errors.facts.event, undefined);
  const stop = onReport(() => {});
  assert.notEqual(errors.facts.event, undefined);
  stop();
  stop();
  assert.equal(errors.facts.event, undefined);
});

test('messages are hashed, omitted or kept; the hash is of their shape', async () => {
  const secret = () => panic('no user "jane@example.org", 17 of 4711', { payload: 'jane was here' });
  for (const messages of /** @type {const} */ ([undefined, 'hash', 'omit'])) {
    const one = await report(secret, messages === undefined ? undefined : { messages });
    assert.ok(!JSON.stringify(one).includes('jane'));
    assert.equal(one.messageHash !== undefined, messages !== 'omit');
  }
  const kept = await report(secret, { messages: 'keep' });
  assert.equal(kept.message, 'no user "jane@example.org", 17 of 4711');
  assert.deepEqual(kept.causes, [{ name: 'string', message: 'jane was here' }]);
  const [one, same, other] = await reports(() => { panic('key "a" of 3'); panic('key "b\\"c" of 0x7f'); panic('no key'); });
  assert.equal(one?.messageHash, same?.messageHash);
  assert.notEqual(one?.messageHash, other?.messageHash);
});

test('redact() changes a report or drops it; one that fails lets nothing through', async () => {
  const changed = await report(() => panic('x'), { redact: (/** @type {RecoveryReport} */ one) => ({ ...one, export: 'hidden' }) });
  assert.equal(changed.export, 'hidden');
  /** @type {any[]} */
  const answers = [() => null, () => undefined, async (/** @type {unknown} */ one) => one, () => 'text', () => { throw new Error('redact'); }];
  for (const redact of answers) {
    let call = 0;
    const both = await reports(() => { panic('first'); panic('second', { line: 8 }); }, { redact: (/** @type {RecoveryReport} */ one) => (call++ === 0 ? redact(one) : one) });
    assert.equal(both.length, 1);
    assert.equal(both[0]?.omitted, redact === answers[0] ? 0 : 1, String(redact));
  }
});

test('a listener that throws, rejects or never answers costs reports, nothing else', async () => {
  /** @type {unknown[]} */
  const strays = [];
  const stray = (/** @type {unknown} */ reason) => strays.push(reason);
  process.on('unhandledRejection', stray).on('uncaughtException', stray);
  /** @type {((report: RecoveryReport) => unknown)[]} */
  const answers = [() => { throw new Error('ENOSPC'); }, async () => { throw new Error('ENOSPC'); }];
  for (const answer of answers) {
    /** @type {number[]} */
    const omitted = [];
    const stop = onReport((one) => {
      omitted.push(one.omitted);
      return omitted.length <= 2 ? answer(one) : undefined;
    });
    for (let at = 0; at < 4; at += 1) {
      assert.equal(panic('x').message, 'x');
      await settled();
    }
    stop();
    assert.deepEqual(omitted, [0, 1, 2, 0]);
  }
  const never = await reports(() => { panic('x'); }, {});
  assert.equal(never.length, 1);
  const stop = onReport(() => new Promise(() => {}));
  panic('x');
  await settled();
  stop();
  process.off('unhandledRejection', stray).off('uncaughtException', stray);
  assert.deepEqual(strays, []);
});

test('a flood is limited by fingerprint and in all, and the next report says what was left out', async () => {
  const same = await reports(() => { for (let at = 0; at < 20; at += 1) panic('same'); });
  assert.equal(same.length, 5);
  /** @type {RecoveryReport[]} */
  const all = [];
  const stop = onReport((one) => { all.push(one); }, { limit: { reports: 10, perFingerprint: 2, period: 40 } });
  const began = performance.now();
  for (let at = 0; at < 20_000; at += 1) panic('flood', { line: 1 + at % 50 });
  const took = performance.now() - began;
  await settled();
  assert.equal(all.length, 10);
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  panic('later');
  await settled();
  stop();
  assert.equal(all.length, 11);
  assert.equal(all.reduce((sum, { omitted }) => sum + omitted, 0), 20_000 - 10);
  assert.ok(took < 5000, `${took} ms`);
});

test('a listener that fails Rust again is limited, too', async () => {
  let calls = 0;
  const stop = onReport(() => {
    calls += 1;
    if (calls < 50) panic('again');
  });
  panic('first');
  for (let at = 0; at < 20; at += 1) await settled();
  stop();
  assert.equal(calls, 5);
});

test('who has the error finds the id of its report, before that is made', async () => {
  let id;
  const one = await report(() => { id = links.reportOf(panic('torn')); });
  assert.equal(one.id, id);
  assert.equal(links.reportOf(new Error('of another')), undefined);
  assert.equal(links.reportOf(panic('nobody listens')), undefined);
});

test('a poisoned object has a report of its own, which names that of the panic', async () => {
  const [panicked, poisoned] = await reports(() => {
    const error = panic('torn');
    errors.facts.event?.('poisoned', error, { className: 'Room' });
  });
  assert.equal(poisoned?.event, 'poisoned');
  assert.deepEqual([poisoned.kind, poisoned.code, poisoned.name, poisoned.class], ['poisoned', 'E_POISONED', 'PoisonedError', 'Room']);
  assert.equal(poisoned.causes[0]?.report, panicked?.id);
  assert.notEqual(poisoned.fingerprint, panicked?.fingerprint);
  const again = await reports(() => errors.facts.event?.('poisoned', panic('torn'), { className: 'Room' }));
  assert.equal(again[1]?.fingerprint, poisoned.fingerprint);
});

test('causes are anybody\'s: getters that throw, proxies, circles', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const angry = Object.setPrototypeOf({ get message() { throw new Error('a getter'); } }, Error.prototype);
  /** @type {any} */
  const circle = new Error('round');
  circle.cause = circle;
  for (const payload of [proxy, angry, circle, null, Symbol('s'), 1n, { toString() { throw new Error('x'); } }, Object.create(null)]) {
    const one = await report(() => panic('x', { payload }), { messages: 'keep' });
    assert.ok(one.causes.length >= 1 && Buffer.byteLength(JSON.stringify(one)) < 1024);
  }
});

test('the biggest report is under 1,024 bytes, and says what was cut', async () => {
  let biggest = 0;
  for (const character of ['x', '\u0001', '€', '😀', '"']) {
    const long = character.repeat(5000);
    const root = Object.assign(new Error(long), { name: long, code: long });
    let payload = root;
    for (let at = 0; at < 30; at += 1) payload = Object.assign(new Error(long, { cause: payload }), { name: long, code: long });
    const before = links.classes;
    links.classes = () => Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${at}${long}`, 1_000_000 + at]));
    await new Promise((resolve) => { setTimeout(resolve, 1001); });
    const one = await report(() => {
      const error = panic(long.slice(0, 1000), { file: long.slice(0, 2000), exported: long.slice(0, 2000), line: 4_000_000_000, column: 4_000_000_000, payload });
      const frames = Array.from({ length: 300 }, (_, at) => `    at wasm://wasm/1:wasm-function[${60_000 + at}]:0xfffff${at.toString(16)}`);
      Object.defineProperty(error, 'stack', { value: `PanicError: ${error.message}\n${frames.join('\n')}` });
    }, { messages: 'keep' });
    links.classes = before;
    const bytes = Buffer.byteLength(JSON.stringify(one));
    assert.ok(bytes < 1024, `${bytes} bytes of ${character}`);
    assert.ok(one.frames.length >= 4 && one.causes.length >= 1);
    biggest = Math.max(biggest, bytes);
    assert.deepEqual(new Set(one.cut), new Set(['message', 'frames', 'causes', 'export', 'location', 'classes']));
    assert.ok(one.message?.endsWith('…') && one.export?.startsWith('…'));
    assert.ok(!/[\ud800-\udbff](?![\udc00-\udfff])/.test(one.message ?? ''), 'no half of a character');
  }
  assert.ok(biggest > 900, `the room is used: ${biggest} bytes`);
});

test('what is known when it happens comes with the report', async () => {
  let request = 0;
  /** @type {unknown[]} */
  const seen = [];
  const stop = onReport((_, attached) => { seen.push(attached); }, { context: () => { request += 1; if (request === 3) throw new Error('x'); return request; } });
  panic('a');
  panic('b');
  panic('c');
  stop();
  const late = onReport((_, attached) => { seen.push(attached); });
  await settled();
  late();
  assert.deepEqual(seen, [{}, {}, {}], 'a listener hears what is reported while it listens');
  const again = onReport((_, attached) => { seen.push(attached); }, { context: () => 'request 7' });
  panic('d');
  await settled();
  again();
  assert.deepEqual(seen[3], { context: 'request 7' });
});

test('options that can\'t be meant are refused', () => {
  /** @type {any[]} */
  const bad = [{ messages: 'all' }, { redact: 7 }, { context: 'x' }, { limit: { reports: NaN } }, { limit: { period: 0 } }];
  for (const options of bad) assert.throws(() => onReport(() => {}, options), /recovery\.onReport\(\)/);
  assert.throws(() => onReport(/** @type {any} */ (undefined)), /takes a function/);
  assert.equal(errors.facts.event, undefined);
});

test('a process that ends by the failure still delivers the report', () => {
  const script = `
    import { writeFileSync } from 'node:fs';
    import * as errors from ${JSON.stringify(new URL('./errors.js', import.meta.url).href)};
    import * as host from ${JSON.stringify(new URL('./host.js', import.meta.url).href)};
    import ${JSON.stringify(new URL('./report.js', import.meta.url).href)};
    host.recoveryControls.onReport((report) => { writeFileSync(1, report.event + ' ' + report.code); });
    const error = errors.panicked('uncaught', 0, 0, 0, 0, 0, 0, 0, undefined, -1, 0, 0);
    WAY`;
  for (const way of ['throw error;', 'process.exit(3);']) {
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script.replace('WAY', way)], { encoding: 'utf8' });
    assert.equal(stdout, 'panic E_PANIC', way);
    assert.notEqual(status, 0);
  }
});

/** A module with the table of sites. @param {[key: string, site: number][]} entries */
function moduleWith(entries) {
  const fnv = (/** @type {string} */ text) => Buffer.from(text).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5) >>> 0;
  const body = entries.flatMap(([key, site]) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(fnv(key));
    bytes.writeUInt32LE(site, 4);
    return [...bytes];
  });
  const name = [...Buffer.from('recover_sites')];
  return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 0, 1 + name.length + body.length, name.length, ...name, ...body]));
}

test('a fingerprint names the site of a panic, wherever its line is', () => {
  const before = sitesOf(moduleWith([['src/lib.rs:7:9', 1], ['src/lib.rs:8:9', 2]]));
  const after = sitesOf(moduleWith([['src/lib.rs:17:9', 1], ['src/lib.rs:18:9', 2]]));
  assert.deepEqual([before.size, sitesOf(undefined).size], [2, 0]);
  const unwrap = (/** @type {number} */ line) => ({ kind: 'panic', message: 'called `Option::unwrap()` on a `None` value', location: { file: 'src/lib.rs', line, column: 9 } });
  const print = (/** @type {any} */ error, sites = before, exported = 'app::f') => fingerprintOf(error, exported, sites);
  assert.equal(print(unwrap(7)), print(unwrap(17), after));
  assert.equal(print(unwrap(7)), print(unwrap(7), before, 'app::g'), 'one fault, called by two exports');
  assert.notEqual(print(unwrap(7)), print(unwrap(8)), 'two unwraps in one column');
  assert.equal(print({ ...unwrap(7), message: 'of jane' }), print({ ...unwrap(7), message: 'of john' }));
  assert.notEqual(print(unwrap(7)), print({ ...unwrap(7), kind: 'out-of-memory' }));
  // Without the table.
  assert.notEqual(print(unwrap(7), new Map()), print(unwrap(8), new Map()));
  // In a dependency many faults end in one line.
  const deep = (/** @type {string} */ message) => ({ kind: 'panic', message, location: { file: '/home/jane/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/serde-1.0.2/src/de.rs', line: 3, column: 5 } });
  assert.notEqual(print(deep('a')), print(deep('b')));
  assert.equal(print(deep('at 3')), print(deep('at 4')));
  assert.notEqual(print(deep('a')), print(deep('a'), before, 'app::g'));
  // Without a location: an end by a trap, in the words of any engine.
  const trap = (/** @type {string} */ words) => ({ kind: 'aborted', message: 'the instance ended under this call', cause: new Error(words) });
  assert.equal(print(trap('unreachable')), print(trap('unreachable executed')));
  assert.notEqual(print(trap('x')), print(trap('x'), before, 'app::g'));
});

test('no folder of the machine that compiled the module is in a report', async () => {
  for (const [file, plain] of [
    ['src/lib.rs', 'src/lib.rs'],
    ['crates\\core\\src\\lib.rs', 'crates/core/src/lib.rs'],
    ['/home/jane/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/serde-1.0.2/src/de.rs', 'serde-1.0.2/src/de.rs'],
    ['C:\\Users\\jane\\.cargo\\git\\checkouts\\thing-0a1b\\77aa\\src\\lib.rs', 'thing-0a1b/77aa/src/lib.rs'],
    ['/rustc/0a1b2c3d4e5f/library/core/src/option.rs', 'library/core/src/option.rs'],
    ['/home/jane/.rustup/toolchains/nightly/lib/rustlib/src/rust/library/std/src/io.rs', 'library/std/src/io.rs'],
    ['/home/jane/other/src/lib.rs', 'other/src/lib.rs'],
  ]) {
    assert.equal(plainFile(/** @type {string} */ (file)), plain);
    const one = await report(() => panic('x', { file: /** @type {string} */ (file) }));
    assert.ok(!JSON.stringify(one).includes('jane'));
  }
  assert.equal(shapeOf('at 0x1f of "a" and 3.5'), 'at 0 of " and 0');
});

test('whatever the globals are, the caller has the error, and later failures their reports', async () => {
  const { now } = Date;
  const { queueMicrotask } = globalThis;
  /** @type {unknown[]} */
  const made = [];
  const all = await reports(() => {
    // Clocks that fail, and timers that never come: as mocks have them.
    Date.now = () => { throw new Error('no clock'); };
    globalThis.queueMicrotask = () => {};
    try {
      made.push(panic('first'));
    } finally {
      Date.now = now;
    }
    made.push(panic('second'));
    globalThis.queueMicrotask = queueMicrotask;
  });
  assert.equal(made.length, 2);
  assert.deepEqual(all.map(({ omitted }) => omitted), [1]);
});

test('what is kept of a failure goes when it was told, though its error lives', async () => {
  const registry = /** @type {WeakRef<object>[]} */ ([]);
  const error = panic('of none');
  await reports(() => {
    const memory = new Uint8Array(8);
    registry.push(new WeakRef(memory));
    errors.facts.event?.('end', error, { memory });
  }, { memory: true, context: () => { const held = {}; registry.push(new WeakRef(held)); return held; } });
  const { gc } = /** @type {{ gc?: () => void }} */ (globalThis);
  if (gc === undefined) {
    const flags = await import('node:v8');
    flags.setFlagsFromString('--expose-gc');
    const vm = await import('node:vm');
    vm.runInNewContext('gc')();
  } else gc();
  await settled();
  assert.equal(registry.length, 2);
  assert.deepEqual(registry.map((ref) => ref.deref()), [undefined, undefined]);
  assert.ok(error instanceof Error);
});

test('what another realm or a program throws is no error of ours, whatever it says', async () => {
  const foreign = { kind: 'panic', name: 'a secret of the user', message: 'too', code: 'x'.repeat(5000) };
  const one = await report(() => errors.facts.event?.('end', foreign, {}));
  assert.deepEqual([one.kind, one.code, one.name], ['aborted', 'E_INSTANCE_ABORTED', 'InstanceAbortedError']);
  assert.ok(Buffer.byteLength(JSON.stringify(one)) < 1024);
});

test('a stack that can not be read costs the frames alone', async () => {
  const one = await report(() => {
    const error = panic('x');
    Object.defineProperty(error, 'stack', { get() { throw new Error('of the program'); } });
  });
  assert.deepEqual(one.frames, []);
});
