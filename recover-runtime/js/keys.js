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

/**
 * What the calls have asked for that began at a place in a journal: the numbers of those that are the same, by what they are.
 * It is kept as long as one of them runs. Behind that no call begins there that could be taken for another one: one that has
 * asked and ended well makes the journal longer.
 * @typedef {{ running: number, asked: Map<string, Set<number>> | undefined }} Place
 */
/** By how many calls there were. @type {WeakMap<Owner, Map<number, Place>>} */
const places = new WeakMap();

/** @param {Owner} owner @param {number} sequence */
function placeOf(owner, sequence) {
  let all = places.get(owner);
  if (all === undefined) places.set(owner, all = new Map());
  let place = all.get(sequence);
  if (place === undefined) all.set(sequence, place = { running: 0, asked: undefined });
  return place;
}

/** The object is as its store has it: calls that were lost may be made again from here on. @param {Owner} owner */
export const anew = (owner) => { places.delete(owner); };

/** The call of a durable object. */
export class Key {
  /** @type {Owner} */
  #owner;
  /** @type {Called} */
  #call;
  /** The place where it began. @type {Place} */
  #place;
  /** What it is among the calls there, and which of those that are the same. @type {{ hash: string, number: number } | undefined} */
  #asked;
  /** @type {string | undefined} */
  #text;
  /** How many calls there were before it. @type {number} */
  sequence;
  /** The task that it became. @type {number | undefined} */
  task;

  /** @param {Owner} owner @param {Called} call @param {string | undefined} given */
  constructor(owner, call, given) {
    [this.#owner, this.#call, this.sequence, this.#text] = [owner, call, owner.sequence, given];
    this.#place = placeOf(owner, this.sequence);
    this.#place.running += 1;
  }

  /** Whether a key was made for it. */
  get isAsked() { return this.#asked !== undefined; }

  /** The key. */
  get text() {
    this.#text ??= this.#made();
    return this.#text;
  }

  #made() {
    const hash = hashOf(this.#call);
    const asked = this.#place.asked ??= new Map();
    const taken = asked.get(hash) ?? new Set();
    asked.set(hash, taken);
    let number = 0;
    while (taken.has(number)) number += 1;
    taken.add(number);
    this.#asked = { hash, number };
    return `${short(this.#owner.name)}/${this.sequence}${number === 0 ? '' : `.${number}`}/${hash}`;
  }

  /** The call has ended. @param {boolean} isKept it is in the journal; else the same call, made again, has its key */
  end(isKept) {
    if (this.task !== undefined && tasks.get(this.task) === this) tasks.delete(this.task);
    const place = this.#place;
    if (!isKept && this.#asked !== undefined) place.asked?.get(this.#asked.hash)?.delete(this.#asked.number);
    place.running -= 1;
    const all = places.get(this.#owner);
    if (place.running === 0 && all?.get(this.sequence) === place) all.delete(this.sequence);
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

/** What runs later as a part of the call that runs now. @template T @param {() => T} run @returns {() => T} */
export function keepKey(run) {
  const key = running;
  return key === undefined ? run : () => underKey(key, run);
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

/** @param {Called} call */
function hashOf({ name, args }) {
  const sum = new Sum();
  sum.value(name, 0);
  sum.value(args, 0);
  return sum.text;
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
