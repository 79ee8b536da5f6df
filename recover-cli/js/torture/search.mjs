// @ts-check
// Which schedules are tried: each failure at each point, pairs of which the second hits the recovery of the first, and
// random ones; and how a schedule that breaks a rule is made smaller. What is right is judge.mjs's.
import { takesAt } from './injector.mjs';
import { wordsOf } from './words.mjs';
import { randomOf, streamOf } from './world.mjs';

/** @typedef {import('./types.mjs').Schedule} Schedule @typedef {import('./types.mjs').Trace} Trace @typedef {import('./types.mjs').Entry} Entry */
/** @typedef {import('./types.mjs').Violation} Violation */
/** @typedef {import('./session.mjs').Session} Session */
/** @typedef {{ schedule: Schedule, site: string | undefined, nth?: number, how: import('./session.mjs').How, chooses?: import('./injector.mjs').Chooses }} Try */

/** A failure that can happen: at the nth point of its site, from 0. @typedef {{ entry: Entry, site: string, nth: number }} Failure */

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
 * @returns {Failure[]}
 */
export function failures(trace, from, said, collects) {
  /** @type {Failure[]} */
  const all = [];
  let collections = 0;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (let point = 0; point < trace.sites.length; point += 1) {
    const site = /** @type {string} */ (trace.sites[point]);
    const nth = counts.get(site) ?? 0;
    counts.set(site, nth + 1);
    if (point < from) continue;
    for (const action of takesAt(/** @type {string} */ (trace.kinds[point]), trace.promised.has(point), trace.signalled.has(point), said)) {
      if (action === 'gc') {
        collections += 1;
        if (!collects || collections > COLLECTED) continue;
      }
      all.push({ entry: { point, action }, site, nth });
    }
  }
  return all;
}

/**
 * The schedule whose first failure is at the nth point of its site in another trace, or at the last there is.
 * @param {Schedule} schedule
 * @param {string} site
 * @param {number} nth
 * @param {string[]} sites
 * @returns {Schedule}
 */
export function moved(schedule, site, nth, sites) {
  const points = sites.flatMap((each, point) => (each === site ? [point] : []));
  const point = points[Math.min(nth, points.length - 1)];
  const at = schedule.findIndex((entry) => entry.point >= 0);
  const entry = schedule[at];
  if (point === undefined || entry === undefined) return schedule;
  return schedule.with(at, { ...entry, point });
}

/** Whether the instance ends by it. @param {Entry} entry */
const isEnd = ({ action }) => action === 'trap' || action === 'restart';

/** How many trials of a kind follow each other, so that an instance grows old: what it keeps for a while is no leak then. */
const BLOCK = 64;

/**
 * The first of each failure at each site, then the second, and so on: what ends early has been everywhere.
 * @template {{ entry: Entry, site: string }} T
 * @param {T[]} all
 * @returns {T[]}
 */
export function broad(all) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  const ranked = all.map((each) => {
    const key = `${each.entry.action} ${each.entry.persistent} ${each.site}`;
    const rank = counts.get(key) ?? 0;
    counts.set(key, rank + 1);
    return { each, rank };
  });
  return ranked.sort((one, other) => one.rank - other.rank).map(({ each }) => each);
}

/**
 * Some of each list in turn, so that all end together.
 * @template T
 * @param {T[][]} lists
 * @returns {Generator<T>}
 */
export function* interleaved(lists) {
  const at = lists.map(() => 0);
  const share = (/** @type {number} */ index) => /** @type {number} */ (at[index]) / /** @type {T[]} */ (lists[index]).length;
  for (;;) {
    const open = lists.flatMap((list, index) => (/** @type {number} */ (at[index]) < list.length ? [index] : []));
    const index = open.reduce((/** @type {number | undefined} */ best, each) => (best === undefined || share(each) < share(best) ? each : best), undefined);
    if (index === undefined) return;
    const from = /** @type {number} */ (at[index]);
    at[index] = from + BLOCK;
    yield* /** @type {T[]} */ (lists[index]).slice(from, from + BLOCK);
  }
}

/**
 * Each failure, once and from there on: in a warm instance, in a fresh one, and in one that is ended behind the steps. Some
 * of each in turn, at each site first: what ends early has tried all ways.
 * @param {Session} session
 * @param {Plan} [plan]
 * @returns {AsyncGenerator<Try>}
 */
