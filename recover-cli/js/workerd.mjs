// @ts-check
// Runs tests in workerd, which the user's miniflare starts: in the handler of one request, whose
// response has the results. `workerd.mjs ORDER.json`. How a test is run stands in session.mjs.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import process from 'node:process';
import { installed, lacks, order, say } from './driver.mjs';

const { Miniflare } = installed('miniflare') ?? lacks('workerd is started by miniflare, which', 'npm install --save-dev miniflare');

/** @type {{ type: string, path: string, contents: string | Buffer }[]} */
const modules = [];
/** @type {string[]} */
const loads = [];
for (const [index, { directory, stem, tests }] of order.packages.entries()) {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.m?js$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path).split(sep).join('/');
    modules.push({ type: 'ESModule', path: `${index}/${name}`, contents: readFileSync(path, 'utf8') });
  }
  const wasm = `${index}/${stem}_bg.wasm`;
  modules.push({ type: 'CompiledWasm', path: wasm, contents: readFileSync(join(directory, `${stem}_bg.wasm`)) });
  loads.push(`
import wasm${index} from './${wasm}';
import * as glue${index} from './${index}/${stem}.js';
packages.push({ glue: glue${index}, wasm: wasm${index}, tests: ${JSON.stringify(tests)} });`);
}
const WORKER = `
import { fail, run } from './session.mjs';
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
        for (const { glue, wasm } of packages) glue.initSync({ module: wasm });
        await run(packages, ${String(order.capture)}, say);
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
modules.unshift(
  { type: 'ESModule', path: 'worker.mjs', contents: WORKER },
  { type: 'ESModule', path: 'session.mjs', contents: readFileSync(join(import.meta.dirname, 'session.mjs'), 'utf8') },
);

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
