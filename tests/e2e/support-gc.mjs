// @ts-check
// Garbage collection on demand, for tests of finalizers and leaks.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects now; finalizers run in later turns. */
export const collect = runInNewContext('gc');

/**
 * Collects until `done`, or until it is clear that it will not be.
 * @param {() => boolean} done
 */
export async function collectUntil(done) {
  for (let round = 0; round < 40 && !done(); round += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
