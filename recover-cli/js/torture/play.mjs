// @ts-check
// One run of a scenario: its steps, with what a schedule injects, and all that can be seen of it from outside. Nothing is
// judged here (judge.mjs), and nothing chosen (search.mjs).
import { pause } from './host.mjs';
import { reenter } from './reenter.mjs';
import { handlesIn, print } from './state.mjs';
import { Touch } from './touch.mjs';

/** @typedef {import('./types.mjs').Run} Run @typedef {import('./types.mjs').Schedule} Schedule @typedef {import('./types.mjs').Ended} Ended */
/** @typedef {import('./types.mjs').Scenario} Scenario @typedef {import('./types.mjs').Fired} Fired @typedef {import('./types.mjs').Action} Action */

/**
 * @typedef {object} Order how a run is made
 * @property {Schedule} [schedule]
 * @property {Set<number>} [skip] steps that are not made
 * @property {Map<string, Action>} [absorbed] imports that fail, by step, name and number
 * @property {(ended: Ended, step: number) => boolean} [again] whether what failed and says `retryable` is made again
 * @property {boolean} [evicts] whether the objects that persist leave the memory behind the steps, and the state is looked at once more
 * @property {boolean} [ends] whether the instance is ended behind the steps, and the state looked at once more
 * @property {import('./injector.mjs').Chooses} [chooses] in place of a schedule
 */

/** How many tasks of the engine may pass until a promise settles, where something may still happen. */
const PATIENCE = 3, TIMERS = 10_000;
/** What the questions to objects are (shared.toml, `inspect`). */
const IS_POISONED = 3, IS_STALE = 4, IS_BUSY = 5;

/** @param {any} value @returns {value is PromiseLike<unknown>} */
const isPromise = (value) => typeof value?.then === 'function';

/** What a promise is waited by. @typedef {{ settled: boolean }} Watched */

/** Whether an error says what it is called. @param {any} error @param {string} name */
export const isNamed = (error, name) => typeof error === 'object' && error !== null && error.name === name;

export class Player {
  /**
   * @param {any} pkg
   * @param {Scenario} scenario
   * @param {import('./types.mjs').Host} host
   * @param {import('./world.mjs').World} world
   * @param {import('./injector.mjs').Injector} injector
   */
  constructor(pkg, scenario, host, world, injector) {
    this.pkg = pkg;
    this.scenario = scenario;
    this.host = host;
    this.world = world;
    this.injector = injector;
    /** What nobody caught, in the run under way. @type {unknown[]} */
    this.uncaught = [];
    /** What recovery.onPanic heard. @type {unknown[]} */
    this.heard = [];
    /** @type {Function[]} */
    this.expects = [];
    /** @type {AbortController[]} */
    this.controllers = [];
    /** @type {unknown[]} */
    this.owned = [];
    /** @type {unknown} */
    this.state = undefined;
    /** The handles that a schedule freed. @type {Set<unknown>} */
    this.freed = new Set();
    /** Calls that overlap. */
    this.open = 0;
    /** Promises of the host's own actions. @type {Promise<unknown>[]} */
    this.actions = [];
    /** Which classes persist. @type {WeakMap<object, boolean>} */
    this.persisting = new WeakMap();
    this.touch = new Touch();
    /** What each step had. @type {Map<Ended, Set<object>>} */
    this.had = new Map();
    /** What each injection freed. @type {Map<Fired, object>} */
    this.freeing = new Map();
    this.tools = this.toolsOf();
  }

  /** @returns {import('./types.mjs').Tools} */
  toolsOf() {
    const { world } = this;
    return {
      random: () => world.random(),
      now: () => world.date(),
      advance: (ms) => { world.advance(ms); },
      signal: () => {
        const controller = new AbortController();
        this.controllers.push(controller);
        return controller.signal;
      },
      own: (handle) => {
        if (!this.owned.includes(handle)) this.owned.push(handle);
        return handle;
      },
      assert(value, message) {
        if (!value) throw new Error(message ?? 'what the scenario asserts does not hold');
      },
      expects: (...classes) => {
        for (const each of classes) if (!this.expects.includes(each)) this.expects.push(each);
      },
    };
  }

  get links() { return this.injector.links; }

  get epoch() { return this.links?.gate?.epoch ?? 0; }

