// @ts-check
// Rollup: its modules as they are, and minified. A plugin copies the wasm file.
import { after, test } from 'node:test';
import { closeBrowser, project, works } from './support.mjs';

const rollup = await project('rollup');
after(closeBrowser);

for (const mode of ['development', 'production']) {
  test(`Rollup builds the packages of both targets for ${mode}`, async () => {
    await rollup.run('rollup --config', { NODE_ENV: mode });
    await rollup.served('public', async (address) => {
      for (const page of ['web.html', 'bundler.html']) await works(address + page);
    });
  });
}
