// @ts-check
// What capture.js does without an instance: arguments there and back, and captures that are none. What
// needs an instance is in tests/e2e.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as host from './host.js';
import { captures, described } from './capture.js';
import { numberOf } from './methods.js';

const { recoveryControls: recovery } = host;
const memory = new WebAssembly.Memory({ initial: 1 });
host.attach(memory, 0, 0, 0, 0, 0);

const NAME = 'app::Thing::set', [ADDRESS, NAME_ADDRESS] = [1024, 2048];
new Uint8Array(memory.buffer).set(new TextEncoder().encode(NAME), NAME_ADDRESS);
new Uint32Array(memory.buffer, ADDRESS).set([0x72636d64, 0xa91e5c37, numberOf('Thing'), 77, NAME_ADDRESS, NAME.length, 1]);
// A method of another class.
const OTHERS = 'app::Other::set';
new Uint8Array(memory.buffer).set(new TextEncoder().encode(OTHERS), NAME_ADDRESS + 64);
new Uint32Array(memory.buffer, ADDRESS + 64).set([0x72636d64, 0xa91e5c37, numberOf('Other'), 77, NAME_ADDRESS + 64, OTHERS.length, 1]);
/** An entry of a journal, but for its checksum. */
const ENTRY = new Uint8Array(Uint32Array.of(0x8000_000e, 0, ADDRESS, 0x2a).buffer);

/** Objects that were made and not freed. @type {Set<Thing>} */
const alive = new Set();

/** What panics is an error with the mark of ours. @param {string} message */
function panic(message) {
  throw Object.assign(new Error(message), { [Symbol.for('recover.error')]: true, name: 'PanicError', code: 'E_PANIC', kind: 'panic', export: 'app::fail' });
}

class Thing {
  log = ENTRY;
  /** @param {Uint8Array} snapshot */
  static import(snapshot) {
    const made = new Thing();
    made.snapshot = snapshot;
    alive.add(made);
    return made;
  }
  /** @type {Uint8Array} */
  snapshot = Uint8Array.of(1, 2, 3);
  free() { alive.delete(this); }
  /** @param {unknown[]} args */
  fail(...args) { panic(`failed with ${args.length}`); }
  /** @param {Uint8Array} bytes */
  scribble(bytes) { bytes.fill(9); panic('scribbled'); }
  get field() { return panic('no field'); }
  async wait() { await undefined; panic('waited'); }
}

const exports = /** @type {any} */ ({ Thing, fail: (/** @type {unknown[]} */ ...args) => panic(`failed with ${args.length}`), rethrows: (/** @type {() => void} */ call) => call() });
captures(host.linksOf(), { Thing }, (around) => { for (const name of ['fail', 'rethrows']) exports[name] = around(name, exports[name]); }, {
  // As in records.js: a property is read, of whatever it is.
  hold: (object) => (/** @type {any} */ (object).log !== undefined && object instanceof Thing ? { className: 'Thing', snapshot: object.snapshot, log: object.log, length: object.log.length, why: undefined } : undefined),
  restore(handle, log) { /** @type {any} */ (handle).log = log; },
});
// As the gate does, before anything of the module runs; Rust then says where its static data is.
host.linksOf().renew(memory);
// What a program writes there is a buffer of its own.
const EVIL = 'app::Thing::evil';
new Uint8Array(memory.buffer).set(new TextEncoder().encode(EVIL), 3000);
new Uint32Array(memory.buffer, 3072).set([0x72636d64, 0xa91e5c37, numberOf('Thing'), 77, 3000, EVIL.length, 1]);
described(1024, 4096);

/** The capture of a call that fails. @param {() => unknown} call @param {any} [options] */
function captured(call, options) {
  /** @type {import('./types.js').CapturedCall[]} */
  const found = [];
  const stop = recovery.capture((capture) => found.push(capture), options);
  try {
    assert.throws(call);
  } finally {
    stop();
  }
  assert.equal(found.length, 1);
  return /** @type {import('./types.js').CapturedCall} */ (found[0]);
}

const thing = new Thing();

