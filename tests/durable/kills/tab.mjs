// @ts-check
// A tab that lives a life of driver.mjs over IndexedDB. That it found its object it says by a request that is done when it goes
// on, and so all its calls are known to be on their way; answers may get lost on theirs. At a point that it is asked for it
// stands still until it is killed.
import init, { Ledger, recovery } from '/pkg/fixture_kills.js';
import { IndexedDbStore } from '../../../recover-runtime/js/stores/indexeddb.js';
import { live } from './driver.mjs';
import { early } from './early.mjs';

/** @typedef {import('./driver.mjs').Said | ['point', string]} Said */

const order = JSON.parse(new URL(location.href).searchParams.get('order') ?? '{}');
/** What an earlier tab said may come late. */
const where = `/said/${order.turn}`;
/** @type {Said[]} */
let waiting = [];

/** @param {Said} said */
function atOnce(said) {
  const request = new XMLHttpRequest();
  request.open('POST', where, false);
  request.send(JSON.stringify([...waiting.splice(0), said]));
}

/** @param {Said} said */
function say(said) {
  if (said[0] === 'sent') return;
  if (said[0] === 'found' || said[0] === 'closed' || said[0] === 'fault') return atOnce(said);
  waiting.push(said);
  if (waiting.length > 1) return;
  setTimeout(() => {
    if (waiting.length > 0) navigator.sendBeacon(where, JSON.stringify(waiting.splice(0)));
  }, 0);
}

/** A store that is asked at points. @param {any} store @param {number | undefined} last */
function pointed(store, last) {
  let count = 0;
  /** @param {string} name */
  const point = (name) => {
    count += 1;
    if (count !== last) return;
    atOnce(['point', name]);
    for (;;);
  };
  return {
    async open(/** @type {string} */ name) {
      point('before open');
      const stored = await store.open(name);
      point('behind open');
      /** @type {any} */
      const wrapped = { read: () => stored.read(), lost: stored.lost, isWhole: stored.isWhole };
      for (const method of ['append', 'snapshot', 'drop', 'close']) {
        wrapped[method] = async (/** @type {any[]} */ ...args) => {
          point(`before ${method}`);
          const answer = stored[method](...args);
          point(`during ${method}`);
          await answer;
          point(`behind ${method}`);
        };
      }
      return wrapped;
    },
  };
}

/** @type {any} */ (globalThis).wait = () => new Promise((resolve) => { setTimeout(resolve, 0); });
try {
  await init();
  recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  recovery.onPanic(() => {});
  const kept = pointed(new IndexedDbStore({ wait: true }), order.point);
  const store = order.early === true ? early(kept, (go) => setTimeout(go, 20)) : kept;
  await live({ pkg: { Ledger, recovery }, store, name: order.name, seed: order.seed, life: order.life, limit: order.limit, say });
} catch (error) {
  say(['fault', `${/** @type {any} */ (error)?.stack ?? error}; ${/** @type {any} */ (error)?.cause?.message ?? ''}`]);
}
