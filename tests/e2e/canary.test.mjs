// @ts-check
// What the compiler does about exceptions, which parts of the design stand on: two faults of the
// pinned toolchain, and what `catch_unwind` does about an exception of JavaScript's. Where one
// of these tests fails, in either direction, a toolchain or wasm-bindgen moved:
// look at the rules on throwing out of Rust and on LTO again, then at the test.
//
// They need no package, so they run once: beside the exnref release build.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const target = process.env.RECOVER_CANARY_TARGET ?? join(root, 'target', 'canaries');
const again = 'a toolchain or wasm-bindgen moved: look at the rules on throwing and on LTO again';

/**
 * A nightly that the workspace pins: the one to build with, or the newest that there is.
 * @param {'nightly' | 'newest'} which
 */
function pinned(which) {
  const pin = new RegExp(`^${which} = "(.+)"$`, 'm').exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'));
  assert.ok(pin?.[1], `Cargo.toml pins the ${which}`);
  return pin[1];
}

/**
 * Builds one crate with flags of its own; std stays as it is.
 * @param {string} crate
 * @param {string[]} flags
 * @param {'nightly' | 'newest'} [which]
 */
function build(crate, flags, which = 'nightly') {
  const into = join(target, which);
  mkdirSync(into, { recursive: true });
  const args = [
    `+${pinned(which)}`, 'rustc', '--quiet', '--release', '--package', crate,
    '--manifest-path', join(root, 'tests', 'e2e', 'canaries', 'Cargo.toml'),
    '--target', 'wasm32-unknown-unknown', '-Zbuild-std=std,panic_unwind', '--', ...flags,
  ];
  const { CARGO_ENCODED_RUSTFLAGS, ...inherited } = process.env;
  const env = { ...inherited, CARGO_TARGET_DIR: into, RUSTFLAGS: '-Cpanic=unwind' };
  const { status, stderr } = spawnSync('cargo', args, { env, encoding: 'utf8' });
  assert.equal(status, 0, `cargo ${args.join(' ')}\n${stderr}`);
  return readFileSync(join(into, 'wasm32-unknown-unknown', 'release', `${crate.replace('-', '_')}.wasm`));
}

const thrown = new Error('thrown by the import');

/** @param {string[]} flags @param {'nightly' | 'newest'} [which] */
function throwing(flags, which) {
  return new WebAssembly.Instance(new WebAssembly.Module(build('canary-throw', flags, which)), {
    env: { throw_to_js() { throw thrown; } },
  });
}

/** @param {string[]} flags */
function dropsOf(flags) {
  const { exports } = throwing(flags);
  const { call, drops } = /** @type {Record<string, (n?: number) => number>} */ (/** @type {unknown} */ (exports));
  assert.ok(call !== undefined && drops !== undefined);
  assert.equal(call(1), 2);
  assert.equal(drops(), 1);
  assert.throws(() => call(7), (error) => error === thrown);
  return drops() - 1;
}

/** @param {string[]} flags */
const validates = (flags) => WebAssembly.validate(build('canary-lto', flags));

if (process.env.RECOVER_BUILD === 'unwind-exnref' && process.env.RECOVER_PROFILE !== 'debug') {
  test('an import declared extern "C" that throws drops an argument twice', () => {
    assert.equal(dropsOf([]), 2, again);
  });

  test('declared extern "C-unwind" it drops the argument once', () => {
    assert.equal(dropsOf(['--cfg', 'declared_unwind']), 1, again);
  });

  for (const which of /** @type {const} */ (['nightly', 'newest'])) {
    // rust-lang/rust#148273: catch_unwind may come to end the program here. docs/adr/0012 says what
    // of ours would break, and how it would be met.
    test(`catch_unwind lets an exception of JavaScript's pass, and destructors run once: ${which}`, () => {
      const { exports } = throwing(['--cfg', 'declared_unwind'], which);
      const { catching, drops } = /** @type {Record<string, () => number>} */ (/** @type {unknown} */ (exports));
      assert.ok(catching !== undefined && drops !== undefined);
      assert.throws(() => catching(), (error) => error === thrown, again);
      assert.equal(drops(), 1, again);
    });
  }

  test('exnref under fat LTO makes an invalid module', () => {
    assert.equal(validates([]), false, again);
  });

  test('exnref under thin LTO makes a valid one', () => {
    assert.equal(validates(['-Clto=thin']), true, again);
  });

  test('legacy exception handling under fat LTO makes a valid one', () => {
    assert.equal(validates(['-Cllvm-args=-wasm-use-legacy-eh']), true, again);
  });
}
