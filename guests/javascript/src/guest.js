// @ts-check
// The two wrappers: of what the component exports, and of what it imports. What an error says is made in `records.js`.

import { failureOf, returned, thrownBy } from './records.js';

/** What was wrapped, so that nothing is wrapped twice. @type {WeakSet<object>} */
const wrapped = new WeakSet();

/**
 * A function that throws what `ended` makes of an exception, also of a promise's.
 * @param {(...args: any[]) => any} target
 * @param {(thrown: unknown) => unknown} ended
 */
function wrap(target, ended) {
  if (wrapped.has(target)) return target;
  /** @this {unknown} @param {any[]} args */
  function call(...args) {
    let result;
    try {
      result = Reflect.apply(target, this, args);
    } catch (thrown) {
      throw ended(thrown);
    }
    return result instanceof Promise ? result.catch((thrown) => { throw ended(thrown); }) : result;
  }
  for (const name of /** @type {const} */ (['name', 'length'])) Object.defineProperty(call, name, { value: target[name], configurable: true });
  wrapped.add(call);
  return call;
}

/**
 * Whether it is a class. componentize-js keeps no source, so the text of a function tells nothing; but only the
 * `prototype` of a class can't be replaced.
 * @param {unknown} value
 */
const isClass = (value) => typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;

/**
 * Wraps the methods of a class in place, static ones too.
 * @param {any} target
 * @param {(thrown: unknown) => unknown} ended
 */
function wrapClass(target, ended) {
  for (const holder of [target, target.prototype]) {
    for (const name of Object.getOwnPropertyNames(holder)) {
      const { value, writable, configurable } = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(holder, name));
      if (name === 'constructor' || typeof value !== 'function' || !(writable || configurable)) continue;
      Object.defineProperty(holder, name, { value: wrap(value, ended), writable: true, configurable: true, enumerable: false });
    }
  }
  return target;
}

/**
 * @param {any} target
 * @param {(thrown: unknown) => unknown} ended
 * @returns {any}
 */
function wrapAll(target, ended) {
  if (isClass(target)) return wrapClass(target, ended);
  if (typeof target === 'function') return wrap(target, ended);
  /** @type {Record<string, unknown>} */
  const all = {};
  for (const [name, value] of Object.entries(target)) all[name] = typeof value === 'function' ? wrapAll(value, ended) : value;
  return all;
}

/**
 * What the component exports: an exception becomes the `failure` of its result. It takes an interface's object of
 * functions and classes, a class, or one function; what the WIT says of each must be `result<_, failure>`.
 * @template T
 * @param {T} exported
 * @returns {T}
 */
export function recoverable(exported) {
  if ((typeof exported !== 'object' && typeof exported !== 'function') || exported === null) {
    throw new TypeError(`recoverable() takes what the component exports: an object of functions, a class or a function, not ${exported === null ? 'null' : typeof exported}`);
  }
  return wrapAll(exported, (thrown) => Object.assign(new Error('the call failed'), { payload: failureOf(thrown) }));
}

/**
 * What the component imports, with typed errors: `imported(await import('…'))`, or `imported(store)` of
 * `import * as store from 'app:store/store'`.
 * @template T
 * @param {T} module
 * @returns {T}
 */
export function imported(module) {
  if ((typeof module !== 'object' && typeof module !== 'function') || module === null) {
    throw new TypeError(`imported() takes what the component imports: \`import * as store from 'app:store/store'\`, then imported(store), not ${module === null ? 'null' : typeof module}`);
  }
  return wrapAll(module, (thrown) => {
    const record = returned(thrown);
    return record === undefined ? thrown : thrownBy(record);
  });
}
