// @ts-check
// Runs the rows in workerd, inside a Durable Object (durable-object.mjs), by miniflare.
// `workerd.mjs ORDER PACKAGE MINIFLARE`. No assertion is in here.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { endsWith, engineProgram, orderText, packageDirectory, say } from './driver.mjs';

/** Copies of the package: workerd is given its modules beforehand. */
const COPIES = 60;

const require = createRequire(join(engineProgram, 'package.json'));
const { Miniflare } = await import(pathToFileURL(require.resolve(engineProgram)).href);
const { version } = JSON.parse(readFileSync(require.resolve('workerd/package.json'), 'utf8'));

const root = join(import.meta.dirname, '../../..');
/** @type {import('../session.mjs').Order} */
const order = JSON.parse(orderText);
/** @type {{ type: string, path: string, contents: string | Buffer }[]} */
const modules = [];
/** A script, and what it imports. @param {string} path of the root */
function add(path) {
  if (modules.some((module) => module.path === path)) return;
  const contents = readFileSync(join(root, path), 'utf8');
  modules.push({ type: 'ESModule', path, contents });
  for (const [, name = ''] of contents.matchAll(/^import .* from '(\..*\.mjs)';$/gm)) add(posix.join(path, '..', name));
}
add('tests/matrix/drivers/durable-object.mjs');
add(order.session);
const files = readdirSync(packageDirectory, { recursive: true, withFileTypes: true });
for (const file of files.filter((each) => each.isFile() && each.name.endsWith('.js'))) {
  const path = join(file.parentPath, file.name);
  const contents = readFileSync(path, 'utf8');
  for (let copy = 1; copy <= COPIES; copy += 1) {
    modules.push({ type: 'ESModule', path: `package/${copy}/${relative(packageDirectory, path)}`, contents });
  }
}
const wasm = readFileSync(join(packageDirectory, `${order.package}_bg.wasm`));
modules.push({ type: 'CompiledWasm', path: 'package/module.wasm', contents: wasm });

const miniflare = new Miniflare({
  modules,
  modulesRoot: '/',
  compatibilityDate: '2026-07-01',
  durableObjects: { MATRIX: 'Matrix' },
});
const end = endsWith(() => miniflare.dispose());

/** @param {string[]} rows */
async function ask(rows) {
  const response = await miniflare.dispatchFetch('http://matrix/', { method: 'POST', body: JSON.stringify({ ...order, rows }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return JSON.parse(text);
}

const { names } = await ask([]);
await say({ ready: { version, rows: names } });
for (const row of order.rows) {
  await say({ begin: row });
  try {
    const { lines } = await ask([row]);
    for (const line of lines) if ('end' in line) await say(line);
  } catch (error) {
    await say({ end: row, why: `the object did not answer: ${String(error)}` });
  }
}
await end();
