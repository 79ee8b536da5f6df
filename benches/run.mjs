// @ts-check
// `cargo xtask bench`: ratios of ours to plain wasm-bindgen, in one run. Figures are
// printed, never asserted: machines are noisy.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as compile from './compile.mjs';
import { generate, required, run } from './crates.mjs';
import * as size from './size.mjs';

/** @typedef {{ name: string, ours: number, peer: number, ratio: number, unit: string }} Metric */

/** What a figure may be at the most; `over` bounds bytes over the peer, the others a ratio. */
const BARS = /** @type {Record<string, { ratio?: number, over?: number }>} */ ({
  'call-fn': { ratio: 1.15 },
  'call-ref-self': { ratio: 1.6 },
  'call-mut-self': { ratio: 1.35 },
  'call-result': { ratio: 0.6 },
  'callback': { ratio: 1.2 },
  'panic': { ratio: 1.2 },
  'import-catch': { ratio: 1 },
  'async': { ratio: 1.0 },
  'size-fixed-gzip': { over: 12 * 1024 },
  'size-per-export-gzip': { over: 250 },
  'compile-500': { ratio: 1.5 },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const target = required('RECOVER_TARGET');
const json = process.argv[process.argv.indexOf('--json') + 1];

const metrics = [...calls(), ...measured('sizes', size.measure), ...measured('compile time', compile.measure)];
for (const metric of metrics) print(metric);
if (process.argv.includes('--json')) {
  if (json === undefined) throw new Error('--json takes a path');
  writeFileSync(json, `${JSON.stringify({ metrics }, null, 2)}\n`);
  console.log(`wrote ${json}`);
}

/** @returns {Metric[]} */
function calls() {
  console.log('calls: building benches/calls (release, one codegen unit, thin LTO, exnref)');
  const out = join(target, 'packages', 'calls');
  run(required('RECOVER_CLI'), ['recover', 'build', join(root, 'benches', 'calls'), '--strategy', 'unwind', '--out-dir', out], {
    env: {
      CARGO_TARGET_DIR: join(target, 'wasm'),
      CARGO_PROFILE_RELEASE_LTO: 'thin',
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '1',
    },
  });
  const script = fileURLToPath(new URL('calls.mjs', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [script, out], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error('benches/calls.mjs failed');
  return JSON.parse(stdout);
}

/**
 * @param {string} what
 * @param {(workspace: string, target: string) => Metric[]} measure
 */
function measured(what, measure) {
  console.log(`${what}: building the crates that benches/crates.mjs generates`);
  return measure(generate(root, target), target);
}

/** @param {Metric} metric */
function print({ name, ours, peer, ratio, unit }) {
  const bar = BARS[name];
  const met = bar && (bar.over === undefined ? ratio <= (bar.ratio ?? 0) : ours <= bar.over);
  const limit = bar && (bar.over === undefined ? `≤ ${bar.ratio}` : `≤ ${bar.over} bytes over`);
  const verdict = bar ? `${met ? 'met' : 'NOT MET'} (${limit})` : '';
  console.log(`${name.padEnd(22)} ours ${ours.toFixed(1).padStart(9)}  peer ${peer.toFixed(1).padStart(9)}  ratio ${ratio.toFixed(2).padStart(6)}  ${unit.padEnd(20)} ${verdict}`);
}
