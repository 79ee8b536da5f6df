// @ts-check
// A call that failed is captured, and fails the same when it is made again in another copy of the
// package, from the capture's bytes alone.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { load, unwind } from './load.mjs';
import { place, thrown } from './support.mjs';
import { made, prepared, testInNode, testInRust } from '../../recover-cli/js/replay.mjs';

/** A copy of the package, and the captures of what fails in it. @param {any} [options] */
async function fresh(options) {
  const { pkg } = await load('fixture-capture');
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  /** @type {any[]} */
  const captures = [];
  const stop = pkg.recovery.capture((/** @type {any} */ capture) => captures.push(capture), options);
  return { pkg, captures, stop };
}

/** The one capture of a call that fails, and its error. @param {any[]} captures @param {() => unknown} call */
function captured(captures, call) {
  const error = thrown(call);
  assert.equal(captures.length, 1, `one capture of ${error?.stack ?? error}`);
  const [capture] = captures.splice(0);
  assert.equal(capture.error, error);
  return { capture, error };
}

/** Has the call fail again in another copy; the answer is its error and what is there to look at. @param {any} capture */
async function again(capture) {
  assert.equal(capture.why, undefined);
  assert.equal(capture.replayable, true);
  const { pkg } = await load('fixture-capture');
  pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  const replay = pkg.recovery.replay(capture.bytes, pkg);
  return { pkg, replay, error: thrown(() => replay.call()) };
}

/** @param {any} error @param {any} other */
function isSame(error, other) {
  const [one, two] = [error, other].map(({ name, code, kind, message, location }) => ({ name, code, kind, message, location }));
  assert.deepEqual(one, two);
}

/** A ledger with a snapshot and a journal behind it. @param {any} pkg */
function ledger(pkg) {
  const made = new pkg.Ledger('Ada');
  made.add(3n);
  made.add_all(Int32Array.of(-7, 11, 13), ' Lovelace');
  assert.throws(() => made.remove(99), /there is none/);
  assert.equal(made.remove(0), 3);
  return made;
}

test('a panic in a method fails again on its line, with the state that its journal led to', async () => {
  const { pkg, captures } = await fresh();
  const { capture, error } = captured(captures, () => ledger(pkg).split(4, 'né', Uint8Array.of(200, 100)));
  assert.equal(capture.name, 'Ledger.split');
  const { replay, error: second } = await again(capture);
  isSame(second, error);
  assert.equal(error.location.line, place('capture/src/lib.rs', 'split_off').line);
  assert.deepEqual(replay.args, [4, 'né', Uint8Array.of(200, 100)]);
  assert.equal(replay.capture.call.export, error.export);
});

test('the object of a capture is as it was before the call', async () => {
  const { pkg, captures } = await fresh();
  const { capture } = captured(captures, () => ledger(pkg).split(4, '', new Uint8Array()));
  const { pkg: other } = await load('fixture-capture');
  const { object } = other.recovery.replay(capture.bytes, other);
  assert.deepEqual([object.owner, object.at(0), object.last], ['Ada Lovelace', -7, 13]);
  assert.equal(object.add(5n), 4);
});

test('calls that no journal has are made again, too', async () => {
  const { pkg, captures } = await fresh();
  for (const call of [
    (/** @type {any} */ it) => it.at(3),
    (/** @type {any} */ it) => it.stamp(-0, true, undefined),
    (/** @type {any} */ it) => it.stamp(NaN, true, 7),
    () => new pkg.Ledger('').last,
    () => pkg.Ledger.check('seven'),
    () => pkg.halved(Float64Array.of(1.5, NaN), 3n, undefined),
    () => pkg.halved(Float64Array.of(), 18446744073709551615n, 'rest'),
  ]) {
    const { capture, error } = captured(captures, () => call(ledger(pkg)));
    isSame((await again(capture)).error, error);
  }
});

