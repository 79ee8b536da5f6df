// @ts-check
// Which schedules are tried: each failure at each point, pairs of which the second hits the recovery of the first, and
// random ones; and how a schedule that breaks a rule is made smaller. What is right is judge.mjs's.
import { takesAt } from './injector.mjs';
import { wordsOf } from './words.mjs';
import { randomOf } from './world.mjs';

/** @typedef {import('./types.mjs').Schedule} Schedule @typedef {import('./types.mjs').Trace} Trace @typedef {import('./types.mjs').Entry} Entry */
/** @typedef {import('./session.mjs').Session} Session */
/** @typedef {{ schedule: Schedule, site: string | undefined, how: import('./session.mjs').How, chooses?: import('./injector.mjs').Chooses }} Try */

/** Is told how many schedules there are, as far as that is known. @typedef {(count: number) => void} Plan */

/** What the host does once: it does not last. */
const ONCE = new Set(['gc', 'free', 'reenter', 'abort-signal']);
/** How often garbage is collected by an exhaustive search, which costs a millisecond. */
const COLLECTED = 4;
/** Progress is told so often, in milliseconds. */
const OFTEN = 200;

/**
 * Each failure that can happen in a run with this trace, from a point on.
 * @param {Trace} trace
 * @param {number} from
 * @param {Record<string, import('./types.mjs').Action[]> | undefined} said what the package says of its points
 * @param {boolean} collects
 * @returns {{ entry: Entry, site: string }[]}
 */
export function failures(trace, from, said, collects) {
  /** @type {{ entry: Entry, site: string }[]} */
  const all = [];
  let collections = 0;
  for (let point = from; point < trace.sites.length; point += 1) {
    const site = /** @type {string} */ (trace.sites[point]);
    for (const action of takesAt(/** @type {string} */ (trace.kinds[point]), trace.promised.has(point), trace.signalled.has(point), said)) {
      if (action === 'gc') {
        collections += 1;
        if (!collects || collections > COLLECTED) continue;
      }
      all.push({ entry: { point, action }, site });
    }
  }
  return all;
}

/** Whether the instance ends by it. @param {Entry} entry */
const isEnd = ({ action }) => action === 'trap' || action === 'restart';

/**
 * Each failure, once and from there on, in a warm instance and in a fresh one. Those that end no instance come first, so that
 * these live long: what an instance keeps for a while is no leak then. Last, each once more, with an end behind the steps.
 * @param {Session} session
 * @param {Plan} [plan]
 * @returns {AsyncGenerator<Try>}
 */
export async function* singles(session, plan = () => {}) {
  const { clean, injector, host } = session;
  const all = failures(clean.trace, 0, injector.said, host.gc !== undefined);
  const lasting = all.filter(({ entry }) => !ONCE.has(entry.action)).map(({ entry, site }) => ({ entry: { ...entry, persistent: true }, site }));
  const both = [...all, ...lasting];
  // A fresh instance passes a few points more.
  plan(2 * both.length + all.length);
  for (const ends of [false, true]) {
    for (const { entry, site } of both) if (isEnd(entry) === ends) yield { schedule: [entry], site, how: 'on' };
  }
  if (session.pkg.recovery?.restart === undefined) return;
  const fresh = await session.play({ schedule: [{ point: -1, action: 'restart' }] });
  await session.again();
  const cold = failures(fresh.trace, 0, injector.said, false);
  plan(2 * both.length + cold.length);
  for (const { entry, site } of cold) {
    yield { schedule: [{ point: -1, action: /** @type {const} */ ('restart') }, entry], site, how: 'on' };
  }
  for (const { entry, site } of both) yield { schedule: [entry], site, how: 'ends' };
}

/**
 * Pairs: after each failure, each that can follow. In another order than theirs, so that a budget meets all alike. The first
 * of each two kinds also has an end behind the steps.
 * @param {Session} session
 * @param {number} seed
 * @param {Plan} [plan]
 * @returns {AsyncGenerator<Try>}
 */
export async function* pairs(session, seed, plan = () => {}) {
  const { clean, injector } = session;
  const known = new Set();
  let [firsts, seconds] = [0, 0];
  for (const ends of [false, true]) {
    const first = shuffled(failures(clean.trace, 0, injector.said, false), randomOf(seed));
    for (const { entry, site } of first) {
      const { trace } = await session.play({ schedule: [entry] });
      await session.again();
      const second = failures(trace, entry.point + 1, injector.said, false);
      // As many as those before had; in the second round all are known.
      [firsts, seconds] = [firsts + 1, seconds + second.length];
      plan(Math.round(seconds / firsts * first.length));
      for (const { entry: then } of second) {
        if ((isEnd(entry) || isEnd(then)) !== ends) continue;
        const schedule = [entry, then];
        const key = `${entry.action} ${clean.trace.kinds[entry.point]} ${then.action} ${trace.kinds[then.point]}`;
        yield { schedule, site, how: !ends || known.has(key) ? 'on' : 'both' };
        if (ends) known.add(key);
      }
    }
  }
}

/** @template T @param {T[]} all @param {() => number} random */
function shuffled(all, random) {
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [/** @type {T} */ (all[other]), /** @type {T} */ (all[at])];
  }
  return all;
}

/** One in so many random schedules has an end behind the steps. */
const ENDS = 8;

/**
 * Random schedules, without end: a few failures a run, one in four of them for good. The run makes its schedule.
 * @param {Session} session
 * @param {number} seed
 * @returns {AsyncGenerator<Try>}
 */
