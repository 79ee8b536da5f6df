// @ts-check
// Captures: a call that failed, with all that is needed to make it again elsewhere, in the same
// package or in a later build of it. A package has this module by the feature `capture` of
// recover-runtime. The glue hands over what it needs of host.js (`captures`), with the classes and
// functions of the package, which get a function around each.
//
// A capture is JSON, and untrusted when it is read: nothing in it is an address. Methods are named by
// their Rust paths, and looked up in the static data of the module that makes the call again (methods.js).

import { allMethods, described as describedMethods, journalOf, lineOf, tellCalls, watchMethods } from './methods.js';

/** @type {import('./links').Links | undefined} */
let links;
/** What records.js does for captures, if there are records. @type {import('./links').CapturedRecords} */
let records = { hold: () => undefined, restore() {} };

/** The classes of the package. @type {Record<string, any>} */
let packaged = {};

/** The version of the format. */
const VERSION = 1;
/** Bytes that a capture may have, unless the host says another number. */
const LIMIT = 1_048_576;
/** How deep an argument may nest. */
const DEPTH = 64;
/** As in errors.js. */
const BRAND = Symbol.for('recover.error');

/**
 * @typedef {import('./links').Held} Held
 * @typedef {'function' | 'static' | 'method' | 'get' | 'set'} Kind
 * @typedef {{ kind: Kind, class: string | undefined, name: string }} Callee
 * @typedef {{ method: string, schema: number, ok: boolean, args: string }} JournalEntry
 * @typedef {{ class: string, snapshot: string, journal: JournalEntry[] }} CapturedObject
 * @typedef {{ listener: (capture: import('./types').CapturedCall) => void, classes: string[] | undefined, limit: number }} Taker
 * @typedef {{ value: unknown, held: Held | undefined, why: string | undefined }} Noted
 * @typedef {Callee & { of: unknown, receiver: Held | undefined, args: Noted[], budget: { left: number }, instance: { dead: boolean } | undefined, alive: boolean }} Call
 */

/** Who wants captures. @type {Set<Taker>} */
const takers = new Set();
/** What can be called again, as `keyOf` writes it. @type {Set<string>} */
const callees = new Set();
/** Errors that a capture was made of: each frame that they leave sees them. @type {WeakSet<object>} */
const seen = new WeakSet();
/** Where the static data is. @param {number} first @param {number} last */
export function described(first, last) {
  describedMethods(first, last);
}

/** @param {Callee} callee */
const keyOf = (callee) => `${callee.kind} ${callee.class ?? ''} ${callee.name}`;

/**
 * Puts a function around each that can be captured.
 * @param {import('./links').Links} host
 * @param {Record<string, any>} classes of the package
 * @param {(around: (name: string, original: Function) => Function) => void} functions puts it around those
 * @param {import('./links').CapturedRecords} [hosts] of records.js
 */
export function captures(host, classes, functions, hosts = records) {
  links = host;
  records = hosts;
  packaged = classes;
  watchMethods(host);
  host.capture = capture;
  host.replay = replay;
  for (const [name, constructor] of Object.entries(classes)) {
    wrapAll(constructor, name, 'static');
    wrapAll(constructor.prototype, name, 'method');
  }
  functions((name, original) => wrapped({ kind: 'function', class: undefined, name }, original));
}

/** @param {any} object @param {string} className @param {'static' | 'method'} kind */
function wrapAll(object, className, kind) {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (name.startsWith('__') || name === 'free' || name === 'constructor') continue;
    const { value, get, set } = property;
    /** @param {Kind} as @param {Function} original */
    const around = (as, original) => wrapped({ kind: as, class: className, name }, original);
    if (typeof value === 'function') property.value = around(kind, value);
    else if (kind === 'static') continue;
    if (get !== undefined) property.get = /** @type {any} */ (around('get', get));
    if (set !== undefined) property.set = /** @type {any} */ (around('set', set));
    Object.defineProperty(object, name, property);
  }
}

