// @ts-check
// A package of an adopted crate: its files, and an instance of it.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @param {string} folder @param {string} ending */
export function file(folder, ending) {
  const name = readdirSync(folder).find((one) => one.endsWith(ending));
  if (name === undefined) throw new Error(`no *${ending} in ${folder}`);
  return join(folder, name);
}

/** A package, instantiated. @param {string} folder */
export async function open(folder) {
  const wasm = file(folder, '_bg.wasm');
  const pkg = await import(pathToFileURL(wasm.replace(/_bg\.wasm$/, '.js')).href);
  pkg.initSync({ module: readFileSync(wasm) });
  return pkg;
}
