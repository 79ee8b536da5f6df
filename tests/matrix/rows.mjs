// @ts-check
// The rows of the matrix: each causes one failure and asserts its whole outcome. The same functions
// run in every engine; all that they know of it is `env`.
import { Failed, holds, later, never, rejection, same, settles, thrown, turn } from './check.mjs';
import {
  ABORTED, BUSY, FATAL, LIMITED, MEMORY, MEMORY_LIMIT, PANIC, POISONED, STALE, WRONG,
  endOf, healthy, is, isStale, throwsOf, works,
} from './ends.mjs';
import { everywhere } from './places.mjs';

/**
 * What a row gets: the build; a function that instantiates a fresh copy of the package; the failures
 * that surfaced in the engine and that no assertion expected.
 * @typedef {{ build: import('./ends.mjs').Build, load: () => Promise<any>, strays: unknown[] }} Env
 */

/** @param {unknown} value @returns {() => never} */
const throwing = (value) => () => { throw value; };

/** Values that JavaScript throws. */
const VALUES = [new Error('of JavaScript'), 'a string', 7, undefined];

/** A module that traps: `(module (func (export "trap") unreachable))`. */
const TRAP = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0, 0, 11,
]);

/** The global object of another realm, where the engine has one. @returns {Promise<any>} */
async function otherRealm() {
  const document = Reflect.get(globalThis, 'document');
  if (document !== undefined) return document.body.appendChild(document.createElement('iframe')).contentWindow;
  try {
    return (await import('node:vm')).runInNewContext('globalThis');
  } catch {
    return undefined;
  }
}

/**
 * Exceptions of others: traps of another module and of another realm, which no module can catch,
 * and a full stack of another realm.
 * @param {Env} env
 */
async function foreign(env) {
  const other = await env.load();
  /** @type {unknown[]} */
  const values = [thrown(() => other.fail('trap', undefined), 'a trap').cause];
  const realm = await otherRealm();
  if (realm === undefined) return values;
  values.push(thrown(realm.eval('(function dig() { dig(); })'), 'a full stack'));
  if (realm.WebAssembly === undefined) return values;
  const { Instance, Module } = realm.WebAssembly;
  values.push(thrown(new Instance(new Module(TRAP)).exports.trap, 'a trap of another realm'));
  return values;
}