/** @param {Callee} callee @param {Function} original */
function wrapped(callee, original) {
  callees.add(keyOf(callee));
  /** @this {any} @param {any[]} args */
  const around = function (...args) {
    if (takers.size === 0) return original.apply(this, args);
    const call = begun(callee, this, args);
    let result;
    try {
      result = original.apply(this, args);
    } catch (error) {
      ended(call, error, false);
      throw error;
    }
    if (!goesOn(call, result)) return result;
    return result.then(undefined, (/** @type {unknown} */ error) => {
      ended(call, error, true);
      throw error;
    });
  };
  for (const name of ['name', 'length']) Object.defineProperty(around, name, { value: /** @type {any} */ (original)[name], configurable: true });
  return around;
}

/** Whether somebody wants captures of it. @param {Taker} taker @param {Callee} callee */
const wants = ({ classes }, { class: name }) => classes === undefined || (name !== undefined && classes.includes(name));

/**
 * What is known of a call before it is made. Whatever goes wrong here, the call is made: nothing is known of it then.
 * @param {Callee} callee @param {unknown} of @param {unknown[]} args
 * @returns {Call | undefined}
 */
function begun(callee, of, args) {
  try {
    const limits = Array.from(takers, (taker) => (wants(taker, callee) ? taker.limit : 0));
    const budget = { left: Math.max(...limits) };
    if (budget.left === 0) return undefined;
    // What the glue would do next: the call is to end an instance that it has entered.
    if (links?.gate?.dead) links.gate.asked();
    const isOfObject = callee.class !== undefined && callee.kind !== 'static';
    return {
      ...callee, of,
      receiver: isOfObject ? records.hold(of) : undefined,
      args: args.map((arg, at) => noted(arg, nameOf(at), budget)),
      budget, instance: links?.instance, alive: links?.instance.dead === false,
    };
  } catch {
    return undefined;
  }
}

/** @param {number} at */
const nameOf = (at) => `argument ${at + 1}`;

/** An argument as it is now. What is longer than anybody takes is not copied. @param {unknown} value @param {string} what @param {{ left: number }} budget @returns {Noted} */
function noted(value, what, budget) {
  try {
    const of = ArrayBuffer.isView(value) ? ARRAYS[/** @type {any} */ (value)[Symbol.toStringTag]] : undefined;
    if (of === undefined) return { value, held: typeof value === 'object' && value !== null ? records.hold(value) : undefined, why: undefined };
    spend(budget, /** @type {ArrayBufferView} */ (value).byteLength);
    // The caller may write to its arrays while the call waits.
    return { value: new of(value), held: undefined, why: undefined };
  } catch (reason) {
    return { value: undefined, held: undefined, why: whyOf(reason, what) };
  }
}

/**
 * Whether a call has given a promise, and fails later if it does.
 * @param {Call | undefined} call
 * @param {any} result
 */
function goesOn(call, result) {
  try {
    if (!(result instanceof Promise)) return false;
    // Other calls go on with the records before it fails.
    for (const held of [call?.receiver, ...call?.args.map((arg) => arg.held) ?? []]) {
      if (call === undefined || held === undefined) continue;
      call.budget.left -= held.length;
      if (call.budget.left < 0) held.why ??= TOO_LONG;
      else held.log = held.log.slice(0, held.length);
    }
    return true;
  } catch {
    return false;
  }
}

/** Makes a capture of a call, if it is one that failed. @param {Call | undefined} call @param {any} error @param {boolean} late */
function ended(call, error, late) {
  try {
    if (call === undefined) {
      // Nor does a call around it that is captured have thrown it.
      if (typeof error === 'object' && error !== null) seen.add(error);
      return;
    }
    if (!isFailure(call, error, late) || seen.has(error)) return;
    seen.add(error);
    for (const taker of [...takers]) {
      if (!wants(taker, call)) continue;
      links?.tell(new Set([taker.listener]), made(call, error, taker.limit));
    }
  } catch (failure) {
    // The caller gets the error of the call, whatever becomes of its capture.
    links?.report(failure);
  }
}

/**
 * Whether the call itself failed. A call that was refused did not, nor one that waited when another
 * ended the instance.
 * @param {Call} call @param {any} error @param {boolean} late
 */
function isFailure(call, error, late) {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
  if (['panic', 'out-of-memory', 'stack-overflow'].includes(error.kind)) return true;
  return error.kind === 'aborted' && !late && call.alive && call.instance?.dead === true;
}

/** Why a call can't be made again. */
class Unfit extends Error {}

