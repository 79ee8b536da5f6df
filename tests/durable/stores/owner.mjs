// @ts-check
// Who has a store in the tests: something that takes commands and can be killed. Here those that are processes of Node; tabs
// and Durable Objects stand in their own tests.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

/** @typedef {import('./agent.mjs').Command} Command */
/** @typedef {import('./agent.mjs').Answer} Answer */
/**
 * @typedef {object} Owner
 * @property {(command: Command) => Promise<Answer>} ask rejects if the owner is gone
 * @property {() => Promise<void>} kill ends it as `kill -9` does
 */

/** Where the adapters are: in a package, or in the sources. */
export const STORES = process.env.RECOVER_STORES ?? join(import.meta.dirname, '../../../recover-runtime/js/stores');

/** @param {string} name of the adapter */
export const moduleOf = (name) => join(STORES, `${name}.js`);

/** Calls by number, over whatever takes messages. @param {(message: { id: number, command: Command }) => void} send */
export function channel(send) {
  let last = 0;
  /** @type {Map<number, { resolve: (answer: Answer) => void, reject: (reason: unknown) => void }>} */
  const waiting = new Map();
  /** @type {Error | undefined} */
  let gone;
  return {
    /** @param {Command} command @returns {Promise<Answer>} */
    ask(command) {
      if (gone !== undefined) return Promise.reject(gone);
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        send({ id, command });
      });
    },
    /** @param {{ id: number, answer: Answer }} message */
    take({ id, answer }) {
      waiting.get(id)?.resolve(answer);
      waiting.delete(id);
    },
    /** @param {string} why */
    end(why) {
      gone = new Error(why);
      for (const { reject } of waiting.values()) reject(gone);
      waiting.clear();
    },
  };
}

/** A process of Node with a store. @param {object} store what child.mjs takes @returns {Promise<Owner>} */
export async function child(store) {
  const forked = fork(join(import.meta.dirname, 'child.mjs'), [JSON.stringify(store)], { serialization: 'json' });
  // One that has been killed meanwhile hears nothing: its exit tells who asked.
  const calls = channel((message) => forked.send(message, () => {}));
  const exited = new Promise((resolve) => { forked.once('exit', resolve); });
  forked.once('exit', (code, signal) => calls.end(`the process ended by ${signal ?? code}`));
  await new Promise((resolve, reject) => {
    forked.once('message', resolve);
    forked.once('exit', (code) => reject(new Error(`the process ended by ${code} before it was ready`)));
  });
  forked.on('message', (message) => calls.take(/** @type {any} */ (message)));
  return {
    ask: calls.ask,
    async kill() {
      forked.kill('SIGKILL');
      await exited;
    },
  };
}
