// @ts-check
// What holds the host modules together: the current instance, the `recovery` object, and
// `links`, by which the modules reach each other. Errors, objects, queues, tasks, callbacks,
// records and the supervisor of the instance have modules of their own.
//
// Rust imports every function of it with `catch`.

import {
  aborted, counters, textFrom, dropStack, facts, importError, limited, listeners, mostBytes, notLoaded, outOfMemory, panicError, panicked, report,
  staleError, tell, textAt, texts, unsupported, withFrames, wrongClass,
} from './errors.js';

/** Whether objects may be in stores, as `cargo recover` knows (run/parts.rs). */
const DURABLE = true;

/** The address of the counters of an allocator. */
let countersAddress = 0;
/** The address of what the panic hook noted last. */
let lastAddress = 0;

/** @param {ArrayLike<number>} bytes */
const hexadecimal = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** 32 random hexadecimal digits. */
function randomId() {
  const bytes = new Uint8Array(16);
  try {
    crypto.getRandomValues(bytes);
  } catch {
    // A Worker has no randomness before its first request.
    bytes.forEach((_, at) => { bytes[at] = Math.random() * 256; });
  }
  return hexadecimal(bytes);
}

/** Live bytes and their peak, if an allocator counts them. @returns {{ liveBytes?: number, peakBytes?: number }} */
function allocated() {
  if (facts.memory === undefined || countersAddress === 0) return {};
  const [live, peak, installed] = new Uint32Array(facts.memory.buffer, countersAddress, 3);
  return installed === 0 ? {} : { liveBytes: live, peakBytes: peak };
}

/** The id of the build. @type {string | undefined} */
let build;

/** The module of which the id is known. @type {WebAssembly.Module | undefined} */
let built;

/** The module says it, in a section of its own: a length, and the bytes. */
function buildOf() {
  const module = links.gate?.glue.module?.();
  if (module !== undefined && module !== built) {
    built = module;
    const [length, ...bytes] = new Uint8Array(WebAssembly.Module.customSections(module, 'build_id')[0] ?? []);
    build = length === undefined ? undefined : hexadecimal(bytes.slice(0, length));
  }
  return build;
}

/** The current instance. What belongs to it keeps this object, to see that it has ended. */
let instance = { dead: false };

/**
 * Rust attaches itself, once for each instance. Answers false if it has to attach again with
 * its memory.
 * @param {WebAssembly.Memory | undefined} instanceMemory
 * @param {number} frames how many at the top of a panic's stack are the runtime's
 * @param {number} flags address of the runtime's flags
 * @param {number} counts address of the allocator's counters
 * @param {number} entered address of the count of calls under way, in abort builds; zero elsewhere
 * @param {number} last address of what the panic hook noted last
 */
export function attach(instanceMemory, frames, flags, counts, entered, last) {
  const own = instanceMemory ?? (links.gate && facts.memory);
  if (own === undefined) return false;
  if (facts.memory !== own) renew(own);
  facts.ownFrames = frames;
  links.flags = flags;
  links.entered = entered;
  countersAddress = counts;
  lastAddress = last;
  return true;
}

/**
 * The first instance, or one in place of another, or none. Handles and callbacks of the other are stale now.
 * @param {WebAssembly.Memory | undefined} instanceMemory
 */
function renew(instanceMemory) {
  instance.dead = true;
  instance = { dead: false };
  facts.memory = instanceMemory;
  countersAddress = lastAddress = links.flags = links.entered = 0;
  texts.clear();
  dropStack(0);
  links.renewed();
}

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What the host asks of an object through the hidden method of its class. */
const CLEAR_POISON = 2, IS_POISONED = 3;
// </shared>

/**
 * What the host modules are to each other. They don't import one another, so that a package
 * has only those that it uses; Rust hands this object to each.
 * @type {import('./links').Links}
 */
const links = {
  get instance() { return instance; },
  gate: undefined,
  build: buildOf,
  randomId, facts,
  flags: 0,
  entered: 0,
  renew, textAt, report, tell, staleError, wrongClass, aborted, limited, importError, unsupported, notLoaded,
  abortedTasks(cause, count) {
    // Their stacks would show the call of somebody else.
    return withFrames(() => 0, () => Array.from({ length: count }, () => aborted(cause)));
  },
  fatal(panic, trap) {
    counters.panics += 1;
    const error = panicError(panic.stack, panic.message, trap, ...panic.exhausted ?? [-1, 0, 0]);
    error.fatal = true;
    error.location = panic.location;
    return error;
  },
  panicked(payload) {
    const isText = typeof payload === 'string';
    let at = lastAddress === 0 || facts.memory === undefined ? [] : [...new Uint32Array(facts.memory.buffer, lastAddress, 7)];
    // Another panic may have been noted since, or none at all.
    if (!isText || textFrom(at[4] ?? 0, at[5] ?? 0) !== payload) at = [];
    const [file = 0, fileLength = 0, line = 0, column = 0, , , stack = 0] = at;
    return panicked(
      isText ? payload : 'panic with a JavaScript value', 0, 0, file, fileLength, line, column, stack, isText ? undefined : payload, -1, 0, 0,
    );
  },
  outOfMemory,
  inspect(operation) {
    throw new TypeError(`recovery.${operation}() takes an object of a #[recoverable] class`);
  },
  nameOf: () => undefined,
  linedUp: (call) => call,
  ended() {}, abandonTasks() {}, abandonFibers() {},
  revive: () => ({ revived: 0, lost: [], diverged: [] }),
  memory: () => facts.memory,
  liveBytes: () => allocated().liveBytes ?? 0,
  renewed() {}, track() {}, relieve() {}, collected() {},
  inMemory: () => [],
  makeRoom: () => false,
  unrevived: () => undefined,
  giveUp: (handle, destroy) => destroy.call(handle),
  classes: () => ({}),
  onReport: () => missing('onReport', 'reports'),
  reportOf: () => undefined,
  coredump: () => missing('coredump', 'coredump'),
  capture: () => missing('capture', 'capture', `, and ${BUILT}`),
  replay: () => missing('replay', 'capture', `, and ${BUILT}`),
  upgrade: () => missing('upgrade', 'durable', `, and ${BUILT}`),
  exportJournal: () => missing('export', 'durable', `, and ${BUILT}`),
  idempotencyKey: () => undefined,
  keepKey: (run) => run,
  gatherAll() {},
};

