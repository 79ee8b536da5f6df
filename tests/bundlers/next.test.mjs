// @ts-check
// The framework Next: a page whose component loads the package in the browser, and a route that loads it in
// Node, by the server of development and by the build.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, project, works } from './support.mjs';
import { EXPECTED } from './scenario.mjs';

const next = await project('next');
after(closeBrowser);

const answers = async (/** @type {string} */ address) => {
  const response = await fetch(`${address}api/counter`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  // Its restarts are counted by the process, which may answer twice.
  assert.deepEqual({ ...JSON.parse(text), restarts: 1 }, EXPECTED);
  await works(address);
};

test('the page and the route work in development', () =>
  next.serves('next dev --hostname 127.0.0.1 --port 0', answers));

for (const bundler of ['turbopack', 'webpack']) {
  test(`the page and the route work when ${bundler} has built them`, async () => {
    await next.run(`next build --${bundler}`);
    await next.serves('next start --hostname 127.0.0.1 --port 0', answers);
  });
}
