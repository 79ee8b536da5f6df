// @ts-check
// The worker of the matrix: an object that runs the rows which a request names. The
// package's modules are where workerd.mjs put them. No assertion is in here.
import module from '../package/matrix_fixture_bg.wasm';
import { names, session } from '../session.mjs';

/** @type {unknown[]} */
const strays = [];
globalThis.addEventListener('unhandledrejection', (event) => { strays.push(event.reason); });
globalThis.addEventListener('error', (event) => { strays.push(event.error); });

let copies = 0;

async function load() {
  copies += 1;
  const pkg = await import(`../package/${copies}/matrix_fixture.js`);
  pkg.initSync({ module });
  return pkg;
}

export class Matrix {
  /** @param {Request} request */
  async fetch(request) {
    /** @type {import('../session.mjs').Line[]} */
    const lines = [];
    await session(await request.json(), { load, strays }, (line) => { lines.push(line); });
    return Response.json({ names, lines });
  }
}

export default {
  /**
   * @param {Request} request
   * @param {{ MATRIX: any }} env
   */
  fetch(request, env) {
    return env.MATRIX.get(env.MATRIX.idFromName('matrix')).fetch(request);
  },
};
