// @ts-check
// Runs the rows of a session in the process that it is started in: Node, Deno and Bun, which all have
// Node's file system and process. `process.mjs ORDER PACKAGE`. No assertion is in here.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [text = '', directory = ''] = process.argv.slice(2);
/** @type {import('../session.mjs').Order} */
const order = JSON.parse(text);
const { names, session } = await import(new URL(`../../../${order.session}`, import.meta.url).href);

const scratch = mkdtempSync(join(tmpdir(), 'recover-matrix-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const module = new WebAssembly.Module(readFileSync(join(directory, `${order.package}_bg.wasm`)));
let copies = 0;

/** A copy of the package, so that its modules are loaded anew. */
async function load() {
  const copy = join(scratch, String(copies += 1));
  cpSync(directory, copy, { recursive: true, filter: (file) => !file.endsWith('.wasm') });
  const pkg = await import(pathToFileURL(join(copy, `${order.package}.js`)).href);
  pkg.initSync({ module });
  return pkg;
}

/** @type {unknown[]} */
const strays = [];
process.on('uncaughtException', (error) => strays.push(error));
process.on('unhandledRejection', (reason) => strays.push(reason));

/** `exit` leaves what a pipe has not taken. @param {import('../session.mjs').Line} line */
const say = (line) => new Promise((resolve) => { process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve(undefined)); });

const { deno, bun, node } = process.versions;
await say({ ready: { version: String(deno ?? bun ?? node), rows: names } });
await session(order, { load, strays }, say);
process.exit(0);
