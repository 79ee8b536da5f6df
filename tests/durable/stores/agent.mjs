// @ts-check
// Does with a store what a test commands, wherever the store is: in a process, a tab, or a Durable Object. No
// assertion is in here, and nothing that only one of those has.
import { bytesOf, saidOf } from './pieces.mjs';

/** @typedef {import('../../../recover-runtime/js/stores.js').DurableStore} DurableStore */
/** @typedef {import('../../../recover-runtime/js/stores.js').DurableStored} DurableStored */
/**
 * @typedef {object} Command
 * @property {'open' | 'read' | 'append' | 'snapshot' | 'drop' | 'close' | 'lost' | 'both' | 'apart'} do
 * @property {string} [name] for `open`, `both` and `apart`
 * @property {number} [handle] what `open` answered
 * @property {number} [at]
 * @property {number} [seed]
 * @property {number} [length]
 */
/** @typedef {{ value: any } | { error: { name: string, message: string, code: unknown, nothingWritten: unknown } }} Answer */

/**
 * What takes commands for a store.
 * @param {DurableStore} store
 * @returns {(command: Command) => Promise<Answer>}
 */
export function agentOf(store) {
  /** @type {DurableStored[]} */
  const handles = [];
  /** @param {Command} command @returns {Promise<unknown>} */
  async function run({ do: what, name = '', handle = 0, at = 0, seed = 0, length = 0 }) {
    if (what === 'open') return handles.push(await store.open(name)) - 1;
    if (what === 'both') {
      const ends = await Promise.allSettled([1, 2].map(async () => store.open(name)));
      for (const end of ends) if (end.status === 'fulfilled') await end.value.close();
      return ends.map((end) => (end.status === 'fulfilled' ? 'open' : end.reason.code));
    }
    if (what === 'apart') {
      const opened = await Promise.all([1, 2].map((each) => store.open(`${name} ${each}`)));
      await Promise.all(opened.map((each, index) => each.append(index, bytesOf(index, 10))));
      for (const each of opened) await each.close();
      const again = await Promise.all([1, 2].map((each) => store.open(`${name} ${each}`)));
      const read = await Promise.all(again.map(async (each) => (await each.read()).chunks.map((piece) => saidOf(piece.at, piece.bytes))));
      for (const each of again) await each.close();
      return read;
    }
    const stored = /** @type {DurableStored} */ (handles[handle]);
    if (what === 'read') {
      const { snapshots, chunks } = await stored.read();
      const list = (/** @type {{ at: number, bytes: Uint8Array }[]} */ pieces) => pieces.map((piece) => saidOf(piece.at, piece.bytes)).sort(([a], [b]) => a - b);
      return { snapshots: list(snapshots), chunks: list(chunks) };
    }
    if (what === 'drop') return stored.drop(at);
    if (what === 'close') return stored.close();
    if (what === 'lost') return /** @type {any} */ (await stored.lost)?.code;
    // A view of a larger buffer, as of wasm memory, which its owner uses again.
    const buffer = new Uint8Array(length + 32);
    const view = buffer.subarray(16, 16 + length);
    view.set(bytesOf(seed, length));
    await (what === 'append' ? stored.append(at, view) : stored.snapshot(at, view));
    buffer.fill(0);
    return undefined;
  }
  return async (command) => {
    try {
      return { value: await run(command) };
    } catch (error) {
      const { name, message, code, nothingWritten } = /** @type {any} */ (error);
      return { error: { name, message, code, nothingWritten } };
    }
  };
}
