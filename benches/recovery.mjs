// @ts-check
// How long an object takes to come back from a store, by the length of its journal: with a chunk for each call, and with 100
// calls in one. It prints milliseconds and judges nothing; the packages' path is the argument (tests/fixtures/durable, a release build):
//   node benches/recovery.mjs MODULE
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MemoryStore } from '../recover-runtime/js/stores/memory.js';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('say where fixture_durable.js is');
const url = pathToFileURL(resolve(path)).href;
const module = new WebAssembly.Module(readFileSync(path.replace(/\.js$/, '_bg.wasm')));

/** As another process has it. @param {string} copy */
async function fresh(copy) {
  const pkg = await import(`${url}?${copy}`);
  pkg.initSync({ module });
  return pkg;
}

const pkg = await fresh('writes');
pkg.recovery.onPanic(() => {});
const [first, runs] = [Number.MAX_SAFE_INTEGER, 7];
for (const calls of [1000, 10_000, 100_000]) {
  for (const together of [1, 100]) {
    const store = new MemoryStore();
    // It takes no state but the first: else the journal would be cut.
    const keeps = { open: async (/** @type {string} */ name) => {
      const stored = await store.open(name);
      return { ...stored, snapshot: (/** @type {number} */ at, /** @type {Uint8Array} */ bytes) => { if (at === 0) return stored.snapshot(at, bytes); throw new Error('no'); } };
    } };
    const room = await pkg.Room.open(keeps, 'a', { create: () => new pkg.Room('room'), snapshotAfter: Infinity });
    for (let call = 0; call < calls; call += together) {
      await Promise.all(Array.from({ length: together }, (_, at) => room.say(`line ${call + at}`)));
    }
    store.crash();
    let best = first;
    let opened = 0;
    for (let run = 0; run < runs; run += 1) {
      const other = await fresh(`${calls} ${together} ${run}`);
      // What loads the module is not the recovery.
      other.recovery.onPanic(() => {});
      new other.Room('').free();
      const began = performance.now();
      const again = await other.Room.open(store, 'a');
      best = Math.min(best, performance.now() - began);
      opened = await again.count;
      store.crash();
    }
    console.log(`${String(calls).padStart(7)} calls, ${String(together).padStart(3)} in a chunk: ${best.toFixed(1)} ms, ${opened} lines`);
  }
}
