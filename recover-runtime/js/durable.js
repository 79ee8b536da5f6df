// @ts-check
// Durable objects: what `open` of a class gives, whose calls are answered when what they did is in a store. A package
// has this module by the feature `durable` of recover-runtime; the glue hands over what it needs (`durables`). Here is one
// object, from `open` to `close`: its calls, their order, and when it is made anew from its store. The bytes are the
// affair of chunks.js, their way into the store that of commits.js, how Rust's journal names methods that of methods.js,
// and what a caller holds that of handles.js.
//
// What a store gives is untrusted: it is judged as a whole before an object is made of it.

import { behindTorn, Damaged, isPiece, readPiece, recovered, STATE, Writer } from './chunks.js';
import { Commits, isLost } from './commits.js';
import { nameErrors, RecoverErrorClass, StaleHandleErrorClass } from './errors.js';
import { checkAcknowledge, handleOf } from './handles.js';
import { anew, keepKey, keyOf, keyUnderWay, polls, underKey } from './keys.js';
import { allMethods, described, journalOf, lineOf, numberOf, tellCalls, watchMethods } from './methods.js';

/** @type {import('./links').Links | undefined} */
let links;
/** What records.js does for this, if there are records. @type {import('./links').FollowedRecords} */
let records = {
  restore() {}, follow: () => new TypeError('the object does not persist'), gained: () => ({ gone: true, why: undefined, snapshot: undefined, log: NONE, rest: NONE, isCut: false, isCall: false }),
  stateOf() { throw new TypeError('the object does not persist'); },
};

const NONE = new Uint8Array(0);

/** The classes of the package. @type {Record<string, any>} */
let packaged = {};
/** Instances of the classes that persist are made by these: of the glue, with nothing around. @type {Map<Function, (bytes: Uint8Array) => any>} */
const imports = new Map();

class StoreError extends RecoverErrorClass {}
class LeaseError extends StoreError {}
nameErrors({ 'StoreError': StoreError, 'LeaseError': LeaseError });
export { StoreError as StoreErrorClass, LeaseError as LeaseErrorClass };

/** Why no journal of this module can leave it, or come in. @type {Error | undefined} */
let fault;

/**
 * @typedef {import('./chunks').Named} Named
 * @typedef {import('./methods').Method} Method
 * @typedef {import('./handles').Call} Call
 * @typedef {import('./keys').Key} Key
 */

/** Methods as a piece names them. @type {Map<Method, Named>} */
let named = new Map();
/** The same, by their names there. @type {Map<string, Method>} */
let known = new Map();

/** What a journal names a method by: where it is in the crate may change. @param {Named} method */
const nameIn = ({ class: of, name }) => `${of} ${name.slice(name.lastIndexOf('::') + 2)}`;

/**
 * The module has started: its static data is there. Its methods are checked.
 * @param {number} first
 * @param {number} last
 */
export function ready(first, last) {
  described(first, last);
  [named, known, fault] = [new Map(), new Map(), undefined];
  for (const method of allMethods()) {
    // Without the modules that the class is in.
    const name = method.name.split('::').slice(-2).join('::');
    const one = { class: method.class, schema: method.schema, name };
    const other = known.get(nameIn(one));
    if (other !== undefined) fault = new Error(`two methods would have one name in a journal: ${other.name} and ${method.name}`);
    if (name.includes('\ufffd')) fault = new Error(`the name of a method can't be read: ${name}`);
    named.set(method, one);
    known.set(nameIn(one), method);
  }
}

/**
 * Gives the classes that persist their `open`, and has their `import` take journals.
 * @param {import('./links').Links} host
 * @param {Record<string, any>} classes of the package
 * @param {import('./links').FollowedRecords} [hosts] of records.js
 */
