// @ts-check
// `recovery.idempotencyKey`: which call of a durable object is under way, and what it is known by elsewhere. A key is made
// when it is asked for. That of an asynchronous call is there whenever its task runs: Rust tells which that is.
// This module imports nothing, and knows of objects their names and how many calls they had.
//
// Rust imports `began` and `polls` without `catch`: they throw nothing.

/** How deep an argument is looked at. */
const DEPTH = 64;
/** The longest name that a key has in it. */
const LONGEST = 100;

/**
 * @typedef {{ readonly name: string, readonly sequence: number }} Owner
 * @typedef {{ name: string, args: unknown[] }} Called
 */

/** How often calls have asked for a key at a place, by what they are. @type {WeakMap<Owner, { sequence: number, asked: Map<string, number> }>} */
const places = new WeakMap();

/** The object is as its store has it: calls that were lost may be made again from here on. @param {Owner} owner */
export const anew = (owner) => { places.delete(owner); };

/** The call of a durable object. */
class Key {
  /** @type {Owner} */
  #owner;
  /** @type {Called} */
  #call;
  /** @type {number} */
  #sequence;
  /** @type {string | undefined} */
  #text;
  /** The task that it became. @type {number | undefined} */
  task;

  /** @param {Owner} owner @param {Called} call @param {string | undefined} given */
  constructor(owner, call, given) {
    [this.#owner, this.#call, this.#sequence, this.#text] = [owner, call, owner.sequence, given];
  }

  /** The key. */
  get text() {
    this.#text ??= made(this.#owner, this.#call, this.#sequence);
    return this.#text;
  }

  /** The call has ended. */
  end() {
    if (this.task !== undefined && tasks.get(this.task) === this) tasks.delete(this.task);
  }
}

/** @param {Owner} owner @param {Called} call @param {string | undefined} given */
export const keyOf = (owner, call, given) => new Key(owner, call, given);

/** Asynchronous calls by the numbers of their tasks. @type {Map<number, Key>} */
const tasks = new Map();
/** The call that runs. @type {Key | undefined} */
let running;

/** Runs a call. @template T @param {Key} key @param {() => T} run */
export function underKey(key, run) {
  const outer = running;
  running = key;
  try {
    return run();
  } finally {
    running = outer;
  }
}

/** The key of the call that runs. */
export const keyUnderWay = () => running?.text;

/** The call that runs goes on as a task. @param {number} task */
export function began(task) {
  if (running === undefined) tasks.delete(task);
  else tasks.set(task, running);
  if (running !== undefined) running.task = task;
}

/** A task runs from here on; or none does. @param {number | undefined} task */
export function polls(task) {
  running = task === undefined ? undefined : tasks.get(task);
}

/** @param {Owner} owner @param {Called} call @param {number} sequence */
function made(owner, { name, args }, sequence) {
  const sum = new Sum();
  sum.value(name, 0);
  sum.value(args, 0);
  const hash = sum.text;
  let place = places.get(owner);
  if (place?.sequence !== sequence) places.set(owner, place = { sequence, asked: new Map() });
  const before = place.asked.get(hash) ?? 0;
  place.asked.set(hash, before + 1);
  const again = before === 0 ? '' : `.${before}`;
  return `${short(owner.name)}/${sequence}${again}/${hash}`;
}

/** A name as it may stand in a header. @param {string} name */
function short(name) {
  const text = encodeURIComponent(name.toWellFormed?.() ?? name.replace(/[\ud800-\udfff]/g, '\ufffd'));
  if (text.length <= LONGEST) return text;
  const sum = new Sum();
  sum.value(name, 0);
  return sum.text;
}

/** A hash of 64 bits of values. What is no data counts by its kind. */
class Sum {
  #one = 0x9e37_79b9;
  #two = 0x85eb_ca6b;

  /** @param {number} byte */
  #byte(byte) {
    this.#one = Math.imul(this.#one ^ byte, 0x0100_0193);
    this.#two = Math.imul((this.#two << 5 | this.#two >>> 27) ^ byte, 0xc2b2_ae35);
  }

  /** @param {string} text */
  #letters(text) {
    for (let at = 0; at < text.length; at += 1) {
      this.#byte(text.charCodeAt(at) & 0xff);
      this.#byte(text.charCodeAt(at) >>> 8);
    }
    this.#byte(0x100);
  }

  /** @param {any} value @param {number} depth */
  value(value, depth) {
    this.#letters(typeof value);
    if (typeof value !== 'object' || value === null) return this.#letters(typeof value === 'function' || typeof value === 'symbol' ? '' : Object.is(value, -0) ? '-0' : String(value));
    if (depth > DEPTH) return undefined;
    if (ArrayBuffer.isView(value)) {
      for (const byte of new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) this.#byte(byte);
      return this.#letters(value.constructor.name);
    }
    if (Array.isArray(value)) {
      for (const one of value) this.value(one, depth + 1);
      return this.#letters('array');
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) return this.#letters('object');
    for (const name of Object.keys(value).sort()) {
      this.#letters(name);
      this.value(value[name], depth + 1);
    }
    return this.#letters('fields');
  }

  get text() {
    return [this.#one, this.#two].map((half) => ((half ^ (half >>> 15)) >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