const TOO_LONG = 'it has more bytes than its limit allows';

/** Why, in words; whatever else is thrown, a getter or a proxy of the caller did. @param {unknown} reason @param {string} what */
const whyOf = (reason, what) => (reason instanceof Unfit ? reason.message : `${what} can't be read`);

/** @param {Call} call @param {any} error @param {number} limit @returns {import('./types').CapturedCall} */
function made(call, error, limit) {
  const { kind, class: className, name } = call;
  const { name: errorName, code, message, location, cause } = error;
  const head = {
    recover: 'capture', version: VERSION, id: links?.randomId() ?? '', report: links?.reportOf(error), build: links?.build(), time: Date.now(),
    call: { kind, class: className, name, export: error.export },
    failure: { name: errorName, code, kind: error.kind, message, location, cause: cause instanceof Error ? String(cause.name) : undefined },
  };
  /** @type {string | undefined} */
  let why;
  let text = '';
  try {
    const budget = { left: limit };
    const rest = { replayable: true, object: receiverOf(call, budget), args: call.args.map((arg, at) => argument(arg, nameOf(at), budget)) };
    text = JSON.stringify({ ...head, ...rest });
    if (text.length > limit) throw new Unfit(`it would have more than ${limit} bytes, which is its limit`);
  } catch (reason) {
    if (!(reason instanceof Unfit)) throw reason;
    why = reason.message;
    text = JSON.stringify({ ...head, replayable: false, why });
  }
  return { id: head.id, report: head.report, name: className === undefined ? name : `${className}.${name}`, replayable: why === undefined, why, error, bytes: new TextEncoder().encode(text) };
}

/** @param {Call} call @param {{ left: number }} budget @returns {CapturedObject | undefined} */
function receiverOf(call, budget) {
  if (call.class === undefined || call.kind === 'static') return undefined;
  if (call.receiver === undefined) throw new Unfit(`objects of the class ${links?.nameOf(call.of) ?? call.class} do not persist`);
  return objectOf(call.receiver, budget);
}

/** @param {Held} held @param {{ left: number }} budget @returns {CapturedObject} */
function objectOf(held, budget) {
  if (held.why !== undefined) throw new Unfit(held.why);
  spend(budget, held.snapshot.length + held.length);
  return { class: held.className, snapshot: base64(held.snapshot), journal: entriesOf(held.log.subarray(0, held.length)) };
}

/** @param {Noted} arg @param {string} what @param {{ left: number }} budget */
function argument({ value, held, why }, what, budget) {
  if (why !== undefined) throw new Unfit(why);
  try {
    return encoded(value, what, held, budget, 0);
  } catch (reason) {
    throw new Unfit(whyOf(reason, what));
  }
}

/** What is too long is not encoded at all. @param {{ left: number }} budget @param {number} bytes */
function spend(budget, bytes) {
  budget.left -= bytes;
  if (budget.left < 0) throw new Unfit(TOO_LONG);
}