export function durables(host, classes, hosts = records) {
  links = host;
  records = hosts;
  packaged = classes;
  watchMethods(host);
  host.exportJournal = exportJournal;
  host.idempotencyKey = keyUnderWay;
  host.keepKey = keepKey;
  host.gatherAll = gatherAll;
  host.journalFault = () => fault;
  const { renew } = host;
  host.renew = (memory) => {
    // The task in which an instance ended has not been left.
    polls(undefined);
    renew(memory);
  };
  for (const [name, constructor] of Object.entries(classes)) {
    const persists = Object.hasOwn(constructor.prototype, '__recover_export');
    const hidden = { configurable: true, writable: true };
    if (persists) {
      const original = constructor.import;
      imports.set(constructor, (bytes) => original.call(constructor, bytes));
      const taking = { import(/** @type {any} */ bytes) {
        return isBytes(bytes) && isPiece(bytes) ? imported(constructor, name, bytes) : original.call(this, bytes);
      } };
      Object.defineProperty(constructor, 'import', { ...hidden, value: taking.import });
    }
    // A function of the user's that has the name stays.
    if (Object.hasOwn(constructor, 'open')) continue;
    const { open: opening } = {
      async open(/** @type {any} */ store, /** @type {any} */ object, /** @type {any} */ options = {}) {
        if (!persists) throw new TypeError(`${name}.open() needs a class that persists: write #[recoverable(persist = "journal")] on the struct`);
        return open(constructor, name, store, object, options);
      },
    };
    Object.defineProperty(constructor, 'open', { ...hidden, value: opening });
  }
}

/** @param {any} value @returns {value is Uint8Array} */
const isBytes = (value) => ArrayBuffer.isView(value) && /** @type {any} */ (value)[Symbol.toStringTag] === 'Uint8Array';

/** @param {string} message @param {string} className */
const importError = (message, className) => links?.importError(message, className) ?? new Error(message);

/** The methods of calls, in this module. @param {import('./chunks').PortableCall[]} calls @param {string} className */
function ofThisModule(calls, className) {
  /** @type {Map<Named, Method>} */
  const found = new Map();
  const line = lineOf(packaged, className);
  return calls.map(({ method: name, ok, args }) => {
    let method = found.get(name);
    if (method === undefined) {
      method = known.get(nameIn(name));
      // That of another class would be made on an object that it knows nothing of.
      if (method === undefined || !line.has(method.class)) throw importError(`the journal has a call of ${name.name}, which the class in this package has not; keep a method until no journal has it`, className);
      if (method.schema !== name.schema) throw importError(`the journal has a call of ${name.name}, whose arguments have other types in this package; give what takes others another name, and keep this one until no journal has it`, className);
      found.set(name, method);
    }
    return { method, ok, args };
  });
}

/**
 * An object from a state and calls; nothing is left of it if they are refused.
 * @param {Function} constructor
 * @param {string} className
 * @param {{ class: number, snapshot: Uint8Array | undefined, calls: import('./chunks').PortableCall[] }} from
 */
function made(constructor, className, { class: of, snapshot, calls }) {
  if (of !== numberOf(className)) throw importError('the object is of another class', className);
  const object = imports.get(constructor)?.(snapshot ?? NONE);
  try {
    // The first object of an instance has Rust tell where its methods are.
    if (fault !== undefined) throw fault;
    if (calls.length !== 0) records.restore(object, journalOf(ofThisModule(calls, className)), calls.length);
    return object;
  } catch (error) {
    release(object);
    throw error;
  }
}

/** @param {any} object */
function release(object) {
  try {
    object.free();
  } catch {
    // It is lost already, or a call holds it: it goes when nobody has it.
  }
}

/** What `recovery.export` gave with a journal. @param {Function} constructor @param {string} className @param {Uint8Array} bytes */
function imported(constructor, className, bytes) {
  return made(constructor, className, judged(className, () => {
    const piece = readPiece(bytes);
    if (piece.kind !== STATE) throw new Damaged('it is a chunk of calls, and no object');
    return piece;
  }));
}

/** @template T @param {string} className @param {() => T} read */
function judged(className, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Damaged ? importError(`these bytes are no ${className}: ${error.message}`, className) : error;
  }
}

/** Writes calls of a journal. @param {Uint8Array} log @param {(method: Named, ok: boolean, args: Uint8Array) => void} call */
function tell(log, call) {
  const unknown = tellCalls(log, (method, ok, args) => call(/** @type {Named} */ (named.get(method)), ok, args));
  if (unknown !== undefined) throw new Error('the journal has a call of a method that the module does not describe');
}

