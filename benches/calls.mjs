// @ts-check
// Call costs, ours and wasm-bindgen's, interleaved in one process.
import { compare, done, load, loop } from './turns.mjs';

const { module } = await load(process.argv[2] ?? '', 'calls');
// An instance of its own, in which no call of ours has set the panic hook.
const { module: plain } = await load(process.argv[2] ?? '', 'calls', '?plain');

const ours = new module.Ours();
const peer = new module.Peer();
const ourCallback = module.ours_callback();
const peerCallback = module.peer_callback();
const text = 'a string of some thirty letters';

const ourPanic = () => { try { module.ours_panic(1); } catch { return 0; } };
const plainPanic = () => { try { plain.peer_panic(1); } catch { return 0; } };

/** @typedef {(n: number) => unknown} Body */
/** @type {Record<string, { calls: number, ours: Body, peer: Body }>} */
const pairs = {
  'call-fn': { calls: 2e5, ours: (n) => module.ours_fn(n), peer: (n) => module.peer_fn(n) },
  'call-ref-self': { calls: 2e5, ours: (n) => ours.get(n), peer: (n) => peer.get(n) },
  'call-mut-self': { calls: 2e5, ours: (n) => ours.add(n), peer: (n) => peer.add(n) },
  'call-string': { calls: 5e4, ours: () => module.ours_string(text), peer: () => module.peer_string(text) },
  'call-result': { calls: 1e5, ours: (n) => module.ours_result(n), peer: (n) => module.peer_result(n) },
  'callback': { calls: 2e5, ours: (n) => ourCallback(n), peer: (n) => peerCallback(n) },
  // A hundred calls of an import each.
  'import-catch': { calls: 5e3, ours: (n) => module.ours_import(n), peer: (n) => module.peer_import(n) },
  'import-catch-value': { calls: 2e3, ours: (n) => module.ours_import_value(n), peer: (n) => module.peer_import_value(n) },
  'import-throws': {
    calls: 2e3,
    ours: () => { try { module.ours_import_throws(1); } catch { return 0; } },
    peer: () => { try { module.peer_import_throws(1); } catch { return 0; } },
  },
  'panic': { calls: 2e3, ours: ourPanic, peer: plainPanic },
};
for (const [name, { calls, ours, peer }] of Object.entries(pairs)) {
  await compare(name, () => ({ calls, ours: loop(calls, ours), peer: loop(calls, peer) }));
}
// Without a stack, against wasm-bindgen's with its own.
await compare('panic-no-stack', () => {
  module.recovery.stacks = 'none';
  return { calls: 2e3, ours: loop(2e3, ourPanic), peer: loop(2e3, plainPanic), end: () => { module.recovery.stacks = 'full'; } };
});

/** @typedef {(n: number) => Promise<unknown>} AsyncBody */
/** @type {Record<string, { calls: number, ours: AsyncBody, peer: AsyncBody }>} */
const asyncPairs = {
  'async': { calls: 1e4, ours: (n) => module.ours_async(n), peer: (n) => module.peer_async(n) },
  'async-panic': {
    calls: 1e3,
    ours: () => module.ours_async_panic(1).catch(() => 0),
    peer: () => plain.peer_async_panic(1).catch(() => 0),
  },
};

/** @param {number} calls @param {AsyncBody} body */
const asyncLoop = (calls, body) => async () => {
  for (let i = 0; i < calls; i++) await body(i & 15);
};
for (const [name, { calls, ours, peer }] of Object.entries(asyncPairs)) {
  await compare(name, () => ({ calls, ours: asyncLoop(calls, ours), peer: asyncLoop(calls, peer) }));
}
done();
