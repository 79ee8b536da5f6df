// @ts-check
// The worker of the matrix: an object that runs the rows which a request names. The
// session's and the package's modules are where workerd.mjs put them. No assertion is in here.
import module from '../../../package/module.wasm';

/** @type {unknown[]} */
const strays = [];
globalThis.addEventListener('unhandledrejection', (event) => { strays.push(event.reason); });
globalThis.addEventListener('error', (event) => { strays.push(event.error); });

let copies = 0;

/** @param {string} name */
async function load(name) {
  copies += 1;
  const pkg = await import(`../../../package/${copies}/${name}.js`);
  pkg.initSync({ module });
  return pkg;
}

export class Matrix {
  /** @param {Request} request */
  async fetch(request) {
    /** @type {import('../session.mjs').Line[]} */
    const lines = [];
    const order = await request.json();
    const { names, session } = await import(`../../../${order.session}`);
    /** @param {import('../session.mjs').Line} line */
    const say = (line) => { lines.push(line); };
    await session(order, { load: () => load(order.package), strays }, say);
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
