// @ts-check
// Call costs, ours and wasm-bindgen's, interleaved in one process.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const dir = process.argv[2];
const module = await import(pathToFileURL(`${dir}/bench_calls.js`).href);
module.initSync({ module: readFileSync(`${dir}/bench_calls_bg.wasm`) });

const ours = new module.Ours();
const peer = new module.Peer();
const ourCallback = module.ours_callback();
const peerCallback = module.peer_callback();
const text = 'a string of some thirty letters';

/** @typedef {(n: number) => unknown} Body */
/** @type {Record<string, { calls: number, ours: Body, peer: Body }>} */
const pairs = {
  'call-fn': { calls: 2e6, ours: (n) => module.ours_fn(n), peer: (n) => module.peer_fn(n) },
  'call-ref-self': { calls: 2e6, ours: (n) => ours.get(n), peer: (n) => peer.get(n) },
  'call-mut-self': { calls: 2e6, ours: (n) => ours.add(n), peer: (n) => peer.add(n) },
  'call-string': { calls: 5e5, ours: () => module.ours_string(text), peer: () => module.peer_string(text) },
  'call-result': { calls: 1e6, ours: (n) => module.ours_result(n), peer: (n) => module.peer_result(n) },
  'callback': { calls: 2e6, ours: (n) => ourCallback(n), peer: (n) => peerCallback(n) },
  // A hundred calls of an import each.
  'import-catch': { calls: 5e4, ours: (n) => module.ours_import(n), peer: (n) => module.peer_import(n) },
  'import-catch-value': { calls: 2e4, ours: (n) => module.ours_import_value(n), peer: (n) => module.peer_import_value(n) },
  'import-throws': {
    calls: 2e4,
    ours: () => { try { module.ours_import_throws(1); } catch { return 0; } },
    peer: () => { try { module.peer_import_throws(1); } catch { return 0; } },
  },
  'panic': {
    calls: 2e4,
    ours: () => { try { module.ours_panic(1); } catch { return 0; } },
    peer: () => { try { module.peer_panic(1); } catch { return 0; } },
  },
};

/**
 * Nanoseconds a call of the best of many short turns: noise only ever adds.
 * @param {Body} body @param {number} calls
 */
function turn(body, calls) {
  let sink = 0;
  const start = performance.now();
  for (let i = 0; i < calls; i++) sink ^= /** @type {number} */ (body(i & 15));
  const took = performance.now() - start;
  if (sink === 0.5) console.log(sink);
  return (took * 1e6) / calls;
}

const metrics = [];
for (const [name, { calls, ours, peer }] of Object.entries(pairs)) {
  let best = { ours: Infinity, peer: Infinity };
  for (let round = 0; round < 25; round++) {
    const order = round % 2 ? /** @type {const} */ (['ours', 'peer']) : /** @type {const} */ (['peer', 'ours']);
    for (const who of order) best[who] = Math.min(best[who], turn(who === 'ours' ? ours : peer, calls / 10));
  }
  metrics.push({ name, ...best, ratio: best.ours / best.peer, unit: 'ns' });
}
/** @typedef {(n: number) => Promise<unknown>} AsyncBody */
/** @type {Record<string, { calls: number, ours: AsyncBody, peer: AsyncBody }>} */
const asyncPairs = {
  'async': { calls: 1e5, ours: (n) => module.ours_async(n), peer: (n) => module.peer_async(n) },
  'async-panic': {
    calls: 1e4,
    ours: () => module.ours_async_panic(1).catch(() => 0),
    peer: () => module.peer_async_panic(1).catch(() => 0),
  },
};

/** @param {AsyncBody} body @param {number} calls */
async function asyncTurn(body, calls) {
  const start = performance.now();
  for (let i = 0; i < calls; i++) await body(i & 15);
  return ((performance.now() - start) * 1e6) / calls;
}

for (const [name, { calls, ours, peer }] of Object.entries(asyncPairs)) {
  const best = { ours: Infinity, peer: Infinity };
  for (let round = 0; round < 25; round++) {
    const order = round % 2 ? /** @type {const} */ (['ours', 'peer']) : /** @type {const} */ (['peer', 'ours']);
    for (const who of order) best[who] = Math.min(best[who], await asyncTurn(who === 'ours' ? ours : peer, calls / 10));
  }
  metrics.push({ name, ...best, ratio: best.ours / best.peer, unit: 'ns' });
}
console.log(JSON.stringify(metrics));
