// @ts-check
// Runs a session in this Node: tests, or scenarios. `node.mjs ORDER.json`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { order, say } from './driver.mjs';

const { fail, run } = await import(`./${order.session}`);

process.on('uncaughtException', (error) => {
  if (fail(error)) return;
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
process.on('unhandledRejection', (error) => { fail(error); });
// Nothing is left to run, so nothing will settle what the test waits for.
process.on('beforeExit', () => {
  fail(new Error('the test waits for something that can no longer happen: no timer and no request is left'));
});

const packages = order.packages.map((the) => ({
  ...the,
  load: async () => {
    const glue = await import(pathToFileURL(join(the.directory, `${the.stem}.js`)).href);
    glue.initSync({ module: readFileSync(join(the.directory, `${the.stem}_bg.wasm`)) });
    return glue;
  },
  scenarios: (the.scenarios ?? []).map((scenario) => ({
    ...scenario,
    ...scenario.path && { load: () => import(pathToFileURL(scenario.path ?? '').href) },
  })),
}));
await run(packages, order, say);
process.stdout.write('', () => process.exit(0));
