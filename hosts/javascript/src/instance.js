// @ts-check
// One instance of a component, and how it is made out of what jco wrote. It knows whether a call is inside of the
// component, before it or behind it, which tells a trap from an argument that was no good. What follows from an end
// stands in `gate.js`.

import { unsupported } from './errors.js';
import { withLimit } from './memory.js';

/** @typedef {import('../index.js').Instantiate} Instantiate */

/** A module of one function with the instruction `try_table`. */
const EXNREF = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 31, 64, 0, 11, 11]);

/** An instance of the component. */
export class Instance {
  /** @param {number} epoch */
  constructor(epoch) {
    this.epoch = epoch;
    /** Nothing enters it any more. */
    this.dead = false;
    /** Functions of core modules that are under way. */
    this.inside = 0;
    /** Whether the call under way has entered a core module. */
    this.entered = false;
    /** A call has begun, and what follows from its end is not done yet. */
    this.torn = false;
    /** @type {WebAssembly.Memory[]} */
    this.memories = [];
    /** What jco's `instantiate` gave. @type {any} */
    this.root = undefined;
    /** The classes of jco's objects, by prototype. @type {Map<object, import('./surface.js').ClassInfo>} */
    this.classes = new Map();
    /** jco's objects, by the state of our handles. Handles do not hold them: those outlive the instance. @type {WeakMap<object, any>} */
    this.guests = new WeakMap();
    /** The property by which jco's objects have their number. @type {symbol | undefined} */
    this.handle = undefined;
  }

  get memoryBytes() { return this.memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0); }

  /** Whether a call took this object of jco's. @param {any} guest */
  consumed(guest) {
    this.handle ??= Object.getOwnPropertySymbols(guest).find(({ description }) => description === 'handle');
    return this.handle !== undefined && guest[this.handle] === undefined;
  }
}

/**
 * A function of a core module, that says when it is under way. What throws leaves the count as it is.
 * @param {Instance} instance
 * @param {Function} inner
 * @returns {Function}
 */
function counted(instance, inner) {
  // Most have few parameters, and an array for each call costs more than the rest of this.
  switch (inner.length) {
    case 0: return () => {
      instance.entered = true;
      instance.inside += 1;
      const value = inner();
      instance.inside -= 1;
      return value;
    };
    case 1: return (/** @type {unknown} */ a) => {
      instance.entered = true;
      instance.inside += 1;
      const value = inner(a);
      instance.inside -= 1;
      return value;
    };
    case 2: return (/** @type {unknown} */ a, /** @type {unknown} */ b) => {
      instance.entered = true;
      instance.inside += 1;
      const value = inner(a, b);
      instance.inside -= 1;
      return value;
    };
    case 3: return (/** @type {unknown} */ a, /** @type {unknown} */ b, /** @type {unknown} */ c) => {
      instance.entered = true;
      instance.inside += 1;
      const value = inner(a, b, c);
      instance.inside -= 1;
      return value;
    };
    case 4: return (/** @type {unknown} */ a, /** @type {unknown} */ b, /** @type {unknown} */ c, /** @type {unknown} */ d) => {
      instance.entered = true;
      instance.inside += 1;
      const value = inner(a, b, c, d);
      instance.inside -= 1;
      return value;
    };
    default: return (/** @type {unknown[]} */ ...args) => {
      instance.entered = true;
      instance.inside += 1;
      const value = inner(...args);
      instance.inside -= 1;
      return value;
    };
  }
}

/**
 * A destructor. jco calls it when an object is garbage-collected, too: then nobody catches what it throws, and the
 * instance may have ended.
 * @param {Instance} instance
 * @param {Function} inner
 * @param {(instance: Instance, thrown: unknown) => boolean} unasked whether nobody called
 */
const destructor = (instance, inner, unasked) => (/** @type {unknown[]} */ ...args) => {
  if (instance.dead) return;
  try {
    inner(...args);
  } catch (thrown) {
    if (!unasked(instance, thrown)) throw thrown;
  }
};

/** Functions of core modules that are no exports of the component: what calls go through, what they copy by, what starts it. */
const OTHERS = /^(?:\d+$|cabi_|canonical_abi_|_initialize$|_start$|__)/;

/** A name without its version: `wasi:io/streams`. @param {string} name */
function unversioned(name) {
  const at = name.lastIndexOf('@');
  return at === -1 ? name : name.slice(0, at);
}

/**
 * An interface of the program's, whose functions say that they were called. jco calls the methods of a resource on the
 * object itself, where they can't be seen.
 * @param {any} given
 * @param {Maker} maker
 */
const seen = (given, maker) => new Proxy({}, {
  get(_, name) {
    const one = given[name];
    if (typeof one !== 'function') return one;
    if (Object.getOwnPropertyNames(one.prototype ?? {}).some((member) => member !== 'constructor') || Object.getOwnPropertyDescriptor(one, 'prototype')?.writable === false) {
      maker.unseen = true;
      return one;
    }
    return new Proxy(one, {
      apply(_, self, args) {
        maker.asked = true;
        return Reflect.apply(one, self, args);
      },
    });
  },
});

/**
 * The imports, by their names with the version or without. jco asks for them without. WASI's are as they are: a call
 * that looks at a clock, or writes a line, is replayed.
 * @param {object} given
 * @param {Maker} maker
 */
