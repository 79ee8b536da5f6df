// @ts-check
// Readies a project of a tool, runs its commands, and looks at what it made: in Chromium, or in
// Node. What a tool must show is in its test.
//
// A project is copied below the target directory. Its node_modules are links to the files that
// the lock file has installed, and copies of the counter's packages: as npm installs a published
// package, not as a link to a folder.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, link, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EXPECTED } from './scenario.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));

/** How long a page or a server may take: the machine may be busy. */
const PATIENCE = 120_000;

/** @param {string} name */
function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: cargo xtask test --only bundlers`);
  return value;
}

/** @param {string} from @param {string} to */
async function linked(from, to) {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linked(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await link(source, target).catch(() => cp(source, target));
  }
}

/**
 * A fresh copy of a tool's project. The packages are `counter` (of `--target web`),
 * `counter-bundler` and `counter-nodejs`.
 * @param {string} tool
 */
export async function project(tool) {
  const directory = join(variable('RECOVER_BUNDLERS_DIR'), tool);
  await rm(directory, { recursive: true, force: true });
  await cp(join(HERE, tool), directory, { recursive: true });
  const modules = join(directory, 'node_modules');
  await linked(join(variable('RECOVER_BUNDLERS_NPM'), `bundlers-${tool}`, 'node_modules'), modules);
  for (const [target, name] of [['web', 'counter'], ['bundler', 'counter-bundler'], ['nodejs', 'counter-nodejs']]) {
    const from = join(variable('RECOVER_BUNDLERS_PACKAGES'), String(target));
    const to = join(modules, String(name));
    await cp(from, to, { recursive: true });
    // Tools take packages of one name and version for one package.
    const text = await readFile(join(from, 'package.json'), 'utf8');
    await writeFile(join(to, 'package.json'), JSON.stringify({ ...JSON.parse(text), name }));
  }
  await cp(join(HERE, 'scenario.mjs'), join(directory, 'src', 'scenario.mjs'));
  const { PATH } = process.env;
  const env = {
    ...process.env,
    PATH: `${join(modules, '.bin')}:${dirname(process.execPath)}:${PATH}`,
    NODE_OPTIONS: '',
    // Of a run of node --test: Node as a child would report to it.
    NODE_TEST_CONTEXT: undefined,
    NEXT_TELEMETRY_DISABLED: '1',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
  };

  /** @param {string[]} words @param {NodeJS.ProcessEnv} more @param {boolean} [detached] */
  const start = ([program = '', ...rest], more, detached = false) =>
    spawn(program, rest, { cwd: directory, env: { ...env, ...more }, detached });

  return {
    directory,
    /**
     * Runs a command, which must end well; the answer is all that it said.
     * @param {string} command @param {NodeJS.ProcessEnv} [more]
     */
    async run(command, more = {}) {
      const { code, text } = await this.ends(command, more);
      assert.equal(code, 0, `${command}\n${text}`);
      return text;
    },
    /** @param {string} command @param {NodeJS.ProcessEnv} [more] */
    ends(command, more = {}) {
      return new Promise((resolve, reject) => {
        const child = start(command.split(' '), more);
        let text = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
        child.on('error', reject);
        child.on('close', (/** @type {number | null} */ code) => resolve({ code, text }));
      });
    },
    /**
     * Starts a server, waits until it says its address, and ends it after `use`.
     * @template T
     * @param {string} command
     * @param {(address: string) => Promise<T>} use
     * @param {RegExp} [address]
     */
    async serves(command, use, address = /https?:\/\/(?:127\.0\.0\.1|localhost):(\d+)/) {
      const child = start(command.split(' '), {}, true);
      let text = '';
      try {
        const found = await new Promise((resolve, reject) => {
          const hear = (/** @type {Buffer} */ data) => {
            text += data;
            const match = address.exec(text);
            if (match) resolve(`http://127.0.0.1:${match[1]}/`);
          };
          child.stdout.on('data', hear);
          child.stderr.on('data', hear);
          child.on('error', reject);
          child.on('close', () => reject(new Error(`${command} ended:\n${text}`)));
          setTimeout(() => reject(new Error(`${command} said no address:\n${text}`)), PATIENCE).unref();
        });
        return await use(found);
      } catch (error) {
        throw new Error(`${command}:\n${text}`, { cause: error });
      } finally {
        // The tool, and what it started.
        try {
          process.kill(-Number(child.pid), 'SIGKILL');
        } catch {
          // It has ended.
        }
      }
    },
    /**
     * Serves a folder of the project as any server of files does.
     * @template T @param {string} folder @param {(address: string) => Promise<T>} use
     */
    served: (folder, use) => serve(join(directory, folder), use),
  };
}

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** @template T @param {string} root @param {(address: string) => Promise<T>} use */
async function serve(root, use) {
  const server = createServer(async (request, response) => {
    const path = join(root, new URL(request.url ?? '/', 'http://localhost').pathname);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return response.writeHead(404).end();
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type }).end(await readFile(path));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  try {
    assert.ok(address && typeof address === 'object');
    return await use(`http://127.0.0.1:${address.port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** @type {Promise<any> | undefined} */
let chromium;

/** Ends Chromium, if a test started it. */
export async function closeBrowser() {
  await (await chromium)?.close();
}

/**
 * What the page at an address says that happened: it puts that into `globalThis.outcome`.
 * @param {string} address
 */
export async function outcome(address) {
  chromium ??= import(pathToFileURL(variable('RECOVER_PLAYWRIGHT')).href).then((playwright) =>
    playwright.chromium.launch({
      executablePath: variable('RECOVER_CHROMIUM'),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    }));
  const page = await (await chromium).newPage();
  /** @type {string[]} */
  const said = [];
  page.on('console', (/** @type {any} */ message) => said.push(message.text()));
  page.on('pageerror', (/** @type {Error} */ error) => said.push(String(error)));
  try {
    await page.goto(address, { timeout: PATIENCE });
    await page.waitForFunction('globalThis.outcome', null, { timeout: PATIENCE });
    return await page.evaluate('globalThis.outcome');
  } catch (error) {
    throw new Error(`${address}: ${said.join('\n')}`, { cause: error });
  } finally {
    await page.close();
  }
}

/** @param {string} address */
export async function works(address) {
  assert.deepEqual(await outcome(address), EXPECTED, address);
}
