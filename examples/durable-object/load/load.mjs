// @ts-check
// The load test: the room with recover, without failures and with them, without a store, and
// the same on plain wasm-bindgen. All servers run at once and are loaded by turns, so that what else
// the machine does meets all of them.
//
//     node load.mjs --room DIR [--plain DIR] [--connections N] [--operations N]
//         [--failing 1%] [--rooms N] [--length N] [--rounds N] [--pairs N] [--seed N] [--captures DIR]
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LEAST } from './operations.mjs';
import { Side } from './side.mjs';

/** The share of the fault-free throughput that the promise asks for. */
const BAR = 0.9;
/** The share of the throughput without a store that answers that are in the store have. */
const STORED = 0.8;

/** @param {string} text as 1% or 0.01 */
function share(text) {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!(value > 0 && value <= 0.5)) usage(`--failing takes a share up to 50%, such as 1%, not ${text}`);
  return value;
}

/** @param {string} why @returns {never} */
function usage(why) {
  console.error(`error: ${why}`);
  process.exit(2);
}

/** @param {string} name @param {string} text */
function count(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) usage(`--${name} takes a count, not ${text}`);
  return value;
}

const { values } = parseArgs({
  options: {
    room: { type: 'string' }, plain: { type: 'string' }, rust: { type: 'string' }, aborts: { type: 'boolean', default: false },
    connections: { type: 'string', default: '100' }, operations: { type: 'string', default: '5000' },
    failing: { type: 'string', default: '1%' }, rooms: { type: 'string', default: '4' },
    captures: { type: 'string' }, length: { type: 'string', default: '4096' }, rounds: { type: 'string', default: '5' }, pairs: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' },
  },
});
if ((values.room ?? values.rust) === undefined) usage('--room DIR is the package; cargo xtask load builds it');
const [connections, operations, rooms, length, rounds, pairs, seed] = /** @type {[number, number, number, number, number, number, number]} */ (
  /** @type {const} */ (['connections', 'operations', 'rooms', 'length', 'rounds', 'pairs', 'seed']).map((name) => count(name, values[name])));
if (length < LEAST) usage(`--length takes ${LEAST} at the least, not ${length}`);
const failing = share(values.failing);

const ours = values.rust === undefined
  ? { package: values.room ?? '', worker: /** @type {const} */ ('worker') }
  : { package: values.rust, worker: /** @type {const} */ ('rust'), aborts: values.aborts };
const unstored = { package: values.room ?? '', worker: /** @type {const} */ ('unstored') };
const plain = { package: values.plain ?? '', worker: /** @type {const} */ ('plain') };
// Two processes of one program differ by some hundredths: hence more than one pair.
const numbers = Array.from({ length: pairs }, (_, number) => (number === 0 ? '' : ` (${number + 1})`));
const plans = [
  ...numbers.flatMap((number) => [
    { ...ours, name: `recover, no failures${number}`, share: 0 },
    { ...ours, name: `recover, ${values.failing} failing${number}`, share: failing },
  ]),
  ...(values.room === undefined ? [] : [{ ...unstored, name: 'recover, no store, no failures', share: 0 }]),
  ...(values.plain === undefined ? [] : [
    { ...plain, name: 'plain, no failures', share: 0 },
    { ...plain, name: `plain, ${values.failing} failing`, share: failing },
  ]),
];

/** @param {number} value */
const round = (value) => Math.round(value).toLocaleString('en');

console.log(`load: ${round(connections)} connections to ${rooms} rooms, ${round(operations)} operations a server, in ${rounds} rounds; load average ${loadavg().map((value) => value.toFixed(1)).join(' ')}`);
/** @type {Side[]} */
const sides = [];
for (const plan of plans) {
  sides.push(await Side.open({ ...plan, connections, rooms, length, seed, captures: values.captures !== undefined }));
  console.log(`load: ${plan.name}: ${round(connections)} connections are open`);
}
/** @param {Side} side @param {number} part */
const run = (side, part) => side.run(part, (done) => console.log(`load: ${side.plan.name}: ${round(done)} of ${round(operations)} operations`));
const paired = sides.filter(({ plan }) => plan.worker !== 'plain' || plan.share === 0);
for (let turn = 0; turn < rounds; turn += 1) {
  const part = Math.floor(operations / rounds) + (turn < operations % rounds ? 1 : 0);
  // Nobody is always first, nor always behind the same one.
  for (const side of turn % 2 === 0 ? paired : paired.toReversed()) await run(side, part);
}
// It waits for what hangs, and the others would begin cold after that.
for (const side of sides.filter((side) => !paired.includes(side))) await run(side, operations);