export const linksOf = () => links;

/** The instance ends, in a package that has no supervisor. */
export function died() {
  instance.dead = true;
  // The exception that ended it must reach its caller first.
  queueMicrotask(() => {
    links.abandonTasks(undefined, undefined, undefined);
    links.ended();
  });
}

const BUILT = 'a package that cargo recover built';

/** @param {string} control */
function lifecycle(control, call = '()') {
  if (links.gate !== undefined) return links.gate;
  throw new Error(`recovery.${control}${call} needs ${BUILT}`);
}

/** A control of a feature that the package has not. @param {string} control @param {string} feature @returns {never} */
function missing(control, feature, fix = '; add it in Cargo.toml') {
  throw new Error(`recovery.${control}() needs the feature \`${feature}\` of recover-runtime${fix}`);
}

/** @param {string} control @param {unknown} listener */
function checkListener(control, listener) {
  if (typeof listener !== 'function') throw new TypeError(`recovery.${control}() takes a function`);
}

/** @type {import('./types').Recovery} */
const controls = {
  onPanic(/** @type {(error: any) => void} */ listener) {
    checkListener('onPanic', listener);
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  },
  onReport(/** @type {any} */ listener, /** @type {any} */ options) {
    checkListener('onReport', listener);
    return links.onReport(listener, options);
  },
  isPoisoned(/** @type {object} */ object) {
    return links.inspect('isPoisoned', object, IS_POISONED) !== 0;
  },
  clearPoison(/** @type {object} */ object) {
    return links.inspect('clearPoison', object, CLEAR_POISON) !== 0;
  },
  onAbort(/** @type {any} */ listener, /** @type {any} */ options) {
    checkListener('onAbort', listener);
    return lifecycle('onAbort').onAbort(listener, options);
  },
  restart: async () => lifecycle('restart').restart(),
  dispose: () => lifecycle('dispose').dispose(),
  setRestartLimit(/** @type {import('./types').RestartLimit} */ { restarts, period }) {
    // Infinity is a valid number of restarts.
    if (!(restarts >= 0) || !(period > 0)) throw new RangeError('recovery.setRestartLimit() takes { restarts, period }, a count and milliseconds');
    lifecycle('setRestartLimit').limit = { restarts, period };
  },
  export(/** @type {object} */ object, /** @type {any} */ options = undefined) {
    if (DURABLE && options?.journal) return links.exportJournal(object);
    const bytes = /** @type {any} */ (links.inspect('export', object, 0));
    if (bytes === undefined) throw new TypeError('recovery.export() takes an object of a class with `persist`');
    return bytes;
  },
  get stacks() { return facts.stacks; },
  set stacks(stacks) {
    if (!['full', 'short', 'none'].includes(stacks)) throw new TypeError("recovery.stacks is 'full', 'short' or 'none'");
    facts.stacks = stacks;
  },
  get spare() { return links.gate?.spare.wanted ?? false; },
  set spare(wanted) {
    if (typeof wanted !== 'boolean') throw new TypeError('recovery.spare is true or false');
    lifecycle('spare', '').wantSpare(wanted);
  },
  coredump: (/** @type {any} */ report, /** @type {any} */ options) => links.coredump(report, options),
  capture: (/** @type {any} */ listener, /** @type {any} */ options) => links.capture(listener, options),
  replay: (/** @type {Uint8Array} */ bytes, /** @type {object} */ exports) => links.replay(bytes, exports),
  health() {
    return {
      build: buildOf(),
      epoch: links.gate?.epoch ?? 0,
      restarts: links.gate?.restarts ?? 0,
      panics: counters.panics,
      refused: { busy: counters.busy, poisoned: counters.poisoned, stale: counters.stale },
      memoryBytes: facts.memory?.buffer.byteLength ?? 0,
      ...allocated(),
    };
  },
};
if (DURABLE) {
  Object.defineProperty(controls, 'idempotencyKey', { enumerable: true, get: () => links.idempotencyKey() });
  const upgrade = async (/** @type {any} */ module, /** @type {any} */ options) => links.upgrade(module, options);
  Object.defineProperty(controls, 'upgrade', { enumerable: true, value: upgrade });
}

/** @type {import('./types').Recovery} */
export const recoveryControls = Object.freeze(controls);
