// @ts-check
// Runs the rows in the main thread of a page, and posts what becomes of them to the server
// that the page is from (site.mjs). No assertion is in here.
import { names, session } from '../session.mjs';

/** @type {unknown[]} */
const strays = [];
addEventListener('error', (event) => { strays.push(event.error ?? event.message); event.preventDefault(); });
addEventListener('unhandledrejection', (event) => { strays.push(event.reason); event.preventDefault(); });

/** @param {string} path @param {unknown} [body] */
const post = async (path, body) => { await fetch(path, { method: 'POST', body: JSON.stringify(body ?? null) }); };

const module = await WebAssembly.compileStreaming(fetch('/package/0/matrix_fixture_bg.wasm'));
let copies = 0;

async function load() {
  copies += 1;
  const pkg = await import(`/package/${copies}/matrix_fixture.js`);
  pkg.initSync({ module });
  return pkg;
}

const order = await (await fetch('/order')).json();
// The version is the driver's to know.
await post('/say', { ready: { version: '', rows: names } });
await session(order, { load, strays }, (line) => post('/say', line));
await post('/done');
