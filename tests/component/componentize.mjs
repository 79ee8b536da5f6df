// @ts-check
// A module of JavaScript as a component, by componentize-js: `node componentize.mjs SOURCE WIT WORLD OUT`. jco's own
// command does not find the package of a world in a folder with dependencies, so the library is called.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [source, witPath, worldName, out] = process.argv.slice(2);
const modules = process.env.RECOVER_JCO;
if (source === undefined || witPath === undefined || worldName === undefined || out === undefined || modules === undefined) {
  console.error('usage: RECOVER_JCO=…/node_modules node componentize.mjs SOURCE WIT WORLD OUT');
  process.exit(2);
}
// It is exported for `import` alone, which looks beside this file.
const folder = resolve(modules, '@bytecodealliance/componentize-js');
const { exports } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
const { componentize } = await import(pathToFileURL(resolve(folder, exports.import)).href);
// Nothing of WASI is used, so nothing of it is imported.
const disableFeatures = ['clocks', 'fetch-event', 'http', 'random', 'stdio'];
const { component } = await componentize({ sourcePath: source, witPath, worldName, disableFeatures });
writeFileSync(out, component);