export async function* randoms(session, seed) {
  for (let number = 0; ; number += 1) {
    const random = randomOf(seed + number);
    const odds = (1 + Math.floor(random() * 4)) / Math.max(1, session.clean.trace.sites.length);
    /** @type {import('./injector.mjs').Chooses} */
    const chooses = (takes) => {
      if (random() >= odds) return undefined;
      const able = takes.filter((action) => action !== 'gc');
      const action = able[Math.floor(random() * able.length)];
      return action === undefined ? undefined : { action, ...!ONCE.has(action) && random() < 0.25 && { persistent: true } };
    };
    yield { schedule: [], site: undefined, how: number % ENDS === 0 ? 'both' : 'on', chooses };
  }
}

/**
 * The smallest schedule that breaks the same rule.
 * @param {Session} session
 * @param {Schedule} schedule
 * @param {string} rule
 */
export async function shrink(session, schedule, rule) {
  let best = schedule;
  const breaks = async (/** @type {Schedule} */ candidate) => {
    await session.heal();
    return (await session.try(candidate))?.rule === rule;
  };
  for (let at = 0; at < best.length && best.length > 1;) {
    const without = best.filter((_, each) => each !== at);
    if (await breaks(without)) [best, at] = [without, 0];
    else at += 1;
  }
  for (const [at, entry] of best.entries()) {
    if (entry.persistent !== true) continue;
    const once = best.map((each, index) => (index === at ? { point: entry.point, action: entry.action } : each));
    if (await breaks(once)) best = once;
  }
  // The first point of the same site at which it does so.
  if (best.length === 1 && best[0] !== undefined && best[0].point > 0) {
    const [entry] = best;
    const { sites } = session.clean.trace;
    for (let point = 0; point < entry.point; point += 1) {
      if (sites[point] !== sites[entry.point]) continue;
      const earlier = [{ ...entry, point }];
      if (await breaks(earlier)) return earlier;
    }
  }
  return best;
}

/** How many frames an error has room for where somebody reads them. */
const FRAMES = 100;

/**
 * Has errors keep their stacks, or none: nobody reads those of a search, and they are half of what a failure costs.
 * @param {any} pkg
 * @param {boolean} kept
 */
export function stacks(pkg, kept) {
  Reflect.set(Error, 'stackTraceLimit', kept ? FRAMES : 0);
  if (pkg.recovery?.stacks !== undefined) pkg.recovery.stacks = kept ? 'full' : 'none';
}

/** @template T @param {any} pkg @param {() => Promise<T>} run */
export async function withStacks(pkg, run) {
  stacks(pkg, true);
  try {
    return await run();
  } finally {
    stacks(pkg, false);
  }
}

/** @param {any} error */
function reportOf(error) {
  if (typeof error !== 'object' || error === null) return error === undefined ? undefined : { name: typeof error, message: String(error) };
  const { name, message, code, kind, location, stack, cause } = error;
  return { name, message, code, kind, location, stack, ...cause !== undefined && { cause: String(cause?.message ?? cause) } };
}

export class Search {
  /**
   * @param {Session} session
   * @param {number} seed
   * @param {(line: object) => void} say
   * @param {number} most violations that are told
   */
  constructor(session, seed, say, most) {
    this.session = session;
    this.seed = seed;
    this.most = most;
    this.done = 0;
    /** Those of searches that are over, and of the one under way. */
    this.before = 0;
    this.of = 0;
    this.told = session.host.now();
    /** The violations that were told, by what they are. @type {Set<string>} */
    this.known = new Set();
    /** @type {(line: object) => void} */
    this.say = (line) => { say({ scenario: session.scenario.name, ...line }); };
  }

  /** @type {Plan} */
  plan = (count) => { this.of = this.before + count; };

  /** Whether so much is broken that nothing more is learned. */
  get isFull() { return this.known.size >= this.most; }

  progress() {
    const now = this.session.host.now();
    if (now - this.told < OFTEN) return;
    this.told = now;
    this.say({ done: this.done, of: Math.max(this.of, this.done) });
  }

  /**
   * Tries schedules until there are no more, or the time is over.
   * @param {AsyncIterable<Try>} tries
   * @param {number} until in real milliseconds
   * @returns {Promise<boolean>} whether all were tried
   */
  async run(tries, until) {
    const { session } = this;
    this.before = this.done;
    for await (const { schedule, ...how } of tries) {
      const violation = await session.try(schedule, how);
      this.done += 1;
      if (violation !== undefined) await this.found(schedule, violation);
      if (this.isFull || session.host.now() >= until) return false;
      this.progress();
    }
    return true;
  }

  /**
   * A rule is broken.
   * @param {Schedule} schedule
   * @param {import('./types.mjs').Violation} violation
   */
  async found(schedule, violation) {
    const { session, seed } = this;
    const smallest = await shrink(session, schedule, violation.rule);
    await session.heal();
    const final = await withStacks(session.pkg, () => session.try(smallest));
    const run = session.last;
    const isReproduced = final?.rule === violation.rule;
    const { rule, message } = isReproduced ? final : violation;
    await session.heal();
    if (run === undefined) return;
    // The same fault can be led to in many ways.
    const last = smallest.at(-1);
    const site = run.fired.find(({ point }) => point === last?.point)?.site ?? last?.point;
    const key = `${rule} ${message.replace(/\d+/g, '0')} ${last?.action} ${site}`;
    if (this.known.has(key)) return;
    this.known.add(key);
    this.say({
      violation: {
        rule, message, seed, schedule, smallest, words: wordsOf(smallest, run, session.scenario), reproduced: isReproduced,
        report: reportOf(run.ended.map(({ error, first }) => first ?? error).find((error) => error !== undefined)),
      },
    });
  }
}
