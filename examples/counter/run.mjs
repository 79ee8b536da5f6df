// @ts-check
// Drives the room by requests, prints what came of each, and exits with 1 if one call that
// failed cost more than itself.
//
//     node run.mjs --package DIR
//
// The package is of wasm-bindgen's `web` target.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Room } from './room.mjs';

const { values } = parseArgs({ options: { package: { type: 'string' } } });
if (values.package === undefined) {
  console.error('usage: node run.mjs --package DIR, which `cargo recover build examples/counter --out-dir DIR` makes');
  process.exit(2);
}
const root = resolve(values.package);
const wasm = await import(pathToFileURL(join(root, 'counter.js')).href);
wasm.initSync({ module: readFileSync(join(root, 'counter_bg.wasm')) });

/** @type {Map<string, Uint8Array>} */
const kept = new Map();
const storage = {
  get: async (/** @type {string} */ key) => kept.get(key),
  put: async (/** @type {string} */ key, /** @type {Uint8Array} */ bytes) => { kept.set(key, bytes); },
};
let room = new Room({ storage }, { wasm });

/** What is wrong. @type {string[]} */
const faults = [];
let expected = 0;

/** @param {unknown[]} cells */
function row(...cells) {
  const widths = [18, 7, 21, 19, 6, 6];
  console.log(cells.map((cell, i) => String(cell ?? '').padEnd(widths[i] ?? 0)).join('').trimEnd());
}

/** @param {string} method @param {string} path @param {boolean} fails */
async function send(method, path, fails) {
  const response = await room.fetch(new Request(`https://room.example${path}`, { method }));
  const { error, code } = await response.json();
  // Whoever asks next is answered.
  const { count } = await (await room.fetch(new Request('https://room.example/'))).json();
  row(`${method} ${path}`, response.status, error, code, count, wasm.recovery.health().epoch);
  if (fails !== (error !== undefined)) faults.push(`${path} should ${fails ? 'fail' : 'work'}`);
  if (count !== expected) faults.push(`the count is ${count} after ${path}, not ${expected}`);
}

row('request', 'status', 'error', 'code', 'count', 'epoch');
for (const failure of ['/panic', '/exhaust', '/overflow', '/unreachable']) {
  expected += 1;
  await send('POST', '/add', false);
  await send('POST', failure, true);
}
// The object was evicted: another one, with the same storage.
room = new Room({ storage }, { wasm });
expected += 1;
await send('POST', '/add', false);

for (const fault of faults) console.error(`counter: ${fault}`);
console.log(`counter: 4 failures in a row, ${faults.length === 0 ? `each cost its call; the count is ${expected}` : 'and the count is wrong'}`);
process.exitCode = faults.length === 0 ? 0 : 1;
