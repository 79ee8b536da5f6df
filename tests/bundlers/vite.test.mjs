// @ts-check
// Vite: the pages of its server and of its build, with no configuration for the package.
import { after, test } from 'node:test';
import { closeBrowser, project, works } from './support.mjs';

const PAGES = ['web.html', 'bundler.html'];
const vite = await project('vite');
after(closeBrowser);

test('Vite serves the packages of both targets, with nothing configured', async () => {
  await vite.serves('vite --host 127.0.0.1 --port 0', async (address) => {
    for (const page of PAGES) await works(address + page);
  });
});

test('Vite builds the packages of both targets, minified', async () => {
  await vite.run('vite build');
  await vite.served('dist', async (address) => {
    for (const page of PAGES) await works(address + page);
  });
});