/** The present state of an object as a piece. @param {object} object @param {number} at @param {number} sequence */
function stateOf(object, at, sequence) {
  if (fault !== undefined) throw fault;
  const { className, snapshot, log } = records.stateOf(object);
  const writer = new Writer(numberOf(className));
  writer.snapshot(snapshot);
  tell(log, (...call) => writer.call(...call));
  return writer.sealed(STATE, at, at, sequence, sequence);
}

/** @param {any} object */
function exportJournal(object) {
  return stateOf(object, 0, 0);
}

/** The objects that are open, by store and name. @type {WeakMap<object, Map<string, Opened>>} */
const opened = new WeakMap();
/** All of them. @type {Set<Opened>} */
const all = new Set();

/** Has all that open objects have gained be on its way into their stores. */
function gatherAll() {
  for (const one of all) one.gather();
}

/** Gives the lease of an object up that nobody has any more. */
const abandoned = new FinalizationRegistry((/** @type {Opened} */ one) => { one.close().catch((error) => links?.report(error)); });

/** Refuses what `open` was given, if it is wrong. @param {string} className @param {any} store @param {any} name @param {any} options */
function check(className, store, name, options) {
  const what = `${className}.open()`;
  if (typeof store?.open !== 'function') throw new TypeError(`${what} takes a store, which has a method \`open\``);
  if (typeof name !== 'string') throw new TypeError(`${what} takes the name of an object, a string`);
  if (typeof options !== 'object' || options === null) throw new TypeError(`${what} takes its options as an object`);
  const { create, acknowledge, snapshotAfter } = options;
  if (create !== undefined && typeof create !== 'function') throw new TypeError(`${what} takes \`create\`, a function that makes the object`);
  checkAcknowledge(acknowledge, what);
  if (snapshotAfter !== undefined && !(snapshotAfter > 0)) throw new RangeError(`${what} takes \`snapshotAfter\`, a number of bytes`);
}

/** @param {any} constructor @param {string} className @param {any} store @param {any} name @param {any} options */
async function open(constructor, className, store, name, options) {
  check(className, store, name, options);
  const names = opened.get(store) ?? new Map();
  opened.set(store, names);
  for (let other = names.get(name); other !== undefined; other = names.get(name)) {
    if (!other.isLeft) throw fails(className, name, undefined, false, true, 'it is open in this program already; close it, or use what `open` gave');
    // What another `close` failed by is its own affair.
    await other.close().catch(() => undefined);
  }
  const one = new Opened(constructor, className, store, name, options, () => {
    all.delete(one);
    if (names.get(name) === one) names.delete(name);
  });
  names.set(name, one);
  all.add(one);
  try {
    await one.begin();
  } catch (error) {
    await one.close().catch(() => undefined);
    throw error;
  }
  const token = {};
  one.token = new WeakRef(token);
  abandoned.register(token, one);
  return new (handleOf(constructor))(one, token, options.acknowledge === undefined ? {} : { acknowledge: options.acknowledge });
}

/**
 * The error of a store that failed.
 * @param {string} className @param {string} object @param {any} cause @param {boolean} isUntouched nothing of the call can be in the store
 * @param {boolean} isLease @param {string} why
 */
function fails(className, object, cause, isUntouched, isLease, why) {
  const message = `the ${className} ${JSON.stringify(object)}: ${why}`;
  const because = cause === undefined ? {} : { cause };
  const error = isLease ? new LeaseError(message, 'E_LEASE', 'lease', because) : new StoreError(message, 'E_STORE', 'store', because);
  error.retryable = !isLease && (isUntouched || cause?.nothingWritten === true);
  return Object.assign(error, { class: className, object });
}

