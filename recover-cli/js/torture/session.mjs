// @ts-check
// A scenario under torture: its clean runs, the references that runs are compared with, and the trial of one schedule. Which
// schedules there are is search.mjs's.
import { absorbed, ending, failedSteps, isLevel, judge, leak, next, refusedSteps } from './judge.mjs';
import { Player } from './play.mjs';
import { Mistake } from './scenario.mjs';
import { print } from './state.mjs';

/** @typedef {import('./types.mjs').Run} Run @typedef {import('./types.mjs').Schedule} Schedule @typedef {import('./types.mjs').Violation} Violation */

/** Whether a run goes on, or its instance is ended behind the steps. @typedef {'on' | 'ends' | 'both'} How */

/** Clean runs until each passes what the last one did, at most. */
const WARM = 8;
/** How often a schedule is repeated whose figures differ, at most: the runtime keeps some freed blocks for a while. */
const REPEATS = 24;

/** The exports that were entered, and whose bodies were not. @param {string[]} sites of a run in which nothing fails */
function laterIn(sites) {
  const all = new Set(sites);
  const entered = [...all].filter((site) => site.startsWith('before@')).map((site) => site.slice('before@'.length));
  return new Set(entered.filter((name) => !all.has(`enter@${name}`)));
}
/** Trials in an instance that is young. */
const YOUNG = 8;

export class Session {
  /**
   * @param {any} pkg
   * @param {import('./types.mjs').Scenario} scenario
   * @param {import('./types.mjs').Host} host
   * @param {import('./world.mjs').World} world
   * @param {import('./injector.mjs').Injector} injector
   * @param {'unwind' | 'abort'} [strategy] of the build
   */
  constructor(pkg, scenario, host, world, injector, strategy = 'unwind') {
    this.strategy = strategy;
    this.scenario = scenario;
    this.host = host;
    this.injector = injector;
    this.player = new Player(pkg, scenario, host, world, injector);
    /** A clean run. @type {Run | undefined} */
    this.known = undefined;
    /** @type {Map<string, Run>} */
    this.references = new Map();
    /** Figures of fresh instances that were repeated and are no leak. @type {Set<string>} */
    this.levels = new Set();
    /** What is at the end of a clean run in the instance that there is. @type {import('./types.mjs').Figures | undefined} */
    this.level = undefined;
    /** Trials in this instance. */
    this.age = 0;
    /** Sites that were passed, and failures that happened at them. @type {Set<string>} */
    this.visited = new Set();
    this.injected = 0;
    this.runs = 0;
    /** Exports whose bodies run later, under a tick. @type {Set<string>} */
    this.later = new Set();
    /** The last run that was judged. @type {Run | undefined} */
    this.last = undefined;
    /** Trials whose first failure did not come where it was to come. */
    this.missed = 0;
  }

  get pkg() { return this.player.pkg; }

  get clean() { return /** @type {Run} */ (this.known); }

  get persists() { return this.clean.handles.some(({ persists }) => persists); }

  /** @param {import('./play.mjs').Order} order */
  async play(order) {
    this.runs += 1;
    const run = await this.player.play(order);
    this.injected += run.fired.length;
    const { visited } = this;
    for (const site of run.trace.sites) visited.add(site);
    for (const { action, site, kind } of run.fired) {
      if (action === 'restart') visited.add(`restart${site.slice(kind.length)}`);
      else if (kind.startsWith('import:')) visited.add(`${action}@${kind}`);
    }
    for (const { className, persists } of run.handles) {
      visited.add(`free@${className}`);
      if (persists) visited.add(`persist@${className}`);
      if (run.fired.some(({ action }) => action === 'gc')) visited.add(`gc@${className}`);
    }
    return run;
  }

  /** Whether a step that failed is made again: not if it fails in a clean run, too. @param {import('./types.mjs').Ended} ended @param {number} step */
  repeats = (ended, step) => ending(ended) !== ending(this.clean.ended[step]);

