// @ts-check
// The component that the tests call, and how they get it. The real one: what `cargo xtask component` built, by the
// real jco.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import assert from 'node:assert/strict';
import { supervise } from '../index.js';

const root = new URL('../../../', import.meta.url);
/** @param {string | undefined} path @param {string} otherwise */
const from = (path, otherwise) => path ?? fileURLToPath(new URL(otherwise, root));

export const COMPONENT = from(process.env.RECOVER_COMPONENT, 'target/component/fixture_component.wasm');
export const JCO = from(process.env.RECOVER_JCO, 'engines/component-js/node_modules');
export const TSC = from(process.env.RECOVER_TSC, 'engines/typescript/node_modules/typescript/bin/tsc');

for (const path of [COMPONENT, JCO]) {
  if (!existsSync(path)) throw new Error(`${path} is not there; \`cargo xtask component\` makes it`);
}

const require = createRequire(pathToFileURL(`${JCO}/tests`));
/** @type {typeof import('@bytecodealliance/jco')} */
export const jco = await import(pathToFileURL(require.resolve('@bytecodealliance/jco')).href);
const shim = await import(pathToFileURL(createRequire(require.resolve('@bytecodealliance/jco')).resolve('@bytecodealliance/preview2-shim/instantiation')).href);

/**
 * What jco makes of a component, once for each process.
 * @param {Uint8Array} bytes
 * @param {'async' | 'sync'} instantiation
 */
async function transpiled(bytes, instantiation) {
  const { files } = await jco.transpile(bytes, /** @type {any} */ ({ name: 'component', instantiation, bindgenEnableWasmExnref: true, emitTypescriptDeclarations: false }));
  const byName = new Map(Object.entries(files));
  const source = byName.get('component.js');
  assert(source);
  // Stacks are read; in a `data:` URL they would have all of it.
  const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs');
  const directory = mkdtempSync(`${(await import('node:os')).tmpdir()}/recover-host-test-`);
  writeFileSync(`${directory}/component.mjs`, source);
  const bindings = await import(pathToFileURL(`${directory}/component.mjs`).href);
  rmSync(directory, { recursive: true });
  return { bindings, getCoreModule: (/** @type {string} */ path) => byName.get(path) };
}

/** The import of `hooks`, and what it is in `clock`. */
export const HOOKS = 'test:host/hooks', CLOCK = 'wasi:test/clock';

/** @type {Map<string, ReturnType<typeof transpiled>>} */
const made = new Map();

/**
 * A component with its bindings. `clock` is `hooks` with an import of WASI's in its place: calls that use one are replayed.
 * @param {'fixture' | 'hooks' | 'clock'} name @param {'async' | 'sync'} [instantiation]
 */
export function bindingsOf(name, instantiation = 'async') {
  const key = `${name} ${instantiation}`;
  let promise = made.get(key);
  if (promise === undefined) {
    promise = name === 'fixture'
      ? transpiled(readFileSync(COMPONENT), instantiation)
      : jco.parse(readFileSync(new URL('hooks.wat', import.meta.url), 'utf8').replace('test:host/hooks', name === 'clock' ? CLOCK : HOOKS)).then((bytes) => transpiled(bytes, instantiation));
    made.set(key, promise);
  }
  return promise;
}

/** What the fixture imports. */
export const wasi = () => new shim.WASIShim().getImportObject();

/** The exports of a component as jco gives them. @param {Uint8Array} bytes */
export async function bare(bytes) {
  const { bindings, getCoreModule } = await transpiled(bytes, 'async');
  return bindings.instantiate((/** @type {string} */ path) => WebAssembly.compile(/** @type {any} */ (getCoreModule(path))), wasi());
}

/**
 * The fixture, supervised.
 * @param {Partial<import('../index.js').SuperviseOptions>} [options]
 * @param {(root: any) => void} [seen] sees what jco gave, of each instance
 */
export async function fixture(options, seen) {
  const { bindings, getCoreModule } = await bindingsOf('fixture');
  const instantiate = (/** @type {unknown[]} */ ...args) => {
    const root = bindings.instantiate(...args);
    seen?.(root);
    return root;
  };
  const app = await supervise(instantiate, { getCoreModule: /** @type {any} */ (getCoreModule), imports: wasi(), limits: { memoryBytes: 64 << 20 }, ...options });
  return { ...app, errors: /** @type {Record<string, any>} */ (app.errors), ledgers: /** @type {any} */ (app.exports).ledgers };
}

/** What `tick` answers so that the component traps, or its call fails. */
export const TRAP = 0xffff_ffff, FAIL = 0xffff_fffe;
/** What `tick` is asked when an instance starts, when one drops a counter, when one is saved, and when one was absorbed. */
export const START = 999, DROP = 777, SAVE = 555, ABSORB = 888;

/**
 * The component with the import, supervised.
 * @param {(n: number) => number} tick
 * @param {Partial<import('../index.js').SuperviseOptions>} [options]
 * @param {'hooks' | 'clock'} [name]
 */
export async function hooks(tick, options, name = 'clock') {
  const { bindings, getCoreModule } = await bindingsOf(name);
  const app = await supervise(bindings, { getCoreModule: /** @type {any} */ (getCoreModule), imports: { [name === 'clock' ? CLOCK : HOOKS]: { tick } }, ...options });
  const { ask, length, counters } = /** @type {any} */ (app.exports);
  return { ...app, ask, length, Counter: counters.Counter };
}

/** What a call throws. @param {() => unknown} call @returns {any} */
export function thrownBy(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

/** Ends the instance. @param {any} ledgers */
export function trap(ledgers) {
  assert.equal(thrownBy(() => ledgers.fail('unreachable')).kind, 'aborted');
}

setFlagsFromString('--expose-gc');
/** @type {() => void} */
export const gc = runInNewContext('gc');

/** Collects garbage until it is so, or for a while. @param {() => boolean} done */
export async function collected(done) {
  for (let round = 0; round < 40 && !done(); round += 1) {
    gc();
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
  return done();
}

/** A ledger's entries as an object. @param {any} ledger @returns {Record<string, number>} */
export const entries = (ledger) => Object.fromEntries(ledger.entries().map((/** @type {any} */ one) => [one.key, Number(one.amount)]));
