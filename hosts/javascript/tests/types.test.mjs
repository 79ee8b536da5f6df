// @ts-check
// TypeScript, with its strictest options: a program over jco's generated types, and this package's own sources.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { COMPONENT, TSC, jco } from './setup.mjs';

const own = fileURLToPath(new URL('../', import.meta.url));
const strict = {
  noEmit: true, strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: false, module: 'nodenext', target: 'esnext',
  lib: ['esnext', 'dom'], types: ['node'], typeRoots: [join(dirname(TSC), '../../@types')],
};

/** What tsc says of a project. @param {string} directory @param {object} options @param {string[]} include */
async function checked(directory, options, include) {
  assert(existsSync(TSC), `${TSC} is not there; \`cargo xtask setup\` installs it`);
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...strict, ...options }, include }));
  const run = promisify(execFile)(process.execPath, [TSC, '--project', directory], { maxBuffer: 1 << 24 });
  return run.then(({ stdout }) => stdout, (error) => error.stdout);
}

/** @template T @param {(directory: string) => Promise<T>} run */
async function inDirectory(run) {
  const directory = mkdtempSync(join(tmpdir(), 'recover-host-types-'));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a program with the types of jco is what tsc accepts, and its mistakes are not', () => inDirectory(async (directory) => {
  const { files } = await jco.transpile(readFileSync(COMPONENT), /** @type {any} */ ({ name: 'component', instantiation: 'async', bindgenEnableWasmExnref: true }));
  for (const [name, bytes] of Object.entries(files)) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(directory, 'jco', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(own, join(directory, 'node_modules/recover-host'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  cpSync(join(own, 'tests/types/program.ts'), join(directory, 'program.ts'));
  assert.equal(await checked(directory, {}, ['program.ts']), '');
}));

test('the sources of the package have the types that their comments say', () => inDirectory(async (directory) => {
  const sources = ['index.js', 'node.js', ...readdirSync(join(own, 'src')).map((name) => `src/${name}`)].map((name) => join(own, name));
  assert.equal(await checked(directory, { allowJs: true, checkJs: true }, sources), '');
}));