test('arguments come back as they were', () => {
  const args = [
    1.5, -0, NaN, -Infinity, 2n ** 70n, 'a\ud800\u0000"é𝄞', '', true, null, undefined,
    Uint8Array.of(1, 255), new Float32Array(0), BigInt64Array.of(-1n), [1, [undefined, 'x']], { a: { b: [2n] }, __proto__: null, c: undefined },
  ];
  const capture = captured(() => exports.fail(...args));
  assert.equal(capture.name, 'fail');
  const back = recovery.replay(capture.bytes, exports).args;
  assert.deepEqual(back, [...args.slice(0, -1), { a: { b: [2n] }, c: undefined }]);
  assert.ok(Object.is(back[1], -0));
});

test('arrays are captured as they were when the call began', () => {
  const capture = captured(() => thing.scribble(Buffer.of(1, 2)));
  assert.deepEqual(recovery.replay(capture.bytes, exports).args, [Uint8Array.of(1, 2)]);
});

test('a method has its object with its journal, by the names of its calls', () => {
  const capture = captured(() => thing.fail(thing));
  const json = JSON.parse(new TextDecoder().decode(capture.bytes));
  assert.deepEqual(json.object, { class: 'Thing', snapshot: 'AQID', journal: [{ method: NAME, schema: 77, ok: true, args: 'KgA=' }] });
  const { object, args } = recovery.replay(capture.bytes, exports);
  assert.deepEqual([object.snapshot, args[0].snapshot], [thing.snapshot, thing.snapshot]);
  // Apart from the checksum the entry is as it was.
  const words = new Uint32Array(object.log.buffer);
  assert.deepEqual([words[0], ...words.subarray(2)], [0x8000_000e, ADDRESS, 0x2a]);
  alive.clear();
});

test('a field and an asynchronous call are captured, and the caller gets the same error', async () => {
  assert.equal(captured(() => thing.field).name, 'Thing.field');
  /** @type {import('./types.js').CapturedCall[]} */
  const found = [];
  const stop = recovery.capture((capture) => found.push(capture));
  const error = await thing.wait().catch((reason) => reason);
  stop();
  assert.deepEqual([error.message, found.map(({ name }) => name)], ['waited', ['Thing.wait']]);
  assert.equal(found[0]?.error, error);
});

test('what is no state has its reason, and the rest of the capture is there', () => {
  for (const [arg, why] of /** @type {[unknown, RegExp][]} */ ([
    [() => 1, /argument 1 is a function/], [new Date(), /argument 1 is a Date/], [Symbol(), /is a symbol/], [new DataView(new ArrayBuffer(1)), /is a DataView/],
    [Promise.resolve(), /is a Promise/],
  ])) {
    const capture = captured(() => exports.fail(arg));
    assert.equal(capture.replayable, false);
    assert.match(capture.why ?? '', why);
    assert.equal(JSON.parse(new TextDecoder().decode(capture.bytes)).failure.message, 'failed with 1');
  }
  /** @type {any} */
  const endless = [];
  endless.push(endless);
  assert.match(captured(() => exports.fail(endless)).why ?? '', /nests too deep/);
  assert.match(captured(() => exports.fail('x'.repeat(2000)), { limitBytes: 1000 }).why ?? '', /limit/);
});

/** What a capture is made of that says why its call can't be made again. @param {import('./types.js').CapturedCall} capture */
const unfit = (capture) => [capture.replayable, capture.why];

test('whatever an argument does when it is noted, the call is made', () => {
  const detached = new Uint8Array(8);
  detached.buffer.transfer();
  const outside = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }), 4, 4);
  /** @type {ArrayBuffer} */ (outside.buffer).resize(2);
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const refuses = new Proxy({}, { get(_, name) { throw new Error(`no ${String(name)}`); } });
  for (const argument of [detached, outside, refuses, revoked]) {
    let calls = 0;
    const stop = recovery.capture(() => {});
    exports.rethrows(() => { calls += 1; }, argument);
    stop();
    assert.equal(calls, 1);
    assert.deepEqual(unfit(captured(() => exports.fail(1, argument))), [false, "argument 2 can't be read"]);
  }
  const stop = recovery.capture(() => {});
  assert.equal(exports.rethrows(() => revoked), revoked);
  stop();
  // What is read only when the call has failed, likewise.
  assert.deepEqual(unfit(captured(() => exports.fail({ get a() { throw new Error('no a'); } }))), [false, "argument 1 can't be read"]);
});

