// @ts-check
// Tortures the package of tests/fixtures/torture-ours by the scenarios in tests/torture/ours, and says what became of
// it. Which failures there are, in which order and what is right, the driver knows (recover-cli/js/torture); here the
// time is shared among the scenarios.
//
//   node ours.mjs PACKAGE [--budget MS] [--only NAME,…] [--seed N] [--pairs] [--random] [--long] [--schedule JSON] [--strategy NAME]
//
// With --long each failure at each point is tried, however long that takes: what the budget has left is for pairs and random
// ones. Then it is wrong if one was not tried, or came elsewhere than it was to come.
//
// The last line is `torture: N failures injected, N violations`; the exit code is 1 if there are any, or if nothing ran.
import { parseArgs } from 'node:util';
import { all as every, torment } from './scenarios.mjs';
import { loader } from './load.mjs';

const { values, positionals: [dir = ''] } = parseArgs({
  allowPositionals: true,
  options: {
    budget: { type: 'string', default: '60000' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    pairs: { type: 'boolean', default: false },
    random: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    schedule: { type: 'string' },
    strategy: { type: 'string', default: 'unwind' },
  },
});

/** So many sites that were not tortured are named. */
const NAMED = 20;
const only = values.only.split(',').filter((name) => name !== '');
const { seed, long, strategy } = values;
const [pairs, random] = [values.pairs || long, values.random || long];
const schedule = values.schedule === undefined ? undefined : JSON.parse(values.schedule);
const scenarios = (await every()).filter(({ name }) => only.length === 0 || only.includes(name));
const load = loader(dir, 'fixture-torture-ours');
const end = performance.now() + Number(values.budget);
const now = performance.now.bind(performance);
let [injected, violations, runs] = [0, 0, 0];
/** Where a failure happened in some scenario, and where there was to be one. @type {Set<string>} */
const tortured = new Set();
/** @type {Set<string>} */
const all = new Set();
let [tried, of, missed] = [0, 0, 0];
for (const [at, scenario] of scenarios.entries()) {
  const began = now();
  const budget = Math.max(500, (end - began) / (scenarios.length - at));
  /** @type {Awaited<ReturnType<typeof torment>>} */
  let result;
  try {
    result = await torment(load, scenario, { seed: Number(seed), budget, exhaustive: long, pairs, random, schedule, strategy });
  } catch (error) {
    // The scenario itself is refused: the others still say what they know.
    violations += 1;
    console.log(`${scenario.name}: ${String(error)}`);
    continue;
  }
  if (result === undefined) continue;
  const took = (now() - began) / 1000;
  injected += result.injected;
  violations += result.violations.length;
  runs += result.runs;
  for (const site of result.tortured) tortured.add(site);
  for (const site of [...result.tortured, ...result.never]) all.add(site);
  const { searched } = result;
  [tried, of, missed] = [tried + (searched?.tried ?? 0), of + (searched?.of ?? 0), missed + (searched?.missed ?? 0)];
  const elsewhere = searched?.missed ? `, ${searched.missed} of them elsewhere` : '';
  const more = searched === undefined ? '' : `, ${searched.tried} of ${searched.of} tried${elsewhere}${searched.pairs + searched.randoms > 0 ? `, ${searched.pairs} pairs, ${searched.randoms} random` : ''}`;
  console.log(`${scenario.name.padEnd(20)} ${String(result.points).padStart(5)} points ${String(result.injected).padStart(7)} injected ${took.toFixed(1).padStart(6)} s${more}`);
  if (long && schedule === undefined && (searched?.whole !== true || searched.missed > 0)) {
    violations += 1;
    console.log('  each failure at each point was to be tried, and to come where it was to come');
  }
  for (const { rule, message, smallest, words } of result.violations) {
    console.log(`  violation of "${rule}": ${message}`);
    for (const line of words ?? []) console.log(`    ${line}`);
    console.log(`    --only ${scenario.name} --schedule '${JSON.stringify(smallest)}'`);
  }
}
const left = [...all.difference(tortured)].sort();
const names = `${left.slice(0, NAMED).join(', ')}${left.length > NAMED ? `, and ${left.length - NAMED} more` : ''}`;
console.log(`${runs} runs; ${tried} of ${of} failures tried${missed === 0 ? '' : `, ${missed} elsewhere`}; ${tortured.size} of ${all.size} sites tortured${left.length === 0 ? '' : `; not ${names}`}`);
console.log(`torture: ${injected} failures injected, ${violations} violations`);
process.exitCode = violations === 0 && injected > 0 ? 0 : 1;