test('an object that the call consumed is in the capture', async () => {
  const { pkg, captures } = await fresh();
  const other = new pkg.Ledger('Bob');
  other.add(1n);
  const { capture, error } = captured(captures, () => ledger(pkg).take(other, 1));
  isSame((await again(capture)).error, error);
});

test('the state of an object that a panic left changed is captured as it was before', async () => {
  const { pkg, captures } = await fresh();
  const { capture, error } = captured(captures, () => new pkg.Tally(3).down(5));
  const { pkg: other } = await load('fixture-capture');
  const { object, call } = other.recovery.replay(capture.bytes, other);
  assert.equal(object.down(1), 2);
  object.free();
  assert.ok(call !== undefined);
  isSame((await again(capture)).error, error);
});

test('a call that ends the instance ends it again', async () => {
  const { pkg, captures } = await fresh();
  const it = ledger(pkg);
  const { capture, error } = captured(captures, () => it.crash());
  assert.equal(it.last, 13);
  const { error: second, pkg: other } = await again(capture);
  isSame(second, error);
  assert.equal(other.recovery.health().restarts, 1);
  const { capture: trap } = captured(captures, () => pkg.trap());
  isSame((await again(trap)).error, thrown(() => pkg.trap()));
});

test('a call that runs out of its share of memory does again', { skip: !unwind }, async () => {
  const { pkg, captures } = await fresh();
  const { capture, error } = captured(captures, () => ledger(pkg).copies(1 << 20));
  assert.equal(error.name, 'OutOfMemoryError');
  const { error: second } = await again(capture);
  assert.deepEqual([second.name, second.requested, second.limit], [error.name, error.requested, error.limit]);
});

test('an asynchronous call that panics is captured with the state before it', { skip: !unwind }, async () => {
  const { pkg, captures } = await fresh();
  const it = ledger(pkg);
  const error = await it.later(3).then(() => assert.fail('it did not fail'), (/** @type {any} */ reason) => reason);
  const [capture] = captures.splice(0);
  const { pkg: other } = await load('fixture-capture');
  const second = await other.recovery.replay(capture.bytes, other).call().catch((/** @type {any} */ reason) => reason);
  isSame(second, error);
});

test('what is refused, and what returns an error, is not captured', async () => {
  const { pkg, captures } = await fresh();
  const it = ledger(pkg);
  assert.throws(() => it.remove(99));
  it.free();
  assert.throws(() => it.at(0), pkg.StaleHandleError);
  assert.throws(() => pkg.Ledger.import(new Uint8Array(3)), pkg.ImportError);
  assert.deepEqual(captures, []);
});

