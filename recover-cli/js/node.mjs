// @ts-check
// Runs tests in this Node. `node.mjs ORDER.json`. How a test is run stands in session.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { order, say } from './driver.mjs';
import { fail, run } from './session.mjs';

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

const packages = [];
for (const { directory, stem, tests } of order.packages) {
  const glue = await import(pathToFileURL(join(directory, `${stem}.js`)).href);
  glue.initSync({ module: readFileSync(join(directory, `${stem}_bg.wasm`)) });
  packages.push({ glue, tests });
}
await run(packages, order.capture, say);
process.stdout.write('', () => process.exit(0));
