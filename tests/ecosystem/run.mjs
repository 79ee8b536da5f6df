// @ts-check
// Runs one program of each crate of the ecosystem, out of one package.
//
//     node run.mjs DIR NAME…      prints one line of JSON: what each program answered, or how it failed
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Milliseconds after which a program is given up. */
const PATIENCE = 10_000;

const [folder = '', ...names] = process.argv.slice(2);

/** @type {any} */
const page = globalThis;
// What crates for pages ask of the global object, by names that Node lacks.
page.self ??= page;
page.Window ??= Object;
page.requestAnimationFrame ??= (/** @type {(time: number) => void} */ frame) => Number(setTimeout(() => frame(performance.now()), 16));
page.cancelAnimationFrame ??= clearTimeout;

/** @type {string[]} */
const strays = [];
process.on('uncaughtException', (error) => strays.push(String(error)));
process.on('unhandledRejection', (error) => strays.push(String(error)));

const wasm = readdirSync(folder).find((file) => file.endsWith('_bg.wasm'));
if (wasm === undefined) throw new Error(`no package in ${folder}`);
const path = resolve(folder, wasm);
const pkg = await import(pathToFileURL(path.replace(/_bg\.wasm$/, '.js')).href);
pkg.initSync({ module: readFileSync(path) });

/** @param {() => unknown} program */
async function ended(program) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const never = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not settle')), PATIENCE);
  });
  try {
    return { answer: await Promise.race([program(), never]) };
  } catch (error) {
    return { failure: String(error) };
  } finally {
    clearTimeout(timer);
  }
}

// For those that ask one.
const server = createServer((_, answer) => answer.end('hello'));
await new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(undefined)));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}/`;

/** @type {Record<string, { answer?: unknown, failure?: string }>} */
const told = {};
for (const name of names) told[name] = await ended(() => pkg[name](url));
console.log(JSON.stringify({ told, strays }));
process.exit(0);
