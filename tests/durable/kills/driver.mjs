// @ts-check
// One life of a program that has a durable object: opens it, says what it found, makes calls as fast as it can, and says
// of each that it will be made, and that it was answered. It runs in a process, in a tab and in a Durable Object, so
// it imports nothing but the model. It judges nothing; who hears it may kill it at any moment.
import { callOf, random } from './model.mjs';

/**
 * What is said: how an object was found; up to which number calls are made; a call that was answered; what a read showed; an
 * end of what must not end; an orderly end.
 * @typedef {['found', number, number, number] | ['sent', number] | ['answered', number, number] | ['read', number, number] | ['fault', string] | ['closed']} Said
 */
/**
 * @typedef {object} Life
 * @property {any} pkg the package of tests/fixtures/kills
 * @property {import('../../../recover-runtime/js/stores.js').DurableStore} store
 * @property {string} name
 * @property {number} seed
 * @property {number} life
 * @property {number} limit how many calls there are before the object is closed
 * @property {(said: Said) => void} say
 * @property {() => Promise<unknown>} [pause] between bursts of calls, where nothing else gives others a turn
 * @property {boolean} [aborts] whether calls end the instance now and then
 */

/** A journal is short enough that many snapshots are written. */
const SNAPSHOT_AFTER = 3000;

/** @param {Life} options */
export async function live({ pkg, store, name, seed, life, limit, say, pause, aborts = true }) {
  const next = random(seed ^ Math.imul(life + 1, 0x27d4eb2f));
  const ledger = await pkg.Ledger.open(store, name, { create: () => new pkg.Ledger(), snapshotAfter: SNAPSHOT_AFTER });
  const [found, digest, half] = await ledger.state();
  say(['found', found, digest, half]);
  /** @type {Set<Promise<void>>} */
  const waiting = new Set();
  let failed = false;
  /** @param {Promise<void>} call */
  const follow = (call) => {
    const watched = call.catch((error) => {
      failed = true;
      say(['fault', `${error?.name}: ${error?.message}; ${error?.cause?.message ?? ''}`]);
    }).finally(() => waiting.delete(watched));
    waiting.add(watched);
  };
  let number = found;
  const one = () => {
    number += 1;
    const own = number;
    const { kind, text } = callOf(seed, life, own);
    say(['sent', own]);
    // Without the store: such a call may be lost, but never alone.
    const isEarly = next() < 0.05;
    const on = isEarly ? ledger.with({ acknowledge: 'journaled' }) : ledger;
    /** @param {number} answer */
    const answered = (answer) => { if (!isEarly) say(['answered', own, answer]); };
    if (kind !== 'refuse') return on[kind](own, text).then(answered);
    return on.refuse(own, text).then(() => { throw new Error('it was not refused'); }, (/** @type {any} */ error) => {
      if (error?.name === 'StoreError') throw error;
      answered(Number(error?.message ?? error));
    });
  };
  /** A call of which nothing may be left. @param {'panic' | 'abort'} kind */
  const fails = (kind) => ledger[kind](number + 1, 'half').then(() => { throw new Error('it did not fail'); }, (/** @type {any} */ error) => {
    if (!['PanicError', 'InstanceAbortedError'].includes(error?.name)) throw error;
  });
  const reads = async () => {
    const [calls, shown] = await ledger.state();
    say(['read', calls, shown]);
  };
  while (number < found + limit && !failed) {
    const burst = 1 + Math.floor(next() ** 2 * 12);
    for (let count = 0; count < burst && number < found + limit && !failed; count += 1) {
      // An asynchronous call has the object for itself.
      const isLater = callOf(seed, life, number + 1).kind === 'later';
      if (isLater) await Promise.all(waiting);
      follow(one());
      if (isLater) await Promise.all(waiting);
    }
    const chance = next();
    if (chance < 0.05) follow(fails('panic'));
    else if (chance < 0.07 && aborts) {
      await Promise.all(waiting);
      follow(fails('abort'));
      await Promise.all(waiting);
    } else if (chance < 0.3) follow(reads());
    if (next() < 0.5) await Promise.all(waiting);
    else if (waiting.size > 0) await Promise.race(waiting);
    await pause?.();
  }
  await Promise.all(waiting);
  await ledger.close();
  if (!failed) say(['closed']);
}
