// @ts-check
// The methods whose calls are in journals: found in the memory as the module says it, before anything of it
// ran, and known outside by what stays when the module is built anew. With them an entry of a journal is read
// out for elsewhere, and made for this module. capture.js and durable.js import this; it imports nothing.
//
// No address that comes from outside is used: an entry is made with those that were found here.

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What a method is known by that the static data describes. */
const FIRST = 1919118692, SECOND = 2837339191;
// </shared>

/**
 * @typedef {{ address: number, class: number, schema: number, name: string }} Method `class` and `schema` are hashes, of the
 *   name of the class and of the types of the arguments; `name` is the path in Rust
 * @typedef {{ method: Method, ok: boolean, args: Uint8Array }} Call a call, for this module
 */

/**
 * What describes a method in the memory as the module says it. What a program writes into its memory later
 * describes none. The same in each instance
 * of a module.
 * @type {Method[] | undefined}
 */
let initial;
/** The module that says it. @type {WebAssembly.Module | undefined} */
let said;
/** Those of them that are static data. @type {Method[]} */
let methods = [];
/** The same by their addresses. @type {Map<number, Method>} */
let byAddress = new Map();
/** Whether somebody has asked for them. */
let watches = false;

/**
 * Has the methods be found in the first instance.
 * @param {import('./links').Links} host
 */
export function watchMethods(host) {
  if (watches) return;
  watches = true;
  const { renew } = host;
  // The gate calls it with the memory of a new instance, and nothing has entered that yet.
  host.renew = (memory) => {
    const module = host.gate?.glue.module?.();
    // Where there is an instance of another module, nothing has run in that yet either.
    if (memory !== undefined && (initial === undefined || module !== said)) [initial, said] = [found(memory.buffer), module];
    renew(memory);
  };
}

/** Where the static data is. @param {number} first @param {number} last */
export function described(first, last) {
  methods = initial?.filter(({ address }) => address >= first && address < last) ?? [];
  byAddress = new Map(methods.map((method) => [method.address, method]));
}

/** All of them. */
export const allMethods = () => methods;

/** What describes a method. @param {ArrayBuffer} buffer @returns {Method[]} */
function found(buffer) {
  const all = [];
  const words = new Uint32Array(buffer);
  for (let at = words.indexOf(FIRST); at !== -1; at = words.indexOf(FIRST, at + 1)) {
    const [, second, of = 0, schema = 0, name = 0, length = 0] = words.subarray(at, at + 6);
    if (second !== SECOND || name + length > buffer.byteLength) continue;
    all.push({ address: at * 4, class: of, schema, name: new TextDecoder().decode(new Uint8Array(buffer, name, length)) });
  }
  return all;
}

/** Bytes of an entry before its arguments: length, checksum, method. */
const HEADER = 12;
/** The bit in the length that says that the call returned no `Err`. */
const RETURNED_OK = 0x8000_0000;

/**
 * Tells the calls of a journal, the first one first; their arguments are those in the journal. The answer is the address
 * of a method that the module does not describe, where it ends; undefined if there is none.
 * @param {Uint8Array} log
 * @param {(method: Method, ok: boolean, args: Uint8Array) => void} told
 */
export function tellCalls(log, told) {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  for (let at = 0; at < log.length;) {
    const first = view.getUint32(at, true);
    const length = (first & ~RETURNED_OK) >>> 0;
    const address = view.getUint32(at + 8, true);
    const method = byAddress.get(address);
    if (method === undefined) return address;
    told(method, (first & RETURNED_OK) !== 0, log.subarray(at + HEADER, at + length));
    at += Math.ceil(length / 4) * 4;
  }
  return undefined;
}

/** As in persist/codec.rs, in two halves: numbers of 64 bits are slow here. */
const ODD_LOW = 0x7f4a_7c15, ODD_HIGH = 0x9e37_79b9;
const ENTRY_ODD = 0x7f4a_7c15;

