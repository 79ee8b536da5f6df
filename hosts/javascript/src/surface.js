// @ts-check
// The exports that programs see: the same names as jco's, each behind the gate. Classes and functions are made once,
// from the first instance; which object of jco's they stand for is looked up in the instance that there is.

import { wrongClass } from './errors.js';
import { Resource, State, stateOf } from './handles.js';

/** @typedef {import('./gate.js').Gate} Gate */

/**
 * A class of resources.
 * @typedef {{ name: string, path: string[], persists: boolean, handle: Function }} ClassInfo
 */

/**
 * What a call is of.
 * @typedef {{
 *   exported: string, called: Function, method: string, reads: boolean, makes: ClassInfo | undefined, restores: boolean,
 *   invoke: (instance: import('./instance.js').Instance, guest: any, args: unknown[]) => unknown,
 * }} Target
 */

/** The property that disposes of an object, as jco names it. */
export const DISPOSE = Symbol.dispose ?? Symbol.for('dispose');

/** Whether a function is a class; jco's functions are none. @param {Function} one */
const isClass = (one) => Object.getOwnPropertyDescriptor(one, 'prototype')?.writable === false;

/** What is at a path of the exports. @param {any} root @param {string[]} path */
export const at = (root, path) => path.reduce((inner, name) => inner[name], root);

/** @param {Function} named @param {string} name */
const rename = (named, name) => Object.defineProperty(named, 'name', { value: name, configurable: true });

/** Makes the surface of one component. */
class Surface {
  /** @param {Gate} gate @param {any} root the exports of the first instance */
  constructor(gate, root) {
    this.gate = gate;
    this.root = root;
    /** Ours, by jco's: an interface has two names. @type {Map<object, any>} */
    this.known = new Map();
    /** @type {ClassInfo[]} */
    this.classes = [];
  }

  /** @param {any} object @param {string[]} path @returns {Record<string, unknown>} */
  namespace(object, path) {
    const known = this.known.get(object);
    if (known !== undefined) return known;
    /** @type {Record<string, unknown>} */
    const made = {};
    this.known.set(object, made);
    for (const [name, one] of Object.entries(object)) {
      const inner = [...path, name];
      if (typeof one === 'function') made[name] = this.known.get(one) ?? (isClass(one) ? this.class(one, inner) : this.function(one, inner));
      else made[name] = typeof one === 'object' && one !== null ? this.namespace(one, inner) : one;
    }
    return Object.freeze(made);
  }

  /** @param {Function} one @param {string} exported */
  refuseAsync(one, exported) {
    if (one.constructor?.name === 'AsyncFunction') {
      throw new TypeError(`${exported} is asynchronous (JSPI), which can't be supervised; transpile without \`--async-mode jspi\``);
    }
  }

  /** @param {Function} one @param {string[]} path */
  function(one, path) {
    const { gate } = this;
    const exported = path[path.length - 1] ?? '';
    this.refuseAsync(one, exported);
    /** @type {Target} */
    const target = {
      exported, called: one, method: exported, reads: false, makes: undefined, restores: false,
      invoke: (instance, _, args) => at(instance.root, path)(...args),
    };
    const made = rename((/** @type {unknown[]} */ ...args) => gate.call(target, undefined, args), exported);
    target.called = made;
    this.known.set(one, made);
    return made;
  }

  /** @param {Function} one @param {string[]} path */
  class(one, path) {
    const { gate } = this;
    const { reads } = gate.options;
    const name = path[path.length - 1] ?? '';
    const isMethod = (/** @type {any} */ owner, /** @type {string} */ member) => typeof owner[member] === 'function';
    const methods = Object.getOwnPropertyNames(one.prototype).filter((member) => member !== 'constructor' && isMethod(one.prototype, member));
    const statics = Object.getOwnPropertyNames(one).filter((member) => !['prototype', 'name', 'length'].includes(member) && isMethod(one, member));
    const read = new Set(reads[name]);
    for (const member of read) {
      if (!methods.includes(member)) throw new TypeError(`reads.${name} names ${JSON.stringify(member)}, which is no method of ${name}; there are ${methods.join(', ')}`);
    }
    const persists = methods.includes('save') && statics.includes('restore');
    /** @type {ClassInfo} */
    const info = { name, path, persists, handle: Resource };
    /** @type {Target} */
    const construct = {
      exported: name, called: one, method: 'constructor', reads: false, makes: info, restores: false,
      invoke: (instance, _, args) => Reflect.construct(at(instance.root, path), args),
    };
    const made = class extends Resource {
      /** @param {unknown[]} args */
      constructor(...args) {
        super(gate.construct(construct, args));
      }
    };
    construct.called = info.handle = rename(made, name);
    for (const member of methods) {
      this.refuseAsync(/** @type {any} */ (one.prototype)[member], `${name}.${member}`);
      /** @type {Target} */
      const target = {
        exported: `${name}.${member}`, called: one, method: member, reads: read.has(member) || (persists && member === 'save'), makes: undefined, restores: false,
        invoke: (_, guest, args) => guest[member](...args),
      };
      target.called = define(made.prototype, member, /** @this {object} @param {unknown[]} args */ function (...args) {
        return gate.call(target, receiver(this, gate, info), args);
      });
    }
    for (const member of statics) {
      this.refuseAsync(/** @type {any} */ (one)[member], `${name}.${member}`);
      /** @type {Target} */
      const target = {
        exported: `${name}.${member}`, called: one, method: member, reads: false, makes: undefined, restores: persists && member === 'restore',
        invoke: (instance, _, args) => at(instance.root, path)[member](...args),
      };
      target.called = define(made, member, (/** @type {unknown[]} */ ...args) => gate.call(target, undefined, args));
    }
    const dispose = define(made.prototype, DISPOSE, /** @this {object} */ function () {
      gate.dispose(receiver(this, gate, info), dispose);
    });
    this.known.set(one, made);
    this.classes.push(info);
    return made;
  }
}

/** @param {object} owner @param {string | symbol} name @param {Function} value */
function define(owner, name, value) {
  Object.defineProperty(owner, name, { value: typeof name === 'string' ? rename(value, name) : value, writable: true, configurable: true });
  return value;
}

/**
 * The state of a method's object.
 * @param {unknown} value
 * @param {Gate} gate
 * @param {ClassInfo} info
 */
function receiver(value, gate, info) {
  const state = typeof value === 'object' && value !== null ? stateOf(value) : undefined;
  if (state === undefined || state.gate !== gate || state.info !== info) throw wrongClass(info.name);
  return state;
}

/**
 * A handle of an object that is there.
 * @param {Gate} gate
 * @param {ClassInfo} info
 * @param {number} epoch
 * @returns {[object, State]}
 */
export function handleFor(gate, info, epoch) {
  const state = new State(gate, info, epoch);
  // The constructor of the class itself would make another object.
  return [Reflect.construct(Resource, [state], info.handle), state];
}

/**
 * The surface of a component, and the classes in it.
 * @param {Gate} gate
 * @param {any} root the exports of the first instance
 */
export function surfaceOf(gate, root) {
  const surface = new Surface(gate, root);
  const exports = surface.namespace(root, []);
  for (const name of Object.keys(gate.options.reads)) {
    if (!surface.classes.some((one) => one.name === name)) {
      const names = surface.classes.map((one) => one.name).join(', ') || 'none';
      throw new TypeError(`reads.${name} is of no class that the component exports; there are ${names}`);
    }
  }
  return { exports, classes: surface.classes };
}
