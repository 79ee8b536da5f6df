// @ts-check
// For Node: a component's file becomes supervised exports in one step, by jco's own transpiler. What supervises them
// is the package's other entry.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { supervise } from './index.js';

/** What `import()` of jco gives, from a folder of modules or from where this package is. @param {string | undefined} from */
async function jcoOf(from) {
  const require = createRequire(from === undefined ? import.meta.url : pathToFileURL(`${from}/recover-host`));
  /** @param {NodeJS.Require} by @param {string} name */
  const load = (by, name) => import(pathToFileURL(by.resolve(name)).href);
  try {
    const path = require.resolve('@bytecodealliance/jco');
    // The shim that jco itself has.
    const shim = await load(createRequire(path), '@bytecodealliance/preview2-shim/instantiation');
    return { jco: await load(require, '@bytecodealliance/jco'), shim };
  } catch (cause) {
    throw new Error('recover-host/node needs jco: `npm install @bytecodealliance/jco`', { cause });
  }
}

/**
 * The imports of WASI. The shim's `exit` would end the process.
 * @param {any} shim
 */
function wasiOf(shim) {
  const imports = new shim.WASIShim().getImportObject();
  const exit = (/** @type {string} */ how) => { throw new Error(`the component called exit${how}`); };
  return {
    ...imports,
    'wasi:cli/exit': {
      exit: (/** @type {{ tag: string }} */ status) => exit(status.tag === 'err' ? ' with a failure' : ''),
      exitWithCode: (/** @type {number} */ code) => exit(` with ${code}`),
    },
  };
}

/** The build id that `cargo recover build` wrote into a component. @param {Uint8Array} bytes */
function buildOf(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return value;
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = number();
    const end = at + size;
    if (id === 0) {
      const length = number();
      const name = new TextDecoder().decode(bytes.subarray(at, at + length));
      if (name === 'build_id') {
        // Its own length stands before it.
        at += length;
        const size = number();
        return at + size === end ? Buffer.from(bytes.subarray(at, end)).toString('hex') : undefined;
      }
    }
    at = end;
  }
  return undefined;
}

/** A module of that text. Of a `data:` URL each frame of each stack would have all of it. @param {Uint8Array} source */
async function imported(source) {
  const directory = await mkdtemp(join(tmpdir(), 'recover-host-'));
  try {
    const path = join(directory, 'component.mjs');
    await writeFile(path, source);
    return await import(pathToFileURL(path).href);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/**
 * Transpiles a component and supervises it.
 * @type {(component: any, options?: any) => Promise<any>}
 */
export async function load(component, options = {}) {
  if (typeof options !== 'object' || options === null) throw new TypeError('the second argument of load() takes an object');
  const { jco: from, imports, transpile = {}, ...rest } = options;
  const isBytes = component instanceof Uint8Array;
  if (!isBytes && typeof component !== 'string' && !(component instanceof URL)) throw new TypeError('load() takes the path of a component, or its bytes');
  let bytes;
  try {
    bytes = isBytes ? component : await readFile(component);
  } catch (cause) {
    throw new Error(`load() can't read ${component}; \`cargo recover build --target component\` makes a component`, { cause });
  }
  // A component begins as a module does, with another version.
  if (!(bytes[0] === 0 && bytes[1] === 0x61 && bytes[6] === 1)) {
    const what = bytes[0] === 0 && bytes[1] === 0x61 ? 'a core module, not a component' : 'no WebAssembly';
    throw new TypeError(`load() got ${what}; \`cargo recover build --target component\` makes a component`);
  }
  const { jco, shim } = await jcoOf(from);
  const name = 'component';
  const { files } = await jco.transpile(bytes, {
    name, instantiation: 'async', bindgenEnableWasmExnref: true, emitTypescriptDeclarations: false, ...transpile,
  });
  /** @type {Map<string, Uint8Array>} */
  const byName = new Map(Object.entries(files));
  const source = byName.get(`${name}.js`);
  if (source === undefined) throw new Error('jco wrote no bindings');
  const bindings = await imported(source);
  const given = () => ({ ...wasiOf(shim), ...(typeof imports === 'function' ? imports() : imports) });
  return supervise(bindings, {
    build: buildOf(bytes), getCoreModule: (/** @type {string} */ path) => byName.get(path), imports: given, ...rest,
  });
}