test('what is longer than a capture may be is neither copied nor walked through', () => {
  const stop = recovery.capture(() => {});
  const began = performance.now();
  exports.rethrows(() => {}, new Uint8Array(2 ** 29));
  assert.ok(performance.now() - began < 400, `${performance.now() - began} ms`);
  stop();
  const start = performance.now();
  assert.match(captured(() => exports.fail(new Array(2 ** 28))).why ?? '', /limit/);
  assert.match(captured(() => exports.fail(new Uint8Array(2 ** 29))).why ?? '', /limit/);
  assert.match(captured(() => exports.fail({ ['x'.repeat(2000)]: 1 }), { limitBytes: 1000 }).why ?? '', /limit/);
  // Those of one call count together, and the largest limit is that of the note.
  assert.match(captured(() => exports.fail(new Uint8Array(600), new Uint8Array(600)), { limitBytes: 1000 }).why ?? '', /limit/);
  const other = recovery.capture(() => {}, { limitBytes: 10 });
  assert.equal(captured(() => exports.fail(new Uint8Array(600))).replayable, true);
  other();
  assert.ok(performance.now() - start < 5000, `${performance.now() - start} ms`);
});

test('what a hole of an array was comes back as undefined', () => {
  // eslint-disable-next-line no-sparse-arrays
  assert.deepEqual(recovery.replay(captured(() => exports.fail([1, , 2])).bytes, exports).args, [[1, undefined, 2]]);
});

test('a capture has a number also where the engine gives no random ones', () => {
  const { getRandomValues } = crypto;
  Object.defineProperty(crypto, 'getRandomValues', { configurable: true, value() { throw new Error('not before the first request'); } });
  const ids = [1, 2].map(() => captured(() => exports.fail()).id);
  Object.defineProperty(crypto, 'getRandomValues', { configurable: true, writable: true, value: getRandomValues });
  assert.match(ids[0] ?? '', /^[0-9a-f]{32}$/);
  assert.notEqual(ids[0], ids[1]);
});

test('a method that is written into the memory later is none', () => {
  const json = JSON.parse(new TextDecoder().decode(captured(() => thing.fail()).bytes));
  json.object.journal[0].method = EVIL;
  assert.throws(() => recovery.replay(new TextEncoder().encode(JSON.stringify(json)), exports), /no journaled method app::Thing::evil/);
  alive.clear();
});

test('a method of another class is refused by its name, and nothing is left of the object', () => {
  const json = JSON.parse(new TextDecoder().decode(captured(() => thing.fail()).bytes));
  alive.clear();
  json.object.journal[0].method = OTHERS;
  assert.throws(() => recovery.replay(new TextEncoder().encode(JSON.stringify(json)), exports), /app::Other::set is no journaled method of the class Thing/);
  assert.equal(alive.size, 0);
});

test('a capture without what each has is refused', () => {
  const json = JSON.parse(new TextDecoder().decode(captured(() => thing.fail(1)).bytes));
  json.failure.location = { file: 'src/lib.rs', line: 1, column: 2 };
  const replay = (/** @type {(capture: any) => void} */ change) => {
    const changed = structuredClone(json);
    change(changed);
    return recovery.replay(new TextEncoder().encode(JSON.stringify(changed)), exports);
  };
  replay(() => {});
  alive.clear();
  for (const path of [['id'], ['time'], ['call'], ['call', 'kind'], ['call', 'name'], ['call', 'class'], ['failure'], ['failure', 'name'], ['failure', 'message'], ['failure', 'kind'], ['failure', 'code'], ['failure', 'location', 'file'], ['failure', 'location', 'line'], ['replayable'], ['args'], ['object']]) {
    for (const value of [undefined, null, 5.5, [], {}, { toString: 1, valueOf: 1 }, 'x', true]) {
      const at = path.at(-1) ?? '';
      const holder = path.slice(0, -1).reduce((inner, key) => inner[key], json);
      if (value !== undefined && value !== null && typeof value === typeof holder[at] && Array.isArray(value) === Array.isArray(holder[at]) && !['call', 'failure', 'object', 'call.kind', 'call.class', 'call.name'].includes(path.join('.'))) continue;
      assert.throws(() => replay((it) => { path.slice(0, -1).reduce((inner, key) => inner[key], it)[at] = value; }), { code: 'E_IMPORT' }, `${path} ${JSON.stringify(value)}`);
    }
  }
  for (const [at, value] of /** @type {[string, unknown][]} */ ([['version', { toString: 1 }], ['report', 5], ['build', {}], ['object', { ...json.object, class: { toString: 1 } }]])) {
    assert.throws(() => replay((it) => { it[at] = value; }), { code: 'E_IMPORT' }, at);
  }
  for (const [at, value] of /** @type {[string, unknown][]} */ ([['export', 5], ['export', null]])) {
    assert.throws(() => replay((it) => { it.call[at] = value; }), { code: 'E_IMPORT' }, at);
  }
  assert.throws(() => replay((it) => { it.failure.cause = []; }), { code: 'E_IMPORT' });
  assert.throws(() => replay((it) => { [it.replayable, it.why] = [false, { toString: 1 }]; }), { code: 'E_IMPORT' });
  assert.equal(alive.size, 0);
});

