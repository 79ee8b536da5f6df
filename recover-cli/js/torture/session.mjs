// @ts-check
// A scenario under torture: its clean runs, the references that runs are compared with, and the trial of one schedule. Which
// schedules there are is search.mjs's.
import { isLevel, leak, moved } from './figures.mjs';
import { absorbed, always, ending, failedSteps, judge, next, refusedSteps } from './judge.mjs';
import { Player } from './play.mjs';
import { Mistake } from './scenario.mjs';
import { Sites } from './sites.mjs';
import { print } from './state.mjs';

/** @typedef {import('./types.mjs').Run} Run @typedef {import('./types.mjs').Schedule} Schedule @typedef {import('./types.mjs').Violation} Violation */

/** Whether a run goes on, or its instance is ended behind the steps. @typedef {'on' | 'ends' | 'both'} How */

/** Clean runs until each passes what the last one did, at most. */
const WARM = 8;
/** How often a schedule is repeated whose figures differ, at most: the runtime keeps some freed blocks for a while. */
const REPEATS = 24;
/** So many in a row that are level are no leak: some grow only each second time. */
const QUIET = 4;
/** Instances that may be left: what the engine has not collected yet. */
const SPARE = 4;

/** The exports that were entered, and whose bodies were not. @param {string[]} sites of a run in which nothing fails */
function laterIn(sites) {
  const all = new Set(sites);
  const entered = [...all].filter((site) => site.startsWith('before@')).map((site) => site.slice('before@'.length));
  return new Set(entered.filter((name) => !all.has(`enter@${name}`)));
}
/** Trials in an instance that is young. */
const YOUNG = 8;

