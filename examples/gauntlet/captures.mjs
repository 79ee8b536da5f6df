// @ts-check
// Feeds the gauntlet's inputs once to a package with captures, and writes what failed as files.
//
//     node captures.mjs --ours DIR --captures DIR
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load } from '../../recover-cli/js/replay.mjs';
import { loadInputs, mix } from './inputs.mjs';
import { Runner } from './runner.mjs';

const { values } = parseArgs({ options: { ours: { type: 'string' }, captures: { type: 'string' } } });
if (values.ours === undefined || values.captures === undefined) {
  console.error('usage: node captures.mjs --ours DIR --captures DIR');
  process.exit(2);
}
const folder = values.captures;
mkdirSync(folder, { recursive: true });
const pkg = await load(values.ours);
pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
let many = 0;
pkg.recovery.capture((/** @type {{ bytes: Uint8Array }} */ { bytes }) => {
  many += 1;
  writeFileSync(join(folder, `${String(many).padStart(4, '0')}.json`), bytes);
}, { limitBytes: 1 << 26 });
const files = loadInputs();
new Runner({ pkg, memory: new WebAssembly.Memory({ initial: 0 }) }).round(mix(files, 0));
const hostile = files.flatMap(({ inputs }) => inputs).filter(({ kind }) => kind === 'hostile').length;
console.log(`captures: ${many} of ${hostile} hostile inputs`);