test('an error is captured once, where it was thrown, and what is no failure of ours is not', () => {
  assert.equal(captured(() => exports.rethrows(() => thing.fail())).name, 'Thing.fail');
  const busy = Object.assign(new Error('refused'), { [Symbol.for('recover.error')]: true, kind: 'busy' });
  const aborted = Object.assign(new Error('refused'), { [Symbol.for('recover.error')]: true, kind: 'aborted' });
  /** @type {import('./types.js').CapturedCall[]} */
  const found = [];
  const stop = recovery.capture((capture) => found.push(capture));
  for (const each of [busy, aborted, new Error('plain'), 'text', undefined]) {
    assert.throws(() => exports.rethrows(() => { throw each; }));
  }
  stop();
  assert.deepEqual(found, []);
});

test('an error of a call that nobody captures is not one of the call around it', async () => {
  /** @type {import('./types.js').CapturedCall[]} */
  const found = [];
  const stops = [recovery.capture((capture) => found.push(capture), { classes: ['Other'] })];
  const error = await thing.wait().catch((reason) => reason);
  const thrown = (() => { try { thing.fail(); } catch (reason) { return reason; } })();
  stops.push(recovery.capture((capture) => found.push(capture)));
  for (const each of [error, thrown]) assert.throws(() => exports.rethrows(() => { throw each; }));
  for (const stop of stops) stop();
  assert.deepEqual(found, []);
});

test('options that are none are refused', () => {
  assert.throws(() => recovery.capture(/** @type {any} */ (1)), TypeError);
  assert.throws(() => recovery.capture(() => {}, /** @type {any} */ ({ classes: 'Thing' })), TypeError);
  assert.throws(() => recovery.capture(() => {}, { limitBytes: NaN }), RangeError);
});

test('whatever becomes of the bytes of a capture, they are refused or understood, and nothing is left of them', () => {
  const { bytes } = captured(() => thing.fail(thing, [Uint8Array.of(1), { a: 1n }], 'text', -0));
  const text = new TextDecoder().decode(bytes);
  alive.clear();
  let state = 1;
  const below = (/** @type {number} */ most) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % most;
  };
  const words = ['null', '1e999', '-1', '{}', '[]', '""', 'true', '"object"', '{"object":{}}', '{"list":[{"list":[]}]}', '{"bigint":"1_0"}', '{"array":"constructor","bytes":""}', '{"array":"Uint32Array","bytes":"AA=="}'];
  const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?[\d.]+|true|null|[{}[\],:]/g)];
  const counts = { refused: 0, understood: 0 };
  for (let turn = 0; turn < 5000; turn += 1) {
    let changed = bytes;
    const at = tokens[below(tokens.length)];
    switch (below(4)) {
      case 0: changed = bytes.with(below(bytes.length), below(256)); break;
      case 1: changed = bytes.slice(0, below(bytes.length)); break;
      case 2: changed = new TextEncoder().encode(text.slice(0, at?.index) + words[below(words.length)] + text.slice((at?.index ?? 0) + (at?.[0].length ?? 0))); break;
      default: changed = new TextEncoder().encode(text.slice(0, at?.index) + text.slice(below(text.length)));
    }
    try {
      const { object } = recovery.replay(changed, exports);
      counts.understood += 1;
      assert.ok(object instanceof Thing);
      alive.clear();
    } catch (error) {
      assert.equal(/** @type {any} */ (error).code, 'E_IMPORT', `${/** @type {any} */ (error).stack}\n${new TextDecoder().decode(changed)}`);
      assert.equal(alive.size, 0, new TextDecoder().decode(changed));
      counts.refused += 1;
    }
  }
  assert.ok(counts.refused > 1000 && counts.understood > 10, JSON.stringify(counts));
});