function importsOf(given, maker) {
  const byName = new Map(Object.entries(given).map(([name, value]) => [unversioned(name), value]));
  return new Proxy({}, {
    get(_, name) {
      if (typeof name !== 'string') return undefined;
      const found = /** @type {any} */ (given)[name] ?? byName.get(unversioned(name));
      if (found !== undefined) return name.startsWith('wasi:') || found === null ? found : seen(found, maker);
      const wasi = name.startsWith('wasi:') ? '; `new WASIShim().getImportObject()` of @bytecodealliance/preview2-shim/instantiation has it' : '';
      throw new TypeError(`the component imports ${name}: give it in \`imports\`${wasi}`);
    },
  });
}

/** Makes instances. */
export class Maker {
  /**
   * @param {Instantiate} instantiate
   * @param {import('./options.js').Options} options
   */
  constructor(instantiate, options) {
    this.instantiate = instantiate;
    this.options = options;
    const { imports } = options;
    /** An import of the program's was called: since who wants to know has reset it. */
    this.asked = false;
    /** It may have been called without `asked`: the component imports a resource of the program's. */
    this.unseen = false;
    /** What each instance imports, where that is the same. */
    this.imports = typeof imports === 'function' ? undefined : importsOf(imports, this);
    /** The modules that are compiled. @type {Map<string, WebAssembly.Module>} */
    this.modules = new Map();
  }

  /**
   * A core module, compiled: a promise the first time, if it was given as one.
   * @param {string} path
   * @returns {WebAssembly.Module | Promise<WebAssembly.Module>}
   */
  module(path) {
    const known = this.modules.get(path);
    if (known !== undefined) return known;
    const { getCoreModule } = this.options;
    const given = getCoreModule(path);
    const keep = (/** @type {unknown} */ one) => {
      const module = this.compiled(path, one);
      this.modules.set(path, module);
      return module;
    };
    return given instanceof Promise ? given.then(keep) : keep(given);
  }

  /** @param {string} path @param {unknown} given */
  compiled(path, given) {
    const { memoryBytes } = this.options.limits;
    if (given instanceof WebAssembly.Module) {
      if (memoryBytes !== undefined) throw new TypeError('limits.memoryBytes needs the bytes of the modules; have getCoreModule give them in place of a WebAssembly.Module');
      return given;
    }
    if (!(given instanceof ArrayBuffer || ArrayBuffer.isView(given))) {
      throw new TypeError(`getCoreModule(${JSON.stringify(path)}) gave neither bytes nor a WebAssembly.Module`);
    }
    const bytes = given instanceof ArrayBuffer ? new Uint8Array(given) : new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    try {
      return new WebAssembly.Module(/** @type {BufferSource} */ (memoryBytes === undefined ? bytes : withLimit(bytes, memoryBytes)));
    } catch (cause) {
      if (cause instanceof WebAssembly.CompileError && !WebAssembly.validate(EXNREF)) {
        throw unsupported('this engine is too old for the instructions that the component unwinds by (exnref); use Node 24 or newer, or build the component with panic=abort', cause);
      }
      throw cause;
    }
  }

  freshImports() {
    const { imports } = this.options;
    const given = typeof imports === 'function' ? imports() : imports;
    if (typeof given !== 'object' || given === null) throw new TypeError('`imports` gave no object');
    return importsOf(given, this);
  }

  /**
   * The next instance; a promise where the bindings or the engine make it so.
   * @param {number} epoch
   * @param {(instance: Instance, thrown: unknown) => boolean} unasked
   * @returns {Instance | Promise<Instance>}
   */
  make(epoch, unasked) {
    const instance = new Instance(epoch);
    /** @param {WebAssembly.Instance} made */
    const watched = (made) => {
      /** @type {Record<string, any>} */
      const exports = {};
      for (const [name, one] of Object.entries(made.exports)) {
        if (one instanceof WebAssembly.Memory) instance.memories.push(one);
        if (typeof one !== 'function' || OTHERS.test(name)) exports[name] = one;
        else exports[name] = name.includes('[dtor]') ? destructor(instance, one, unasked) : counted(instance, one);
      }
      return { exports };
    };
    /** @param {unknown} module @param {WebAssembly.Imports} coreImports */
    const instantiateCore = (module, coreImports) => {
      if (module instanceof Promise) {
        module.catch(() => {});
        throw new TypeError('getCoreModule gave a promise, and the bindings are of `jco transpile --instantiation sync`; give the module itself, or transpile with `--instantiation async`');
      }
      const compiled = /** @type {WebAssembly.Module} */ (module);
      try {
        return watched(new WebAssembly.Instance(compiled, coreImports));
      } catch (error) {
        // The main thread of a browser makes large instances only asynchronously.
        if (!(error instanceof RangeError && /main thread/.test(error.message))) throw error;
        return WebAssembly.instantiate(compiled, coreImports).then(watched);
      }
    };
    const root = this.instantiate((path) => this.module(path), this.imports ?? this.freshImports(), instantiateCore);
    /** @param {unknown} made */
    const done = (made) => {
      if (typeof made !== 'object' || made === null) throw new TypeError('`instantiate` gave no exports; is it of `jco transpile --instantiation async`?');
      instance.root = made;
      return instance;
    };
    return root instanceof Promise ? root.then(done) : done(root);
  }
}
