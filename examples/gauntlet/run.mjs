// @ts-check
/**
 * Runs the gauntlet: hostile and valid inputs mixed into one stream, through one
 * instance of each package, and prints what became of every one of them.
 *
 *     node run.mjs --ours DIR [--plain DIR] [--rounds N] [--soak N] [--engine-label TEXT]
 *
 * The packages are of wasm-bindgen's `web` target. Nothing that the table says
 * is written down beforehand: both columns are observed in this run.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { loadInputs, mix } from './inputs.mjs';
import { shorten } from './judge.mjs';
import { Runner } from './runner.mjs';

/** @typedef {import('./inputs.mjs').Input} Input */
/** @typedef {import('./inputs.mjs').InputFile} InputFile */
/** @typedef {import('./judge.mjs').Package} Package */

/**
 * Loads a package of the `web` target and makes its one instance.
 * @param {string} folder
 */
async function open(folder) {
  const root = resolve(folder);
  const wasm = readdirSync(root).find((name) => name.endsWith('_bg.wasm'));
  if (!wasm) throw new Error(`no *_bg.wasm in ${root}`);
  const script = join(root, wasm.replace(/_bg\.wasm$/, '.js'));
  /** @type {Package} */
  const pkg = await import(pathToFileURL(script).href);
  const { memory } = pkg.initSync({ module: readFileSync(join(root, wasm)) });
  return new Runner(pkg, memory);
}

/**
 * @param {InputFile[]} files
 * @param {Runner | undefined} plain
 * @param {Runner} ours
 */
function printTable(files, plain, ours) {
  /** @type {string[][]} */
  const rows = [['input', '', ...(plain ? ['plain wasm-bindgen'] : []), 'recover']];
  for (const file of files) {
    rows.push([`${file.target} ${file.version}, ${file.advisory}`]);
    for (const input of file.inputs) {
      const label = `  ${input.on === undefined ? '' : `[${input.on}] `}${input.name}`;
      if (input.kind === 'later') {
        rows.push([shorten(label, 52), input.kind, ...(plain ? ['not run'] : []), 'not run']);
        continue;
      }
      const verdict = ours.held.get(input) ? '' : 'FAILED: ';
      const columns = [shorten(label, 52), input.kind];
      if (plain) columns.push(plain.words(input));
      rows.push([...columns, verdict + ours.words(input)]);
    }
  }
  const full = rows.filter((row) => row.length > 1);
  const widths = (full[0] ?? []).map((_, at) => Math.max(...full.map((row) => [...(row[at] ?? '')].length)));
  for (const row of rows) {
    const cells = row.map((cell, at) => {
      const width = row.length > 1 && at < row.length - 1 ? (widths[at] ?? 0) : 0;
      return cell + ' '.repeat(Math.max(0, width - [...cell].length));
    });
    console.log(cells.join('  '));
  }
}

/**
 * @param {Runner} runner
 * @param {Input[]} inputs
 * @param {Input['kind']} kind
 */
function count(runner, inputs, kind) {
  const all = inputs.filter((input) => input.kind === kind);
  return { all: all.length, held: all.filter((input) => runner.held.get(input)).length };
}

async function main() {
  const { values } = parseArgs({
    options: {
      ours: { type: 'string' },
      plain: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      soak: { type: 'string', default: '20000' },
      'engine-label': { type: 'string', default: `Node ${process.versions.node}` },
    },
  });
  if (values.ours === undefined) {
    console.error('usage: node run.mjs --ours DIR [--plain DIR] [--rounds N] [--soak N] [--engine-label TEXT]');
    process.exit(2);
  }
  const files = loadInputs();
  const inputs = files.flatMap((file) => file.inputs);
  const ours = await open(values.ours);
  const plain = values.plain === undefined ? undefined : await open(values.plain);
  const runners = plain ? [plain, ours] : [ours];

  const rounds = Number(values.rounds);
  for (const runner of runners) {
    for (let turn = 0; turn < rounds; turn += 1) runner.round(mix(files, turn));
  }
  console.log(`gauntlet on ${values['engine-label']}: ${rounds} rounds, one instance a column\n`);
  printTable(files, plain, ours);

  const later = inputs.filter(({ kind }) => kind === 'later').length;
  console.log(`\n${later} inputs exhaust the stack of code that nobody guards: not run yet`);
  const limit = Number(values.soak);
  for (const runner of runners) {
    const who = runner === ours ? 'recover' : 'plain wasm-bindgen';
    const hostile = count(runner, inputs, 'hostile');
    const valid = count(runner, inputs, 'valid');
    if (runner !== ours) {
      console.log(`${who}: ${valid.all - valid.held} of ${valid.all} valid inputs not answered right`);
    }
    for (const why of new Set(runner.unfreed.values())) {
      console.log(`${who}: free() of ${runner.unfreed.size} sessions failed: ${why}`);
    }
    const before = runner.memory.buffer.byteLength / 65536;
    const dead = limit > 0 ? runner.soak(mix(files, 0), limit) : undefined;
    const after = runner.memory.buffer.byteLength / 65536;
    const end = dead ?? `still right after ${limit} more hostile inputs`;
    if (limit > 0) console.log(`${who}: ${end}; memory ${before} pages before, ${after} after`);
    if (runner === ours) {
      const all = hostile.held === hostile.all && valid.held === valid.all;
      process.exitCode = all && dead === undefined && runner.unfreed.size === 0 ? 0 : 1;
      console.log(
        `demo: ${hostile.all} hostile inputs, ${hostile.held} survived; ${valid.all} valid inputs, ${valid.held} correct`,
      );
    }
  }
}

await main();