/** The upper half of a product of two words. @param {number} one @param {number} two */
function upper(one, two) {
  const [a, b, c, d] = [one >>> 16, one & 0xffff, two >>> 16, two & 0xffff];
  const middle = a * d + ((b * d) >>> 16);
  return (a * c + Math.floor(middle / 65_536) + (((middle & 0xffff) + b * c) / 65_536)) >>> 0;
}

/**
 * The checksum of an entry, as persist/codec.rs makes it: of its first word, its mark, and the words from `at` to `end`.
 * @param {number} first
 * @param {number} mark
 * @param {DataView} view
 * @param {number} at
 * @param {number} end
 */
function checksum(first, mark, view, at, end) {
  let [low, high] = [first >>> 0, mark >>> 0];
  /** Adds two words to the sum, and rotates it by 23. @param {number} addLow @param {number} addHigh */
  const add = (addLow, addHigh) => {
    const sum = low + addLow;
    const rest = (high + addHigh + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
    const below = sum >>> 0;
    low = ((below << 23) | (rest >>> 9)) >>> 0;
    high = ((rest << 23) | (below >>> 9)) >>> 0;
  };
  if (end - at >= 32) {
    const blocks = at + ((end - at) & ~31);
    const [firstLow, firstHigh] = [low, high];
    let [allLow, allHigh] = [0, 0];
    for (let lane = 0; lane < 4; lane += 1) {
      [low, high] = [firstLow, firstHigh];
      for (let from = at + lane * 8; from < blocks; from += 32) add(view.getUint32(from, true), view.getUint32(from + 4, true));
      const [mixedLow, mixedHigh] = [allLow ^ low, allHigh ^ high];
      // Times the odd number, and rotated by 32: the halves change places.
      allHigh = Math.imul(mixedLow, ODD_LOW) >>> 0;
      allLow = (upper(mixedLow >>> 0, ODD_LOW) + Math.imul(mixedLow, ODD_HIGH) + Math.imul(mixedHigh, ODD_LOW)) >>> 0;
    }
    [low, high, at] = [allLow, allHigh, blocks];
  }
  for (; at < end; at += 4) add(view.getUint32(at, true), 0);
  const mixed = (low ^ high) >>> 0;
  return (upper(mixed, ODD_LOW) + Math.imul(mixed, ODD_HIGH) + Math.imul(high, ODD_LOW)) >>> 0;
}

/** The journal of calls, for this module. @param {Call[]} calls */
export function journalOf(calls) {
  const lengths = calls.map(({ args }) => HEADER + args.length);
  const whole = (/** @type {number} */ length) => Math.ceil(length / 4) * 4;
  const log = new Uint8Array(lengths.reduce((sum, length) => sum + whole(length), 0));
  const view = new DataView(log.buffer);
  let at = 0;
  for (const { method, ok, args } of calls) {
    const length = HEADER + args.length;
    const end = at + whole(length);
    const first = (length + (ok ? RETURNED_OK : 0)) >>> 0;
    view.setUint32(at, first, true);
    view.setUint32(at + 8, method.address, true);
    log.set(args, at + HEADER);
    const mark = Math.imul(method.class ^ method.address, ENTRY_ODD) >>> 0;
    view.setUint32(at + 4, checksum(first, mark, view, at + 8, end), true);
    at = end;
  }
  return log;
}

/**
 * The hashes of the names of a class and of those that it extends: a journal of its objects has calls of their methods alone.
 * @param {Record<string, any>} classes of the package
 * @param {string} name
 */
export function lineOf(classes, name) {
  const names = new Map(Object.entries(classes).map(([each, constructor]) => [constructor, each]));
  /** @type {Set<number>} */
  const line = new Set();
  for (let of = classes[name]; of !== undefined && of !== null; of = Object.getPrototypeOf(of)) {
    const each = names.get(of);
    if (each !== undefined) line.add(numberOf(each));
  }
  return line;
}

/** The hash of a class's name, as persist/codec.rs makes it. @param {string} name */
export function numberOf(name) {
  let number = 0;
  for (const byte of new TextEncoder().encode(name)) {
    const mixed = Math.imul(number ^ byte, ENTRY_ODD);
    number = (mixed << 15) | (mixed >>> 17);
  }
  return number >>> 0;
}
