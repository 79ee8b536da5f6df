// @ts-check
// What goes into a call, and what comes out: our handles become the objects of jco, and those become our handles.
// Arguments are copied on the way, so that a journal has what the call had, whatever the program changes later.

import { stateOf } from './handles.js';

/** @typedef {import('./handles.js').State} State */

/** How deep values may be, to be copied. WIT has no recursive types. */
const DEEPEST = 64;

/** The arguments of a call, as they were when it began. */
export class Given {
  constructor() {
    /** Copies, with our handles in them. @type {unknown[]} */
    this.values = [];
    /** The states of those handles. @type {State[]} */
    this.states = [];
    /** Whether a journal can have them. */
    this.plain = true;
    /** What they cost in memory, about. */
    this.bytes = 0;
  }

  /** @param {unknown} value @param {number} depth @returns {unknown} */
  copy(value, depth) {
    this.bytes += 8;
    if (typeof value === 'string') this.bytes += 2 * value.length;
    if (typeof value !== 'object' || value === null) return value;
    const state = stateOf(value);
    if (state !== undefined) {
      this.states.push(state);
      this.plain = false;
      return value;
    }
    if (depth < DEEPEST) {
      if (Array.isArray(value)) return value.map((one) => this.copy(one, depth + 1));
      if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
        this.bytes += value.byteLength;
        // `Buffer.slice` makes no copy.
        return value instanceof Uint8Array ? new Uint8Array(value) : /** @type {any} */ (value).slice();
      }
      const prototype = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null) {
        /** @type {Record<string, unknown>} */
        const copy = {};
        for (const [name, one] of Object.entries(value)) copy[name] = this.copy(one, depth + 1);
        return copy;
      }
    }
    this.plain = false;
    return value;
  }
}

/** Of a call without resources. @type {State[]} */
const NONE = [];

/**
 * The arguments of a call. The array is of that call alone.
 * @param {unknown[]} args
 * @returns {{ values: unknown[], states: State[], plain: boolean, bytes: number }}
 */
export function given(args) {
  let bytes = 0;
  for (const one of args) {
    if (typeof one === 'object' && one !== null) {
      const made = new Given();
      for (const value of args) made.values.push(made.copy(value, 0));
      return made;
    }
    bytes += typeof one === 'string' ? 8 + 2 * one.length : 8;
  }
  return { values: args, states: NONE, plain: true, bytes };
}

/**
 * The values of a call, with jco's objects in place of our handles.
 * @param {any} value a copy
 * @param {(state: State) => unknown} guestOf
 * @returns {any}
 */
export function lowered(value, guestOf) {
  if (typeof value !== 'object' || value === null) return value;
  const state = stateOf(value);
  if (state !== undefined) return guestOf(state);
  if (Array.isArray(value)) return value.map((one) => lowered(one, guestOf));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, lowered(one, guestOf)]));
}

/**
 * What a call gave, with our handles in place of jco's objects. It is of that call alone, so it is changed in place.
 * @param {any} value
 * @param {Map<object, import('./surface.js').ClassInfo>} classes by the prototype of jco's objects
 * @param {(guest: object, info: import('./surface.js').ClassInfo) => object} handleOf
 * @returns {any}
 */
export function lifted(value, classes, handleOf) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const one = value[at];
      // Lists of numbers are long.
      if (typeof one === 'object' && one !== null) {
        const changed = lifted(one, classes, handleOf);
        if (changed !== one) value[at] = changed;
      }
    }
    return value;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) {
    for (const name in value) {
      const one = value[name];
      if (typeof one === 'object' && one !== null) {
        const changed = lifted(one, classes, handleOf);
        if (changed !== one) value[name] = changed;
      }
    }
    return value;
  }
  const info = classes.get(prototype);
  return info === undefined ? value : handleOf(value, info);
}
