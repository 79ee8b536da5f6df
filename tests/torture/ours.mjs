// @ts-check
// Tortures the package of tests/fixtures/torture-ours by the scenarios in tests/torture/ours, and says what became of
// it. Which failures there are, in which order and what is right, the driver knows (recover-cli/js/torture); here the
// time is shared among the scenarios.
//
//   node ours.mjs PACKAGE [--budget MS] [--only NAME,…] [--seed N] [--pairs] [--random] [--schedule JSON] [--strategy NAME]
//
// The last line is `torture: N failures injected, N violations`; the exit code is 1 if there are any, or if nothing ran.
import { parseArgs } from 'node:util';
import { all, torment } from './scenarios.mjs';
import { loader } from './load.mjs';

const { values, positionals: [dir = ''] } = parseArgs({
  allowPositionals: true,
  options: {
    budget: { type: 'string', default: '60000' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    pairs: { type: 'boolean', default: false },
    random: { type: 'boolean', default: false },
    schedule: { type: 'string' },
    strategy: { type: 'string', default: 'unwind' },
  },
});

const only = values.only.split(',').filter((name) => name !== '');
const { seed, pairs, random, strategy } = values;
const schedule = values.schedule === undefined ? undefined : JSON.parse(values.schedule);
const scenarios = (await all()).filter(({ name }) => only.length === 0 || only.includes(name));
const end = performance.now() + Number(values.budget);
const now = performance.now.bind(performance);
let [injected, violations, runs] = [0, 0, 0];
/** What no scenario has visited. @type {Set<string> | undefined} */
let never;
let sites = 0;
for (const [at, scenario] of scenarios.entries()) {
  const began = now();
  const budget = Math.max(500, (end - began) / (scenarios.length - at));
  /** @type {Awaited<ReturnType<typeof torment>>} */
  let result;
  try {
    result = await torment(loader(dir, 'fixture-torture-ours'), scenario, { seed: Number(seed), budget, pairs, random, schedule, strategy });
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
  const missed = new Set(result.never);
  never = never === undefined ? missed : never.intersection(missed);
  sites = Math.max(sites, result.never.length + result.visited);
  console.log(`${scenario.name.padEnd(20)} ${String(result.points).padStart(5)} points ${String(result.injected).padStart(7)} injected ${took.toFixed(1).padStart(6)} s${result.whole ? '' : ', not to its end'}`);
  for (const { rule, message, smallest, words } of result.violations) {
    console.log(`  violation of "${rule}": ${message}`);
    for (const line of words ?? []) console.log(`    ${line}`);
    console.log(`    --only ${scenario.name} --schedule '${JSON.stringify(smallest)}'`);
  }
}
const missed = [...never ?? []];
console.log(`${runs} runs; of ${sites} sites ${missed.length} were never visited${missed.length === 0 ? '' : `: ${missed.join(', ')}`}`);
console.log(`torture: ${injected} failures injected, ${violations} violations`);
process.exitCode = violations === 0 && injected > 0 ? 0 : 1;
