// @ts-check
// A registry of npm's with the packages of a directory, and for all others the way to the usual one. So a test installs what
// is not published yet as if it were.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @param {string} directory of tarballs @param {string} [usual] the registry that has all others */
export async function serve(directory, usual) {
  const tarballs = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
  const packages = new Map(tarballs.map((name) => {
    const path = join(directory, name);
    const text = execFileSync('tar', ['-xzOf', path, 'package/package.json'], { encoding: 'utf8' });
    return /** @type {const} */ ([String(JSON.parse(text).name), { path, manifest: JSON.parse(text) }]);
  }));
  /** What was asked for. @type {string[]} */
  const asked = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://registry');
    const name = decodeURIComponent(pathname.slice(1));
    asked.push(name);
    const file = packages.get(name.replace(/^-\//, ''));
    if (file === undefined) {
      if (usual === undefined || name.startsWith('@recover-rs/')) return response.writeHead(404).end('{}');
      return response.writeHead(302, { location: new URL(pathname, usual).href }).end();
    }
    const bytes = readFileSync(file.path);
    if (name.startsWith('-/')) return response.end(bytes);
    const { version } = file.manifest;
    const tarball = `http://${request.headers.host}/-/${encodeURIComponent(name)}`;
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const one = { ...file.manifest, dist: { tarball, integrity } };
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: one } }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/`, asked, close: () => { server.close(); server.closeAllConnections(); } };
}

// By hand, and for `cargo xtask newcomer`: prints its address, and serves until its standard input ends.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url, close } = await serve(/** @type {string} */ (process.argv[2]), process.argv[3]);
  console.log(url);
  process.stdin.resume().on('end', () => { close(); process.exit(0); });
}
