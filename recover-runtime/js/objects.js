// @ts-check
// The host side of objects: the patched prototypes of their classes. The queue of calls that
// wait for a busy object is in queues.js. This module imports nothing; Rust hands over what it
// needs of host.js (`adopt`).

/** @type {import('./links').Links | undefined} */
let links;

/**
 * @typedef {(this: object, operation: number, argument?: number) => number} Inspect
 * @typedef {{
 *   name: string, id: number, constructor: Function, inspect: Inspect, exportState: ((this: object) => Uint8Array) | undefined,
 *   surrender: (handle: any, isConsumed: boolean) => number, gone: number, instance: object | undefined,
 *   slot: string, above: string[],
 * }} ClassRecord a class that persists has `exportState`; the name is Rust's, since minifiers rename
 *   classes; `surrender` takes the pointer out of a handle; `gone` is where an object without a value
 *   is, in that instance; `slot` is the property of a handle from which the class's own methods read
 *   the pointer, and `above` are those of the classes that it extends, the nearest first
 */

/** Whether other code may come in the place of the module, as `cargo recover` knows (run/parts.rs). */
const UPGRADES = true;

// <shared> `cargo xtask shared` writes this from shared.toml.
/** What the host asks of an object through the hidden method of its class. */
const CHECK_FREE = 0, CHECK_CONSUME = 1, IS_STALE = 4, IS_BUSY = 5, IS_WRITTEN = 6, STATE = 12;
// </shared>

/** By their prototypes. @type {WeakMap<object, ClassRecord>} */
const classes = new WeakMap();
/** By their numbers. @type {Map<number, ClassRecord>} */
const numbered = new Map();
/** The pointers of the objects of this instance whose class does not persist, and that handles have. @type {Set<number>} */
const ending = new Set();
/** The instance that they are in. @type {object | undefined} */
let endingWith;
/** The handles that calls offer, by their pointers, until Rust takes one or the job ends. @type {Map<number, object>} */
const offered = new Map();
let sweeps = false;
const { isPrototypeOf } = Object.prototype;

/**
 * The error that made `__unwrap` answer null, for the Rust caller that then asks: wasm-bindgen
 * lets `__unwrap` answer with a pointer alone, and imports it without `catch`.
 * @type {unknown}
 */
let unwrapRefusal;
/** Errors of destructors that panic while `free()` runs. @type {unknown[] | undefined} */
let dropFailures;
/** The object that is being released, whatever its state. @type {unknown} */
let releasing;

/** No call is under way: what Rust did not take is JavaScript's. */
function sweep() {
  sweeps = false;
  offered.clear();
  if (links !== undefined) links.facts.consumed = false;
}

/**
 * Rust takes an object: the very same call can't be made again.
 * @param {ClassRecord} record
 * @param {any} handle
 */
function consume(record, handle) {
  if (links !== undefined) links.facts.consumed = true;
  if (!sweeps) queueMicrotask(sweep);
  sweeps = true;
  return record.surrender(handle, true);
}

/**
 * Patches a class before its first object is usable. A `free` or a consumption that is refused
 * throws a typed error and leaves the handle as it was; `free` never runs twice on one pointer;
 * disposal can be repeated.
 * @param {any} probe an object whose value is gone
 * @param {import('./links').Links} host
 * @param {boolean} persists
 * @param {string} name
 * @param {number} id an address that no other class of the module has
 */
export function adopt(probe, host, persists, name, id) {
  links = host;
  host.inspect = inspected;
  host.nameOf = (object) => recordOf(object)?.name;
  if (UPGRADES) host.collected = (pointer) => { ending.delete(pointer); };
  const prototype = Object.getPrototypeOf(probe);
  const known = classes.get(prototype);
  const record = known ?? patch(probe, prototype, persists, name, id);
  if (UPGRADES && known !== undefined && known.id !== id) {
    // In other code the class stands elsewhere, and the state of an object may.
    known.id = id;
    if (persists) placed(probe, prototype, known);
  }
  numbered.set(id, record);
  host.onAdopt?.get(name)?.(prototype);
  record.gone = record.surrender(probe, false);
  record.instance = host.instance;
}

/**
 * @param {any} probe
 * @param {any} prototype
 * @param {boolean} persists
 * @param {string} name
 * @param {number} id
 * @returns {ClassRecord}
 */