  /** What must be at the end of a run as it was at the beginning. @returns {import('./types.mjs').Figures} */
  figures() {
    const { links, injector } = this;
    const exports = /** @type {any} */ (injector.exports);
    const table = exports?.__wbindgen_externrefs ?? exports?.__wbindgen_export_externrefs;
    let slots = 0;
    if (table instanceof WebAssembly.Table) {
      for (let at = 0, { length } = table; at < length; at += 1) {
        const value = table.get(at);
        if (value !== null && value !== undefined) slots += 1;
      }
    }
    const { gate } = links ?? {};
    let records = 0;
    for (const count of Object.values(links?.classes?.() ?? {})) records += /** @type {number} */ (count);
    return {
      live: links?.liveBytes?.() ?? 0,
      table: slots,
      stack: exports?.__stack_pointer?.value ?? 0,
      records,
      promises: gate?.promises?.size ?? 0,
      depth: gate?.depth ?? 0,
    };
  }

  /**
   * Makes a run.
   * @param {Order} order
   * @returns {Promise<Run>}
   */
  async play(order) {
    const { injector, world, scenario } = this;
    const { schedule = [], skip, absorbed, again = () => false, evicts = false, ends = false, chooses } = order;
    world.reset();
    injector.reset(schedule);
    this.uncaught = [];
    this.heard = [];
    this.expects = [];
    this.controllers = [];
    this.owned = [];
    this.state = undefined;
    this.freed = new Set();
    this.had = new Map();
    this.freeing = new Map();
    this.touch.reset();
    this.actions = [];
    this.open = 0;
    injector.hasSignal = () => this.controllers.some(({ signal }) => !signal.aborted);
    injector.act = (action, fired) => { this.act(action, fired); };
    for (const [key, action] of absorbed ?? []) injector.absorbed.set(key, action);
    injector.chooses = chooses;
    const first = this.epoch;
    /** @type {Run} */
    const run = {
      schedule: chooses === undefined ? schedule : injector.chosen, ended: [], fired: injector.fired, trace: injector.trace, observed: undefined, observeError: undefined, handles: [],
      after: undefined, invariantError: undefined, teardownErrors: [], setupError: undefined, uncaught: this.uncaught, heard: this.heard,
      deadCalls: injector.deadCalls, expects: this.expects, reasons: [], epochs: { first, last: first },
    };
    // The ends of other runs are none of this one.
    if (scenario.restartLimit !== undefined) await this.pkg.recovery.restart();
    if (schedule[0]?.point === -1) {
      injector.on = true;
      await this.pkg.recovery.restart();
      injector.on = false;
    }
    try {
      const made = scenario.setup(this.pkg, this.tools);
      this.state = isPromise(made) ? await made : made;
    } catch (error) {
      run.setupError = error;
      return run;
    }
    run.epochs.first = this.epoch;
    injector.on = true;
    await this.steps(run, skip, again);
    injector.on = false;
    const look = await this.look(run);
    [run.observed, run.observeError, run.handles] = [look.observed, look.observeError, look.handles];
    this.nameHad(run);
    run.reasons = this.controllers.map(({ signal }) => signal.reason);
    if (ends) {
      // What was a defined state before is one in the next instance.
      await this.pkg.recovery.restart();
      run.after = { how: 'ended', ...await this.look(undefined) };
    } else {
      if (evicts && this.links?.makeRoom?.()) run.after = { how: 'evicted', ...await this.look(undefined) };
      this.clear(run);
    }
    await this.drain();
    injector.on = !ends;
    injector.begin(scenario.steps.length);
    await this.teardown(run);
    injector.on = false;
    await this.host.macrotask();
    this.state = undefined;
    this.owned = [];
    run.epochs.last = this.epoch;
    return run;
  }

  /** Says of each call which objects it had. @param {Run} run */
  nameHad(run) {
    const paths = handlesIn(this.state, this.owned);
    const path = (/** @type {object} */ handle) => paths.get(handle) ?? 'one that is not in the state';
    const unseen = [...paths].flatMap(([handle, each]) => (this.touch.watch(handle) ? [] : [each]));
    for (const ended of run.ended) ended.had = new Set([...[...this.had.get(ended) ?? []].map(path), ...unseen]);
    for (const [fired, handle] of this.freeing) fired.path = path(handle);
  }

