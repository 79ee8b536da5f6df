// @ts-check
// webpack 5: the pages of its server and of its builds, with no configuration for the package.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, project, works } from './support.mjs';

const PAGES = ['web.html', 'bundler.html'];
const webpack = await project('webpack');
after(closeBrowser);

for (const mode of ['development', 'production']) {
  test(`webpack builds the packages of both targets for ${mode}, without a warning`, async () => {
    const said = await webpack.run(`webpack --mode ${mode} --output-path public`);
    assert.doesNotMatch(said, /WARNING|ERROR/);
    await webpack.served('public', async (address) => {
      for (const page of PAGES) await works(address + page);
    });
  });
}

test('webpack serves the packages of both targets, with nothing configured', async () => {
  await webpack.serves('webpack serve --mode development --port auto', async (address) => {
    for (const page of PAGES) await works(address + page);
  });
});
