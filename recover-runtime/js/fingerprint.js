// @ts-check
// The fingerprint of a failure: the same for the same fault in another build of the program, another
// for another fault. What a fault is called by: the site of its panic, or else the export and the
// shape of the message. This module imports nothing.
//
// A line number is no name of a site: lines come and go above it. `cargo recover` writes a table into
// the module, of each site in the sources of the workspace: its function, the text of its line and which of
// the same texts in the function it is (recover-cli/src/sites.rs).

/** The custom section with the table. */
const SITES = 'recover_sites';
/** Bytes of an entry: the hash of `file:line:column`, and that of the site's name. */
const ENTRY = 8;
/** No more of a message is looked at. */
const LOOKED_AT = 400;

const encoder = new TextEncoder();

/** FNV-1a, as the table is written with it. @param {Uint8Array} bytes @param {number} [basis] */
function hash32(bytes, basis = 0x811c9dc5) {
  let hash = basis;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** 16 hexadecimal digits of a text. @param {string} text */
export function hashOf(text) {
  const bytes = encoder.encode(text);
  return [hash32(bytes), hash32(bytes, 0x9747b28c)].map((half) => half.toString(16).padStart(8, '0')).join('');
}

/**
 * A message without what is of the one occasion: quoted parts, addresses, numbers.
 * @param {string} message
 */
export const shapeOf = (message) => message.slice(0, LOOKED_AT)
  .replace(/"(?:[^"\\]|\\.)*"?/g, '"')
  .replace(/0x[\da-f]+|\d+(?:\.\d+)?/gi, '0');

/**
 * The sites of a module, by the hash of their location.
 * @param {WebAssembly.Module | undefined} module
 * @returns {Map<number, number>}
 */
export function sitesOf(module) {
  const sites = new Map();
  const [section] = module === undefined ? [] : WebAssembly.Module.customSections(module, SITES);
  const view = new DataView(section ?? new ArrayBuffer(0));
  for (let at = 0; at + ENTRY <= view.byteLength; at += ENTRY) sites.set(view.getUint32(at, true), view.getUint32(at + 4, true));
  return sites;
}

/**
 * The file of a location without the folders of the machine that compiled it.
 * @param {string} file
 */
export function plainFile(file) {
  const path = file.replaceAll('\\', '/');
  const [dependency] = /(?<=\/(?:registry\/src\/[^/]+|git\/checkouts|rustlib\/src\/rust)\/|^\/rustc\/[\da-f]+\/).*/.exec(path) ?? [];
  if (dependency !== undefined) return dependency;
  // A package that stands beside the workspace: its folder, and what is in it.
  return /^(?:\/|[A-Za-z]:)/.test(path) ? /** @type {string[]} */ (/(?:[^/]*\/){0,2}[^/]*$/.exec(path))[0] : path;
}

/**
 * What a fault is called by.
 * @param {any} error
 * @param {string | undefined} exported
 * @param {Map<number, number>} sites
 */
export function fingerprintOf(error, exported, sites) {
  const { kind, name, location, message } = error ?? {};
  const what = String(kind ?? name);
  if (location !== undefined) {
    const { file, line, column } = location;
    const site = sites.get(hash32(encoder.encode(`${file}:${line}:${column}`)));
    const plain = plainFile(file);
    if (site !== undefined) return hashOf(['site', what, plain, site].join('\0'));
    // A file of a dependency stays as it is; many of the program's faults may end in one line of it.
    const where = [what, plain, line, column];
    return hashOf((plain === file.replaceAll('\\', '/') ? where : [...where, exported, shapeOf(String(message))]).join('\0'));
  }
  // The engine's words for a trap are its own; ours of an end or a resource that ran out have figures alone.
  return hashOf([what, exported, kind === undefined || kind === 'panic' ? shapeOf(String(message)) : ''].join('\0'));
}