  /** What waits for a time has it come: what happens then is a part of the run. */
  async drain() {
    for (let timer = 0; timer < TIMERS && this.world.next() !== undefined; timer += 1) {
      // Those that come again and again have no end.
      if ([...this.world.timers.values()].every(({ every }) => every !== undefined)) break;
      this.world.step();
      await this.host.macrotask();
    }
  }

  /**
   * @param {Run} run
   * @param {Set<number> | undefined} skip
   * @param {(ended: Ended, step: number) => boolean} again
   */
  async steps(run, skip, again) {
    const { injector, scenario: { steps } } = this;
    /** @type {(Watched & { step: number, ended: Ended })[]} */
    const open = [];
    for (const [at, step] of steps.entries()) {
      /** @type {Ended} */
      const ended = {
        name: step.name, outcome: 'skipped', value: undefined, error: undefined, stuck: 'no', from: injector.fired.length, to: 0, epoch: this.epoch,
        together: open.length > 0, again: 'no', first: undefined, had: new Set(),
      };
      run.ended.push(ended);
      if (skip?.has(at)) continue;
      injector.begin(at);
      injector.own('step');
      if (this.actions.length > 0) await this.acted();
      // What the host did before is nothing that failed in it.
      ended.from = injector.fired.length;
      const watched = { settled: true, step: at, ended };
      this.call(step, watched);
      if (!watched.settled) {
        if (step.overlap) {
          open.push(watched);
          this.open += 1;
          open.forEach((each) => { each.ended.together = open.length > 1; });
        } else {
          await this.settle([watched]);
        }
      }
      if (watched.settled && ended.outcome === 'failed' && again(ended, at)) await this.repeat(step, ended);
    }
    if (open.length > 0) await this.settle(open);
    // What was detached ends, too.
    if (this.actions.length > 0) await this.acted();
  }

