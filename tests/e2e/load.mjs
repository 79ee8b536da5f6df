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
 * @param {(glue: string) => string} [change] what the copy's glue becomes
 * @returns {Promise<{ pkg: any, wasm: any }>}
 */
export async function load(crate, change) {
  const { pkg, init } = await prepare(crate, change);
  return { pkg, wasm: init() };
}

/**
 * A fresh copy of a package, and what instantiates it.
 * @param {string} crate
 * @param {(glue: string) => string} [change]
 * @returns {Promise<{ pkg: any, init: () => any }>}
 */
export async function prepare(crate, change) {
  const { dir, name } = packageOf(crate);
  let module = compiled.get(crate);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(join(dir, `${name}_bg.wasm`)));
    compiled.set(crate, module);
  }
  const copy = join(scratch, String(copies += 1));
  cpSync(dir, copy, { recursive: true, filter: (source) => !source.endsWith('.wasm') });
  const glue = join(copy, `${name}.js`);
  if (change !== undefined) writeFileSync(glue, change(readFileSync(glue, 'utf8')));
  const pkg = await import(pathToFileURL(glue).href);
  return { pkg, init: () => pkg.initSync({ module }) };
}

/**
 * A fresh copy of a package whose classes a minifier has renamed in the glue.
 * @param {string} crate
 * @returns {Promise<{ pkg: any, wasm: any }>}
 */
export async function loadMinified(crate) {
  return load(crate, (glue) => {
    let text = glue;
    for (const [, name = ''] of glue.matchAll(/^export class (\w+)/gm)) {
      // Strings, properties and comments keep the name.
      text = text.replace(new RegExp(`^export class ${name}\\b`, 'm'), `export { a${name} as ${name} };\nclass ${name}`)
        .replace(new RegExp(`(?<!['".\\w]|as |\\* .*)${name}\\b(?!['\\w])`, 'g'), `a${name}`);
    }
    return text;
  });
}