/** What a run is, in words. @param {import('./play.mjs').Order} order */
const told = ({ schedule = [], skip, ends }) => (schedule.length === 0 ? `a clean run${skip === undefined ? '' : ' without what failed'}`
  : `a run of ${JSON.stringify(schedule)}${ends ? ' and an end' : ''}`);

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
    /** The instances of other packages, and of other scenarios: those have the last that they were left with. */
    this.others = new Set(injector.memories);
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
    /** The same behind the first clean runs: some figures never move. @type {import('./types.mjs').Figures | undefined} */
    this.exact = undefined;
    /** What was wrong in runs that nobody judges: probes, references, repetitions. @type {Violation | undefined} */
    this.stray = undefined;
    /** Trials in this instance. */
    this.age = 0;
    /** What runs passed, and where failures happened in runs that were judged. */
    this.sites = new Sites();
    /** Those failures. */
    this.injected = 0;
    /** Until when something may be looked into, in real milliseconds. */
    this.until = Infinity;
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

  /** A run that nobody judges: what holds of each run is asked all the same. @param {import('./play.mjs').Order} order */
  async play(order) {
    const run = await this.made(order);
    const wrong = always(run);
    if (wrong !== undefined) this.stray ??= { rule: wrong.rule, message: `in ${told(order)}, ${wrong.message}` };
    return run;
  }

  /** What was wrong in a run that nobody judged. */
  strayed() {
    const { stray } = this;
    this.stray = undefined;
    return stray;
  }

  /** @param {import('./play.mjs').Order} order */
  async made(order) {
    this.runs += 1;
    const run = await this.player.play(order);
    this.sites.passes(run);
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
      const run = await this.made({});
      this.refuse(run);
      const sites = run.trace.sites.join();
      if (this.known !== undefined) {
        const message = next(run, { scenario: this.scenario, pkg, clean: this.known, skip: new Set(), reference: this.known });
        if (message !== undefined) throw new Mistake(`scenario \`${name}\`: two clean runs differ: ${message}`);
      }
      this.known = run;
      this.level = this.exact = this.player.figures();
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
    const run = this.last = await this.made(order);
    this.injected += this.sites.judged(run);
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
    const run = await this.made({});
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
    // What a probe met, which no trial has met so far.
    return this.strayed() ?? (how === 'ends' ? undefined : await this.tryOn(schedule, site, chooses))
      ?? (how === 'on' ? undefined : await this.tryEnd(schedule)) ?? this.strayed();
  }

  /**
   * @param {Schedule} schedule
   * @param {string | undefined} site
   * @param {import('./injector.mjs').Chooses | undefined} chooses
   */
  async tryOn(schedule, site, chooses) {
    const { injector } = this;
    const { epoch } = this.player;
    const label = injector.label = JSON.stringify({ schedule });
    // That which there is ends in it, maybe.
    const from = Math.max(0, injector.memories.length - 1);
    const { run, violation } = await this.judged({ schedule, again: this.repeats, evicts: this.persists, ...chooses !== undefined && { chooses } });
    if (chooses !== undefined) {
      schedule.push(...run.schedule);
      injector.label = JSON.stringify({ schedule });
      for (const memory of injector.memories.slice(from)) if (memory.schedule === label) memory.schedule = injector.label;
    }
    if (violation !== undefined) return violation;
    if (site !== undefined && run.fired[0]?.site !== site) this.missed += 1;
    return await this.again() ?? await this.leaks({ schedule, again: this.repeats }, epoch);
  }

  /** @param {Schedule} schedule */
  async tryEnd(schedule) {
    if (this.pkg.recovery?.restart === undefined) return undefined;
    const { epoch } = this.player;
    const order = { schedule, ends: true };
    this.injector.label = JSON.stringify(order);
    const { violation } = await this.judged(order);
    return violation ?? await this.again() ?? await this.leaks(order, epoch);
  }

  /**
   * The figures that a schedule says nothing about. Where nothing unwinds, frames that an exception passes keep what they had
   * allocated until the instance ends.
   * @param {Schedule} [schedule]
   * @returns {(keyof import('./types.mjs').Figures)[]}
   */
  except(schedule = []) {
    return this.strategy === 'abort' && schedule.some(({ action }) => action === 'throw' || action === 'reject') ? ['live', 'table'] : [];
  }

  /**
   * Repeats a run if the figures are not what they were.
   * @param {import('./play.mjs').Order} order
   * @param {number} epoch of the instance in which it began
   * @returns {Promise<Violation | undefined>}
   */
  async leaks(order, epoch) {
    const except = this.except(order.schedule);
    const now = this.player.figures();
    const isSame = this.player.epoch === epoch;
    const before = this.exact ?? now;
    const wrong = moved(now, before);
    if (wrong !== undefined) return { rule: 'leak', message: wrong };
    this.age = isSame ? this.age + 1 : 0;
    const { level } = this;
    this.level = now;
    if (isSame && level !== undefined && isLevel(now, level, except)) return undefined;
    // What an instance keeps for a while, it does not keep yet.
    if (this.age < YOUNG && this.levels.has(JSON.stringify(now))) return undefined;
    const figures = [now];
    const isQuiet = () => figures.length >= QUIET && figures.slice(-QUIET).every((each) => isLevel(each, /** @type {any} */ (figures.at(-1)), except));
    for (let time = 0; time < REPEATS && !isQuiet(); time += 1) {
      if (this.host.now() >= this.until) return this.unknown();
      await this.play(order);
      const violation = await this.again();
      if (violation !== undefined) return violation;
      const each = this.player.figures();
      const late = moved(each, before);
      if (late !== undefined) return { rule: 'leak', message: late };
      figures.push(each);
    }
    this.level = figures.at(-1);
    const message = isQuiet() ? undefined : await this.grown(order, except);
    if (message !== undefined) return { rule: 'leak', message };
    for (const each of figures) this.levels.add(JSON.stringify(each));
    return undefined;
  }

  /** There is no time to find out: what is there now is taken for the level. @returns {undefined} */
  unknown() {
    this.level = this.player.figures();
  }

  /**
   * What grows by a schedule, and not by clean runs alone: what only the collector gives back is no leak.
   * @param {import('./play.mjs').Order} order
   * @param {(keyof import('./types.mjs').Figures)[]} except
   */
  async grown(order, except) {
    /** @param {import('./play.mjs').Order} failing */
    const growth = async (failing) => {
      const figures = [this.player.figures()];
      for (let time = 0; time < REPEATS; time += 1) {
        if (this.host.now() >= this.until) return undefined;
        await this.play(failing);
        await this.play({});
        await this.collected();
        figures.push(this.player.figures());
      }
      this.level = figures.at(-1);
      return leak(figures, except);
    };
    const message = await growth(order);
    if (message === undefined || this.host.gc !== undefined) return message;
    return await growth({}) === undefined ? message : undefined;
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
      // What was broken is broken from here on, and no fault of what comes.
      this.level = this.exact = this.player.figures();
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
    // Errors and values of runs may hold the instance that they came from.
    this.references.clear();
    this.last = undefined;
    await this.again();
    const left = async () => {
      await host.macrotask();
      await this.collected();
      injector.memories = injector.memories.filter(({ memory }) => memory.deref() !== undefined);
      await host.macrotask();
      return injector.memories.filter((memory) => !this.others.has(memory)).map(({ schedule }) => schedule);
    };
    const survivors = await left();
    if (survivors.length <= SPARE) return undefined;
    for (const label of [...new Set(survivors)].slice(0, 8)) {
      if (label === '' || host.now() >= this.until) continue;
      const order = JSON.parse(label);
      const before = (await left()).length;
      for (let time = 0; time < 6; time += 1) await this.play(order);
      const now = (await left()).length;
      if (now - before >= 5) return { schedule: order.schedule, violation: { rule: 'instances', message: `each time an instance more is kept (${now} now)` } };
    }
    const kept = await left();
    const label = kept.find((each) => each !== '');
    if (kept.length <= SPARE || label === undefined || host.now() >= this.until) return undefined;
    return { schedule: JSON.parse(label).schedule, violation: { rule: 'instances', message: `${kept.length} instances are kept, and no failure alone keeps more` } };
  }
}
