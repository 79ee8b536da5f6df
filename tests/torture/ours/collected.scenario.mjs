// @ts-check
// Handles that nobody holds any more: what they were of goes, and nothing else.

export const atomic = true;
export const policy = { JournalRollback: 'rollback', LoosePoison: 'poison' };

/** Where the program can ask for it. */
export const applies = () => 'gc' in globalThis;

/** @param {any} pkg @param {any} t */
export const setup = (pkg, t) => ({ pkg, kept: t.own(new pkg.JournalRollback(1)), /** @type {Promise<void>[]} */ gone: [] });

/** Called with what resolves the promise of an object that was collected. */
const collected = new FinalizationRegistry((/** @type {() => void} */ resolve) => { resolve(); });

/** Uses an object, and lets go of it. @param {any} state @param {any} object @param {(object: any) => unknown} use */
function lose({ gone }, object, use) {
  gone.push(new Promise((resolve) => { collected.register(object, resolve); }));
  return use(object);
}

/** Garbage is collected until those objects are gone, and what is to be done then is done. @param {any} state */
async function collect({ gone }) {
  const { port1, port2 } = new MessageChannel();
  const task = () => new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(0);
  });
  let left = gone.length;
  for (const each of gone) each.then(() => { left -= 1; });
  for (let time = 0; time < 20 && left > 0; time += 1) {
    await task();
    Reflect.get(globalThis, 'gc')();
  }
  for (let time = 0; time < 3; time += 1) await task();
  port1.close();
}

export const steps = [
  (/** @type {any} */ state) => lose(state, new state.pkg.JournalRollback(3), (object) => object.add(2)),
  (/** @type {any} */ state) => lose(state, new state.pkg.LoosePoison(4), (object) => object.add(2)),
  (/** @type {any} */ state) => lose(state, state.pkg.once(), (once) => once(6)),
  collect,
  (/** @type {any} */ { kept }) => kept.add(5),
];

/** @param {any} state */
export const observe = ({ kept }) => kept.state();
