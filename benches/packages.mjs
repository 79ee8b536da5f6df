// @ts-check
// What calls cost that do next to nothing, from package to package: ours and wasm-bindgen's own, built as
// crates are by default, in both strategies. The calls of calls.mjs are compared within one package, which
// has one codegen unit and our gate for both sides.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CALLED, crateName, run } from './crates.mjs';
import { required } from './metrics.mjs';
import { fastest, loop } from './turns.mjs';

/** @typedef {import('./metrics.mjs').Metric} Metric */
/** @typedef {{ calls: number, body: (pkg: any) => (n: number) => unknown }} Call */

/** Calls by the name of their metric, without the strategy. @type {Record<string, Call>} */
const CALLS = {
  fn: { calls: 2e5, body: (pkg) => pkg.add },
  method: { calls: 2e5, body: (pkg) => { const point = new pkg.Point(); return () => point.width(); } },
  getter: { calls: 2e5, body: (pkg) => { const point = new pkg.Point(); return () => point.first; } },
  mut: { calls: 2e5, body: (pkg) => { const point = new pkg.Point(); return (n) => point.set(n); } },
  new: { calls: 2e4, body: (pkg) => () => new pkg.Point().free() },
  string: { calls: 5e4, body: (pkg) => { const point = new pkg.Point(); return () => point.name(); } },
  ok: { calls: 1e5, body: (pkg) => () => pkg.refuse(0) },
  err: { calls: 1e4, body: (pkg) => () => { try { return pkg.refuse(1); } catch { return 0; } } },
};

/** @param {string} workspace @param {string} target @param {string[]} names of metrics @returns {Promise<Metric[]>} */
export async function measure(workspace, target, names) {
  /** @type {Metric[]} */
  const metrics = [];
  for (const strategy of ['unwind', 'abort']) {
    const calls = Object.entries(CALLS).map(([call, rest]) => ({ name: `package-${call}-${strategy}`, ...rest })).filter(({ name }) => names.includes(name));
    if (calls.length === 0) continue;
    const [ours, peer] = [await opened('ours', strategy, workspace, target), await opened('peer', strategy, workspace, target)];
    for (const { name, calls: count, body } of calls) {
      const best = await fastest({ ours: loop(count, body(ours)), peer: loop(count, body(peer)) });
      metrics.push({ name, ours: best.ours * 1e6 / count, peer: best.peer * 1e6 / count, ratio: best.ours / best.peer, unit: 'ns' });
    }
  }
  return metrics;
}

/** @param {import('./crates.mjs').Who} who @param {string} strategy @param {string} workspace @param {string} target */
async function opened(who, strategy, workspace, target) {
  const name = crateName(who, CALLED);
  const out = join(target, 'packages', `${name}-${strategy}`);
  // The workspace's profile is that of the sizes; cargo's own stands here.
  const env = { CARGO_TARGET_DIR: join(target, 'default'), CARGO_PROFILE_RELEASE_LTO: 'false', CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16' };
  run(required('RECOVER_CLI'), ['recover', 'build', join(workspace, name), '--strategy', strategy, '--out-dir', out], { env });
  const stem = name.replaceAll('-', '_');
  const pkg = await import(pathToFileURL(join(out, `${stem}.js`)).href);
  pkg.initSync({ module: readFileSync(join(out, `${stem}_bg.wasm`)) });
  return pkg;
}
