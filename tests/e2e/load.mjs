// @ts-check
// Loads packages that `cargo recover build` made, each time as a fresh copy: a
// module of its own, a host module of its own, an instance of its own.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @param {string} name */
function required(name) {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`set ${name}; cargo xtask test does`);
  return value;
}

const builds = required('RECOVER_E2E_DIR');
const build = required('RECOVER_BUILD');
if (!['unwind-exnref', 'unwind-legacy', 'abort'].includes(build)) {
  throw new Error(`RECOVER_BUILD is unwind-exnref, unwind-legacy or abort, not ${build}`);
}

/** Whether panics unwind in this build. */
export const unwind = build !== 'abort';
export const debug = process.env.RECOVER_PROFILE === 'debug';

/** @type {Map<string, WebAssembly.Module>} */
const compiled = new Map();

/** Copies go when the process ends. */
const scratch = mkdtempSync(join(tmpdir(), 'recover-e2e-'));
writeFileSync(join(scratch, 'package.json'), '{"type":"module"}');
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
let copies = 0;

/**
 * Where a package is, and the name of its files.
 * @param {string} crate
 */
export function packageOf(crate) {
  return { dir: join(builds, crate), name: crate.replaceAll('-', '_') };
}

/**
 * The declarations of a package.
 * @param {string} crate
 */
export function declarations(crate) {
  const { dir, name } = packageOf(crate);
  return readFileSync(join(dir, `${name}.d.ts`), 'utf8');
}

/**
 * A fresh copy of a package, instantiated. `wasm` are the raw exports.
 * @param {string} crate
 * @returns {Promise<{ pkg: any, wasm: any }>}
 */
export async function load(crate) {
  const { pkg, init } = await prepare(crate);
  return { pkg, wasm: init() };
}

/**
 * A fresh copy of a package, and what instantiates it.
 * @param {string} crate
 * @returns {Promise<{ pkg: any, init: () => any }>}
 */
export async function prepare(crate) {
  const { dir, name } = packageOf(crate);
  let module = compiled.get(crate);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(join(dir, `${name}_bg.wasm`)));
    compiled.set(crate, module);
  }
  const copy = join(scratch, String(copies += 1));
  cpSync(dir, copy, { recursive: true, filter: (source) => !source.endsWith('.wasm') });
  const pkg = await import(pathToFileURL(join(copy, `${name}.js`)).href);
  return { pkg, init: () => pkg.initSync({ module }) };
}
