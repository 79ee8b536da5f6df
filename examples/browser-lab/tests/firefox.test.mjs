// @ts-check
// Every failure in Firefox, which has no driver here: the page runs them by itself and
// posts what it shows.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { given } from './browser.mjs';
import { EXPECTED } from './expected.mjs';

/** The browser starts and runs all failures within this, in milliseconds. */
const PATIENCE = 300_000;

/** What a page posts. */
function listen() {
  /** @type {(body: any) => void} */
  let posted = () => undefined;
  /** @type {Promise<any>} */
  const body = new Promise((resolve) => { posted = resolve; });
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.end();
    if (request.method === 'POST') posted(JSON.parse(Buffer.concat(chunks).toString()));
  });
  return { server, body };
}

test('every failure ends in Firefox as it does in Chromium', { timeout: PATIENCE }, async () => {
  const { server, body } = listen();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const profile = mkdtempSync(join(tmpdir(), 'recover-lab-'));
  const address = `${given('RECOVER_LAB')}?selftest=${encodeURIComponent(`http://127.0.0.1:${port}/`)}`;
  const firefox = spawn(given('RECOVER_FIREFOX'), ['--headless', '--no-remote', '--profile', profile, address], { stdio: 'ignore' });
  try {
    const gone = new Promise((_, reject) => { firefox.once('exit', (code) => reject(new Error(`Firefox ended by itself: ${code}`))); });
    const shown = await Promise.race([body, gone]);
    assert.match(shown.agent, /Firefox/);
    const ours = Object.fromEntries(shown.outcomes.filter((/** @type {any} */ { side }) => side === 'ours').map((/** @type {any} */ outcome) => [outcome.failure, outcome]));
    assert.deepEqual(Object.keys(ours).sort(), Object.keys(EXPECTED).sort());
    for (const [id, { how = 'threw', next = 'ok', ...expected }] of Object.entries(EXPECTED)) {
      const outcome = ours[id];
      assert.deepEqual([outcome.how, outcome.class, outcome.code, outcome.next], [how, expected.class, expected.code, next], `${id}: ${outcome.text}`);
    }
    assert.deepEqual(shown.stray, [], 'nothing is uncaught on our side');
    assert.match(shown.status, /With recover: the module answers after (\d+) of them, 0 promises pending/);
    assert.ok(shown.entries > 0);
    assert.match(shown.chart, /at most 64 MiB/);
  } finally {
    firefox.kill('SIGKILL');
    server.close();
    server.closeAllConnections();
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
