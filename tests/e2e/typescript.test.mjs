// @ts-check
// The declarations hold for a strict TypeScript consumer, in every build.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { declarations, packageOf } from './load.mjs';

/** What a careful consumer switches on; libraries are checked as well. */
const OPTIONS = {
  strict: true, noEmit: true, skipLibCheck: false, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true,
  noPropertyAccessFromIndexSignature: true, noImplicitOverride: true, verbatimModuleSyntax: true,
  target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022', 'esnext.disposable', 'dom'],
  types: [],
};

/** Where tsc is, told or as `cargo xtask setup` puts it; the test can't do without. */
function tsc() {
  const ours = new URL('../../engines/typescript/node_modules/.bin/tsc', import.meta.url);
  const path = process.env.RECOVER_TSC ?? fileURLToPath(ours);
  assert.ok(
    existsSync(path),
    `no tsc at ${path}: cargo xtask setup, or npm i --prefix <dir> typescript and RECOVER_TSC=<dir>/node_modules/.bin/tsc`,
  );
  return path;
}

/**
 * Compiles a source of this directory against a package.
 * @param {string} crate
 * @param {string} source
 * @param {(text: string) => string} [change]
 */
function compile(crate, source, change) {
  const { dir, name } = packageOf(crate);
  const scratch = mkdtempSync(join(tmpdir(), 'recover-tsc-'));
  try {
    const text = readFileSync(fileURLToPath(new URL(source, import.meta.url)), 'utf8');
    writeFileSync(join(scratch, 'package.json'), '{"type":"module"}');
    writeFileSync(join(scratch, 'consumer.ts'), change === undefined ? text : change(text));
    writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { ...OPTIONS, paths: { [name]: [join(dir, `${name}.d.ts`)] } }, files: ['consumer.ts'],
    }));
    const { status, stdout } = spawnSync(process.execPath, [tsc(), '-p', scratch], { encoding: 'utf8' });
    return { status, stdout };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

for (const [crate, consumer] of /** @type {[string, string][]} */ ([
  ['fixture-core', 'core.consumer.ts'], ['fixture-generics', 'generics.consumer.ts'],
])) {
  test(`a strict consumer compiles: ${crate}`, () => {
    const { status, stdout } = compile(crate, consumer);
    assert.equal(stdout, '');
    assert.equal(status, 0);
  });

  test(`the compiler rejects what the consumer marks as wrong, and nothing else: ${crate}`, () => {
    const { status, stdout } = compile(crate, consumer, (text) => text.replaceAll('// @ts-expect-error', '//'));
    assert.notEqual(status, 0);
    const wrong = readFileSync(new URL(consumer, import.meta.url), 'utf8').split('// @ts-expect-error').length - 1;
    assert.equal(stdout.split('\n').filter((line) => line.includes('error TS')).length, wrong, stdout);
  });
}

test('the declarations of the runtime are in the package as they are in its source', () => {
  const source = readFileSync(new URL('../../recover-runtime/js/types.d.ts', import.meta.url), 'utf8');
  /** @param {string} text */
  const lines = (text) => text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const all = lines(declarations('fixture-core')).join('\n');
  assert.ok(all.includes(lines(source).join('\n')));
});

test('documentation and descriptions reach the declarations', () => {
  const text = declarations('fixture-core');
  for (const part of [
    /\/\*\*\n \* Sums the numbers, however many\.\n \*\n \* Second paragraph\.\n \*\/\nexport function sumOf/,
    /\/\*\*\n \* A box of fields\.\n \*\/\nexport class Boxed/,
    / {4}\/\*\*\n {5}\* Copied in and out\.\n {5}\*\/\n {4}number: number;/,
    / {4}\/\*\*\n {5}\* The length of the string\.\n {5}\*\/\n {4}readonly textLength: number;/,
    /@param isLeft - which\n/,
    /@returns a side\n/,
    /side\(isLeft: boolean, _any: \{ deep: number \}\): "left" \| "right";/,
  ]) assert.match(text, part);
  assert.doesNotMatch(text.split('export type InitInput')[0] ?? '', /__recover|untold/);
});

test('documentation is what was written, of members that the macro adds too', () => {
  const { dir, name } = packageOf('fixture-persist');
  for (const text of [declarations('fixture-persist'), readFileSync(join(dir, `${name}.js`), 'utf8')]) {
    assert.match(text, /\n \* Persists by a journal of its calls; a panic rolls it back\.\n \*\n \* Known "to some" as `r"raw"`:\n \* export \{ prose as taken \}\n \*\/\nexport class Ledger/);
    assert.match(text, /\n {5}\* An object from the bytes of `recovery\.export\(\)`\. The bytes may come from an\n {5}\* untrusted source/);
    assert.doesNotMatch(text, /^\s*\* r#*"/m);
  }
});

test('what reads the exports off the lines of the glue, as worker-build does, takes no prose for one', async () => {
  for (const crate of ['fixture-core', 'fixture-persist', 'errors-fixture']) {
    const { dir, name } = packageOf(crate);
    const path = join(dir, `${name}.js`);
    const exported = Object.keys(await import(pathToFileURL(path).href));
    const found = readFileSync(path, 'utf8').split('\n').flatMap((line) => {
      const [, one, other] = /^export function ([^(]*)\(|^export \{.*? as ([^}]*)\}/.exec(line) ?? [];
      return one ?? other ?? [];
    });
    assert.ok(found.length > 1, crate);
    for (const one of found) assert.ok(exported.includes(one.trim()), `${crate}: ${one}`);
  }
});
