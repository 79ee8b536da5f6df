// @ts-check
// `cargo xtask bench`: ratios of ours to plain wasm-bindgen, in one run. Figures are
// printed, never asserted: machines are noisy.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as compile from './compile.mjs';
import { generate, run } from './crates.mjs';
import * as calledPackages from './packages.mjs';
import { option, print, required, selected } from './metrics.mjs';
import * as size from './size.mjs';

/** @typedef {import('./metrics.mjs').Metric} Metric */

const root = fileURLToPath(new URL('..', import.meta.url));
const target = required('RECOVER_TARGET');
const cli = required('RECOVER_CLI');
const packages = join(target, 'packages');
const json = option('--json');
const only = option('--only');

const metrics = [
  ...script('calls', ['calls']),
  ...script('persist', ['persist', 'fresh', 'calls']),
  ...await generated('packages', calledPackages.measure),
  ...await generated('size', size.measure),
  ...await generated('compile', compile.measure),
];
if (json !== undefined) {
  writeFileSync(json, `${JSON.stringify({ metrics }, null, 2)}\n`);
  console.log(`wrote ${json}`);
}

/**
 * What a script of the group's name measures.
 * @param {string} group
 * @param {string[]} crates that it loads
 * @returns {Metric[]}
 */
function script(group, crates) {
  const names = selected(group, only);
  if (names.length === 0) return [];
  for (const crate of crates) built(crate);
  const path = fileURLToPath(new URL(`${group}.mjs`, import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [path, packages, names.join(',')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`benches/${group}.mjs failed`);
  return printed(JSON.parse(stdout));
}

/** @param {string} crate */
function built(crate) {
  console.log(`building benches/${crate} (release, one codegen unit, thin LTO, exnref)`);
  run(cli, ['recover', 'build', join(root, 'benches', crate), '--strategy', 'unwind', '--out-dir', join(packages, crate)], {
    env: {
      CARGO_TARGET_DIR: join(target, 'wasm'),
      CARGO_PROFILE_RELEASE_LTO: 'thin',
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '1',
    },
  });
}

/**
 * What is measured on crates that are written for it.
 * @param {string} group
 * @param {(workspace: string, target: string, names: string[]) => Metric[] | Promise<Metric[]>} measure
 */
async function generated(group, measure) {
  const names = selected(group, only);
  if (names.length === 0) return [];
  console.log(`${group}: building the crates that benches/crates.mjs generates`);
  const measured = await measure(generate(root, target), target, names);
  return printed(measured.filter(({ name }) => names.includes(name)));
}

/** @param {Metric[]} metrics */
function printed(metrics) {
  metrics.forEach(print);
  return metrics;
}
