// @ts-check
// Module size: wasm and all JavaScript of a package, compressed, in bytes.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { OBJECTS, crateName, run } from './crates.mjs';
import { required } from './metrics.mjs';

/** @typedef {import('./metrics.mjs').Metric} Metric */

/** @param {string} workspace @param {string} target @param {string[]} names of metrics @returns {Metric[]} */
export function measure(workspace, target, names) {
  /** @param {import('./crates.mjs').Who} who @param {import('./crates.mjs').Kind} kind */
  const size = (who, kind) => {
    const name = crateName(who, kind);
    const out = join(target, 'packages', name);
    // What an earlier build wrote there is not this one's.
    rmSync(out, { recursive: true, force: true });
    const args = ['recover', 'build', join(workspace, name), '--strategy', 'unwind', '--out-dir', out];
    run(required('RECOVER_CLI'), args, { env: { CARGO_TARGET_DIR: join(target, 'wasm') } });
    const files = readdirSync(out, { recursive: true }).map(String);
    const bytes = (/** @type {RegExp} */ kind, /** @type {boolean} */ gzip) => files
      .filter((file) => kind.test(file))
      .map((file) => readFileSync(join(out, file)))
      .reduce((sum, content) => sum + (gzip ? gzipSync(content, { level: 9 }).length : content.length), 0);
    return { gzip: bytes(/\.(wasm|js)$/, true), raw: bytes(/\.(wasm|js)$/, false) };
  };
  /** @param {RegExp} name @param {() => Metric[]} metrics */
  const wanted = (name, metrics) => (names.some((one) => name.test(one)) ? metrics() : []);
  const kinds = /** @type {const} */ (['gzip', 'raw']);
  const functions = wanted(/fixed|per-export/, () => {
    const ours = [size('ours', 1), size('ours', 100)];
    const peer = [size('peer', 1), size('peer', 100)];
    return kinds.flatMap((kind) => {
      const each = [ours, peer].map((sizes) => ((sizes[1]?.[kind] ?? 0) - (sizes[0]?.[kind] ?? 0)) / 99);
      return [
        over(`size-fixed-${kind}`, [ours[0]?.[kind] ?? 0, peer[0]?.[kind] ?? 0]),
        over(`size-per-export-${kind}`, each),
      ];
    });
  });
  const objects = wanted(/objects/, () => {
    const [ours, peer] = [size('ours', OBJECTS), size('peer', OBJECTS)];
    return kinds.map((kind) => over(`size-objects-${kind}`, [ours[kind], peer[kind]]));
  });
  return [...functions, ...objects];
}

/**
 * What we add to the peer's bytes.
 * @param {string} name
 * @param {number[]} bytes ours and the peer's
 * @returns {Metric}
 */
function over(name, [ours = 0, peer = 0]) {
  return { name, ours: ours - peer, peer, ratio: ours / peer, unit: 'bytes over the peer' };
}
