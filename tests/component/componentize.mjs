// @ts-check
// A module of JavaScript as a component, by componentize-js: `node componentize.mjs SOURCE WIT WORLD OUT`. jco's own
// command does not find the package of a world in a folder with dependencies, so the library is called.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [source, witPath, worldName, out] = process.argv.slice(2);
const modules = process.env.RECOVER_JCO;
if (source === undefined || witPath === undefined || worldName === undefined || out === undefined || modules === undefined) {
  console.error('usage: RECOVER_JCO=…/node_modules node componentize.mjs SOURCE WIT WORLD OUT');
  process.exit(2);
}
const require = createRequire(pathToFileURL(`${resolve(modules)}/componentize.mjs`));
const { componentize } = await import(pathToFileURL(require.resolve('@bytecodealliance/componentize-js')).href);
// Nothing of WASI is used, so nothing of it is imported.
const disableFeatures = ['clocks', 'fetch-event', 'http', 'random', 'stdio'];
const { component } = await componentize({ sourcePath: source, witPath, worldName, disableFeatures });
writeFileSync(out, component);