export async function* singles(session, plan = () => {}) {
  const { clean, injector, host } = session;
  const all = failures(clean.trace, 0, injector.said, host.gc !== undefined);
  const lasting = all.filter(({ entry }) => !ONCE.has(entry.action)).map((each) => ({ ...each, entry: { ...each.entry, persistent: true } }));
  const both = broad([...all, ...lasting]);
  /** @type {(how: Try['how']) => (each: Failure) => Try} */
  const as = (how) => ({ entry, site, nth }) => ({ schedule: [entry], site, nth, how });
  // Those that end the instance are by themselves: the others need one that grows old.
  const lists = [false, true].map((ends) => both.filter(({ entry }) => isEnd(entry) === ends).map(as('on')));
  if (session.pkg.recovery?.restart !== undefined) {
    // A fresh instance passes a few points more.
    const fresh = await session.play({ schedule: [{ point: -1, action: 'restart' }] });
    await session.again();
    const cold = broad(failures(fresh.trace, 0, injector.said, false));
    lists.push(cold.map(({ entry, site, nth }) => ({ schedule: [{ point: -1, action: 'restart' }, entry], site, nth, how: 'on' })));
    lists.push(both.map(as('ends')));
  }
  plan(lists.reduce((sum, { length }) => sum + length, 0));
  yield* interleaved(lists);
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
    const random = randomOf(streamOf(seed, number));
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

/** What a message says, whatever the values in it are. @param {string} message */
export const plain = (message) => message.replace(/"[^"]*"|'[^']*'/g, '""').replace(/\d+/g, '0').replace(/(?:(?:0|""), )+/g, '');

/** Whether two violations are the same fault. @param {Violation | undefined} one @param {Violation} other */
const isSame = (one, other) => one?.rule === other.rule && plain(one.message) === plain(other.message);

/** Whether all that a schedule has injected is in another one, too. @param {Schedule} schedule @param {Schedule} least */
export const contains = (schedule, least) => least.every(({ point, action, persistent }) => (
  schedule.some((entry) => entry.point === point && entry.action === action && entry.persistent === persistent)));

/**
 * The smallest schedule that shows the same fault, or as small a one as there was time for.
 * @param {Session} session
 * @param {Schedule} schedule
 * @param {Violation} violation
 * @param {() => boolean} [goesOn] is asked before each try
 */
export async function shrink(session, schedule, violation, goesOn = () => true) {
  let best = schedule;
  const breaks = async (/** @type {Schedule} */ candidate) => {
    if (!goesOn()) return false;
    await session.heal();
    return isSame(await session.try(candidate), violation);
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

/** How often what came elsewhere than it was to come is tried once more, and clean runs until an instance is warm. */
const AGAIN = 3, WARM = 8;
/** Time for what was found that is always there, in milliseconds. */
const LEAST = 500;

export class Search {
  /**
   * @param {Session} session
   * @param {number} seed
   * @param {(line: object) => void} say
   * @param {number} most violations that are told
   * @param {{ left: number }} allowance the time for making schedules smaller, in milliseconds
   */
  constructor(session, seed, say, most, allowance = { left: Infinity }) {
    this.session = session;
    this.seed = seed;
    this.most = most;
    this.allowance = allowance;
    this.done = 0;
    /** Those of searches that are over, and of the one under way. */
    this.before = 0;
    this.of = 0;
    /** How much of the allowance went into what was found. */
    this.spent = 0;
    this.told = session.host.now();
    /** The violations that were told, by what they are. @type {Set<string>} */
    this.known = new Set();
    /** Their rules and smallest schedules. @type {{ rule: string, smallest: Schedule }[]} */
    this.shown = [];
    /** @type {(line: object) => void} */
    this.say = (line) => { say({ scenario: session.scenario.name, ...line }); };
  }

  /** @type {Plan} */
  plan = (count) => { this.of = this.before + count; };

  /** Whether so much is broken that nothing more is learned. */
  get isFull() { return this.known.size >= this.most; }

  /** @param {object} [more] */
  progress(more) {
    const now = this.session.host.now();
    if (now - this.told < OFTEN) return;
    this.told = now;
    this.say({ done: this.done, of: Math.max(this.of, this.done), ...more });
  }

  /**
   * Tries schedules until there are no more, or the time is over: that which went into what was found comes on top.
   * @param {AsyncIterable<Try>} tries
   * @param {number} until in real milliseconds
   * @returns {Promise<boolean>} whether all were tried
   */
  async run(tries, until) {
    const { session } = this;
    const { spent } = this;
    const end = () => until + this.spent - spent;
    this.before = this.done;
    if (session.host.now() >= end()) {
      // How many there are is told all the same.
      await tries[Symbol.asyncIterator]().next();
      return false;
    }
    for await (const { schedule, ...how } of tries) {
      session.until = end();
      const violation = await this.attempt(schedule, how);
      this.done += 1;
      if (violation !== undefined) await this.found(schedule, violation);
      if (this.isFull || session.host.now() >= end()) return false;
      this.progress();
    }
    return true;
  }

  /**
   * Tries a schedule. Other points than in the run that was counted are passed by an instance that has not grown warm since
   * the last end, and by one whose code the engine has compiled anew: its frames have another size, so there are more
   * or fewer stack guards. What came elsewhere is tried once more, at the same place among the points that are passed now.
   * @param {Schedule} schedule is that place's in the end
   * @param {Omit<Try, 'schedule'>} how
   */
  async attempt(schedule, { nth = 0, ...how }) {
    const { session } = this;
    const { missed } = session;
    let violation = await session.try(schedule, how);
    for (let time = 0; time < AGAIN && violation === undefined && session.missed > missed; time += 1) {
      const sites = await this.passed(schedule);
      schedule.splice(0, schedule.length, ...moved(schedule, how.site ?? '', nth, sites));
      session.missed = missed;
      violation = await session.try(schedule, how);
    }
    return violation;
  }

  /** The points that a run passes now: in a fresh instance, or in one that has grown warm. @param {Schedule} schedule */
  async passed(schedule) {
    const { session } = this;
    const isFresh = schedule[0]?.point === -1;
    const counted = session.clean.trace.sites.join();
    /** @type {string[]} */
    let sites = [];
    for (let time = 0; time < (isFresh ? 1 : WARM) && sites.join() !== counted; time += 1) {
      ({ trace: { sites } } = await session.play(isFresh ? { schedule: schedule.slice(0, 1) } : {}));
    }
    if (isFresh) await session.again();
    session.level = session.player.figures();
    return sites;
  }

  /**
   * A rule is broken.
   * @param {Schedule} schedule
   * @param {Violation} violation
   */
  async found(schedule, violation) {
    const { session, seed, allowance } = this;
    // A failure that is enough by itself breaks the rule in whatever company.
    if (this.shown.some(({ rule, smallest }) => rule === violation.rule && contains(schedule, smallest))) return session.heal();
    const { host } = session;
    const began = host.now();
    const end = session.until = began + allowance.left;
    let tries = 0;
    const smallest = await shrink(session, schedule, violation, () => {
      this.progress({ shrinking: tries += 1 });
      return host.now() < end;
    });
    // What is told is tried once more, however late it is.
    session.until = Math.max(end, host.now() + LEAST);
    await session.heal();
    const final = await withStacks(session.pkg, () => session.try(smallest));
    const run = session.last;
    const isReproduced = isSame(final, violation);
    const { rule, message } = isReproduced ? /** @type {Violation} */ (final) : violation;
    await session.heal();
    // No more than is allowed comes on top of the budget.
    const took = Math.min(host.now() - began, allowance.left);
    this.spent += took;
    allowance.left -= took;
    if (run === undefined) return;
    // The same fault can be led to in many ways.
    const last = smallest.at(-1);
    const site = run.fired.find(({ point }) => point === last?.point)?.site ?? last?.point;
    const key = `${rule} ${plain(message)} ${last?.action} ${site}`;
    if (this.known.has(key)) return;
    this.known.add(key);
    if (isReproduced) this.shown.push({ rule, smallest });
    this.say({
      violation: {
        rule, message, seed, schedule, smallest, words: wordsOf(smallest, run, session.scenario), reproduced: isReproduced,
        report: reportOf(run.ended.map(({ error, first }) => first ?? error).find((error) => error !== undefined)),
      },
    });
  }
}
