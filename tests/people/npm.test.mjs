// @ts-check
// `cargo recover` as npm installs it: RECOVER_TARBALLS has what `cargo xtask npm` packs, RECOVER_RUNTIME is the directory of
// recover-runtime, which is not published either.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from './registry.mjs';

const tarballs = process.env.RECOVER_TARBALLS ?? '';
const runtime = process.env.RECOVER_RUNTIME ?? '';
const home = mkdtempSync(join(tmpdir(), 'recover-npm-'));
const here = `@recover-rs/${process.platform}-${process.arch}`;
/** @type {Awaited<ReturnType<typeof serve>>} */
let registry;

before(async () => { registry = await serve(tarballs); });
after(() => { registry.close(); rmSync(home, { recursive: true }); });

/**
 * Runs a program as somebody would who has nothing of npm's configured.
 * @param {string} program @param {string[]} args @param {{ cwd?: string, path?: string, url?: string }} [where]
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function run(program, args, { cwd = home, path, url = registry.url } = {}) {
  const env = {
    ...process.env,
    npm_config_registry: url,
    npm_config_cache: join(home, 'cache'),
    npm_config_userconfig: join(home, 'npmrc'),
    npm_config_yes: 'true',
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
    PATH: path === undefined ? process.env.PATH : `${path}${delimiter}${process.env.PATH}`,
  };
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error);
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

/** The same, which must end well. @param {Parameters<typeof run>} call */
async function succeed(...call) {
  const ended = await run(...call);
  assert.equal(ended.code, 0, `${call[0]} ${call[1].join(' ')}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

const prefix = join(home, 'global');
const bin = join(prefix, 'bin');
const version = /^cargo recover \d+\.\d+\.\d+$/m;

test('npm installs the program of this platform, and asks for no other', async () => {
  await succeed('npm', ['install', '--global', '--prefix', prefix, 'cargo-recover']);
  const modules = join(prefix, 'lib/node_modules/cargo-recover/node_modules/@recover-rs');
  assert.deepEqual(readdirSync(modules), [here.split('/')[1]]);
  const { stdout } = await succeed(join(bin, 'cargo-recover'), ['--version']);
  assert.match(stdout, version);
});

test('cargo finds it as `cargo recover`', async () => {
  const { stdout } = await succeed('cargo', ['recover', '--version'], { path: bin });
  assert.match(stdout, version);
  const { code, stderr } = await run('cargo', ['recover', 'new', 'Not A Name'], { path: bin });
  assert.equal(code, 2);
  assert.match(stderr, /^error: .*--name not-a-name`\n/);
});

test('npx runs it with the word and without', async () => {
  for (const args of [['cargo-recover', '--version'], ['cargo-recover', 'recover', '--version']]) {
    const { stdout } = await succeed('npx', args);
    assert.match(stdout, version);
  }
});

test('`npm create recover` makes a project that says which program it is built by', async () => {
  await succeed('npm', ['create', 'recover@latest', 'shelf', '--', '--template', 'node', '--runtime-path', runtime]);
  const shelf = join(home, 'shelf');
  const { name, devDependencies } = JSON.parse(readFileSync(join(shelf, 'package.json'), 'utf8'));
  assert.equal(name, 'shelf');
  assert.ok(existsSync(join(shelf, 'src/lib.rs')));
  // That version is one that npm has. Not here, where the other tests would find it.
  const cwd = join(home, 'elsewhere');
  mkdirSync(cwd);
  await succeed('npm', ['install', '--no-save', `cargo-recover@${devDependencies['cargo-recover']}`], { cwd });
  const { code, stderr } = await run('npm', ['create', 'recover@latest', 'shelf']);
  assert.equal(code, 2);
  assert.match(stderr, /`shelf` has a crate/);
});

test('where npm was told to leave the program out, one line says how to have it', async () => {
  // A global installation takes no notice of the option.
  const cwd = join(home, 'without');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{}');
  await succeed('npm', ['install', '--omit=optional', 'cargo-recover'], { cwd });
  const { code, stderr } = await run(join(cwd, 'node_modules/.bin/cargo-recover'), ['--version']);
  assert.equal(code, 2);
  assert.match(stderr, /^error: .*--include=optional.*cargo install recover-cli.*\n$/);
});

test('the tarballs alone are enough, without a registry', async () => {
  const files = readdirSync(tarballs).filter((name) => !name.startsWith('create-')).map((name) => join(tarballs, name));
  const alone = join(home, 'alone');
  await succeed('npm', ['install', '--global', '--prefix', alone, '--fetch-retries=0', ...files], { url: 'http://127.0.0.1:9/' });
  const { stdout } = await succeed(join(alone, 'bin/cargo-recover'), ['recover', '--version']);
  assert.match(stdout, version);
});
