// @ts-check
// The world of a run: randomness from a seed, a clock that moves when it is told to, and timers that fire by that
// clock. It is the same in each run of a seed. What is injected, and when, is not decided here.

/** The beginning of each run, in milliseconds since 1970. */
const BEGINNING = 1_767_225_600_000;
/** What a look at the clock takes, in milliseconds: it never stands still. */
const TICK = 0.001;

/**
 * Numbers from a seed, in [0, 1): mulberry32.
 * @param {number} seed
 */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Spreads 32 bits: the finalizer of murmur3. @param {number} bits */
function spread(bits) {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/**
 * The seed of one of many streams: those of two seeds have nothing in common.
 * @param {number} seed
 * @param {number} number of the stream
 */
export const streamOf = (seed, number) => spread(spread(seed + 0x9e3779b9) ^ Math.imul(number, 0x9e3779b1)) >>> 0;

/** A timer, as Node's are objects. */
class Timer {
  /** @param {number} id @param {number} at @param {number | undefined} every @param {() => void} fire */
  constructor(id, at, every, fire) {
    this.id = id;
    this.at = at;
    this.every = every;
    this.fire = fire;
  }

  ref() { return this; }

  unref() { return this; }

  hasRef() { return true; }

  [Symbol.toPrimitive]() { return this.id; }
}

export class World {
  /** @param {number} seed @param {(error: unknown) => void} uncaught */
  constructor(seed, uncaught) {
    this.seed = seed;
    this.uncaught = uncaught;
    this.random = randomOf(seed);
    this.elapsed = 0;
    this.last = 0;
    /** @type {Map<number, Timer>} */
    this.timers = new Map();
    /** Puts everything back. @type {(() => void)[]} */
    this.undo = [];
  }

  /** A run begins. */
  reset() {
    this.random = randomOf(this.seed);
    this.elapsed = 0;
    this.last = 0;
    this.timers.clear();
  }

  /** Milliseconds since the run began. */
  now() {
    this.elapsed += TICK;
    return this.elapsed;
  }

  /** Milliseconds since 1970. */
  date() { return Math.floor(BEGINNING + this.now()); }

  /** @param {Function} callback @param {unknown} delay @param {boolean} repeats @param {unknown[]} args */
  timer(callback, delay, repeats, args) {
    const wait = Math.max(1, Number(delay) || 0);
    this.last += 1;
    const timer = new Timer(this.last, this.elapsed + wait, repeats ? wait : undefined, () => callback(...args));
    this.timers.set(timer.id, timer);
    return timer;
  }

  /** The timer that is due first. */
  next() {
    /** @type {Timer | undefined} */
    let first;
    for (const timer of this.timers.values()) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }

  /** Lets time pass until the next timer has fired; whether there was one. */
  step() {
    const timer = this.next();
    if (timer === undefined) return false;
    this.elapsed = Math.max(this.elapsed, timer.at);
    if (timer.every === undefined) this.timers.delete(timer.id);
    else timer.at = this.elapsed + timer.every;
    try {
      timer.fire();
    } catch (error) {
      this.uncaught(error);
    }
    return true;
  }

  /** Lets so many milliseconds pass. @param {number} ms */
  advance(ms) {
    const end = this.elapsed + ms;
    for (let timer = this.next(); timer !== undefined && timer.at <= end; timer = this.next()) this.step();
    this.elapsed = Math.max(this.elapsed, end);
  }

  /** @param {any} target @param {string} name @param {unknown} value */
  replace(target, name, value) {
    const before = Object.getOwnPropertyDescriptor(target, name);
    try {
      Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: before?.enumerable ?? true });
    } catch {
      // An engine that does not let it be replaced.
      return;
    }
    this.undo.push(() => {
      if (before === undefined) delete target[name];
      else Object.defineProperty(target, name, before);
    });
  }

  /** From here on the globals are those of this world. */
  install() {
    const scope = /** @type {any} */ (globalThis);
    const { Date: Real } = scope;
    const date = () => this.date();
    this.replace(scope, 'Date', new Proxy(Real, {
      construct: (target, args, heir) => Reflect.construct(target, args.length === 0 ? [date()] : args, heir),
      apply: () => new Real(date()).toString(),
      get: (target, key) => (key === 'now' ? date : Reflect.get(target, key)),
    }));
    this.replace(Math, 'random', () => this.random());
    this.replace(scope.performance, 'now', () => this.now());
    if (scope.crypto !== undefined) {
      const fill = (/** @type {any} */ view) => {
        const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
        for (let at = 0; at < bytes.length; at += 1) bytes[at] = this.random() * 256;
        return view;
      };
      this.replace(scope.crypto, 'getRandomValues', fill);
      this.replace(scope.crypto, 'randomUUID', () => {
        const hex = Array.from(fill(new Uint8Array(16)), (/** @type {number} */ byte) => byte.toString(16).padStart(2, '0')).join('');
        return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
      });
    }
    const clear = (/** @type {unknown} */ timer) => { this.timers.delete(Number(timer)); };
    this.replace(scope, 'setTimeout', (/** @type {Function} */ f, /** @type {unknown} */ ms, /** @type {unknown[]} */ ...args) => this.timer(f, ms, false, args));
    this.replace(scope, 'setInterval', (/** @type {Function} */ f, /** @type {unknown} */ ms, /** @type {unknown[]} */ ...args) => this.timer(f, ms, true, args));
    for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) if (name in scope) this.replace(scope, name, clear);
    if ('setImmediate' in scope) this.replace(scope, 'setImmediate', (/** @type {Function} */ f, /** @type {unknown[]} */ ...args) => this.timer(f, 0, false, args));
  }

  /** The globals are the engine's again. */
  uninstall() {
    for (const undo of this.undo.splice(0).reverse()) undo();
  }
}