/** An object that is open. */
export class Opened {
  /** What its handles share: nobody has it when that is collected. @type {WeakRef<object> | undefined} */
  token;
  /** @type {string} */
  name;
  /** @type {any} */
  #class;
  /** @type {string} */
  #className;
  /** @type {any} */
  #store;
  #options;
  #forget;
  /** The object of the class; without, it is made anew by the next call. @type {any} */
  #object;
  /** Counts the objects. */
  #generation = 0;
  /** @type {import('./stores').DurableStored | undefined} */
  #stored;
  /** @type {Commits | undefined} */
  #commits;
  #sequence = 0;
  /** It is made of what the store has. @type {Promise<void> | undefined} */
  #making;
  /** Calls that came meanwhile. @type {{ run: () => void, fail: (error: unknown) => void }[]} */
  #queue = [];
  /** Asynchronous calls under way. @type {Set<Promise<unknown>>} */
  #running = new Set();
  /** @type {Promise<void> | undefined} */
  #closed;
  /** Why the object that there was last was given up. @type {unknown} */
  #failure;
  /** Why the store has not all that was answered: `close` rejects by it. @type {{ error: unknown } | undefined} */
  #unkept;

  /** @param {any} constructor @param {string} className @param {any} store @param {string} name @param {any} options @param {() => void} forget */
  constructor(constructor, className, store, name, options, forget) {
    [this.#class, this.#className, this.#store, this.name] = [constructor, className, store, name];
    this.#options = { create: options.create, snapshotAfter: options.snapshotAfter };
    this.#forget = forget;
  }

  /** Nobody has it any more, or it is being closed. */
  get isLeft() { return this.#closed !== undefined || (this.token !== undefined && this.token.deref() === undefined); }

  get sequence() { return this.#commits?.sequence ?? this.#sequence; }

  /** @param {any} cause @param {boolean} isUntouched @param {string} why */
  #fails(cause, isUntouched, why) {
    return fails(this.#className, this.name, cause, isUntouched, isLost(cause), why);
  }

  /**
   * Asks the store for something that is no call's; if `isBefore`, calls begin behind it.
   * @template T
   * @param {() => T | PromiseLike<T>} ask
   * @param {string} what
   */
  async #ask(ask, what, isBefore = true) {
    try {
      return await ask();
    } catch (cause) {
      throw this.#fails(cause, isBefore, isLost(cause) ? 'somebody else has its lease' : `the store could not ${what}`);
    }
  }

  async begin() {
    await this.#make();
    // It is there from now on; and what made it may hold on to whoever holds this.
    this.#options.create = undefined;
  }

  /** Makes the object of what the store has, or as `create` says. */
  async #make() {
    const [className, name] = [this.#className, this.name];
    await this.#leave();
    const stored = await this.#ask(() => this.#store.open(name), 'open it');
    this.#stored = stored;
    for (const method of ['read', 'append', 'snapshot', 'drop', 'close']) {
      if (typeof stored?.[method] !== 'function') throw new TypeError(`what the store's \`open\` gave has no method \`${method}\``);
    }
    const contents = await this.#ask(() => stored.read(), 'read it');
    const found = judged(className, () => recovered(contents, stored.isWhole));
    const object = found === undefined ? await this.#created() : made(this.#class, className, found);
    const why = records.follow(object);
    // What `create` gave may be somebody else's.
    if (why !== undefined && found !== undefined) release(object);
    if (why !== undefined) throw why;
    try {
      const { at = 0, sequence = 0, bytes = 0, torn } = found ?? {};
      let from = { at, sequence, bytes, stateBytes: found?.snapshot.length ?? 0, after: this.#options.snapshotAfter };
      if (found === undefined || torn !== undefined) {
        const first = torn === undefined ? at : behindTorn(torn);
        const state = stateOf(object, first, sequence);
        await this.#ask(() => stored.snapshot(first, state), 'write it');
        if (torn !== undefined) await this.#ask(() => stored.drop(first), 'drop what a crash tore');
        from = { ...from, at: first, bytes: 0, stateBytes: state.length };
      }
      this.#object = object;
      anew(this);
      this.#generation += 1;
      const generation = this.#generation;
      this.#commits = new Commits(stored, numberOf(className), from, {
        gather: () => { if (generation === this.#generation) this.#gather(); },
        state: (next, calls) => (generation === this.#generation && this.#object === object ? stateOf(object, next, calls) : undefined),
        error: (cause, isUntouched) => this.#fails(cause, isUntouched, isLost(cause) ? 'somebody else took its lease' : 'the store failed'),
        failed: (error, wasHeard) => {
          if (!wasHeard) links?.report(error);
          if (!wasHeard || this.#closed !== undefined) this.#unkept ??= { error };
          if (generation === this.#generation) this.#giveUp(error);
        },
        late: (cause) => links?.report(this.#fails(cause, false, 'its state could not be written; its journal was')),
      });
    } catch (error) {
      release(object);
      throw error;
    }
  }

  /** The object that `create` makes. */
  async #created() {
    const { create } = this.#options;
    if (create === undefined) throw this.#fails(undefined, false, 'the store has none of this name, and `open` was given no `create`');
    const object = await create();
    if (links?.nameOf(object) !== this.#className) throw new TypeError(`${this.#className}.open() takes \`create\`, which makes a ${this.#className}`);
    return object;
  }

  /** The object is not as the store has it, or may not be: the next call makes it anew. @param {unknown} failure */
  #giveUp(failure) {
    if (this.#object === undefined) return;
    const object = this.#object;
    this.#object = undefined;
    this.#failure = failure;
    // Calls may be on the stack.
    queueMicrotask(() => release(object));
  }

  /** Lets go of what was opened before, when that has written what it had. */
  async #leave() {
    const [commits, stored] = [this.#commits, this.#stored];
    this.#sequence = this.sequence;
    await commits?.idle();
    commits?.end();
    this.#commits = this.#stored = undefined;
    try {
      await stored?.close();
    } catch {
      // It is opened again.
    }
  }

  /**
   * Makes a call.
   * @param {Call} call
   * @param {import('./durable').DurableCallOptions} options
   * @returns {Promise<any>}
   */
  call(call, options) {
    if (this.#closed !== undefined) return Promise.reject(staleError(this.#className, this.name, 'was closed; open it again'));
    // Other code is on trial: the call is made in that which goes on.
    if (links?.gate?.trial !== undefined) return Promise.resolve().then(() => this.call(call, options));
    // Those that wait come first, also when it is just made.
    if (this.#object !== undefined && this.#making === undefined) return this.#run(call, options, true);
    return new Promise((resolve, reject) => {
      this.#queue.push({ run: () => resolve(this.#object === undefined ? this.#again(call, options) : this.#run(call, options, true)), fail: reject });
      this.#remake();
    });
  }

  /** A call that waited, and one before it lost the object once more. @param {Call} call @param {import('./durable').DurableCallOptions} options */
  #again(call, options) {
    return new Promise((resolve, reject) => {
      this.#queue.push({ run: () => resolve(this.#run(call, options, false)), fail: reject });
      this.#remake();
    });
  }

  #remake() {
    this.#making ??= this.#make().then(() => {
      this.#making = undefined;
      this.#queue.splice(0).forEach(({ run }) => run());
    }, async (error) => {
      await this.#leave();
      this.#making = undefined;
      this.#queue.splice(0).forEach(({ fail }) => fail(error));
    });
  }

  /** @param {Call} call @param {import('./durable').DurableCallOptions} options @param {boolean} isFirst */
  #run(call, options, isFirst) {
    const [object, commits, generation] = [this.#object, this.#commits, this.#generation];
    if (object === undefined || commits === undefined) return Promise.reject(this.#failure);
    const key = keyOf(this, call, options.key);
    let [value, isGood] = [/** @type {any} */ (undefined), true];
    try {
      value = underKey(key, () => call.make(object));
    } catch (error) {
      [value, isGood] = [error, false];
    }
    if (!isGood || !(value instanceof Promise)) {
      const isThere = this.#object !== undefined;
      const lost = this.#gather();
      if (isThere && lost?.isGone && !isGood && isFirst && value?.kind === 'stale') {
        // It could not come into the instance, or was freed: the call did not begin.
        key.end(false);
        return this.#again(call, options);
      }
      // A call from within it may have given the object up, with what this one did.
      return isThere ? this.#kept(isGood, value, options, key, lost) : this.#dropped(isGood, value, key);
    }
    const running = value.then(
      (/** @type {any} */ result) => this.#ended(true, result, options, key, generation), (/** @type {any} */ error) => this.#ended(false, error, options, key, generation),
    ).finally(() => this.#running.delete(running));
    this.#running.add(running);
    // What changed before it waits first.
    this.#gather();
    return running;
  }

  /** An asynchronous call has ended. @param {boolean} isGood @param {any} value @param {import('./durable').DurableCallOptions} options @param {Key} key @param {number} generation */
  #ended(isGood, value, options, key, generation) {
    if (generation !== this.#generation || this.#object === undefined) return this.#dropped(isGood, value, key);
    return this.#kept(isGood, value, options, key, this.#gather());
  }

  /** What a call did is lost with the object. @param {boolean} isGood @param {any} value @param {Key} key */
  #dropped(isGood, value, key) {
    key.end(false);
    // One that waited, for an upgrade or for its turn, did not begin: that its object is gone is the affair of what it was given up by.
    return Promise.reject(isGood || value?.kind === 'stale' ? this.#failure : value);
  }

  /** A call has ended, and what it did was handed over. @param {boolean} isGood @param {any} value @param {import('./durable').DurableCallOptions} options @param {Key} key @param {{ reason: unknown } | undefined} lost */
  #kept(isGood, value, options, key, lost) {
    const isKept = lost === undefined && (isGood || this.sequence !== key.sequence);
    // The next one that is the same has another key, also in another process.
    if (isKept && key.isAsked && this.sequence === key.sequence) this.#commits?.touch();
    key.end(isKept);
    return this.#answered(isGood, value, options, lost);
  }

  gather() { this.#gather(); }

  /**
   * Hands over what the object gained. The answer is why that can't be in the store, if so.
   * @returns {{ reason: unknown, isGone?: boolean } | undefined}
   */
  #gather() {
    const [object, commits] = [this.#object, this.#commits];
    if (object === undefined || commits === undefined) return undefined;
    const { gone, why, snapshot, log, rest, isCut, isCall } = records.gained(object);
    const lost = gone ? { isGone: true, reason: staleError(this.#className, this.name, 'was freed or lost under this call') } : why;
    if (lost !== undefined) {
      this.#giveUp(lost.reason);
      return lost;
    }
    try {
      if (snapshot !== undefined) commits.snapshot(snapshot, isCall);
      for (const calls of [log, rest]) if (calls.length !== 0) tell(calls, (...call) => commits.call(...call));
      if (isCut) commits.cut();
    } catch (reason) {
      // The host has no memory for it.
      commits.fail(reason);
      return { reason };
    }
    return undefined;
  }

  /** @param {boolean} isGood @param {any} value @param {import('./durable').DurableCallOptions} options @param {{ reason: unknown } | undefined} why */
  #answered(isGood, value, options, why) {
    if (why !== undefined) return Promise.reject(why.reason);
    const { acknowledge = 'durable' } = options;
    const commits = this.#commits;
    return new Promise((resolve, reject) => {
      const settle = () => (isGood ? resolve(value) : reject(value));
      const waits = acknowledge === 'durable' && commits !== undefined && commits.wait(() => ({ settle, fail: reject }));
      if (waits) return;
      commits?.ahead();
      settle();
    });
  }

  close() {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close() {
    // A call that closes it is on the stack.
    await undefined;
    for (let isIdle = false; !isIdle;) {
      if (this.#making !== undefined) await this.#making;
      else if (this.#running.size !== 0) await Promise.allSettled(this.#running);
      else if (this.#commits?.isIdle === false) await this.#commits.idle();
      else isIdle = true;
    }
    const [commits, stored] = [this.#commits, this.#stored];
    try {
      if (this.#object !== undefined) await this.#ask(() => commits?.settle(), 'write its state', false);
      if (this.#unkept !== undefined) throw this.#unkept.error;
    } finally {
      this.#sequence = this.sequence;
      commits?.end();
      this.#commits = this.#stored = undefined;
      this.#giveUp(undefined);
      try {
        await this.#ask(() => stored?.close(), 'give its lease up', false);
      } finally {
        this.#forget();
      }
    }
  }
}

/** @param {string} className @param {string} name @param {string} why */
function staleError(className, name, why) {
  const error = new StaleHandleErrorClass(`the ${className} ${JSON.stringify(name)} ${why}`, 'E_STALE_HANDLE', 'stale');
  return Object.assign(error, { class: className, epoch: undefined });
}
