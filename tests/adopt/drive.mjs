// @ts-check
// Drives two packages of one crate, as it was published and adopted, by one scenario: every result must
// be the same; then inputs that end or tear the plain one, between calls that are well.
//
//     node drive.mjs SCENARIO --plain DIR --ours DIR      prints one line of JSON
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { fastest, loop } from '../../benches/turns.mjs';
import { missing } from './declarations.mjs';
import { measure, settle } from './machine.mjs';
import { show } from './show.mjs';

/** @typedef {import('./scenario.js').Scenario} Scenario */

/** How often a package is fed what bricks it. */
const BRICKS = 500;
/** Milliseconds after which a promise is given up. */
const PATIENCE = 5_000;
/** Milliseconds that a turn of the timed call should take. */
const TURN = 4;

const { values, positionals: [script = ''] } = parseArgs({
  options: { plain: { type: 'string', default: '' }, ours: { type: 'string', default: '' } }, allowPositionals: true,
});
/** @type {{ default: Scenario }} */
const { default: scenario } = await import(pathToFileURL(resolve(script)).href);
const folders = { plain: resolve(values.plain), ours: resolve(values.ours) };


/** @param {string} folder @param {string} ending */
function file(folder, ending) {
  const name = readdirSync(folder).find((one) => one.endsWith(ending));
  if (name === undefined) throw new Error(`no *${ending} in ${folder}`);
  return join(folder, name);
}

/** A package, instantiated. @param {string} folder */
async function open(folder) {
  const wasm = file(folder, '_bg.wasm');
  const pkg = await import(pathToFileURL(wasm.replace(/_bg\.wasm$/, '.js')).href);
  pkg.initSync({ module: readFileSync(wasm) });
  return pkg;
}

/** @param {any} pkg */
async function used(pkg) {
  settle();
  /** @type {string[]} */
  const notes = [];
  await scenario.use(pkg, (what, result) => notes.push(`${what}: ${show(result)}`));
  measure();
  return notes;
}

/** What a call gives, unless that takes for ever. @param {unknown} pending */
async function settled(pending) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const never = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('a promise that does not settle')), PATIENCE);
  });
  try {
    return await Promise.race([pending, never]);
  } finally {
    clearTimeout(timer);
  }
}

/** The result of a call, or what it throws. @param {() => unknown} call */
async function ended(call) {
  try {
    return show(await settled(call()));
  } catch (error) {
    return `throws ${show(error)}`;
  }
}

/** How a package ends that is fed what bricks it. @param {any} pkg */
async function bricked(pkg) {
  const due = await ended(() => scenario.valid(pkg));
  /** @type {Set<string>} */
  const errors = new Set();
  for (let n = 0; n < BRICKS; n += 1) {
    try {
      await settled(scenario.brick(pkg, n));
    } catch (/** @type {any} */ error) {
      errors.add(error?.name ?? String(error));
    }
    const now = await ended(() => scenario.valid(pkg));
    if (now !== due) return { survived: false, after: n + 1, now, errors: [...errors] };
  }
  return { survived: errors.size !== 0, after: BRICKS, now: due, errors: [...errors] };
}

/** Bytes of a package, compressed. @param {string} folder */
const compressed = (folder) => readdirSync(folder, { recursive: true }).map(String)
  .filter((name) => /\.(wasm|js)$/.test(name))
  .reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name)), { level: 9 }).length, 0);

const exported = new WebAssembly.Module(readFileSync(file(folders.plain, '_bg.wasm')));
const plain = await open(folders.plain);
const ours = await open(folders.ours);
const [due, got] = [await used(plain), await used(ours)];
const differs = due.findIndex((note, index) => note !== got[index]);

/** The ratio of a call that does next to nothing. */
async function ratio() {
  const calls = { plain: scenario.trivial?.(plain), ours: scenario.trivial?.(ours) };
  if (calls.plain === undefined || calls.ours === undefined) return undefined;
  let count = 64;
  for (let took = 0; took < TURN; count *= 2) {
    const start = performance.now();
    loop(count, calls.plain)();
    took = performance.now() - start;
  }
  const best = await fastest({ ours: loop(count, calls.ours), peer: loop(count, calls.plain) });
  return best.ours / best.peer;
}
const call = await ratio();

// Panic messages go to the console; hundreds are expected.
console.error = () => {};
let uncaught = 0;
process.on('uncaughtException', () => { uncaught += 1; });
const survivor = await bricked(ours);
await new Promise((resolve) => { setTimeout(resolve, 10); });
// What fails from here on is the plain one's.
const ends = { ours: survivor, uncaught, plain: await bricked(plain) };
const dts = (/** @type {string} */ folder) => readFileSync(file(folder, '_bg.wasm').replace(/_bg\.wasm$/, '.d.ts'), 'utf8');
console.log(JSON.stringify({
  exports: WebAssembly.Module.exports(exported).filter(({ name, kind }) => kind === 'function' && !name.startsWith('__')).length,
  calls: due.length,
  equal: differs < 0 && due.length === got.length,
  difference: differs < 0 ? undefined : { due: due[differs], got: got[differs] },
  declarations: missing(dts(folders.plain), dts(folders.ours)),
  gzip: compressed(folders.ours) / compressed(folders.plain),
  call,
  ends,
}));
