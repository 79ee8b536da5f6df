// @ts-check
// A fresh copy of a package: a glue, host modules and an instance of its own. The driver of torture asks
// for one where it needs a process that nothing has happened in.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Whether a process still runs. @param {number} pid */
function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** A folder for this process. Those of others that were killed go. @param {string} copies */
export function scratchIn(copies) {
  for (const name of existsSync(copies) ? readdirSync(copies) : []) {
    if (!runs(Number.parseInt(name, 10))) rmSync(join(copies, name), { recursive: true, force: true });
  }
  let number = 0;
  while (existsSync(join(copies, `${process.pid}-${number}`))) number += 1;
  const scratch = join(copies, `${process.pid}-${number}`);
  mkdirSync(scratch, { recursive: true });
  return scratch;
}

/**
 * @param {string} dir of the package, for the web
 * @param {string} crate
 */
export function loader(dir, crate) {
  const name = crate.replaceAll('-', '_');
  const module = new WebAssembly.Module(readFileSync(join(dir, `${name}_bg.wasm`)));
  // Beside the package, which is below a target directory.
  const scratch = scratchIn(join(dirname(resolve(dir)), 'torture-copies'));
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}');
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  let copies = 0;
  return async () => {
    const copy = join(scratch, String(copies += 1));
    cpSync(dir, copy, { recursive: true, filter: (source) => !source.endsWith('.wasm') });
    const pkg = await import(pathToFileURL(join(copy, `${name}.js`)).href);
    pkg.initSync({ module });
    return pkg;
  };
}
