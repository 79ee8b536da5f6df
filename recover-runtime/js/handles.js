// @ts-check
// What a caller holds of a durable object: the methods and getters of its class, each of which gives a promise, and the
// controls. It is made from the class as the glue has it. When a call runs, and when it is answered, is not known here.
// This module imports nothing.

/**
 * @typedef {{ name: string, args: unknown[], make(object: any): unknown }} Call
 * @typedef {{
 *   readonly name: string, readonly sequence: number, close(): Promise<void>,
 *   call(call: Call, options: import('./durable').DurableCallOptions): Promise<any>,
 * }} Keeper what makes the calls of an object
 */

/** The handles of each class. @type {WeakMap<Function, any>} */
const handles = new WeakMap();

/** What has the object's calls. */
class Caller {
  /** @type {Keeper} */
  #keeper;
  /** As long as somebody has it, the object stays open. @type {object} */
  #token;
  /** @type {import('./durable').DurableCallOptions} */
  #options;

  /** @param {Keeper} keeper @param {object} token @param {import('./durable').DurableCallOptions} options */
  constructor(keeper, token, options) {
    [this.#keeper, this.#token, this.#options] = [keeper, token, options];
  }

  /** @param {Caller} caller @param {Call} call */
  static call(caller, call) {
    return caller.#keeper.call(call, caller.#options);
  }

  /** @param {Caller} caller */
  static keeper(caller) {
    return caller.#keeper;
  }

  /** Another one for the same object. @param {Caller} caller @param {any} made @param {import('./durable').DurableCallOptions} [options] */
  static also(caller, made, options) {
    return new made(caller.#keeper, caller.#token, { ...caller.#options, ...options });
  }
}

/** @param {unknown} acknowledge @param {string} what */
export function checkAcknowledge(acknowledge, what) {
  if (![undefined, 'durable', 'journaled'].includes(/** @type {any} */ (acknowledge))) throw new TypeError(`${what} takes \`acknowledge\`, 'durable' or 'journaled'`);
}

/** What the handles of a class have, by name. @param {Function} constructor @returns {Map<string, PropertyDescriptor>} */
function membersOf(constructor) {
  /** @type {Map<string, PropertyDescriptor>} */
  const members = new Map();
  for (let prototype = constructor.prototype; prototype !== null && prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype)) {
    for (const [name, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name.startsWith('__') || name === 'free' || name === 'constructor' || members.has(name)) continue;
      if (typeof value === 'function') members.set(name, { configurable: true, writable: true, value: method(name) });
      else if (get !== undefined || set !== undefined) members.set(name, { configurable: true, get: get && getter(name), set: set && refusing(name) });
    }
  }
  return members;
}

/** @param {string} name */
function method(name) {
  /** @this {Caller} @param {unknown[]} args */
  const call = function (...args) {
    return Caller.call(this, { name, args, make: (object) => object[name](...args) });
  };
  Object.defineProperty(call, 'name', { value: name });
  return call;
}

/** @param {string} name @returns {(this: Caller) => Promise<unknown>} */
const getter = (name) => function () { return Caller.call(this, { name, args: [], make: (object) => object[name] }); };

/** @param {string} name @returns {(this: Caller) => never} */
const refusing = (name) => function () { throw new TypeError(`this object is in a store: write \`await object.assign({ ${name}: value })\``); };

/** The handles of the durable objects of a class. @param {Function} constructor */
export function handleOf(constructor) {
  const known = handles.get(constructor);
  if (known !== undefined) return known;
  const members = membersOf(constructor);
  class Calls extends Caller {}
  class Handle extends Caller {
    get calls() { return Caller.also(this, Calls); }
    get name() { return Caller.keeper(this).name; }
    get sequence() { return Caller.keeper(this).sequence; }

    /** @param {any} options */
    with(options) {
      const { acknowledge, key } = options ?? {};
      checkAcknowledge(acknowledge, 'with()');
      if (key !== undefined && typeof key !== 'string') throw new TypeError('with() takes `key`, a string');
      return Caller.also(this, Handle, { ...acknowledge && { acknowledge }, ...key !== undefined && { key } });
    }

    /** @param {any} values */
    assign(values) {
      const given = Object.entries(values);
      const unknown = given.find(([name]) => members.get(name)?.set === undefined);
      if (unknown !== undefined) return Promise.reject(new TypeError(`the class has no setter ${unknown[0]}`));
      return Caller.call(this, { name: 'assign', args: [values], make: (object) => { for (const [name, value] of given) object[name] = value; } });
    }

    close() { return Caller.keeper(this).close(); }
  }
  if (Symbol.asyncDispose) Object.defineProperty(Handle.prototype, Symbol.asyncDispose, { configurable: true, writable: true, value: Handle.prototype.close });
  for (const [name, member] of members) {
    Object.defineProperty(Calls.prototype, name, member);
    // Who awaits a handle gets it.
    if (name !== 'then' && !Object.hasOwn(Handle.prototype, name)) Object.defineProperty(Handle.prototype, name, member);
  }
  handles.set(constructor, Handle);
  return Handle;
}
