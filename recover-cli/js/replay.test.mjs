// @ts-check
// What the command prints of a capture, which comes from anywhere: no code of its author, and nothing that a terminal
// obeys. The calls themselves are in tests/e2e.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { testInNode, testInRust } from './replay.mjs';

const EVIL = 'x\n\r\u2028\u2029\u0085\u001b[2J\u009b2J\u202e\u2066*/ process.exit()';

/** A capture as it is read, with changes. @param {any} [call] @param {any} [failure] @param {unknown[]} [args] @returns {any} */
const replayOf = (call, failure, args = []) => ({
  capture: {
    id: '0', call: { kind: 'function', name: 'halved', export: 'app::parts::halved', ...call },
    failure: { name: 'PanicError', code: 'E_PANIC', kind: 'panic', message: 'no', ...failure },
  },
  object: {}, args, call() {},
});
const pkg = { recovery: { export: () => Uint8Array.of(34, 92, 10, 200, 65) } };

test('a test in Rust names paths of Rust and nothing else', () => {
  for (const [path, printed] of [
    ['app::parts::halved', 'crate::parts::halved()'], ['app::parts::Größe::r#type', 'crate::parts::Größe::r#type()'], ['halved', 'crate::halved()'],
    [undefined, 'crate::halved()'],
  ]) {
    assert.match(testInRust(pkg, replayOf({ export: path })), new RegExp(`\n    let _ = ${printed?.replaceAll(/[()]/g, '\\$&')};\n}\n$`));
  }
  const state = testInRust(pkg, replayOf({ kind: 'method', class: 'Room', name: 'm', export: 'app::Room::m' }));
  assert.match(state, /let state = b"\\x22\\x5c\\x0a\\xc8A";/);
  for (const path of [
    'a::f(); std::process::Command::new("sh").spawn(); g', 'a::f\n', 'a::f\nfn main', 'a::{{closure}}', 'a::<b as C>::d', 'a::', 'a::1', '::', 'a::b::', 'a::f ', 'a::\u2028f', 'a::f\u202e', 'a\n::b::f()',
    'a::f//', "a::'x", 'a::f\u0000',
  ]) {
    for (const kind of ['function', 'method', 'static', 'get']) {
      assert.throws(() => testInRust(pkg, replayOf({ kind, export: path })), /is no path in Rust; use --test=node/, path);
    }
  }
  assert.throws(() => testInRust(pkg, replayOf({ name: 'f();g', export: undefined })), /no path/);
  assert.throws(() => testInRust(pkg, replayOf({ class: 'A{}', export: undefined })), /no path/);
});

test('what a capture says is in one comment, and in literals', () => {
  const failure = { name: EVIL, message: EVIL, location: { file: EVIL, line: 1, column: 1 } };
  const inRust = testInRust(pkg, replayOf({}, failure, [EVIL]));
  assert.deepEqual(inRust.split(/[\n\r\u0085\u2028\u2029]/).map((line) => line.slice(0, 10)), ['// halved ', '#[test]', 'fn halved_', '    let _ ', '}', '']);
  const inNode = testInNode(replayOf({ name: EVIL }, failure), EVIL, EVIL);
  assert.equal(inNode.split(/[\n\r\u0085\u2028\u2029]/).length, 11);
  for (const text of [inRust, inNode]) assert.match(text, /^[ -~\n]*$/);
  // The literals mean what they stand for.
  const literals = [...inNode.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([literal]) => JSON.parse(literal));
  assert.deepEqual(literals, [EVIL, `${EVIL} does not fail any more`, EVIL]);
});

/** Runs the command with a package that reads captures without any check. @param {unknown} capture @param {string[]} options */
function command(capture, ...options) {
  const folder = mkdtempSync(join(tmpdir(), 'recover-replay-test-'));
  try {
    writeFileSync(join(folder, 'capture.json'), JSON.stringify(capture));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'app_bg.wasm'), '');
    writeFileSync(join(folder, 'app.js'), `export const recovery = { health: () => ({ build: 'b' }), replay(bytes) {
      const capture = JSON.parse(new TextDecoder().decode(bytes));
      if (capture.refused) throw new Error(capture.refused);
      return { capture, args: [], call() { throw Object.assign(new Error(capture.failure.message), capture.failure); } };
    } };`);
    const script = fileURLToPath(new URL('./replay.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, `--file=${join(folder, 'capture.json')}`, `--package=${folder}`, ...options], { encoding: 'utf8' });
    return { status, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a terminal obeys nothing that a capture says', () => {
  const { capture } = replayOf({ name: EVIL }, { name: EVIL, message: EVIL, location: { file: EVIL, line: 1, column: 1 } });
  const shown = command({ ...capture, build: EVIL });
  assert.equal(shown.status, 0, shown.stderr);
  assert.match(shown.stdout, /^[ -~\n]*$/);
  assert.match(shown.stdout, /replay: it fails the same\n$/);
  const json = command({ ...capture, id: EVIL }, '--json');
  assert.match(json.stdout, /^[ -~]*\n$/);
  assert.equal(JSON.parse(json.stdout).id, EVIL);
  const refused = command({ refused: `no ${EVIL}` });
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /^error: no [ -~]*\n$/);
});
