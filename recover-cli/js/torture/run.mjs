// @ts-check
// Tortures a package by scenarios: the entry for the drivers of engines. It prints nothing: `say` gets lines.
import { checkUsed, coverage, ofClasses, universe, waiversOf } from './coverage.mjs';
import { hostOf } from './host.mjs';
import { Injector } from './injector.mjs';
import { Mistake, scenarioOf, scheduleOf } from './scenario.mjs';
import { Search, pairs, randoms, singles, stacks, withStacks } from './search.mjs';
import { Session } from './session.mjs';
import { Sites } from './sites.mjs';
import { ending } from './judge.mjs';
import { wordsOf } from './words.mjs';
import { World } from './world.mjs';

export { Mistake };

/** Of a budget, so much comes on top for making schedules smaller; so many milliseconds at least. */
const SHARE = 5, ALLOWED = 1000;

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
  /** What came to pass in all scenarios, and the exports whose bodies run later. */
  const union = new Sites();
  /** @type {Set<string>} */
  const later = new Set();
  const byChance = options.pairs !== false || options.random !== false;
  /** The end of the time, and what there is more of it for making schedules smaller. */
  let end = options.budget === undefined ? Infinity : begun + options.budget;
  const allowance = { left: options.budget === undefined ? Infinity : Math.max(ALLOWED, options.budget / SHARE) };
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
      // Between steps, and where handles are freed behind them, there are points for every scenario.
      if (session.clean.trace.sites.every((site) => /@(outside|__wbg_\w+_free)$/.test(site))) throw new Mistake(`scenario \`${scenario.name}\`: its steps call nothing of the package; each step is one call of an export`);
      say({ scenario: scenario.name, counted: session.clean.trace.sites.length });
      const search = new Search(session, seed, say, options.violations ?? 20, allowance);
      if (replayed !== undefined) {
        await replay(session, search, replayed, pkg);
      } else {
        const now = host.now();
        const until = now + Math.max(0, end - now) / (scenarios.length - index);
        const told = await searched(search, options, seed, until);
        session.until = Math.max(until, host.now() + ALLOWED);
        const kept = await session.instances();
        if (kept !== undefined) await search.found(kept.schedule, kept.violation);
        end += search.spent;
        say({ scenario: scenario.name, done: search.done, of: search.done });
        say({ scenario: scenario.name, searched: told });
        for (const site of session.sites.tortured) union.tortured.add(site);
        for (const site of session.sites.passed) union.passed.add(site);
        for (const name of session.sites.persistent) union.persistent.add(name);
        for (const name of session.later) later.add(name);
        const isLast = index === scenarios.length - 1;
        const sites = isLast ? union : session.sites;
        const covered = coveredBy(sites, later, pkg, injector, isLast ? waivers : [], used, byChance);
        say({ scenario: scenario.name, coverage: isLast ? covered : { ...covered, passed: [], never: [] } });
      }
      totals.injected += session.injected;
      totals.runs += session.runs;
      totals.violations += search.known.size;
    }
  } finally {
    for (const each of undo.reverse()) each();
  }
  totals.ms = Math.round(host.now() - begun);
  say({ summary: totals });
  // What was found is told first.
  if (replayed === undefined && options.partial !== true) checkUsed(waivers, used);
  return totals;
}

/**
 * @param {Search} search
 * @param {import('./types.mjs').Options} options
 * @param {number} seed
 * @param {number} until
 * @returns {Promise<object>} how many of the failures at each point were tried, and how much more there was
 */
async function searched(search, options, seed, until) {
  const { session } = search;
  const { exhaustive = false } = options;
  const isOver = () => search.isFull || session.host.now() >= until + search.spent;
  const whole = await search.run(singles(session, search.plan), exhaustive ? Infinity : until);
  const [tried, of] = [search.done, search.of];
  if (options.pairs !== false && !isOver()) await search.run(pairs(session, seed, search.plan), until + search.spent);
  const paired = search.done - tried;
  if (options.random !== false && until < Infinity && !isOver()) await search.run(randoms(session, seed), until + search.spent);
  return { tried, of, whole, missed: session.missed, pairs: paired, randoms: search.done - tried - paired, spent: Math.round(search.spent) };
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
  const words = wordsOf(schedule, run, session.scenario);
  const isReached = schedule.some(({ point }) => point === -1 ? schedule.length === 1 : run.fired.some((fired) => fired.point === point && fired.idle !== true));
  const { sites } = run.trace;
  const why = schedule.filter(({ point }) => point >= 0).map(({ point, action }) => (
    sites[point] === undefined ? `point ${point} is not reached` : `\`${action}\` does nothing at point ${point} (${sites[point]})`));
  if (violation === undefined && !isReached) search.say({ unreached: `${why.join(', and ')}; the run passes ${sites.length} points` });
  search.say({ replayed: { schedule, words, steps: run.ended.map((ended) => `${ended.name} ${ending(ended)}`) } });
}

/**
 * The coverage of all scenarios together: one alone rarely comes to each export.
 * @param {Sites} sites
 * @param {Set<string>} later
 * @param {any} pkg
 * @param {Injector} injector
 * @param {import('./types.mjs').Waiver[]} waivers
 * @param {Set<any>} used
 * @param {boolean} byChance
 */
function coveredBy(sites, later, pkg, injector, waivers, used, byChance) {
  const classes = Object.entries(pkg).filter(([, value]) => typeof value === 'function' && typeof value.prototype?.free === 'function').map(([name]) => name);
  const persistent = classes.filter((name) => sites.persistent.has(name));
  const [tortured, passed] = [new Set(sites.tortured), new Set(sites.passed)];
  ofClasses(tortured, persistent);
  ofClasses(passed, persistent);
  const { exported: exports, imported: imports, promising } = injector.package;
  return coverage(universe({ exports, later, imports, promising, classes, persistent }), { tortured, passed }, waivers, used, byChance);
}
