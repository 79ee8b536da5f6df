// @ts-check
// `stores/memory.js`: what each store must do, and the faults that it injects.
import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { agentOf } from './agent.mjs';
import { conformance } from './conformance.mjs';
import { moduleOf } from './owner.mjs';

/** @type {typeof import('../../../recover-runtime/js/stores/memory.js')} */
const { MemoryStore } = await import(pathToFileURL(moduleOf('memory')).href);

conformance('memory', async () => {
  // Slow enough that a kill meets a write.
  const store = new MemoryStore({ hook: () => new Promise((resolve) => { setImmediate(resolve); }) });
  return {
    async owner() {
      return { ask: agentOf(store), kill: async () => store.crash(({ bytes }) => bytes.length >> 1) };
    },
    take: async (name) => store.take(name),
    end: async () => {},
  };
});