test('a call that can not be made again says why', async () => {
  const { pkg, captures } = await fresh();
  const { capture } = captured(captures, () => new pkg.Fleeting(1).fail());
  assert.equal(capture.replayable, false);
  assert.match(capture.why, /Fleeting do not persist/);
  assert.throws(() => pkg.recovery.replay(capture.bytes, pkg), (/** @type {any} */ error) => error instanceof pkg.ImportError && /can't be made again: .*Fleeting/.test(error.message));
});

test('no more is captured than the limit allows, of the classes that are named, until it is stopped', async () => {
  const small = await fresh({ limitBytes: 1000 });
  const { capture } = captured(small.captures, () => ledger(small.pkg).split(4, 'x'.repeat(2000), new Uint8Array()));
  assert.deepEqual([capture.replayable, capture.bytes.length < 1000], [false, true]);
  const some = await fresh({ classes: ['Tally'] });
  thrown(() => ledger(some.pkg).at(9));
  captured(some.captures, () => new some.pkg.Tally(3).down(5));
  some.stop();
  thrown(() => new some.pkg.Tally(3).down(5));
  assert.deepEqual(some.captures, []);
});

test('a capture of another build is made again by the names of its methods', async () => {
  const bytes = readFileSync(new URL('captures/ledger.json', import.meta.url));
  const { pkg } = await load('fixture-capture');
  const replay = pkg.recovery.replay(bytes, pkg);
  assert.equal(replay.object.owner, 'Ada Lovelace');
  const error = thrown(() => replay.call());
  assert.equal(error.location.line, place('capture/src/lib.rs', 'split_off').line);
});

test('a journal of methods that are not there, or that take something else, is refused, and nothing is left of the object', async () => {
  const text = readFileSync(new URL('captures/ledger.json', import.meta.url), 'utf8');
  const { pkg } = await load('fixture-capture');
  const refused = (/** @type {(capture: any) => void} */ change) => {
    const capture = JSON.parse(text);
    change(capture);
    return thrown(() => pkg.recovery.replay(new TextEncoder().encode(JSON.stringify(capture)), pkg));
  };
  for (const [change, message] of /** @type {[(capture: any) => void, RegExp][]} */ ([
    [(it) => { it.object.journal[0].method = 'fixture_capture::Ledger::gone'; }, /no journaled method fixture_capture::Ledger::gone/],
    [(it) => { it.object.journal[1].schema += 1; }, /the arguments of fixture_capture::Ledger::add_all have other types/],
    [(it) => { it.object.journal[0].args = 'AAAA'; }, /no state of this class/],
    [(it) => { it.object.journal[2].ok = true; }, /ended differently/],
    [(it) => { it.object.snapshot = it.object.snapshot.replace('Q', 'R'); }, /snapshot/],
    [(it) => { it.object.class = 'Tally'; }, /of the class Ledger/],
    [(it) => { it.object.class = 'Fleeting'; }, /no class Fleeting/],
    [(it) => { it.call.name = 'constructor'; }, /no method Ledger.constructor/],
    [(it) => { it.version = 2; }, /version 2/],
  ])) {
    const error = refused(change);
    const why = `${error.message} ${error.cause?.message ?? ''}`;
    assert.match(why, message);
  }
  assert.equal(new pkg.Ledger('').add(1n), 1);
});

test('the command says whether the call fails the same, and in what it differs', async () => {
  const { pkg, captures } = await fresh();
  const { capture } = captured(captures, () => ledger(pkg).at(3));
  const { pkg: other } = await load('fixture-capture');
  const same = await made(prepared(other, capture.bytes));
  assert.deepEqual([same.differs, same.failure?.name], [undefined, 'PanicError']);
  const json = JSON.parse(new TextDecoder().decode(capture.bytes));
  const differs = async (/** @type {(capture: any) => void} */ change) => {
    const changed = structuredClone(json);
    change(changed);
    return (await made(prepared(other, new TextEncoder().encode(JSON.stringify(changed))))).differs;
  };
  assert.equal(await differs((it) => { it.args[0] = 2; }), 'the call succeeds');
  assert.equal(await differs((it) => { it.args[0] = 4; }), 'the call fails with another message');
  assert.match(await differs((it) => { it.failure.location.line += 1; }) ?? '', /elsewhere, at .*lib.rs:/);
  assert.equal(await differs((it) => { it.failure.name = 'OutOfMemoryError'; }), 'the call fails by a PanicError');
  assert.throws(() => prepared(other, new Uint8Array(3)), /these bytes are no capture/);
});

test('the test that the command prints is that of the fixture', async () => {
  const { pkg } = await load('fixture-capture');
  const bytes = readFileSync(new URL('captures/ledger.json', import.meta.url));
  const replay = prepared(pkg, bytes);
  const printed = readFileSync(new URL('../fixtures/capture/src/printed.rs', import.meta.url), 'utf8');
  // But for the line that a test of tests needs, and for what rustfmt breaks into lines.
  const flat = (/** @type {string} */ text) => text.replaceAll(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(/,? \)/g, ')');
  assert.equal(flat(testInRust(pkg, replay)), flat(printed.split('\n').filter((line) => !line.startsWith('#[should_panic')).join('\n')));
  assert.match(testInNode(replay, 'a.json', './pkg/app.js'), /import \* as pkg from ".\/pkg\/app.js";[^]*readFileSync\("a.json"\)/);
});
