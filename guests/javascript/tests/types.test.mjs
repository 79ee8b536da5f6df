// @ts-check
// TypeScript, with its strictest options, reads the sources of the package, its tests, and the components in JavaScript
// that the tests build.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const tsc = process.env.RECOVER_TSC ?? join(root, 'engines/typescript/node_modules/typescript/bin/tsc');

test('the sources have the types that their comments say', () => {
  assert(existsSync(tsc), `${tsc} is not there; \`cargo xtask setup\` installs it`);
  const folders = ['guests/javascript', 'guests/javascript/src', 'guests/javascript/tests', 'tests/component', 'tests/component/javascript', 'tests/component/callers/javascript', 'tests/component/book/pricing'];
  const include = folders.flatMap((folder) => ['*.js', '*.mjs', '*.d.ts'].map((files) => join(root, folder, files)));
  const directory = mkdtempSync(join(tmpdir(), 'recover-guest-types-'));
  const compilerOptions = {
    noEmit: true, strict: true, noUncheckedIndexedAccess: true, allowJs: true, checkJs: true, module: 'nodenext', target: 'esnext',
    lib: ['esnext', 'dom'], types: ['node'], typeRoots: [join(dirname(tsc), '../../@types')], skipLibCheck: true,
  };
  try {
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
    execFileSync(process.execPath, [tsc, '--project', directory], { encoding: 'utf8' });
  } catch (error) {
    assert.fail(String(/** @type {any} */ (error).stdout ?? error));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
