// @ts-check
// `node kills.mjs [--engine NAME] [--kills N] [--seed N] [--minutes N]`: kills programs that have durable objects, and says what
// became of their calls: a line for each engine. The exit code is 1 if one of them lost something.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { line, run } from './run.mjs';

/** @type {Record<string, () => Promise<import('./run.mjs').Engine>>} */
const ENGINES = {
  memory: async () => (await import('./torn.mjs')).memory(),
  disk: async () => (await import('./disk.mjs')).disk(),
  'node-sqlite': async () => (await import('./node.mjs')).node('node-sqlite'),
  directory: async () => (await import('./node.mjs')).node('directory'),
  postgres: async () => (await import('./node.mjs')).node('postgres'),
  workerd: async () => (await import('./workerd.mjs')).workerd('SQL'),
  'workerd-keys': async () => (await import('./workerd.mjs')).workerd('KEYS'),
  chromium: async () => (await import('./chromium.mjs')).chromium(),
};

const { values } = parseArgs({ options: {
  engine: { type: 'string', multiple: true }, kills: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' }, minutes: { type: 'string' },
} });
const [kills, seed, minutes] = [Number(values.kills), Number(values.seed), Number(values.minutes ?? Infinity)];
const unknown = values.engine?.find((name) => !(name in ENGINES));
if (unknown !== undefined || !(kills > 0) || !Number.isInteger(seed) || !(minutes > 0)) {
  console.error(`usage: node kills.mjs [--engine ${Object.keys(ENGINES).join('|')}]… [--kills N] [--seed N] [--minutes N]`);
  process.exit(2);
}
for (const name of values.engine ?? Object.keys(ENGINES)) {
  const engine = await /** @type {() => Promise<import('./run.mjs').Engine>} */ (ENGINES[name])();
  const begun = Date.now();
  try {
    const report = await run(engine, { kills, seed, until: begun + minutes * 60_000, progress: (text) => console.error(`${engine.name}: ${text}`) });
    console.log(`${line(report)}; ${Math.round((Date.now() - begun) / 1000)} s`);
    for (const fault of report.faults) console.log(`  ${fault}`);
    if (report.points.length > 0) console.log(`  killed at: ${report.points.join(', ')}`);
    if (report.faults.length > 0) process.exitCode = 1;
  } finally {
    await engine.stop();
  }
}
