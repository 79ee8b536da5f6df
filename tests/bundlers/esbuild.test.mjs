// @ts-check
// esbuild: its server and its build. It does not follow `new URL(…, import.meta.url)`, so it is
// told to copy the wasm file beside the script.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, project, works } from './support.mjs';

const esbuild = await project('esbuild');
after(closeBrowser);

const PAGES = ['web', 'bundler'];
const build = (/** @type {string} */ page, /** @type {string} */ how) =>
  `esbuild src/${page}.js node_modules/counter${page === 'web' ? '' : '-bundler'}/counter_bg.wasm ` +
  `--bundle --format=esm --loader:.wasm=copy --entry-names=[name] --outdir=public ${how}`;

for (const [mode, how] of [['development', '--sourcemap'], ['production', '--minify --sourcemap']]) {
  test(`esbuild builds the packages of both targets for ${mode}`, async () => {
    for (const page of PAGES) {
      await esbuild.run(build(page, String(how)));
      await esbuild.served('public', (address) => works(`${address}${page}.html`));
    }
  });
}

test('esbuild serves the package', async () => {
  const serve = `${build('web', '--servedir=public')} --serve=127.0.0.1:0`;
  await esbuild.serves(serve, (address) => works(`${address}web.html`));
});

test('esbuild says why no classic script can have the package for bundlers', async () => {
  const classic = (/** @type {string} */ page) => build(page, '').replace('esm', 'iife');
  const { code, text } = await esbuild.ends(classic('bundler'));
  assert.equal(code, 1);
  assert.match(text, /Top-level await/);
});
