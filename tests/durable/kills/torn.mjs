// @ts-check
// Crashes of a machine, in one process: over the store in memory, whose writes that were not synced are lost, kept, torn, or have
// holes, each for itself. A life ends at a point of a write. All is the same for a seed.
import { early } from './early.mjs';
import { live } from './driver.mjs';
import { random } from './model.mjs';
import { load } from './package.mjs';
import { moduleOf } from '../stores/owner.mjs';
import { pathToFileURL } from 'node:url';

/** @typedef {import('./run.mjs').Engine} Engine */
/** @typedef {import('../../../recover-runtime/js/stores/memory.js').Write} Write */

/** What a disk writes as one. */
const SECTOR = 512;

/**
 * What becomes of a write that was not synced: it is there, not there, there up to somewhere, or with holes of zeros.
 * @param {Write} write @param {() => number} next
 */
function torn({ bytes, op }, next) {
  const chance = next();
  if (chance < 0.25) return false;
  if (chance < 0.5) return true;
  if (op === 'drop') return Math.floor(next() * 6);
  if (chance < 0.75) return Math.floor(next() * bytes.length);
  for (let start = 0; start < bytes.length; start += SECTOR) if (next() < 0.5) bytes.fill(0, start, start + SECTOR);
  return true;
}

/** @param {{ early?: boolean }} [how] a store that answers too early @returns {Promise<Engine>} */
export async function memory({ early: isEarly = false } = {}) {
  const pkg = await load();
  const { MemoryStore } = await import(pathToFileURL(moduleOf('memory')).href);
  /** What a point does. */
  let reached = () => {};
  /** @type {any} */
  let store;
  const hook = async (/** @type {any} */ { op, when }) => {
    await new Promise((resolve) => { setImmediate(resolve); });
    name = `${when} ${op}`;
    reached();
    name = '';
  };
  let name = '';
  return {
    name: 'a store with faults',
    points: 120,
    longest: 200,
    async fresh() { store = new MemoryStore({ hook }); },
    async live({ name: object, seed, life, limit, end, hear }) {
      const next = random(seed ^ Math.imul(life + 1, 0x632be59b));
      let [count, isOver] = [0, false];
      // As a time, it is a point as well: there is no other time here.
      const last = 'point' in end ? end.point : end.after;
      const crashed = Promise.withResolvers();
      reached = () => {
        count += 1;
        if (isOver || count < last) return;
        isOver = true;
        if (name !== '') hear(['point', name]);
        store.crash((/** @type {Write} */ write) => torn(write, next));
        crashed.resolve(undefined);
        throw new Error('the machine crashed');
      };
      const kept = { open: (/** @type {string} */ of) => {
        if (isOver) throw new Error('the machine crashed');
        return store.open(of);
      } };
      const lived = live({
        pkg, store: isEarly ? early(kept, (go) => setImmediate(() => { setImmediate(go); })) : kept, name: object, seed, life, limit,
        say: (said) => { if (!isOver) hear(said); },
        pause: () => new Promise((resolve) => { setImmediate(resolve); }),
      }).catch((error) => { if (!isOver) hear(['fault', `${error?.stack}; ${error?.cause?.message ?? ''}`]); });
      await Promise.race([lived, crashed.promise]);
      // A life that is over says nothing more, and writes nothing.
      const wasKilled = isOver;
      isOver = true;
      reached = () => {};
      return wasKilled;
    },
    async stop() {},
  };
}