function patch(probe, prototype, persists, name, id) {
  const { free, __destroy_into_raw: intoRaw, __recover: ask, __recover_export: exportState, constructor } = prototype;
  if (typeof free !== 'function' || typeof intoRaw !== 'function' || typeof ask !== 'function') {
    throw new Error(`unexpected wasm-bindgen output for class ${name}; use the wasm-bindgen version that cargo recover doctor names`);
  }
  const [slot, above] = slotsOf(probe, prototype);
  const inspect = asking(ask, slot);
  const surrender = (/** @type {any} */ handle, /** @type {boolean} */ isConsumed) => (
    persists && links !== undefined ? links.giveUp(handle, intoRaw, isConsumed) : intoRaw.call(handle)
  );
  /** @type {ClassRecord} */
  const record = { name, id, constructor, inspect, exportState, surrender, gone: 0, instance: undefined, slot, above };
  classes.set(prototype, record);
  if (persists) placed(probe, prototype, record);
  else for (const each of new Set([POINTER_SLOT, slot, ...above])) hide(prototype, links?.gate, each);
  delete prototype.__recover;
  delete prototype.__recover_export;

  // A method that waits in line comes with a marker that says how it borrows and where its signal is.
  // To call the marker links queues.js.
  for (const marker of Object.getOwnPropertyNames(prototype)) {
    const [, how, place = '', method = ''] = /^__recover_(queue|share)_(\d*)_(.*)$/.exec(marker) ?? [];
    if (how === undefined) continue;
    probe[marker]();
    delete prototype[marker];
    prototype[method] = links?.linedUp(prototype[method], prototype, how === 'queue' ? IS_BUSY : IS_WRITTEN, place);
  }

  // What a call consumes is offered: Rust takes it when nothing else refuses the call. The
  // destructor that follows a release may run JavaScript, which may offer other objects.
  prototype.__destroy_into_raw = function () {
    if (releasing === this) {
      releasing = undefined;
      return surrender(this, false);
    }
    const pointer = this.__wbg_ptr;
    // Without a gate that of a freed handle is `NaN`.
    if (!pointer) {
      // To Rust a null is no object at all. One without a value is a stale one.
      if (record.instance !== links?.instance) throw links?.staleError(name);
      return record.gone;
    }
    offered.set(pointer, this);
    if (!sweeps) queueMicrotask(sweep);
    sweeps = true;
    return pointer;
  };

  prototype.free = function () {
    if (!isPrototypeOf.call(prototype, this)) throw links?.wrongClass(name);
    inspect.call(this, CHECK_FREE);
    const outer = dropFailures;
    /** @type {unknown[]} */
    const failures = dropFailures = [];
    releasing = this;
    try {
      free.call(this);
    } finally {
      dropFailures = outer;
      // If the engine's stack was too full, `free` did not even begin.
      releasing = undefined;
    }
    if (failures.length !== 0) throw failures[0];
  };

  if (Symbol.dispose) {
    prototype[Symbol.dispose] = function () {
      if (!isPrototypeOf.call(prototype, this) || !isGone(this, inspect)) prototype.free.call(this);
    };
  }

  // Replaces the glue's own. Rust imports it without `catch`, so it must not throw.
  if (constructor.__unwrap !== undefined) {
    constructor.__unwrap = function (/** @type {any} */ value) {
      unwrapRefusal = undefined;
      try {
        // Of an object of a class that extends this one Rust would get what it does not know.
        if (!(value instanceof constructor) || recordOf(value) !== record) return 0;
        inspect.call(value, CHECK_CONSUME);
        return consume(record, value);
      } catch (refusal) {
        unwrapRefusal = refusal;
        return 0;
      }
    };
  }
  return record;
}

/**
 * Has the records watch a class, and know where the state of its objects is.
 * @param {any} probe
 * @param {object} prototype
 * @param {ClassRecord} record
 */
function placed(probe, prototype, { inspect, name, slot, above }) {
  links?.track(prototype, inspect, name, slot, above, inspect.call(probe, STATE) - probe.__wbg_ptr);
}

/** Other code comes: what classes are known by in it is told when it adopts them. The answer is how many objects end with this. */
export function forgetNumbers() {
  numbered.clear();
  return endingWith === links?.instance ? ending.size : 0;
}

/**
 * The bytes of the state of an object that a pointer leads to.
 * @param {object} handle one of its class
 * @param {number} pointer
 * @returns {Uint8Array}
 */
export function stateAt(handle, pointer) {
  const { exportState, slot } = /** @type {ClassRecord} */ (recordOf(handle));
  return /** @type {Function} */ (exportState).call({ [POINTER_SLOT]: pointer, [slot]: pointer });
}

/**
 * Rust takes an object that a call offered: its handle has no pointer from here on.
 * @param {number} pointer
 * @returns {boolean} whether there is such a handle
 */
export function takeOver(pointer) {
  const handle = offered.get(pointer);
  const record = recordOf(handle);
  if (record === undefined) return false;
  consume(record, handle);
  return offered.delete(pointer);
}

/**
 * Whether an element of an array is an object of a class, and one that can be taken. If not, Rust
 * asks `invalid` for the error. Rust imports this without `catch`.
 * @param {any} value
 * @param {number} id of the class
 */
export function canBeTaken(value, id) {
  unwrapRefusal = undefined;
  try {
    const record = numbered.get(id);
    if (UPGRADES && record === undefined && links?.gate?.isStale(value)) throw links.staleError(recordOf(value)?.name ?? '', value.__wbg_inst);
    if (record === undefined || !(value instanceof record.constructor) || recordOf(value) !== record) return false;
    record.inspect.call(value, CHECK_CONSUME);
    return true;
  } catch (refusal) {
    unwrapRefusal = refusal;
    return false;
  }
}

