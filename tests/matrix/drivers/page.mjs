// @ts-check
// Runs the rows of a session in the main thread of a page, and posts what becomes of them to the server
// that the page is from (site.mjs). No assertion is in here.
/** @type {unknown[]} */
const strays = [];
addEventListener('error', (event) => { strays.push(event.error ?? event.message); event.preventDefault(); });
addEventListener('unhandledrejection', (event) => { strays.push(event.reason); event.preventDefault(); });

/** @param {string} path @param {unknown} [body] */
const post = async (path, body) => { await fetch(path, { method: 'POST', body: JSON.stringify(body ?? null) }); };

/** @type {import('../session.mjs').Order} */
const order = await (await fetch('/order')).json();
const { names, session } = await import(`/source/${order.session}`);
const module = await WebAssembly.compileStreaming(fetch(`/package/0/${order.package}_bg.wasm`));
let copies = 0;

async function load() {
  copies += 1;
  const pkg = await import(`/package/${copies}/${order.package}.js`);
  pkg.initSync({ module });
  return pkg;
}

// The version is the driver's to know.
await post('/say', { ready: { version: '', rows: names } });
await session(order, { load, strays }, (/** @type {object} */ line) => post('/say', line));
await post('/done');
