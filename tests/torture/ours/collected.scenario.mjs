// @ts-check
// Handles that nobody holds any more: what they were of goes, and nothing else.

export const atomic = true;
export const policy = { JournalRollback: 'rollback', LoosePoison: 'poison' };

/** Where the program can ask for it. */
export const applies = () => 'gc' in globalThis;

/** @param {any} pkg @param {any} t */
export const setup = (pkg, t) => ({ pkg, kept: t.own(new pkg.JournalRollback(1)) });

/** Garbage is collected, and finalizers run. */
async function collect() {
  const { port1, port2 } = new MessageChannel();
  const task = () => new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(0);
  });
  for (let time = 0; time < 4; time += 1) {
    await task();
    Reflect.get(globalThis, 'gc')();
    await task();
  }
  port1.close();
}

/** @param {any} object */
const use = (object) => object.add(2);

export const steps = [
  (/** @type {any} */ { pkg }) => { use(new pkg.JournalRollback(3)); },
  (/** @type {any} */ { pkg }) => { use(new pkg.LoosePoison(4)); },
  (/** @type {any} */ { pkg }) => pkg.once()(6),
  collect,
  (/** @type {any} */ { kept }) => kept.add(5),
];

/** @param {any} state */
export const observe = ({ kept }) => kept.state();
