// @ts-check
// Runs the rows in workerd, inside a Durable Object (durable-object.mjs), by miniflare.
// `workerd.mjs ORDER PACKAGE MINIFLARE`. No assertion is in here.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { endsWith, engineProgram, orderText, packageDirectory, say } from './driver.mjs';

/** Copies of the package: workerd is given its modules beforehand. */
const COPIES = 60;

const require = createRequire(join(engineProgram, 'package.json'));
const { Miniflare } = await import(pathToFileURL(require.resolve(engineProgram)).href);
const { version } = JSON.parse(readFileSync(require.resolve('workerd/package.json'), 'utf8'));

const matrix = join(import.meta.dirname, '..');
/** @type {{ type: string, path: string, contents: string | Buffer }[]} */
const modules = [];
for (const path of ['drivers/durable-object.mjs', 'session.mjs', 'rows.mjs', 'places.mjs', 'ends.mjs', 'check.mjs']) {
  modules.push({ type: 'ESModule', path, contents: readFileSync(join(matrix, path), 'utf8') });
}
const files = readdirSync(packageDirectory, { recursive: true, withFileTypes: true });
for (const file of files.filter((each) => each.isFile() && each.name.endsWith('.js'))) {
  const path = join(file.parentPath, file.name);
  const contents = readFileSync(path, 'utf8');
  for (let copy = 1; copy <= COPIES; copy += 1) {
    modules.push({ type: 'ESModule', path: `package/${copy}/${relative(packageDirectory, path)}`, contents });
  }
}
const wasm = readFileSync(join(packageDirectory, 'matrix_fixture_bg.wasm'));
modules.push({ type: 'CompiledWasm', path: 'package/matrix_fixture_bg.wasm', contents: wasm });

const miniflare = new Miniflare({
  modules,
  modulesRoot: '/',
  compatibilityDate: '2026-07-01',
  durableObjects: { MATRIX: 'Matrix' },
});
const end = endsWith(() => miniflare.dispose());

/** @param {unknown} order */
async function ask(order) {
  const response = await miniflare.dispatchFetch('http://matrix/', { method: 'POST', body: JSON.stringify(order) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return JSON.parse(text);
}

const { rows, build } = JSON.parse(orderText);
const { names } = await ask({ rows: [], build });
say({ ready: { version, rows: names } });
for (const row of rows) {
  say({ begin: row });
  try {
    const { lines } = await ask({ rows: [row], build });
    for (const line of lines) if ('end' in line) say(line);
  } catch (error) {
    say({ end: row, why: `the object did not answer: ${String(error)}` });
  }
}
await end();
