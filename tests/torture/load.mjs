// @ts-check
// A fresh copy of a package: a glue, host modules and an instance of its own. The driver of torture asks
// for one where it needs a process that nothing has happened in.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @param {string} dir of the package, for the web
 * @param {string} crate
 */
export function loader(dir, crate) {
  const name = crate.replaceAll('-', '_');
  const module = new WebAssembly.Module(readFileSync(join(dir, `${name}_bg.wasm`)));
  const scratch = mkdtempSync(join(tmpdir(), 'recover-torture-'));
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
