// @ts-check
// Tortures a package by scenarios: the entry for the drivers of engines. It prints nothing: `say` gets lines.
import { checkUsed, coverage, ofClasses, universe, waiversOf } from './coverage.mjs';
import { hostOf } from './host.mjs';
import { Injector } from './injector.mjs';
import { Mistake, scenarioOf, scheduleOf } from './scenario.mjs';
import { Search, pairs, randoms, singles, stacks, withStacks } from './search.mjs';
import { Session } from './session.mjs';
import { ending } from './judge.mjs';
import { wordsOf } from './words.mjs';
import { World } from './world.mjs';

export { Mistake };

/** Where the package looks for who tortures it. */
const KEY = Symbol.for('recover.torture');

/**
 * @param {object} order
 * @param {() => any} order.load imports the glue of the package and makes its instance; the answer is the glue
 * @param {Record<string, any>[]} order.scenarios the modules
 * @param {import('./types.mjs').Options} [order.options]
 * @param {(line: any) => void} order.say
 * @param {Partial<import('./types.mjs').Host>} [order.host] what the engine has more than JavaScript
 * @returns {Promise<{ injected: number, violations: number, runs: number, ms: number }>}
 */
export async function torture({ load, scenarios: modules, options = {}, say, host: given }) {
  const host = hostOf(given);
  const begun = host.now();
  const all = modules.map(scenarioOf);
  const { only, schedule } = options;
  const missing = only?.find((name) => !all.some((scenario) => scenario.name === name));
  if (missing !== undefined) throw new Mistake(`there is no scenario \`${missing}\`; there are ${all.map(({ name }) => name).join(', ')}`);
  const scenarios = only === undefined ? all : all.filter(({ name }) => only.includes(name));
  const waivers = waiversOf(options.waivers);
  const replayed = schedule === undefined ? undefined : scheduleOf(schedule);
  if (replayed !== undefined && scenarios.length !== 1) throw new Mistake('a schedule is of one scenario; say which');
  const { seed = 1 } = options;

  /** @type {Session | undefined} */
  let session;
  const uncaught = (/** @type {unknown} */ error) => { session?.player.uncaught.push(error); };
  const world = new World(seed, uncaught);
  const scope = /** @type {any} */ (globalThis);
  // A package looks once, when it is loaded: the next scenarios of it are tortured by the same one.
  const injector = scope[KEY] instanceof Injector ? scope[KEY] : (scope[KEY] = new Injector());
  /** Puts everything back. @type {(() => void)[]} */
  const undo = [];
  const stop = host.onUncaught?.(uncaught);
  if (stop !== undefined) undo.push(stop);
  const totals = { injected: 0, violations: 0, runs: 0, ms: 0 };
  const used = new Set();
  /** What all scenarios visited, and the exports whose bodies run later. @type {Set<string>} */
  const union = new Set();
  /** @type {Set<string>} */
  const later = new Set();
  try {
    const pkg = await injector.load(load);
    if (injector.links === undefined) throw new Mistake('the package has no points; build it with the feature `torture` of recover-runtime');
    const { stackTraceLimit } = Error;
    undo.push(() => { Error.stackTraceLimit = stackTraceLimit; });
    const quiet = pkg.recovery?.onPanic?.((/** @type {unknown} */ error) => { session?.player.heard.push(error); });
    if (quiet !== undefined) undo.push(quiet);
    world.install();
    undo.push(() => { world.uninstall(); });
    const kept = pkg.recovery?.stacks;
    if (kept !== undefined) undo.push(() => { pkg.recovery.stacks = kept; });
    stacks(pkg, false);
    for (const [index, scenario] of scenarios.entries()) {
      session = new Session(pkg, scenario, host, world, injector, options.strategy);
      await session.prepare();
      say({ scenario: scenario.name, counted: session.clean.trace.sites.length });
      const search = new Search(session, seed, say, options.violations ?? 20);
      if (replayed !== undefined) {
        await replay(session, search, replayed, pkg);
      } else {
        const end = options.budget === undefined ? Infinity : begun + options.budget;
        const now = host.now();
        const whole = await searched(search, options, seed, now + (end - now) / (scenarios.length - index));
        const kept = await session.instances();
        if (kept !== undefined) await search.found(kept.schedule, kept.violation);
        say({ scenario: scenario.name, done: search.done, of: search.done, missed: session.missed, whole });
        for (const site of session.visited) union.add(site);
        for (const name of session.later) later.add(name);
        const isLast = index === scenarios.length - 1;
        const all = isLast ? coveredBy(union, later, pkg, injector, waivers, used) : { never: [], waived: [] };
        const visited = [...session.visited].filter((site) => !isOfClass(site)).sort();
        say({ scenario: scenario.name, coverage: { visited, never: all.never, waived: all.waived } });
      }
      totals.injected += session.injected;
      totals.runs += session.runs;
      totals.violations += search.known.size;
    }
    if (replayed === undefined && options.partial !== true) checkUsed(waivers, used);
  } finally {
    for (const each of undo.reverse()) each();
  }
  totals.ms = Math.round(host.now() - begun);
  say({ summary: totals });
  return totals;
}

/**
 * @param {Search} search
 * @param {import('./types.mjs').Options} options
 * @param {number} seed
 * @param {number} until
 * @returns {Promise<boolean>} whether each failure at each point was tried
 */
async function searched(search, options, seed, until) {
  const { session } = search;
  const isOver = () => search.isFull || session.host.now() >= until;
  const whole = await search.run(singles(session, search.plan), until);
  if (options.pairs !== false && !isOver()) await search.run(pairs(session, seed, search.plan), until);
  if (options.random !== false && until < Infinity && !isOver()) await search.run(randoms(session, seed), until);
  return whole;
}

/**
 * One schedule, with whole stacks.
 * @param {Session} session
 * @param {Search} search
 * @param {import('./types.mjs').Schedule} schedule
 * @param {any} pkg
 */
async function replay(session, search, schedule, pkg) {
  const violation = await withStacks(pkg, () => session.try(schedule));
  if (violation !== undefined) await search.found(schedule, violation);
  const run = await session.play({ schedule, again: session.repeats });
  search.say({ replayed: { schedule, words: wordsOf(schedule, run, session.scenario), steps: run.ended.map((ended) => `${ended.name} ${ending(ended)}`) } });
}

/** A note that a class persists, and no site. @param {string} site */
const isOfClass = (site) => site.startsWith('persist@');

/**
 * The coverage of all scenarios together: one alone rarely comes to each export.
 * @param {Set<string>} union
 * @param {Set<string>} later
 * @param {any} pkg
 * @param {Injector} injector
 * @param {import('./types.mjs').Waiver[]} waivers
 * @param {Set<any>} used
 */
function coveredBy(union, later, pkg, injector, waivers, used) {
  const classes = Object.entries(pkg).filter(([, value]) => typeof value === 'function' && typeof value.prototype?.free === 'function').map(([name]) => name);
  const persistent = classes.filter((name) => union.has(`persist@${name}`));
  ofClasses(union, persistent);
  const visited = new Set([...union].filter((site) => !isOfClass(site)));
  const { exported: exports, imported: imports, promising } = injector.package;
  return coverage(universe({ exports, later, imports, promising, classes, persistent, visited }), visited, waivers, used);
}