let held = true;
/** @type {string[]} */
const ends = [];
for (const side of sides) {
  const { plan, counts } = side;
  const found = await side.verify();
  const ways = [...side.failing].map(([way, { typed, all }]) => `${way} ${typed} of ${all}`);
  const healthy = counts.answered + counts.failed + counts.hung;
  const typed = [...side.failing.values()].reduce((sum, one) => sum + one.typed, 0);
  const all = [...side.failing.values()].reduce((sum, one) => sum + one.all, 0);
  console.log(`\n${plan.name}: ${round(side.rate)} healthy answers/s, ${found.restarts} restarts`);
  const repeated = counts.repeated > 0 ? `, ${counts.repeated} were told to try again` : '';
  console.log(`  healthy: ${found.right} of ${healthy} answered right, ${counts.failed} failed, ${counts.hung} hung${repeated}`);
  if (all > 0) console.log(`  failing, with the right code and status: ${ways.join(', ')}`);
  const again = plan.worker === 'unstored' ? '' : `, ${found.again} after an eviction`;
  console.log(`  documents: ${found.equal} of ${rooms} equal the model${again}; watchers were told of all edits in order in ${found.told}; ${found.kept} of ${counts.edits} edits are in them`);
  for (const why of new Set(side.wrong.slice(0, 4))) console.log(`  e.g. ${why}`);
  if (plan.worker !== 'plain') {
    const rights = found.right === healthy && typed === all && side.wrong.length === 0;
    const documents = [found.equal, found.told, ...(plan.worker === 'unstored' ? [] : [found.again])];
    held &&= rights && documents.every((equal) => equal === rooms);
    if (all > 0) ends.push(`recover: ${found.right} of ${healthy} healthy right, ${typed} of ${all} failing typed, ${found.equal} of ${rooms} documents equal the model`);
  } else if (all > 0) {
    ends.push(`plain: ${healthy - found.right} healthy wrong or failed, of them ${counts.hung} hung, ${counts.edits - found.kept} of ${counts.edits} edits lost, ${typed} of ${all} typed`);
  }
}
/**
 * Of the throughputs: the middle one of the rounds' ratios, which a burst of other work on
 * the machine doesn't move.
 * @param {(Side | undefined)[][]} compared
 */
function ratio(compared) {
  const all = compared.flatMap(([side, other]) => (side?.rates ?? []).map((rate, turn) => rate / (other?.rates[turn] ?? 1))).sort((a, b) => a - b);
  return ((all[(all.length - 1) >> 1] ?? 0) + (all[all.length >> 1] ?? 0)) / 2;
}

const recovers = sides.slice(0, 2 * pairs);
const [without, under] = [0, 1].map((odd) => recovers.filter((_, at) => at % 2 === odd));
/** @param {string} what @param {number} value @param {number} bar @param {number} number of rounds */
const judged = (what, value, bar, number) => `${what} ${value.toFixed(2)} of that without (bar ${bar}: ${value >= bar ? 'met' : 'MISSED'}; median of ${number} rounds`;
const time = (/** @type {Side[] | undefined} */ group) => (group ?? []).reduce((sum, side) => sum + side.time, 0);
const ratios = [`${judged('throughput with failures', ratio((under ?? []).map((side, at) => [side, without?.[at]])), BAR, rounds * pairs)}, ${(time(without) / time(under)).toFixed(2)} of all together)`];
const [bare] = sides.filter(({ plan }) => plan.worker === 'unstored');
if (bare !== undefined) ratios.push(`${judged('throughput with a store', ratio((without ?? []).map((side) => [side, bare])), STORED, rounds * pairs)})`);
const [other] = sides.filter(({ plan }) => plan.worker === 'plain');
if (other !== undefined) ratios.push(`recover over plain without failures ${ratio([[sides[0], other]]).toFixed(2)}`);
if (values.captures !== undefined) {
  const all = (await Promise.all(sides.filter(({ plan }) => plan.share > 0 && plan.worker === 'worker').map((side) => side.captures()))).flat();
  mkdirSync(values.captures, { recursive: true });
  for (const [at, text] of all.entries()) writeFileSync(join(values.captures, `${String(at).padStart(4, '0')}.json`), text);
  console.log(`load: ${round(all.length)} captures of ${round(sides.filter(({ plan }) => plan.worker === 'worker').flatMap((side) => [...side.failing.values()]).reduce((sum, one) => sum + one.all, 0))} failures are in ${values.captures}`);
}
await Promise.all(sides.map((side) => side.close()));
console.log(`\nload average ${loadavg().map((value) => value.toFixed(1)).join(' ')}`);
console.log(`load: ${held ? 'every promise held' : 'A PROMISE WAS BROKEN'}; ${[...ends, ...ratios].join('; ')}`);
process.exit(held ? 0 : 1);
