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
  assert.match(String(text), /recovery\.\$\{control\}\(\) takes a function/);
});

test('one module is as it was written with debug info, and minified without', () => {
  const shipped = readdirSync(modules).filter((file) => file.endsWith('.js'));
  const source = (/** @type {string} */ file) => readFileSync(new URL(file, written), 'utf8');
  const ours = (/** @type {string} */ file) => readFileSync(join(modules, file), 'utf8');
  assert.deepEqual(shipped, ['recover.js']);
  const map = JSON.parse(ours('recover.js.map'));
  assert.ok(map.sources.includes('errors.js') && map.sources.includes('objects.js'), map.sources.join());
  assert.deepEqual(map.sourcesContent, map.sources.map(source));
  const shares = ours('recover.js').length / map.sourcesContent.join('').length;
  assert.ok(debug ? shares > 0.9 : shares < 0.5, String(shares));
});

test('a package that is loaded from several addresses is several, each with an instance, objects and limits of its own', () => {
  const href = pathToFileURL(join(dir, `${name}.js`)).href;
  const script = `
    import { readFileSync } from 'node:fs';
    const module = new WebAssembly.Module(readFileSync(${JSON.stringify(join(dir, `${name}_bg.wasm`))}));
    const said = [];
    const told = (call) => { try { said.push(call()); } catch (error) { said.push(error.name); } };
    const first = await import(${JSON.stringify(href)});
    first.initSync({ module });
    const old = new first.Counter(1);
    // A bundler's hot reload adds such a query.
    const second = await import(${JSON.stringify(`${href}?t=1`)});
    second.initSync({ module });
    const other = new second.Counter(5);
    told(() => second.peek(old));
    told(() => first.Counter.prototype.get.call(other));
    second.recovery.setRestartLimit({ restarts: 1, period: 1000000 });
    for (let n = 0; n < 2; n += 1) {
      try { second.panic_while_unwinding(); } catch (error) { said.push(error.fatal); }
    }
    told(() => second.add(1, 2));
    told(() => other.get());
    told(() => old.get());
    told(() => first.add(1, 2));
    said.push(first.recovery.health().restarts, second.recovery.health().restarts, first.recovery === second.recovery);
    console.log(JSON.stringify(said));`;
  const args = ['--no-warnings', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(stdout || JSON.stringify(stderr)), [
    'WrongClassError', 'WrongClassError', true, true, 'RestartLimitError', 'RestartLimitError', 1, 3, 0, 1, false,
  ]);
});
