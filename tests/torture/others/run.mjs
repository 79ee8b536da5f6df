// @ts-check
// Tortures a package by scenarios, in this process: its lines of JSON are those of recover-cli/js/torture/run.mjs.
//
//     node --expose-gc run.mjs --package DIR [--options JSON] SCENARIO.mjs…
import { readFileSync, readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Mistake, torture } from '../../../recover-cli/js/torture/run.mjs';

const { values, positionals } = parseArgs({
  options: { package: { type: 'string' }, options: { type: 'string', default: '{}' } },
  allowPositionals: true,
});
if (values.package === undefined || positionals.length === 0) {
  console.error('usage: node --expose-gc run.mjs --package DIR [--options JSON] SCENARIO.mjs…');
  process.exit(2);
}
const root = resolve(values.package);
const wasm = readdirSync(root).find((file) => file.endsWith('_bg.wasm'));
if (wasm === undefined) throw new Error(`no package in ${root}`);
const glue = pathToFileURL(resolve(root, wasm.replace('_bg.wasm', '.js'))).href;

const scenarios = [];
for (const file of positionals) {
  const module = await import(pathToFileURL(resolve(file)).href);
  scenarios.push({ name: basename(file, '.mjs'), ...module });
}

/** What nobody caught, in this process. @param {(error: unknown) => void} listener */
function onUncaught(listener) {
  process.on('uncaughtException', listener);
  process.on('unhandledRejection', listener);
  return () => {
    process.off('uncaughtException', listener);
    process.off('unhandledRejection', listener);
  };
}

try {
  const { violations } = await torture({
    load: async () => {
      const pkg = await import(glue);
      pkg.initSync({ module: readFileSync(resolve(root, wasm)) });
      return pkg;
    },
    scenarios,
    options: JSON.parse(values.options),
    say: (line) => { console.log(JSON.stringify(line)); },
    host: { onUncaught },
  });
  process.exitCode = violations === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof Mistake)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
