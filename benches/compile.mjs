// @ts-check
// Time to compile a crate of 500 exports again, its dependencies being built.
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { crateName, run } from './crates.mjs';
import { required } from './metrics.mjs';

const ROUNDS = 5;

/** @param {string} workspace @param {string} target @returns {import('./metrics.mjs').Metric[]} */
export function measure(workspace, target) {
  const env = { CARGO_TARGET_DIR: join(target, 'compile') };
  /** @param {import('./crates.mjs').Who} who */
  const build = (who) => {
    const name = crateName(who, 500);
    const now = new Date();
    utimesSync(join(workspace, name, 'src', 'lib.rs'), now, now);
    const start = performance.now();
    run('cargo', [`+${required('RECOVER_STABLE')}`, 'build', '-p', name, '--target', 'wasm32-unknown-unknown'], { cwd: workspace, env });
    return performance.now() - start;
  };
  build('ours');
  build('peer');
  let [ours, peer] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    ours = Math.min(ours, build('ours'));
    peer = Math.min(peer, build('peer'));
  }
  return [{ name: 'compile-500', ours, peer, ratio: ours / peer, unit: 'ms' }];
}