/** @param {unknown} value @param {string} what @param {Held | undefined} held @param {{ left: number }} budget @param {number} depth @returns {unknown} */
function encoded(value, what, held, budget, depth) {
  if (depth > DEPTH) throw new Unfit(`${what} nests too deep`);
  const inner = (/** @type {unknown} */ one) => encoded(one, what, typeof one === 'object' && one !== null ? records.hold(one) : undefined, budget, depth + 1);
  spend(budget, 1);
  switch (typeof value) {
    case 'string': spend(budget, value.length); return value;
    case 'boolean': return value;
    case 'number': return Number.isFinite(value) && !Object.is(value, -0) ? value : { number: Object.is(value, -0) ? '-0' : String(value) };
    case 'bigint': return { bigint: String(value) };
    case 'undefined': return { undefined: true };
    case 'object': break;
    default: throw new Unfit(`${what} is a ${typeof value}`);
  }
  if (value === null) return null;
  if (held !== undefined) return { object: objectOf(held, budget) };
  if (ArrayBuffer.isView(value)) {
    const array = /** @type {any} */ (value)[Symbol.toStringTag];
    if (ARRAYS[array] === undefined) throw new Unfit(`${what} is a ${array}`);
    spend(budget, value.byteLength);
    return { array, bytes: base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  }
  if (Array.isArray(value)) {
    // A sparse one is long before there is anything in it.
    spend(budget, value.length);
    return { list: Array.from({ length: value.length }, (_, at) => inner(value[at])) };
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw new Unfit(`${what} is a ${links?.nameOf(value) ?? prototype.constructor?.name ?? 'special object'}`);
  const names = Object.keys(value);
  spend(budget, names.length);
  return {
    fields: names.map((name) => {
      spend(budget, name.length);
      return [name, inner(/** @type {any} */ (value)[name])];
    }),
  };
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** The calls of a journal, by the names of their methods. @param {Uint8Array} log @returns {JournalEntry[]} */
function entriesOf(log) {
  /** @type {JournalEntry[]} */
  const entries = [];
  const unknown = tellCalls(log, (method, ok, args) => { entries.push({ method: method.name, schema: method.schema, ok, args: base64(args) }); });
  if (unknown !== undefined) throw new Unfit('its journal has a call of a method that the module does not describe');
  return entries;
}

/** The journal of calls, for this module. @param {JournalEntry[]} entries @param {string} className */
function restored(entries, className) {
  const line = lineOf(packaged, className);
  return journalOf(entries.map(({ method: name, schema, ok, args }) => {
    const method = allMethods().find((one) => one.name === name);
    if (method === undefined) throw refusal(`the package has no journaled method ${name}`, className);
    // It would be made on an object that it knows nothing of.
    if (!line.has(method.class)) throw refusal(`${name} is no journaled method of the class ${className}`, className);
    if (method.schema !== schema) throw refusal(`the arguments of ${name} have other types in this package`, className);
    return { method, ok, args: bytesOf(args) };
  }));
}

/** @param {string} message @param {string} [className] */
const refusal = (message, className = 'capture') => links?.importError(message, className) ?? new Error(message);

/** @param {unknown} text */
function bytesOf(text) {
  try {
    if (typeof text === 'string') return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    // Not base64.
  }
  throw refusal('the capture has bytes that are not base64');
}

/** @param {any} value @param {boolean} holds @param {string} what */
function expect(value, holds, what) {
  if (!holds) throw refusal(`the capture has no ${what}`);
  return value;
}

/** @param {unknown} value @returns {any} */
const asObject = (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined);
/**
 * What a capture says of itself: the types of its fields. What may be missing ends in a question mark.
 * @typedef {{ [field: string]: string | Shape }} Shape
 * @type {Shape}
 */
const HEAD = {
  id: 'string', 'report?': 'string', 'build?': 'string', time: 'number', replayable: 'boolean', 'why?': 'string',
  call: { kind: 'string', 'class?': 'string', name: 'string', 'export?': 'string' },
  failure: {
    name: 'string', code: 'string', kind: 'string', message: 'string', 'cause?': 'string',
    'location?': { file: 'string', line: 'number', column: 'number' },
  },
};

/** Refuses what is not of its shape. @param {any} value @param {Shape} shape @param {string} within */
function check(value, shape, within) {
  for (const [key, type] of Object.entries(shape)) {
    const field = key.replace('?', '');
    const what = within + field;
    if (!Object.hasOwn(value, field)) expect(value, field !== key, what);
    else if (typeof type === 'string') expect(value, typeof value[field] === type, what);
    else check(expect(value[field], asObject(value[field]) !== undefined, what), type, `${what}.`);
  }
}

/** @param {unknown} value */
const isName = (value) => typeof value === 'string' && value !== '';

/**
 * What is in a capture, once it is whole.
 * @param {Uint8Array} bytes
 */
function read(bytes) {
  let capture;
  try {
    capture = asObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    // No JSON.
  }
  if (capture?.recover !== 'capture') throw refusal('these bytes are no capture');
  if (capture.version !== VERSION) throw refusal(`the capture has version ${JSON.stringify(capture.version)}, and this package reads ${VERSION}`);
  check(capture, HEAD, '');
  const { call } = capture;
  expect(call, ['function', 'static', 'method', 'get', 'set'].includes(call.kind) && isName(call.name), 'call');
  expect(call, call.kind === 'function' ? call.class === undefined : isName(call.class), 'class');
  if (!capture.replayable) throw refusal(`the call can't be made again: ${capture.why ?? 'it was not captured'}`);
  expect(capture, Array.isArray(capture.args), 'arguments');
  expect(capture, call.class === undefined || call.kind === 'static' || asObject(capture.object) !== undefined, 'object');
  return capture;
}

/**
 * Reads a capture, and makes what the call needs; nothing is left of it if that fails.
 * @param {Uint8Array} bytes
 * @param {any} exports of the package
 */
function replay(bytes, exports) {
  const { call, args, object, replayable: _, ...rest } = read(bytes);
  /** @type {any[]} */
  const revived = [];
  /** @param {any} captured */
  const object_ = (captured) => {
    const { class: name, snapshot, journal } = expect(captured, asObject(captured) !== undefined, 'object');
    expect(name, isName(name) && callees.has(keyOf({ kind: 'static', class: name, name: 'import' })), `class ${isName(name) ? name : ''} that this package has`);
    expect(journal, Array.isArray(journal) && journal.every((entry) => isName(entry?.method) && Number.isInteger(entry.schema) && typeof entry.ok === 'boolean'), 'journal');
    const handle = exports[name].import(bytesOf(snapshot));
    revived.push(handle);
    if (journal.length !== 0) records.restore(handle, restored(journal, name), journal.length);
    return handle;
  };
  try {
    if (!callees.has(keyOf(call))) throw refusal(`this package has no ${call.kind} ${call.class === undefined ? '' : `${call.class}.`}${call.name}`);
    const receiver = call.kind === 'function' ? exports : call.kind === 'static' ? exports[call.class] : object_(object);
    const given = args.map((/** @type {unknown} */ arg) => decoded(arg, object_, 0));
    return {
      capture: { ...rest, call },
      object: call.kind === 'function' || call.kind === 'static' ? undefined : receiver,
      args: given,
      call() {
        if (call.kind === 'get') return receiver[call.name];
        if (call.kind === 'set') return receiver[call.name] = given[0];
        return receiver[call.name](...given);
      },
    };
  } catch (error) {
    revived.forEach(release);
    throw error;
  }
}

/** @param {any} handle */
function release(handle) {
  try {
    handle.free();
  } catch {
    // It is lost already: its journal was refused.
  }
}

/** The typed arrays by their names. @type {Record<string, any>} */
const ARRAYS = { Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigUint64Array, BigInt64Array };

/** @param {any} value @param {(captured: unknown) => object} object @param {number} depth @returns {unknown} */
function decoded(value, object, depth) {
  if (depth > DEPTH) throw refusal('an argument of the capture nests too deep');
  if (value === null || typeof value !== 'object') return value;
  const { number, bigint, array, bytes, list, fields, object: captured } = value;
  if (value.undefined === true) return undefined;
  if (typeof number === 'string') return Number(number);
  if (typeof bigint === 'string' && /^-?\d+$/.test(bigint)) return BigInt(bigint);
  if (captured !== undefined) return object(captured);
  if (Array.isArray(list)) return list.map((one) => decoded(one, object, depth + 1));
  if (Array.isArray(fields) && fields.every((field) => Array.isArray(field) && typeof field[0] === 'string')) {
    return Object.fromEntries(fields.map(([name, field]) => [name, decoded(field, object, depth + 1)]));
  }
  if (typeof array === 'string' && Object.hasOwn(ARRAYS, array)) {
    const { buffer } = bytesOf(bytes);
    if (buffer.byteLength % ARRAYS[array].BYTES_PER_ELEMENT === 0) return new ARRAYS[array](buffer);
  }
  throw refusal('an argument of the capture is not understood');
}

/**
 * @param {(capture: import('./types').CapturedCall) => void} listener
 * @param {{ classes?: string[], limitBytes?: number }} [options]
 */
function capture(listener, options = {}) {
  if (typeof listener !== 'function') throw new TypeError('recovery.capture() takes a function');
  const { classes, limitBytes = LIMIT } = options;
  if (classes !== undefined && !Array.isArray(classes)) throw new TypeError('recovery.capture() takes the names of classes as an array');
  if (!(limitBytes > 0)) throw new RangeError('recovery.capture() takes limitBytes, a number of bytes');
  const taker = { listener, classes, limit: limitBytes };
  takers.add(taker);
  return () => { takers.delete(taker); };
}