/** @type {Record<string, (env: Env) => Promise<void>>} */
export const rows = {
  async err(env) {
    const pkg = await env.load();
    const objects = [new pkg.Ledger(1), new pkg.Loose(1), new pkg.Kept(1)];
    const { liveBytes } = healthy(pkg, { epoch: 0 });
    for (let round = 1; round <= 20; round += 1) {
      for (const call of [
        () => pkg.fail('err', undefined),
        ...objects.map((object) => () => object.fail(2, 'err', undefined)),
      ]) {
        const error = thrown(call, 'Err');
        holds(error instanceof pkg.ToldError && error instanceof pkg.MatrixError, 'Err is its own class');
        holds(!(error instanceof pkg.RecoverError), 'Err is not a RecoverError');
        same(error.code, 'E_TOLD', 'its code');
        same(error.value, 7, 'its field');
      }
      for (const object of objects) same(object.total, 1 + 2 * round, 'state as the method left it');
    }
    is(pkg, await rejection(pkg.fail_later('panic', undefined, undefined), 'beside it'), env.build.unwind ? PANIC : FATAL, 'beside it');
    const late = await rejection(pkg.fail_later('err', undefined, undefined), 'Err of a promise');
    holds(late instanceof pkg.ToldError, 'Err of a promise');
    same(objects[0].total, 41, 'a persistent object, after another call failed');
    if (env.build.unwind) same(objects[1].total, 41, 'an object that does not persist, in an instance that continues');
    works(pkg, 'after Err');
    same(healthy(pkg).liveBytes > liveBytes + 65536, false, 'nothing leaks');
  },

  'panic-sync': (env) => everywhere(env, 'panic'),
  'panic-drop': (env) => everywhere(env, 'drop'),

  async 'panic-dependency'(env) {
    const pkg = await env.load();
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    const error = /** @type {import('./ends.mjs').Shape} */ (endOf('panic', env.build).error);
    /** @type {any[]} */
    const told = [];
    pkg.recovery.onPanic((/** @type {unknown} */ panic) => told.push(panic));
    const other = later();
    const waiting = pkg.of_a_dependency(other.promise, false);
    pkg.spawn_by_a_dependency();
    const ended = env.build.unwind ? undefined : rejection(waiting, 'a promise of the instance that ended');
    for (let n = 0; n < 10; n += 1) await turn();
    is(pkg, told[0], error, 'a panic in a task');
    same(told.length, 1, 'is told once');
    if (ended === undefined) {
      other.resolve(3);
      same(await settles(waiting, 'another promise'), 3, 'another promise');
      is(pkg, await rejection(pkg.of_a_dependency(Promise.resolve(1), true), 'a panic in a promise'), PANIC, 'a panic in a promise');
    } else {
      is(pkg, await ended, ABORTED, 'a promise of the instance that ended');
      is(pkg, await rejection(pkg.of_a_dependency(Promise.resolve(1), true), 'a panic in a promise'), ABORTED, 'a panic in a promise');
    }
    same(await settles(pkg.of_a_dependency(Promise.resolve(7), false), 'the next promise'), 7, 'the next promise');
    works(pkg, 'after a dependency');
    healthy(pkg);
  },

  async 'stack-of-a-panic'(env) {
    const pkg = await env.load();
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    const shape = env.build.unwind ? PANIC : FATAL;
    /** @type {(error: any, what: string) => string[]} */
    const framesOf = (error, what) => {
      const frames = String(error.stack).replace(`${error.name}: ${error.message}\n`, '').split('\n');
      for (const [at, name] of ['the_innermost', 'the_caller'].entries()) {
        holds(String(frames[at]).includes(name), `${what}: frame ${at} is ${name}: ${frames.join(' | ')}`);
      }
      return frames;
    };
    for (const stacks of ['full', 'short']) {
      pkg.recovery.stacks = stacks;
      for (let round = 0; round < 3; round += 1) {
        const frames = framesOf(throwsOf(pkg, shape, () => pkg.fail('deep', undefined), 'a panic'), stacks);
        holds(stacks === 'short' || frames.slice(2).some((frame) => frame.includes('rows.mjs')), `JavaScript called: ${frames.join(' | ')}`);
      }
    }
    pkg.recovery.stacks = 'full';
    const call = pkg.failing_callback();
    framesOf(throwsOf(pkg, shape, () => call('deep', undefined), 'a closure'), 'a closure');
    const late = await rejection(pkg.fail_later('deep', Promise.resolve(), undefined), 'after an await');
    framesOf(is(pkg, late, shape, 'after an await'), 'after an await');
    pkg.recovery.stacks = 'none';
    const none = throwsOf(pkg, shape, () => pkg.fail('deep', undefined), 'without a stack');
    holds(!String(none.stack).includes('the_innermost'), 'no stack is taken');
    same(typeof none.location.line, 'number', 'where it began');
    works(pkg, 'after its stacks');
    healthy(pkg);
  },

  async 'unfit-argument'(env) {
    const pkg = await env.load();
    const [ledger, loose] = [new pkg.Ledger(1), new pkg.Loose(1)];
    for (const argument of [7, {}, null, undefined, { length: -1 }]) {
      const error = await rejection(pkg.fail_later(argument, undefined, undefined), 'an argument that is no string');
      holds(error instanceof TypeError, `a TypeError, not ${error}`);
    }
    for (const receiver of [loose, {}, undefined]) {
      const error = await rejection(pkg.Ledger.prototype.queued.call(receiver, 1, 'well', undefined), 'another class');
      is(pkg, error, WRONG, 'another class');
      same(error.class, 'Ledger', 'the name of the class');
    }
    same(loose.total, 1, 'the object of the other class');
    same(await settles(ledger.queued(1, 'well', undefined), 'the next call'), 2, 'the next call');
    works(pkg, 'after an argument');
    healthy(pkg, { epoch: 0 });
  },

  async 'panic-await'(env) {
    const pkg = await env.load();
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    const end = endOf('panic', env.build);
    const error = /** @type {import('./ends.mjs').Shape} */ (end.error);
    const [ledger, loose] = [new pkg.Ledger(1), new pkg.Loose(1)];
    ledger.add(1);
    const other = later();
    const waiting = pkg.wait(other.promise);
    const told = end.deadly ? rejection(waiting, 'another promise') : undefined;
    const gate = later();
    const failing = rejection(pkg.fail_later('panic', gate.promise, undefined), 'after an await');
    await turn();
    gate.resolve();
    is(pkg, await failing, error, 'after an await');
    if (told === undefined) {
      other.resolve();
      same(await settles(waiting, 'another promise'), 1, 'another promise');
    } else {
      holds((await told).fatal && (await told) instanceof pkg.InstanceAbortedError, 'another promise rejects');
    }
    works(pkg, 'after an await');
    const first = loose;
    if (end.deadly) isStale(pkg, () => first.total, 'Loose', 0, 'an object of an ended instance');
    const torn = end.deadly ? new pkg.Loose(1) : loose;
    const { epoch } = pkg.recovery.health();
    const cause = await rejection(torn.fail_later(5, 'panic', turn()), 'of an object');
    is(pkg, cause, error, 'of an object');
    if (end.deadly) {
      isStale(pkg, () => torn.total, 'Loose', epoch, 'after an await');
    } else {
      same(throwsOf(pkg, POISONED, () => torn.total, 'after an await').cause, cause, 'the cause');
      torn.free();
    }
    for (let round = 0; round < 3; round += 1) {
      is(pkg, await rejection(ledger.fail_later(50, 'panic', turn()), 'rolled back'), error, 'rolled back');
      same(ledger.total, 2 + round, 'as before the call');
      same(ledger.add(1), 3 + round, 'the next call');
    }
    await pkg.recovery.restart();
    same(ledger.total, 5, 'in the next instance');
    healthy(pkg);
  },

  async 'panic-callback'(env) {
    const pkg = await env.load();
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    const end = endOf('panic', env.build);
    const error = /** @type {import('./ends.mjs').Shape} */ (end.error);
    const call = pkg.failing_callback();
    same(call('well', undefined), 1, 'a call that is well');
    holds(thrown(() => call('err', undefined), 'Err') instanceof pkg.ToldError, 'Err of a closure');
    same(call('well', undefined), 3, 'Err leaves a closure as it is');
    const cause = throwsOf(pkg, error, () => call('panic', undefined), 'in a callback');
    if (end.deadly) {
      throwsOf(pkg, STALE, () => call('well', undefined), 'a closure of an ended instance');
    } else {
      const refused = throwsOf(pkg, POISONED, () => call('well', undefined), 'a poisoned closure');
      same(refused.cause, cause, 'its cause');
      same(refused.class, 'callback', 'its class');
    }
    works(pkg, 'after a callback');
    const { epoch } = healthy(pkg, { epoch: end.deadly ? 1 : 0 });
    /** @type {unknown[]} */
    const told = [];
    pkg.recovery.onPanic((/** @type {unknown} */ panic) => told.push(panic));
    const detached = pkg.detached_callback();
    await new Promise((resolve) => { setTimeout(() => resolve(detached('panic')), 0); });
    same(told.length, 1, 'a panic in a timer\'s callback is reported once');
    is(pkg, told[0], error, 'in a timer');
    works(pkg, 'after a timer');
    healthy(pkg, { epoch: end.deadly ? epoch + 1 : epoch });
  },

  async 'js-exception-marked'(env) {
    for (const value of VALUES) await everywhere(env, 'marked', throwing(value), value);
  },
  async 'js-exception-unmarked'(env) {
    for (const value of VALUES) await everywhere(env, 'unmarked', throwing(value), value);
  },
  async 'js-exception-js-sys'(env) {
    const pkg = await env.load();
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    for (const value of VALUES) {
      const failing = Object.defineProperty({ a: 1, b: 2 }, 'c', { get: throwing(value), enumerable: true });
      await everywhere(env, 'values', failing, value);
      // What follows an exception is right, not only well.
      for (const properties of [{ a: 1 }, { a: 1, b: 2 }, {}]) {
        const found = () => pkg.fail('values', properties);
        same(found(), Object.keys(properties).length, 'before an exception');
        same(thrown(() => pkg.fail('values', failing), 'a getter'), value, 'the very same value');
        same(found(), Object.keys(properties).length, 'after an exception');
      }
    }
  },

  async 'foreign-exception'(env) {
    for (const value of await foreign(env)) {
      await everywhere(env, 'marked', throwing(value), value);
      await everywhere(env, 'unmarked', throwing(value), value);
    }
  },

  async 'hostile-arguments'(env) {
    const pkg = await env.load();
    const [ledger, loose] = [new pkg.Ledger(1), new pkg.Loose(1)];
    for (const value of [...await foreign(env), ...VALUES]) {
      const hostile = { valueOf: throwing(value) };
      for (const call of [() => loose.add(hostile), () => ledger.add(hostile), () => pkg.length({ length: hostile })]) {
        same(thrown(call, 'an argument'), value, 'what its conversion throws');
      }
    }
    same(`${loose.add(1)} ${ledger.add(1)}`, '2 2', 'the calls were not entered');
    works(pkg, 'after the arguments');
    healthy(pkg, { epoch: 0, restarts: 0 });
  },

  async 'provoked-ends'(env) {
    const pkg = await env.load();
    const ledger = new pkg.Ledger(0);
    for (const how of ['panic', 'trap', 'marked', 'unmarked']) {
      const { error } = endOf(how, env.build);
      for (let round = 0; round < 50; round += 1) {
        const got = thrown(() => pkg.fail(how, throwing(round)), how);
        if (error === undefined) same(got, round, how);
        else is(pkg, got, error, how);
      }
      holds(ledger.add(1) > 0, 'an object that others use');
      works(pkg, `after ${how}`);
    }
    const panic = /** @type {import('./ends.mjs').Shape} */ (endOf('panic', env.build).error);
    for (let round = 0; round < 20; round += 1) {
      is(pkg, await rejection(pkg.fail_later('panic', undefined, undefined), 'a promise'), panic, 'a promise');
    }
    same(ledger.add(1), 5, 'an object that others use');
    works(pkg, 'at the end');
  },

  async reentrant(env) {
    const pkg = await env.load();
    for (const how of ['marked', 'unmarked']) {
      for (const object of [new pkg.Ledger(1), new pkg.Loose(1)]) {
        const { refused } = pkg.recovery.health();
        let inner = 0;
        const again = () => {
          for (const call of [() => object.add(10), () => object.total, () => object.fail(10, 'well', undefined), () => object.free()]) {
            const { class: name } = throwsOf(pkg, BUSY, call, 'within a call');
            same(name, object.constructor.name, 'its class');
            inner += 1;
          }
          works(pkg, 'within a call');
          return 5;
        };
        same(object.fail(1, how, again), 5, 'the outer call');
        same(inner, 4, 'calls within');
        same(object.total, 2, 'only the outer call happened');
        same(object.add(1), 3, 'the next call');
        same(healthy(pkg, { epoch: 0 }).refused.busy, refused.busy + 4, 'refusals are counted');
        object.free();
      }
    }
    const call = pkg.failing_callback();
    const nested = () => same(throwsOf(pkg, BUSY, () => call('well', undefined), 'a closure within itself').class, 'callback', 'its class');
    same(call('marked', () => { nested(); return 1; }), 1, 'the outer call of a closure');
    same(call('well', undefined), 2, 'the next call of a closure');
  },

  async overlap(env) {
    const pkg = await env.load();
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    const ledger = new pkg.Ledger(0);
    const gate = later();
    const first = ledger.fail_later(1, 'well', gate.promise);
    is(pkg, await rejection(ledger.fail_later(10, 'well', undefined), 'a second call'), BUSY, 'a second call');
    throwsOf(pkg, BUSY, () => ledger.add(10), 'a synchronous call');
    gate.resolve();
    same(await settles(first, 'the first call'), 1, 'the first call');
    same(ledger.total, 1, 'only the first call happened');

    const turns = later();
    const calls = [ledger.queued(1, 'well', turns.promise), ledger.queued(10, 'panic', undefined), ledger.queued(3, 'well', undefined)];
    const [, second] = [calls[0], rejection(calls[1], 'the second in the queue')];
    await turn();
    throwsOf(pkg, BUSY, () => ledger.add(100), 'a call that does not wait');
    turns.resolve();
    same(await settles(calls[0], 'the first in the queue'), 2, 'the first in the queue');
    is(pkg, await second, /** @type {import('./ends.mjs').Shape} */ (endOf('panic', env.build).error), 'the second in the queue');
    same(await settles(calls[2], 'the third in the queue'), 5, 'the call behind the failed one is served');
    same(ledger.add(1), 6, 'the next call');
    works(pkg, 'after the queue');
    await pkg.recovery.restart();
    same(ledger.total, 6, 'in the next instance');
    healthy(pkg);
  },

  async suspended(env) {
    const pkg = await env.load();
    const { recovery } = pkg;
    recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    const ledger = new pkg.Ledger(1);
    if (typeof Reflect.get(WebAssembly, 'promising') !== 'function') {
      const error = await rejection(ledger.fail_suspended(1, 'well', never, undefined), 'a call that would suspend');
      holds(error instanceof pkg.RecoverError, `the refusal is typed, not ${error?.name}`);
      same(error.code, 'E_UNSUPPORTED', 'the refusal');
      same(ledger.total, 1, 'it did not begin');
      works(pkg, 'after the refusal');
      return;
    }
    /** @type {(how: string, f?: unknown) => Promise<{ end: Promise<any>, resolve: (value?: unknown) => void, object: any }>} */
    const suspend = async (how, f) => {
      const gate = later();
      const object = new pkg.Ledger(10);
      const end = object.fail_suspended(1, how, gate.promise, f);
      end.catch(() => {});
      await turn();
      throwsOf(pkg, BUSY, () => object.add(1), 'the object of a suspended call');
      return { end, object, resolve: gate.resolve };
    };
    // They leave in another order than they entered.
    const calls = [];
    for (let i = 0; i < 5; i += 1) calls.push(await suspend('well'));
    for (const i of [3, 0, 4, 1, 2]) {
      works(pkg, 'while calls are suspended');
      calls[i]?.resolve();
      same(await settles(calls[i]?.end ?? never, 'a suspended call'), 1, 'a suspended call');
      same(calls[i]?.object.total, 11, 'the object of a suspended call that has ended');
    }
    const { liveBytes } = healthy(pkg, { epoch: 0 });
    for (const how of ['panic', 'unmarked', 'guarded', 'unguarded', 'trap', 'twice']) {
      const { deadly, spares, error } = endOf(how, env.build);
      const [before, value] = [recovery.health().epoch, {}];
      const [fails, other] = [await suspend(how, throwing(value)), await suspend('well')];
      fails.resolve();
      const thrownThere = await rejection(fails.end, how);
      // Where nothing unwinds, such an exception cuts the call that holds an object.
      if (error !== undefined) is(pkg, thrownThere, error, how);
      else if (!deadly) same(thrownThere, value, how);
      holds(deadly || spares !== true, how);
      await turn();
      same(recovery.health().epoch, before + Number(deadly), `${how}: the instance`);
      if (deadly) is(pkg, await rejection(other.end, how), ABORTED, `${how}: what was suspended beside it`);
      other.resolve();
      if (!deadly) same(await settles(other.end, how), 1, `${how}: what was suspended beside it`);
      same(fails.object.total, 10, `${how}: its object`);
      same(other.object.total, deadly ? 10 : 11, `${how}: the object beside it`);
      works(pkg, how);
    }
    const [cut, { epoch }] = [await suspend('well'), recovery.health()];
    await recovery.restart();
    is(pkg, await rejection(cut.end, 'a restart'), ABORTED, 'a restart');
    cut.resolve();
    await turn();
    same(cut.object.total, 10, 'the object of a call that was cut');
    same(healthy(pkg, { epoch: epoch + 1 }).liveBytes > liveBytes + 65536, false, 'nothing leaks');
    works(pkg, 'at last');
  },

  'oom-huge': (env) => everywhere(env, 'huge'),
  'oom-many-small': (env) => everywhere(env, 'many'),

  async 'oom-arguments'(env) {
    const pkg = await env.load();
    const ledger = new pkg.Ledger(1);
    const text = 'x'.repeat(MEMORY_LIMIT + 2 ** 20);
    for (const call of [() => pkg.length(text), () => ledger.take_text(text)]) {
      const error = throwsOf(pkg, MEMORY, call, 'arguments');
      holds(error.requested >= text.length, `requested: ${error.requested}`);
      same(error.limit, MEMORY_LIMIT, 'limit');
      works(pkg, 'after the arguments');
    }
    same(ledger.total, 1, 'the method was not entered');
    same(ledger.take_text('short'), 5, 'the next call');
    same(ledger.total, 2, 'the next call');
    healthy(pkg, { epoch: 0, restarts: 0 });
  },

  'stack-guarded': (env) => everywhere(env, 'guarded'),
  'stack-unguarded': (env) => everywhere(env, 'unguarded'),
  unreachable: (env) => everywhere(env, 'trap'),
  'double-panic': (env) => everywhere(env, 'twice'),

  async restart(env) {
    const pkg = await env.load();
    /** @type {any[]} */
    const reports = [];
    pkg.recovery.onAbort((/** @type {any} */ report) => reports.push(report));
    const [ledger, loose] = [new pkg.Ledger(1), new pkg.Loose(1)];
    ledger.add(2);
    const waiting = rejection(pkg.wait(never), 'a promise under way');
    await pkg.recovery.restart();
    is(pkg, await waiting, ABORTED, 'a promise under way');
    same(ledger.total, 3, 'what persists');
    same(ledger.add(1), 4, 'what persists');
    isStale(pkg, () => loose.total, 'Loose', 0, 'what does not');
    works(pkg, 'after a restart');
    healthy(pkg, { epoch: 1, restarts: 1 });
    same(reports.length, 1, 'reports');
    same(`${reports[0].epoch} ${reports[0].restarted} ${reports[0].revived} ${reports[0].lost.length}`, '0 true 1 0', 'the report');
    // From within a call.
    throwsOf(pkg, ABORTED, () => ledger.fail(50, 'marked', () => { void pkg.recovery.restart(); return 1; }), 'the call within');
    same(ledger.total, 4, 'as before the call');
    works(pkg, 'after a restart within');
    healthy(pkg, { epoch: 2, restarts: 2 });
    // Restarts stop at the limit, until the host calls restart().
    pkg.recovery.setRestartLimit({ restarts: 1, period: 1e9 });
    await pkg.recovery.restart();
    for (const end of [ABORTED, LIMITED, LIMITED]) throwsOf(pkg, end, () => pkg.fail('trap', undefined), 'the limit');
    is(pkg, await rejection((async () => pkg.wait(never))(), 'a promise past the limit'), LIMITED, 'a promise past the limit');
    await pkg.recovery.restart();
    same(ledger.total, 4, 'after the limit');
    works(pkg, 'after the limit');
  },

  async report(env) {
    const pkg = await env.load();
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    /** @type {any[]} */
    const all = [];
    // One that fails costs the program nothing.
    const stops = [
      pkg.recovery.onReport(() => { throw new Error('of a listener'); }),
      pkg.recovery.onReport(async () => { throw new Error('of a listener'); }),
      pkg.recovery.onReport((/** @type {unknown} */ report) => { all.push(report); }),
    ];
    const loose = new pkg.Loose(1);
    const error = thrown(() => loose.fail(1, 'panic', undefined), 'a panic');
    same(all.length, 0, 'reports before the call has its error');
    await turn();
    same(all.map(({ event }) => event).join(), env.build.unwind ? 'panic,poisoned' : 'end', 'the events of a panic');
    const [panic, poisoned] = all.splice(0);
    same(`${panic.kind} ${panic.code} ${panic.name} ${panic.export}`, `panic E_PANIC PanicError ${error.export}`, 'the panic');
    same(panic.location.line, error.location.line, 'its line');
    if (poisoned !== undefined) same(`${poisoned.class} ${poisoned.causes[0].report}`, `Loose ${panic.id}`, 'the poisoned object');
    const trap = thrown(() => pkg.fail('trap', undefined), 'a trap');
    await turn();
    same(all.map(({ event, kind, epoch }) => `${event} ${kind} ${epoch}`).join(), `end aborted ${panic.event === 'end' ? 1 : 0}`, 'the report of a trap');
    // Some engines tell no frame of a module, or a name alone.
    if (/wasm-function\[\d/.test(trap.cause.stack)) holds(all[0].frames.length > 0 && all[0].frames.every((/** @type {number[]} */ [, offset]) => offset !== 0), 'its frames');
    for (const report of [panic, ...all]) {
      holds(JSON.stringify(report).length < 1024, 'a report is under 1 KiB');
      holds(/^[\da-f]{32}$/.test(report.id) && /^[\da-f]{16}$/.test(report.fingerprint), 'its id and its fingerprint');
      same(report.message, undefined, 'no message unless it was asked for');
      same(report.omitted, 0, 'nothing was left out');
    }
    stops.forEach((stop) => stop());
    thrown(() => pkg.fail('panic', undefined), 'a panic that nobody hears of');
    await turn();
    same(all.length, 1, 'reports in all');
    works(pkg, 'after reports');
    healthy(pkg);
  },

  async 'use-after-free'(env) {
    const pkg = await env.load();
    const old = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? new pkg.Ledger(n) : new pkg.Loose(n)));
    for (const object of old) object.free();
    const fresh = Array.from({ length: 40 }, (_, n) => new pkg.Ledger(1000 + n));
    for (const object of old) {
      const name = object.constructor.name;
      for (const call of [() => object.total, () => object.add(1), () => object.fail(1, 'well', undefined), () => object.free()]) {
        isStale(pkg, call, name, undefined, 'after free()');
      }
      is(pkg, await rejection(object.fail_later(1, 'well', undefined), 'a promise after free()'), STALE, 'a promise after free()');
    }
    isStale(pkg, () => fresh[0].add_other(old[0]), 'Ledger', undefined, 'as an argument');
    for (const [n, object] of fresh.entries()) {
      same(object.total, 1000 + n, 'another object\'s memory');
      object.free();
    }
    works(pkg, 'after free()');
    healthy(pkg, { epoch: 0, restarts: 0 });
  },

  async 'stale-handle'(env) {
    const pkg = await env.load();
    const kept = new pkg.Ledger(5);
    const old = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? new pkg.Kept(n) : new pkg.Loose(n)));
    const call = pkg.failing_callback();
    throwsOf(pkg, ABORTED, () => pkg.fail('trap', undefined), 'the end');
    const fresh = Array.from({ length: 40 }, (_, n) => new pkg.Loose(1000 + n));
    for (const object of old) {
      const name = object.constructor.name;
      for (const use of [() => object.total, () => object.fail(1, 'well', undefined), () => object.free()]) {
        isStale(pkg, use, name, 0, 'of an ended instance');
      }
    }
    same(throwsOf(pkg, STALE, () => call('well', undefined), 'a closure').class, 'callback', 'a closure');
    for (const [n, object] of fresh.entries()) {
      same(object.total, 1000 + n, 'another object\'s memory');
      object.free();
    }
    same(kept.total, 5, 'what persists');
    works(pkg, 'after stale handles');
    healthy(pkg, { epoch: 1, restarts: 1 });
  },
};

/**
 * Runs a row. Returns why it fails, or undefined.
 * @param {string} name
 * @param {Env} env
 * @returns {Promise<string | undefined>}
 */
export async function run(name, env) {
  const row = rows[name];
  if (row === undefined) return 'rows.mjs has no such row';
  env.strays.length = 0;
  try {
    await row(env);
    for (let n = 0; n < 3; n += 1) await turn();
    const [stray] = env.strays;
    if (env.strays.length > 0) throw new Failed(`an unexpected failure surfaced: ${String(stray)}`);
    return undefined;
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: '' };
    const at = /((?:rows|places)\.mjs)[^\s)]*?:(\d+):\d+/.exec(stack ?? '');
    return `${message}${at === null ? '' : ` (${at[1]}:${at[2]})`}`.replaceAll('\n', ' ');
  }
}