  /** The counting runs: they end when one passes the points of the last. */
  async prepare() {
    const { pkg, scenario: { name, restartLimit } } = this;
    pkg.recovery?.setRestartLimit?.(restartLimit ?? { restarts: Infinity, period: 1 });
    let before = '';
    for (let time = 0; time < WARM; time += 1) {
      const run = await this.play({});
      this.refuse(run);
      const sites = run.trace.sites.join();
      if (this.known !== undefined) {
        const message = next(run, { scenario: this.scenario, pkg, clean: this.known, skip: new Set(), reference: this.known });
        if (message !== undefined) throw new Mistake(`scenario \`${name}\`: two clean runs differ: ${message}`);
      }
      this.known = run;
      this.level = this.player.figures();
      if (sites === before) {
        this.later = laterIn(run.trace.sites);
        return;
      }
      before = sites;
    }
    throw new Mistake(`scenario \`${name}\`: no two clean runs pass the same points; what it does must be the same each time`);
  }

  /** Refuses a scenario whose clean run is not right. @param {Run} run */
  refuse(run) {
    const { name } = this.scenario;
    const wrong = (/** @type {string} */ what) => new Mistake(`scenario \`${name}\`, in a run in which nothing fails: ${what}`);
    if (run.setupError !== undefined) throw wrong(`setup ended with ${print(run.setupError)}`);
    const violation = judge(run, { scenario: this.scenario, pkg: this.pkg, clean: run, skip: new Set(), reference: run });
    if (violation !== undefined) throw wrong(violation.message);
    for (const ended of run.ended) {
      const { name: step, outcome, stuck, error } = ended;
      if (stuck !== 'no') throw wrong(`the promise of ${step} does not settle`);
      if (outcome === 'failed' && !run.expects.some((each) => error instanceof each)) throw wrong(`${step} ${ending(ended)}; if it may, say so in the step: t.expects(TheClass)`);
    }
    if (run.observeError !== undefined) throw wrong(`observe() ended with ${print(run.observeError)}`);
  }

  /**
   * A clean run without some steps, in which these imports fail.
   * @param {Set<number>} skip
   * @param {Map<string, import('./types.mjs').Action>} imports
   */
  async reference(skip, imports) {
    if (skip.size === 0 && imports.size === 0) return this.clean;
    const key = `${[...skip].join()};${[...imports].join()}`;
    let run = this.references.get(key);
    if (run === undefined) this.references.set(key, run = await this.play({ skip, absorbed: imports }));
    return run;
  }

  /**
   * Makes a run and judges it.
   * @param {import('./play.mjs').Order} order
   * @returns {Promise<{ run: Run, violation: Violation | undefined }>}
   */
  async judged(order) {
    const run = this.last = await this.play(order);
    const { scenario, pkg, clean } = this;
    const imports = absorbed(run);
    let skip = failedSteps(run, clean);
    let reference = await this.reference(skip, imports);
    for (let more = refusedSteps(run, clean, skip, reference); more.size > skip.size; more = refusedSteps(run, clean, skip, reference)) {
      skip = more;
      reference = await this.reference(skip, imports);
    }
    return { run, violation: judge(run, { scenario, pkg, clean, skip, reference }) };
  }

  /** A run in which nothing fails, in the same process. @returns {Promise<Violation | undefined>} */
  async again() {
    const { scenario, pkg, clean } = this;
    const run = await this.play({});
    const against = { scenario, pkg, clean, skip: /** @type {Set<number>} */ (new Set()), reference: clean };
    const message = next(run, against);
    if (message !== undefined) return { rule: 'next', message };
    const violation = judge(run, against);
    return violation && { rule: violation.rule, message: `in the clean run that followed: ${violation.message}` };
  }

  /**
   * Tries a schedule: in a run that goes on, in one whose instance is ended behind the steps, or in both. A clean run follows each.
   * @param {Schedule} schedule
   * @param {{ site?: string | undefined, how?: How, chooses?: import('./injector.mjs').Chooses }} [how] the site of its first failure; if
   *   the run makes the schedule, that is empty
   * @returns {Promise<Violation | undefined>}
   */
  async try(schedule, { site, how = 'both', chooses } = {}) {
    this.injector.label = JSON.stringify(schedule);
    return (how === 'ends' ? undefined : await this.tryOn(schedule, site, chooses)) ?? (how === 'on' ? undefined : await this.tryEnd(schedule));
  }

  /**
   * @param {Schedule} schedule
   * @param {string | undefined} site
   * @param {import('./injector.mjs').Chooses | undefined} chooses
   */
  async tryOn(schedule, site, chooses) {
    const { epoch } = this.player;
    const { run, violation } = await this.judged({ schedule, again: this.repeats, evicts: this.persists, ...chooses !== undefined && { chooses } });
    if (chooses !== undefined) schedule.push(...run.schedule);
    if (violation !== undefined) return violation;
    if (site !== undefined && run.fired[0]?.site !== site) this.missed += 1;
    return await this.again() ?? await this.leaks(schedule, epoch);
  }

