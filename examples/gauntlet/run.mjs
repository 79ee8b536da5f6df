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
 * Loads a package of the `web` target and makes an instance, its only one unless
 * `again` tells them apart.
 * @param {string} folder
 * @param {string} [again]
 */
async function open(folder, again = '') {
  const root = resolve(folder);
  const wasm = readdirSync(root).find((name) => name.endsWith('_bg.wasm'));
  if (!wasm) throw new Error(`no *_bg.wasm in ${root}`);
  const script = join(root, wasm.replace(/_bg\.wasm$/, '.js'));
  /** @type {Package} */
  const pkg = await import(pathToFileURL(script).href + again);
  const { memory } = pkg.initSync({ module: readFileSync(join(root, wasm)) });
  return { pkg, memory };
}

/**
 * Sends `files` in some rounds, and then what is small in them many times over. Says
 * how that ended, and whether well.
 * @param {Runner} runner
 * @param {InputFile[]} files
 * @param {number} rounds
 * @param {number} soak
 */
function feed(runner, files, rounds, soak) {
  for (let turn = 0; turn < rounds; turn += 1) runner.round(mix(files, turn));
  const before = runner.pages();
  const dead = soak > 0 ? runner.soak(mix(files, 0), soak) : undefined;
  const after = runner.pages();
  const end = dead ?? `still right after ${soak} more hostile inputs`;
  return { well: dead === undefined, says: `${end}; memory ${before} pages before, ${after} after` };
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
    const last = file.last ? `, ${file.last}; a fresh instance of the plain package` : '';
    rows.push([`${file.target} ${file.version}, ${file.advisory}${last}`]);
    for (const input of file.inputs) {
      const label = `  ${input.on === undefined ? '' : `[${input.on}] `}${input.name}`;
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
  const usual = files.filter(({ last }) => !last);
  const last = files.filter((file) => file.last);
  const ours = new Runner(await open(values.ours));
  // Traps that come as fast as they can are what is shown.
  ours.pkg.recovery?.setRestartLimit({ restarts: Infinity, period: 1 });
  const plain = values.plain === undefined ? undefined : new Runner(await open(values.plain));

  const rounds = Number(values.rounds);
  const soak = Number(values.soak);
  /** @type {string[]} */
  const ends = [];
  let well = true;
  for (const runner of plain ? [plain, ours] : [ours]) {
    const who = runner === ours ? 'recover' : 'plain wasm-bindgen';
    const fed = [feed(runner, usual, rounds, soak)];
    for (const file of last) {
      // It is dead by now, and these are to show what they do by themselves.
      if (runner !== ours) runner.renew(await open(values.plain ?? '', `?${fed.length}`));
      fed.push(feed(runner, [file], rounds, Math.ceil(soak / 10)));
    }
    well &&= runner !== ours || (fed.every((one) => one.well) && runner.unfreed.size === 0);
    if (runner !== ours) {
      const valid = count(runner, inputs, 'valid');
      ends.push(`${who}: ${valid.all - valid.held} of ${valid.all} valid inputs not answered right`);
    }
    for (const why of new Set(runner.unfreed.values())) {
      ends.push(`${who}: free() of ${runner.unfreed.size} sessions failed: ${why}`);
    }
    if (soak > 0) ends.push(...fed.map(({ says }) => `${who}: ${says}`));
  }
  ends.push(`recover: ${ours.pkg.recovery?.health().restarts} instances ended, each followed by the next`);
  console.log(`gauntlet on ${values['engine-label']}: ${rounds} rounds, one package a column\n`);
  printTable(files, plain, ours);

  console.log();
  for (const line of ends) console.log(line);
  const hostile = count(ours, inputs, 'hostile');
  const valid = count(ours, inputs, 'valid');
  const all = hostile.held === hostile.all && valid.held === valid.all;
  process.exitCode = all && well ? 0 : 1;
  console.log(
    `demo: ${hostile.all} hostile inputs, ${hostile.held} survived; ${valid.all} valid inputs, ${valid.held} correct`,
  );
}

await main();