/** The property of a handle that has its pointer. */
const POINTER_SLOT = '__wbg_ptr';

/**
 * Where wasm-bindgen's methods read the pointer: of a class that extends another one, or is extended,
 * from a property for each class.
 * @param {object} probe
 * @param {object} prototype
 * @returns {[slot: string, above: string[]]}
 */
function slotsOf(probe, prototype) {
  // Rust has the host patch the classes above first.
  const parent = recordOf(Object.getPrototypeOf(prototype));
  const above = parent === undefined ? [] : [parent.slot, ...parent.above];
  const own = Object.getOwnPropertyNames(probe).filter((name) => name.startsWith(`${POINTER_SLOT}_`));
  return [own.find((name) => !above.includes(name)) ?? POINTER_SLOT, above];
}

/**
 * Asks by a pointer alone, too, as a receiver that is no handle has it. wasm-bindgen's `--debug` glue takes
 * nothing but numbers.
 * @param {Inspect} ask
 * @param {string} slot
 * @returns {Inspect}
 */
function asking(ask, slot) {
  return function (operation, argument = 0) {
    /** @type {any} */
    const object = this;
    return ask.call(slot in object ? object : { ...object, [slot]: object[POINTER_SLOT] }, operation, argument);
  };
}

/** Where handles whose class does not persist have their pointers, by the names of these. @type {Map<string, symbol>} */
const pointers = new Map();

/**
 * Has the handles of a class answer null for their pointer once their instance has ended: crates
 * read it off a value, and would follow it into another object's memory. Without a gate, a freed handle
 * answers `NaN`, which is a null to Rust: wasm-bindgen's `--debug` glue throws an error of its own at a 0.
 * @param {any} prototype
 * @param {import('./links').Supervisor | undefined} gate
 * @param {string} slot
 */
function hide(prototype, gate, slot) {
  if (gate?.revives === false) return;
  const pointer = pointers.get(slot) ?? Symbol(slot);
  pointers.set(slot, pointer);
  Object.defineProperty(prototype, slot, {
    configurable: true,
    get() {
      if (gate === undefined) return this[pointer] || NaN;
      return this.__wbg_inst === gate.current ? this[pointer] : 0;
    },
    set(value) {
      if (UPGRADES && slot === POINTER_SLOT) {
        if (endingWith !== links?.instance) ending.clear();
        endingWith = links?.instance;
        if (value) ending.add(value);
        else if (this.__wbg_inst === gate?.current) ending.delete(this[pointer]);
      }
      this[pointer] = value;
    },
  });
}

/**
 * Whether an object was freed, or its instance has ended.
 * @param {any} object
 * @param {Inspect} inspect
 */
function isGone(object, inspect) {
  try {
    return inspect.call(object, IS_STALE) !== 0;
  } catch {
    return true;
  }
}

/**
 * The pointer of an object that Rust got as a value, if it is one of the class and of this
 * instance.
 * @param {any} value
 * @param {number} id of the class
 * @param {string} name of the class
 * @param {import('./links').Links} host
 */
export function pointerOf(value, id, name, host) {
  const record = numbered.get(id);
  if (UPGRADES && record === undefined && recordOf(value)?.name === name && host.gate?.isStale(value)) throw host.staleError(name, value.__wbg_inst);
  if (record === undefined || !isPrototypeOf.call(record.constructor.prototype, value)) throw host.wrongClass(name);
  // The pointer of a stale handle leads into another instance's memory.
  if (host.gate?.isStale(value)) throw host.staleError(name, value.__wbg_inst);
  return value[record.slot];
}

/**
 * The error for an argument that could not be converted.
 * @param {string} message
 */
export function invalid(message) {
  const refusal = unwrapRefusal;
  unwrapRefusal = undefined;
  return refusal === undefined ? new TypeError(message) : refusal;
}

/**
 * A destructor panicked, and Rust has no caller to throw to.
 * @param {unknown} error
 */
export function dropFailed(error) {
  if (dropFailures !== undefined) dropFailures.push(error);
  else links?.report(error);
}

/**
 * Asks an object, for a control of `recovery`.
 * @param {string} operation name of the control, for the message
 * @param {any} object
 * @param {number} ask
 */
function inspected(operation, object, ask) {
  const record = recordOf(object);
  if (record === undefined) throw new TypeError(`recovery.${operation}() takes an object of a #[recoverable] class`);
  return operation === 'export' ? record.exportState?.call(object) : record.inspect.call(object, ask);
}

/**
 * The class of an object, or of one of its prototypes.
 * @param {any} object
 */
function recordOf(object) {
  let prototype = object;
  while (prototype !== null && (typeof prototype === 'object')) {
    const record = classes.get(prototype);
    if (record !== undefined) return record;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}