  /** @param {Schedule} schedule */
  async tryEnd(schedule) {
    if (this.pkg.recovery?.restart === undefined) return undefined;
    const { violation } = await this.judged({ schedule, ends: true });
    const last = violation ?? await this.again();
    this.level = this.player.figures();
    return last;
  }

  /**
   * Repeats the schedule if the figures are not what they were.
   * @param {Schedule} schedule
   * @param {number} epoch of the instance in which it began
   * @returns {Promise<Violation | undefined>}
   */
  async leaks(schedule, epoch) {
    const now = this.player.figures();
    const isSame = this.player.epoch === epoch;
    // Where nothing unwinds, frames that an exception passes keep what they had allocated until the instance ends.
    if (this.strategy === 'abort' && schedule.some(({ action }) => action === 'throw' || action === 'reject')) {
      this.level = now;
      return undefined;
    }
    this.age = isSame ? this.age + 1 : 0;
    if (isSame && this.level !== undefined && isLevel(now, this.level)) return undefined;
    // What an instance keeps for a while, it does not keep yet.
    if (this.age < YOUNG && this.levels.has(JSON.stringify(now))) {
      this.level = now;
      return undefined;
    }
    const figures = [now];
    for (let time = 0; time < REPEATS; time += 1) {
      await this.play({ schedule, again: this.repeats });
      const violation = await this.again();
      if (violation !== undefined) return violation;
      figures.push(this.player.figures());
      // Two that are level are no leak.
      if (isLevel(/** @type {any} */ (figures.at(-1)), /** @type {any} */ (figures.at(-2)))) break;
    }
    this.level = figures.at(-1);
    const message = figures.length > REPEATS ? await this.grown(schedule) : undefined;
    if (message !== undefined) return { rule: 'leak', message };
    for (const each of figures) this.levels.add(JSON.stringify(each));
    return undefined;
  }

  /**
   * What grows by a schedule, and not by clean runs alone: what only the collector gives back is no leak.
   * @param {Schedule} schedule
   */
  async grown(schedule) {
    /** @param {Schedule | undefined} failing */
    const growth = async (failing) => {
      const figures = [];
      for (let time = 0; time < REPEATS; time += 1) {
        await this.play(failing === undefined ? {} : { schedule: failing, again: this.repeats });
        await this.play({});
        await this.collected();
        figures.push(this.player.figures());
      }
      return figures;
    };
    const message = leak(await growth(schedule));
    this.level = this.player.figures();
    if (message === undefined || this.host.gc !== undefined) return message;
    const clean = leak(await growth(undefined));
    this.level = this.player.figures();
    return clean === undefined ? message : undefined;
  }

  /** What nobody holds is collected, where the engine can be asked for that. */
  async collected() {
    const { gc, macrotask } = this.host;
    for (let time = 0; time < 2 && gc !== undefined; time += 1) {
      gc();
      await macrotask();
      await macrotask();
    }
  }

  /** Makes a sound instance, after something was broken; whether that is possible. */
  async heal() {
    try {
      await this.pkg.recovery?.restart?.();
      const violation = await this.again();
      this.level = this.player.figures();
      return violation === undefined;
    } catch {
      return false;
    }
  }

  /**
   * Instances that are still there though nobody has them.
   * @returns {Promise<{ violation: Violation, schedule: Schedule } | undefined>}
   */
  async instances() {
    const { host, injector } = this;
    if (host.gc === undefined) return undefined;
    const left = async () => {
      await host.macrotask();
      await this.collected();
      injector.memories = injector.memories.filter(({ memory }) => memory.deref() !== undefined);
      await host.macrotask();
      return injector.memories.map(({ schedule }) => schedule);
    };
    const survivors = await left();
    if (survivors.length <= 4) return undefined;
    for (const label of [...new Set(survivors)].slice(0, 8)) {
      if (label === '') continue;
      const schedule = JSON.parse(label);
      const before = (await left()).length;
      for (let time = 0; time < 6; time += 1) await this.play({ schedule });
      const now = (await left()).length;
      if (now - before >= 5) return { schedule, violation: { rule: 'instances', message: `each time an instance more is kept (${now} now)` } };
    }
    return undefined;
  }
}
