// @ts-check
// Runs a session in workerd, which the user's miniflare starts: tests, or scenarios, in the handler of one
// request, whose response has the results. `workerd.mjs ORDER.json`.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { inCrate, installed, lacks, order, say } from './driver.mjs';

const { Miniflare } = installed('miniflare') ?? lacks('workerd is started by miniflare, which', 'npm install --save-dev miniflare');

/** @type {{ type: string, path: string, contents: string | Buffer }[]} */
const modules = [];
/** @type {string[]} */
const loads = [];
/** The modules below a directory. @param {string} directory @param {string} under */
function add(directory, under) {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.m?js$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path).split(sep).join('/');
    modules.push({ type: 'ESModule', path: `${under}${name}`, contents: readFileSync(path, 'utf8') });
  }
}

/** @type {Set<string>} */
const added = new Set();
/** A scenario's module, and the files that it imports: its name here. @param {string} path @returns {string} */
function module(path) {
  const name = `crate/${inCrate(path)}`;
  if (added.has(path) || !existsSync(path)) return name;
  added.add(path);
  const contents = readFileSync(path, 'utf8');
  modules.push({ type: 'ESModule', path: name, contents });
  for (const [, specifier = ''] of contents.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)) {
    module(resolve(dirname(path), specifier));
  }
  return name;
}

for (const [index, { directory, stem, scenarios = [], ...the }] of order.packages.entries()) {
  add(directory, `${index}/`);
  const wasm = `${index}/${stem}_bg.wasm`;
  modules.push({ type: 'CompiledWasm', path: wasm, contents: readFileSync(join(directory, `${stem}_bg.wasm`)) });
  const own = scenarios.map(({ path, ...scenario }) => {
    const load = !path ? '' : `, load: () => import('./${module(path)}')`;
    return `{ ...${JSON.stringify(scenario)}${load} }`;
  });
  loads.push(`
import wasm${index} from './${wasm}';
packages.push({
  ...${JSON.stringify(the)},
  load: async () => {
    const glue = await import('./${index}/${stem}.js');
    glue.initSync({ module: wasm${index} });
    return glue;
  },
  scenarios: [${own.join(', ')}],
});`);
}
const WORKER = `
import { fail, run } from './driver/${order.session}';
const packages = [];
${loads.join('\n')}
addEventListener('unhandledrejection', (event) => { fail(event.reason); });
addEventListener('error', (event) => { fail(event.error ?? event.message); });
export default {
  fetch(request, env, context) {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    const say = (line) => writer.write(encoder.encode(JSON.stringify(line) + '\\n'));
    const all = async () => {
      try {
        await run(packages, ${JSON.stringify({ capture: order.capture, options: order.options })}, say);
      } catch (error) {
        await say({ broken: String(error?.stack ?? error) });
      }
      await writer.close();
    };
    context.waitUntil(all());
    return new Response(readable);
  },
};
`;
modules.unshift({ type: 'ESModule', path: 'worker.mjs', contents: WORKER });
const session = readFileSync(join(import.meta.dirname, order.session), 'utf8');
modules.push({ type: 'ESModule', path: `driver/${order.session}`, contents: session });
if (order.session === 'torturing.mjs') add(join(import.meta.dirname, 'torture'), 'driver/torture/');

const miniflare = new Miniflare({ modules, modulesRoot: '/', compatibilityDate: '2026-07-01', compatibilityFlags: ['nodejs_compat'] });
const response = await miniflare.dispatchFetch('http://tests/');
const decoder = new TextDecoder();
let text = '';
for await (const chunk of response.body ?? []) {
  text += decoder.decode(chunk, { stream: true });
  const complete = text.split('\n');
  text = complete.pop() ?? '';
  for (const line of complete) {
    const answer = JSON.parse(line);
    if ('broken' in answer) {
      process.stderr.write(`${answer.broken}\n`);
      process.exit(1);
    }
    say(answer);
  }
}
await miniflare.dispose();
process.stdout.write('', () => process.exit(0));