  /**
   * @param {import('./types.mjs').Step} step
   * @param {Watched & { ended: Ended }} watched
   */
  call(step, watched) {
    const { ended } = watched;
    const { injector, touch } = this;
    const had = this.had.get(ended) ?? new Set();
    this.had.set(ended, had);
    touch.begin(had);
    const done = (/** @type {unknown} */ value) => {
      [ended.outcome, ended.value, ended.to, ended.epoch] = ['done', value, injector.fired.length, this.epoch];
      watched.settled = true;
      touch.end(had);
    };
    const failed = (/** @type {unknown} */ error) => {
      [ended.outcome, ended.error, ended.to, ended.epoch] = ['failed', error, injector.fired.length, this.epoch];
      watched.settled = true;
      touch.end(had);
    };
    try {
      const value = step.run(this.state, this.tools);
      if (!isPromise(value)) return done(value);
      watched.settled = false;
      value.then(done, failed);
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  /**
   * A call failed. If its error says that the very same call may succeed, it is made at once.
   * @param {import('./types.mjs').Step} step
   * @param {Ended} ended
   */
  async repeat(step, ended) {
    const { injector } = this;
    const { retryable } = /** @type {any} */ (ended.error) ?? {};
    const isOver = ![...injector.entries.keys()].some((point) => point >= injector.next) && injector.lasting.size === 0 && injector.chooses === undefined;
    // Of several calls the last is not the step.
    if (retryable !== true || ended.together || !isOver || injector.entered > 1) return;
    /** @type {Ended} */
    const second = { ...ended, outcome: 'skipped' };
    this.had.set(second, this.had.get(ended) ?? new Set());
    const watched = { settled: true, ended: second };
    this.call(step, watched);
    if (!watched.settled) await this.settle([watched]);
    ended.again = second.outcome === 'done' ? 'done' : 'failed';
    ended.first = ended.error;
    [ended.outcome, ended.value, ended.error, ended.stuck] = [second.outcome, second.value, second.error, second.stuck];
  }

  /** What the host began is over. */
  async acted() {
    for (const action of this.actions.splice(0)) await action;
  }

  /**
   * Waits for promises, and lets everything happen that can.
   * @param {(Watched & { ended: Ended })[]} open
   */
  async settle(open) {
    const { host, world, injector } = this;
    const isOver = () => open.every(({ settled }) => settled);
    for (let tick = 0; tick < 4; tick += 1) {
      await undefined;
      if (isOver()) return;
    }
    let idle = 0;
    for (let round = 0; round < TIMERS && idle < PATIENCE; round += 1) {
      injector.own('wait');
      if (this.actions.length > 0) await this.acted();
      await host.macrotask();
      if (isOver()) return;
      idle = world.step() ? 0 : idle + 1;
    }
    // Only what the engine does by itself could still be under way.
    const isMeant = injector.fired.some(({ action }) => action === 'never');
    for (let wait = 0; wait < 10 && !isMeant; wait += 1) {
      await pause(1);
      if (isOver()) return;
    }
    const stuck = open.filter(({ settled }) => !settled);
    await this.free(stuck, 'aborted', () => {
      for (const controller of this.controllers) if (!controller.signal.aborted) controller.abort(new Error('torture: nothing else could happen'));
    });
    if (!isOver()) await this.free(stuck, 'restarted', () => this.pkg.recovery?.restart?.());
    for (const { settled, ended } of stuck) if (!settled) [ended.stuck, ended.outcome, ended.to] = ['for ever', 'failed', injector.fired.length];
  }

  /**
   * @param {(Watched & { ended: Ended })[]} stuck
   * @param {'aborted' | 'restarted'} how
   * @param {() => unknown} act
   */
  async free(stuck, how, act) {
    const { injector } = this;
    const { on } = injector;
    injector.on = false;
    try {
      await act();
    } catch {
      // A package that can't restart.
    }
    for (let task = 0; task < PATIENCE; task += 1) await this.host.macrotask();
    injector.on = on;
    for (const { settled, ended } of stuck) if (settled && ended.stuck === 'no') ended.stuck = how;
  }

  /** Something that only the host can do. @param {Action} action @param {Fired} fired */
  act(action, fired) {
    try {
      switch (action) {
        case 'restart':
          this.actions.push(this.pkg.recovery.restart().catch((/** @type {unknown} */ error) => { fired.refused = error; }));
          break;
        case 'abort-signal': {
          const controller = this.controllers.find(({ signal }) => !signal.aborted);
          fired.idle = controller === undefined;
          fired.error = new Error('torture: the signal was aborted');
          controller?.abort(fired.error);
          break;
        }
        case 'gc':
          fired.idle = this.host.gc === undefined;
          this.host.gc?.();
          // Calls that overlap would be over behind it.
          if (this.host.gc !== undefined && this.open === 0) this.actions.push(this.host.macrotask());
          break;
        case 'free': {
          const handles = [...handlesIn(this.state, this.owned).keys()].filter((handle) => !this.freed.has(handle));
          const handle = handles[fired.point % handles.length];
          fired.idle = handle === undefined;
          if (handle === undefined) break;
          handle.free();
          this.freed.add(handle);
          this.freeing.set(fired, handle);
          break;
        }
        case 'reenter':
          fired.idle = !reenter(this, fired);
          break;
        default:
      }
    } catch (error) {
      fired.refused = error;
    }
  }

  /** Whether an object has a record. @param {any} handle */
  persists(handle) {
    const prototype = Object.getPrototypeOf(handle);
    const known = this.persisting.get(prototype);
    if (known !== undefined) return known;
    let persists = true;
    try {
      this.pkg.recovery.export(handle);
    } catch (error) {
      if (error instanceof TypeError) persists = false;
      else return true;
    }
    this.persisting.set(prototype, persists);
    return persists;
  }

  /** @param {any} handle @returns {import('./types.mjs').HandleEnd['status']} */
  status(handle) {
    const { links } = this;
    if (links?.inspect === undefined) return 'unknown';
    try {
      const ask = (/** @type {number} */ question) => links.inspect('torture', handle, question) !== 0;
      return ask(IS_STALE) ? 'stale' : ask(IS_BUSY) ? 'busy' : ask(IS_POISONED) ? 'poisoned' : 'live';
    } catch (error) {
      return isNamed(error, 'StaleHandleError') ? 'stale' : 'unknown';
    }
  }

  /**
   * The state as it is now, and whether it is what the scenario says that it always is.
   * @param {Run | undefined} run
   */
  async look(run) {
    const { scenario, tools, state } = this;
    /** @type {{ observed: string | undefined, observeError: unknown, handles: import('./types.mjs').HandleEnd[] }} */
    const seen = { observed: undefined, observeError: undefined, handles: [] };
    for (const [handle, path] of handlesIn(state, this.owned)) seen.handles.push(this.handleEnd(handle, path));
    if (scenario.observe !== undefined) {
      try {
        const value = scenario.observe(state, tools);
        seen.observed = print(isPromise(value) ? await value : value);
      } catch (error) {
        seen.observeError = error;
      }
    }
    if (scenario.invariant !== undefined && run !== undefined) {
      try {
        const done = run.ended.flatMap(({ name, outcome, value }, step) => (outcome === 'done' ? [{ step, name, value }] : []));
        const said = scenario.invariant(state, done, tools);
        if (isPromise(said)) await said;
      } catch (error) {
        run.invariantError = error;
      }
    }
    return seen;
  }

  /** @param {any} handle @param {string} path @returns {import('./types.mjs').HandleEnd} */
  handleEnd(handle, path) {
    const { recovery } = this.pkg;
    const persists = this.persists(handle);
    const status = this.status(handle);
    /** @type {import('./types.mjs').HandleEnd} */
    const end = { path, className: this.links?.nameOf?.(handle) ?? handle.constructor?.name ?? 'object', persists, status, bytes: undefined, error: undefined, freed: this.freed.has(handle), broken: undefined };
    if (persists && status !== 'busy') {
      try {
        end.bytes = print(recovery.export(handle));
      } catch (error) {
        end.error = error;
      }
    }
    if (status === 'poisoned') end.broken = this.poisoned(handle, persists);
    return end;
  }

  /** What a poisoned object must be like. @param {any} handle @param {boolean} persists @returns {string | undefined} */
  poisoned(handle, persists) {
    const { recovery } = this.pkg;
    if (!recovery.isPoisoned(handle)) return 'it refuses calls as poisoned, but recovery.isPoisoned() is false';
    if (!persists) return undefined;
    try {
      recovery.export(handle);
      return 'it is poisoned, but recovery.export() did not refuse it';
    } catch (error) {
      return isNamed(error, 'PoisonedError') ? undefined : `it is poisoned, but recovery.export() ended with ${print(error)}`;
    }
  }

  /** Accepts what poisoned objects are. @param {Run} run */
  clear(run) {
    for (const [handle, path] of handlesIn(this.state, this.owned)) {
      const end = run.handles.find((each) => each.path === path);
      // What looked at it may have ended the instance.
      if (end?.status !== 'poisoned' || this.status(handle) !== 'poisoned') continue;
      try {
        if (!this.pkg.recovery.clearPoison(handle)) end.broken ??= 'recovery.clearPoison() found nothing to clear';
        if (this.status(handle) !== 'live') end.broken ??= `recovery.clearPoison() left it ${this.status(handle)}`;
      } catch (error) {
        end.broken ??= `recovery.clearPoison() threw ${print(error)}`;
      }
    }
  }

  /** Gives everything up. @param {Run} run */
  async teardown(run) {
    const { scenario, tools, state, epoch } = this;
    const handles = handlesIn(state, this.owned);
    if (scenario.teardown !== undefined) {
      try {
        const value = scenario.teardown(state, tools);
        if (isPromise(value)) await value;
      } catch (error) {
        run.teardownErrors.push({ path: 'teardown', error });
      }
    }
    for (const [handle, path] of handles) {
      for (let tries = 2; tries > 0; tries -= 1) {
        try {
          handle.free();
          break;
        } catch (error) {
          run.teardownErrors.push({ path, error });
          // What found no memory to come in is still there. Else a destructor failed, or the instance ended.
          if (!isNamed(error, 'OutOfMemoryError')) break;
        }
      }
      // For good, and in each instance.
      try {
        handle.free();
        run.teardownErrors.push({ path, error: new Error(`free() of ${path} succeeded twice`) });
      } catch (error) {
        if (!isNamed(error, 'StaleHandleError')) run.teardownErrors.push({ path, error });
      }
    }
    if (this.epoch === epoch) return;
    // An end behind the steps.
    run.epochs.last = this.epoch;
  }
}
