// @ts-check
// The package that `cargo recover pack` makes, as those find it who install it: RECOVER_PACKED is its tarball, of the node
// template; RECOVER_MINIFLARE is where miniflare is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const home = mkdtempSync(join(tmpdir(), 'recover-packed-'));
const tarball = process.env.RECOVER_PACKED ?? '';
const name = 'made-node';
const directory = join(home, 'node_modules', name);

before(() => {
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n');
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', tarball], { cwd: home, stdio: 'inherit' });
});
after(() => rmSync(home, { recursive: true }));

/** What a script says that imports the package in a Node with conditions. @param {string} script @param {string[]} conditions */
function node(script, conditions = []) {
  const flags = conditions.flatMap((one) => ['--conditions', one]);
  return execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', script], { cwd: home, encoding: 'utf8' }).trim();
}

/** The file that a condition leads to. @param {string} condition */
function resolved(condition) {
  return relative(directory, fileURLToPath(node(`console.log(import.meta.resolve('${name}'))`, [condition])));
}

const USE = `
  const shelf = new Shelf();
  shelf.add('Emma');
  const said = [shelf.at(0)];
  for (const action of [() => shelf.find('Dune'), () => shelf.at(7)]) {
    try { action(); } catch (error) { said.push(error.name, error instanceof NotThereError, error instanceof PanicError); }
  }
  said.push(shelf.at(0));`;
const SAID = ['Emma', 'NotThereError', true, false, 'PanicError', false, true, 'Emma'];

test('Node imports it without a call of init, and with one', () => {
  const script = `import init, { NotThereError, PanicError, Shelf } from '${name}'; await init(); ${USE} console.log(JSON.stringify(said))`;
  assert.deepEqual(JSON.parse(node(script)), SAID);
  assert.deepEqual(JSON.parse(node(script.replace('await init();', ''))), SAID);
});

test('Node requires it', () => {
  const script = `import { createRequire } from 'node:module';
    const { NotThereError, PanicError, Shelf } = createRequire('${home}/x.js')('${name}'); ${USE} console.log(JSON.stringify(said))`;
  assert.deepEqual(JSON.parse(node(script)), SAID);
});

test('who wants to make the instance does', () => {
  const script = `import { readFileSync } from 'node:fs'; import { fileURLToPath } from 'node:url';
    import { initSync, NotThereError, PanicError, Shelf } from '${name}/init';
    let early; try { new Shelf(); } catch (error) { early = error; }
    if (early === undefined) throw new Error('it was there already');
    initSync({ module: readFileSync(fileURLToPath(import.meta.resolve('${name}/made_node_bg.wasm'))) });
    ${USE} console.log(JSON.stringify(said))`;
  assert.deepEqual(JSON.parse(node(script)), SAID);
});

test('each condition leads to its own way in', () => {
  assert.equal(resolved('workerd'), 'made_node.workerd.js');
  assert.equal(resolved('browser'), 'made_node.browser.js');
  assert.equal(resolved('x'), 'made_node.node.js');
});

test('workerd runs what its condition leads to', async () => {
  const { Miniflare } = await import(pathToFileURL(join(process.env.RECOVER_MINIFLARE ?? '', 'miniflare/dist/src/index.js')).href);
  const entry = resolved('workerd');
  const files = /** @type {string[]} */ (readdirSync(directory, { recursive: true, encoding: 'utf8' })).filter((file) => /\.(js|wasm)$/.test(file));
  const modules = files.map((file) => ({
    type: file.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
    path: join(directory, file),
    contents: file.endsWith('.wasm') ? readFileSync(join(directory, file)) : readFileSync(join(directory, file), 'utf8'),
  }));
  const worker = `import { NotThereError, PanicError, Shelf } from './node_modules/${name}/${entry}';
    export default { fetch() { ${USE} return Response.json(said); } };`;
  const miniflare = new Miniflare({
    modulesRoot: home,
    modules: [{ type: 'ESModule', path: join(home, 'worker.js'), contents: worker }, ...modules],
    compatibilityDate: '2026-04-01',
  });
  try {
    const response = await miniflare.dispatchFetch('http://worker/');
    assert.deepEqual(await response.json(), SAID);
  } finally {
    await miniflare.dispose();
  }
});

test('a browser runs what its condition leads to: it fetches the module beside the glue', () => {
  // Node is the browser here: what it lacks is a fetch of files.
  const script = `import { readFileSync } from 'node:fs';
    globalThis.fetch = async (url) => new Response(readFileSync(new URL(url)), { headers: { 'content-type': 'application/wasm' } });
    const { NotThereError, PanicError, Shelf } = await import('${name}'); ${USE} console.log(JSON.stringify(said))`;
  assert.deepEqual(JSON.parse(node(script, ['browser'])), SAID);
});

test('it has what npm shows, and no more than it needs', () => {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  assert.equal(manifest.version, '0.1.0');
  assert.equal(manifest.description, 'A shelf of books');
  const files = readdirSync(directory).sort();
  assert.ok(files.includes('README.md') && files.includes('made_node.d.ts'), files.join(', '));
  for (const file of files) {
    const known = manifest.files.includes(file) || ['README.md', 'package.json'].includes(file);
    assert.ok(known, `${file} is there, and not named`);
  }
});

test('TypeScript finds the declarations by every condition', () => {
  const { exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  assert.equal(Object.keys(exports['.'])[0], 'types');
  const declarations = readFileSync(join(directory, exports['.'].types), 'utf8');
  assert.match(declarations, /export class Shelf/);
});
