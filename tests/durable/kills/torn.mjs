// @ts-check
// Crashes of a machine, in one process: over the store in memory, whose writes that were not synced are lost, kept, torn, or have
// holes, each for itself. A life ends at a point of a write. A seed makes all of it; when journals are cut, time has a say.
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
 * What is there of bytes whose write was not synced, when the machine has crashed: nothing, all, what is before some place, or
 * zeros in place of some sectors.
 * @param {Uint8Array} bytes @param {() => number} next
 * @returns {Uint8Array | undefined}
 */
export function afterCrash(bytes, next) {
  const chance = next();
  if (chance < 0.25) return undefined;
  if (chance < 0.5) return bytes;
  // A `Buffer` has another `slice`.
  const left = new Uint8Array(bytes);
  if (chance < 0.75) return left.slice(0, Math.floor(next() * bytes.length));
  for (let start = 0; start < left.length; start += SECTOR) if (next() < 0.5) left.fill(0, start, start + SECTOR);
  return left;
}

/** The same of a write of the store in memory, as it is told. @param {Write} write @param {() => number} next */
function torn({ bytes, op }, next) {
  if (op === 'drop') return next() < 0.3 ? next() < 0.5 : Math.floor(next() * 6);
  const left = afterCrash(bytes, next);
  if (left === undefined || left.length < bytes.length) return left === undefined ? false : left.length;
  bytes.set(left);
  return true;
}

/**
 * Lives a life in this process, which is over at its point, or with its object closed.
 * @param {any} pkg @param {Parameters<Engine['live']>[0]} life @param {import('../../../recover-runtime/js/stores.js').DurableStore} store
 * @param {(reached: (name: string) => void) => void} watch is given what is to be called at each point
 * @param {() => void} crash
 * @returns {Promise<boolean>} whether it was at its point
 */
export async function lives(pkg, { name, seed, life, limit, end, hear }, store, watch, crash) {
  let [count, isOver] = [0, false];
  // As a time, it is a point as well: there is no other time here.
  const last = 'point' in end ? end.point : end.after;
  const crashed = Promise.withResolvers();
  watch((point) => {
    if (isOver) throw new Error('the machine crashed');
    count += 1;
    if (count < last) return;
    isOver = true;
    hear(['point', point]);
    try {
      crash();
      crashed.resolve(undefined);
    } catch (error) {
      crashed.reject(error);
    }
    throw new Error('the machine crashed');
  });
  const kept = { open: (/** @type {string} */ of) => {
    if (isOver) throw new Error('the machine crashed');
    return store.open(of);
  } };
  const lived = live({
    pkg, store: kept, name, seed, life, limit, say: (said) => { if (!isOver) hear(said); }, pause: () => new Promise((resolve) => { setImmediate(resolve); }),
  }).catch((error) => { if (!isOver) hear(['fault', `${error?.stack}; ${error?.cause?.message ?? ''}`]); });
  await Promise.race([lived, crashed.promise]);
  // A life that is over says nothing more, and writes nothing.
  const wasKilled = isOver;
  isOver = true;
  watch(() => {});
  return wasKilled;
}

/** @param {{ early?: boolean }} [how] a store that answers too early @returns {Promise<Engine>} */
export async function memory({ early: isEarly = false } = {}) {
  const pkg = await load();
  const { MemoryStore } = await import(pathToFileURL(moduleOf('memory')).href);
  /** What a point does. @type {(name: string) => void} */
  let reached = () => {};
  /** @type {any} */
  let store;
  const hook = async (/** @type {any} */ { op, when }) => {
    await new Promise((resolve) => { setImmediate(resolve); });
    reached(`${when} ${op}`);
  };
  return {
    name: 'a store with faults',
    points: 120,
    longest: 200,
    async fresh() { store = new MemoryStore({ hook }); },
    live(life) {
      const next = random(life.seed ^ Math.imul(life.life + 1, 0x632be59b));
      const kept = isEarly ? early(store, (go) => setImmediate(() => { setImmediate(go); })) : { open: (/** @type {string} */ name) => store.open(name) };
      return lives(pkg, life, kept, (set) => { reached = set; }, () => store.crash((/** @type {Write} */ write) => torn(write, next)));
    },
    async stop() {},
  };
}
