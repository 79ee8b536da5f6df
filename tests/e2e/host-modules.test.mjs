// @ts-check
// The runtime's JavaScript in a package: minified in a release build, readable in a debug build,
// and in both an error's stack leads to the original source.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { debug, packageOf } from './load.mjs';

const { dir, name } = packageOf('fixture-core');
const [snippet = ''] = readdirSync(join(dir, 'snippets')).filter((entry) => entry.startsWith('recover-runtime-'));
const modules = join(dir, 'snippets', snippet, 'js');
const written = new URL('../../recover-runtime/js/', import.meta.url);

test('an error of a host module has the line that was written', () => {
  const script = `
    import { recovery } from ${JSON.stringify(pathToFileURL(join(dir, `${name}.js`)).href)};
    try {
      recovery.onPanic(undefined);
    } catch (error) {
      console.log(error.stack);
    }`;
  const args = ['--enable-source-maps', '--no-warnings', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const line = /host\.js:(\d+):\d+/.exec(stdout)?.[1];
  assert.ok(line !== undefined, `no frame of host.js in:\n${stdout}${stderr}`);
  const text = readFileSync(new URL('host.js', written), 'utf8').split('\n')[Number(line) - 1];
  assert.match(String(text), /recovery\.onPanic\(\) takes a function/);
});

test('modules are as they were written with debug info, and one that is minified without', () => {
  const shipped = readdirSync(modules).filter((file) => file.endsWith('.js'));
  const source = (/** @type {string} */ file) => readFileSync(new URL(file, written), 'utf8');
  const ours = (/** @type {string} */ file) => readFileSync(join(modules, file), 'utf8');
  if (debug) {
    assert.ok(shipped.includes('errors.js') && shipped.includes('objects.js'), shipped.join());
    for (const file of shipped) assert.equal(ours(file), source(file));
    return;
  }
  assert.ok(shipped.includes('recover.js'), shipped.join());
  // Where the wasm module itself imports one, that leads to the same.
  for (const file of shipped.filter((other) => other !== 'recover.js')) assert.match(ours(file), /^export \{ [\w, ]+ \} from '\.\/recover\.js';\n$/);
  const map = JSON.parse(ours('recover.js.map'));
  assert.ok(map.sources.includes('errors.js') && map.sources.includes('objects.js'), map.sources.join());
  assert.deepEqual(map.sourcesContent, map.sources.map(source));
  assert.ok(ours('recover.js').length < map.sourcesContent.join('').length / 2);
});

test('the glue of a package is loaded again from another address, as by a hot reload, and takes the place of the first', () => {
  const href = pathToFileURL(join(dir, `${name}.js`)).href;
  const script = `
    import { readFileSync } from 'node:fs';
    const module = new WebAssembly.Module(readFileSync(${JSON.stringify(join(dir, `${name}_bg.wasm`))}));
    const said = [];
    const told = (call) => { try { said.push(call()); } catch (error) { said.push(error.name); } };
    const first = await import(${JSON.stringify(`${href}`)});
    first.initSync({ module });
    const old = new first.Counter(1);
    for (const t of [1, 2]) {
      const next = await import(${JSON.stringify(`${href}?t=`)} + t);
      next.initSync({ module });
      const counter = new next.Counter(7 + t);
      told(() => counter.get());
      told(() => next.panic_formatted(1));
      told(() => new next.Counter(3).get());
      told(() => old.get());
      told(() => old.free());
      said.push(old.__wbg_ptr);
      told(() => new first.Counter(1));
      said.push(next.recovery === first.recovery);
    }
    console.log(JSON.stringify(said));`;
  const args = ['--no-warnings', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const gone = ['InstanceAbortedError', 'InstanceAbortedError', 0, 'InstanceAbortedError', true];
  assert.deepEqual(JSON.parse(stdout || JSON.stringify(stderr)), [8, 'PanicError', 3, ...gone, 9, 'PanicError', 3, ...gone]);
});
