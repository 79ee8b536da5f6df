// @ts-check
// A package without wasm, for the tests of what tortures: it keeps the promise, unless it is told which part to break. It has a
// class that persists and is rolled back (`Counter`), and one that does neither (`Cell`).

const BRAND = Symbol.for('recover.error');
const [ALLOC, BEFORE, ENTER, LEAVE, AFTER, POLL, APPEND, DROP] = [1, 2, 3, 4, 5, 6, 10, 14];

export class RecoverError extends Error {
  /** @param {string} name @param {string} message @param {object} [fields] */
  constructor(name, message, fields = {}) {
    super(message);
    this.name = name;
    Object.assign(this, { fatal: false, retryable: false, [BRAND]: true }, fields);
  }
}

class Trap extends Error {}
class Panic extends Error {}

/** @typedef {'typed' | 'fatal' | 'state' | 'values' | 'settles' | 'caught' | 'dead' | 'unlocked' | 'spread' | 'retryable' | 'poisoned' | 'stale' | 'revived' | 'freed' | 'leak' | 'next' | 'twice' | 'instances' | 'evicted'
 *   | 'down' | 'stuck' | 'stack' | 'less' | 'everySecond' | 'endLeak' | 'endInstances' | 'hoard' | 'bystander' | 'idle' | 'reentry' | 'stray' | 'timer'} Broken */

/**
 * @param {Broken} [broken] the part of the promise that it breaks
 * @param {(error: unknown) => void} [uncaught] hears of what nobody caught
 */
export function fake(broken, uncaught) {
  const is = (/** @type {Broken} */ part) => part === broken;
  const torture = /** @type {any} */ (globalThis)[Symbol.for('recover.torture')];
  const gate = { epoch: 0, abandoned: false, depth: 0, promises: new Set() };
  const memory = { live: 100, base: 0 };
  const stack = new WebAssembly.Global({ value: 'i32', mutable: true }, 1024);
  let refusals = 0;
  /** All objects since the last scenario began, and what is counted as records though it is none. @type {Set<any>} */
  const all = new Set();
  let more = 0;
  /** Whether something panicked since then; calls under way; whether the host ended the instance between calls. */
  let panicked = false;
  let inside = 0;
  let seconds = 0;
  let isIdle = false;
  const first = () => [...all][0];
  /** @type {unknown[]} */
  const kept = [];
  let failures = 0;
  /** Since the last counter was made. */
  let lately = 0;
  /** @type {Set<any>} */
  const records = new Set();
  /** @type {((error: unknown) => void)[]} */
  let pending = [];
  /** @type {Record<string, any>} */
  let wasm = {};

  const ask = (/** @type {number} */ kind) => {
    const { epoch } = gate;
    const answer = torture.point(kind);
    if (gate.epoch !== epoch) throw new Trap('a frame of an instance that ended');
    if (answer === 2) throw new Panic('torture: a panic was injected');
    if (answer === 3) throw new Trap('unreachable');
    return answer;
  };
  /** What the frame that traps last is left with. @type {unknown} */
  let ending;
  const end = () => {
    const old = wasm;
    const error = ending = new RecoverError('InstanceAbortedError', 'the instance ended under this call', { fatal: !is('fatal'), retryable: true });
    pending.splice(0).forEach((reject) => { reject(error); });
    gate.epoch += 1;
    memory.live = 100;
    wasm = torture.instance(raw());
    if (is('dead')) old['late']();
    if (is('instances') || (is('hoard') && kept.length < 8) || (is('endInstances') && panicked)) kept.push(old);
    for (const each of records) each.value = each.record;
    return error;
  };

  /** @param {any} self @param {() => any} body @param {boolean} changes */
  const call = (self, body, changes) => {
    const { epoch } = gate;
    if (self !== undefined) void self.__wbg_ptr;
    /** @type {unknown} */
    let last;
    inside += 1;
    const failed = () => {
      failures += 1;
      lately += 1;
      if (is('leak') || (is('everySecond') && lately === 1 && (seconds += 1) % 2 === 0)) memory.live += 8;
      if (is('less')) memory.live -= 8;
      if (is('down')) gate.depth -= 1;
      if (is('stuck')) gate.depth = 1;
      if (is('stack')) stack.value += 16;
      if (is('timer')) setTimeout(() => { throw new Error('late'); }, 5);
      if (is('bystander')) for (const each of all) if (each !== self && !each.persists) [each.poisoned, each.cause] = [true, last];
      if (is('next')) memory.base += 1;
      if (is('caught')) queueMicrotask(() => { uncaught?.(new Error('nobody')); });
    };
    try {
      ask(BEFORE);
      if (self !== undefined) check(self);
      if (isIdle) {
        isIdle = false;
        throw new RecoverError('InstanceAbortedError', 'an instance had ended');
      }
      if (is('stray') && lately === 0 && self !== first() && first()?.value === 0) uncaught?.(new Error('nobody'));
      ask(ENTER);
      const value = body();
      ask(LEAVE);
      ask(AFTER);
      if (changes && self !== undefined) {
        if (ask(APPEND) === 1 && is('revived')) return value;
        self.record = self.value;
      }
      return (is('values') && lately > 0) || (is('twice') && lately > 1) ? -1 : value;
    } catch (error) {
      last = error instanceof Panic ? new RecoverError('PanicError', error.message) : error;
      panicked ||= error instanceof Panic;
      if (error instanceof Trap) {
        failed();
        throw gate.epoch === epoch ? end() : ending;
      }
      if (error instanceof RecoverError && error.name !== 'OutOfMemoryError') throw error;
      failed();
      if (self !== undefined) {
        if (is('spread')) refusals = 1;
        if (is('unlocked')) self.busy = true;
        if (!self.persists) [self.poisoned, self.cause] = [true, last];
        else if (!is('state')) self.value = self.record;
      }
      if (error instanceof Panic) {
        if (is('typed')) throw new Error('unreachable');
        throw last;
      }
      throw error;
    } finally {
      inside -= 1;
    }
  };
  const check = (/** @type {any} */ self) => {
    if (self.gone) throw new RecoverError('StaleHandleError', 'it was freed', { class: self.constructor.name });
    if (!self.persists && self.epoch !== gate.epoch && !is('stale')) throw new RecoverError('StaleHandleError', `it went with instance ${self.epoch}`, { epoch: self.epoch, class: self.constructor.name });
    if (self.busy || (self.written && !is('reentry'))) throw new RecoverError('BusyError', 'it is busy', { retryable: true });
    if (self.poisoned) throw new RecoverError('PoisonedError', 'it is poisoned', { class: self.constructor.name, cause: self.cause });
    if (refusals > 0) {
      refusals -= 1;
      throw new RecoverError('InstanceAbortedError', 'still');
    }
  };
  const allocates = () => {
    if (ask(ALLOC) !== 1) return;
    if (is('retryable')) refusals = 1;
    throw new RecoverError('OutOfMemoryError', 'an allocation failed', { retryable: is('retryable') });
  };

  function raw() {
    return {
      memory: new WebAssembly.Memory({ initial: 0 }),
      __stack_pointer: stack,
      late() {},
      counter_add: (/** @type {any} */ self, /** @type {number} */ by) => call(self, () => {
        self.value += by;
        allocates();
        return self.value + memory.base;
      }, true),
      counter_tell: (/** @type {any} */ self) => call(self, () => {
        self.written = true;
        const { epoch } = gate;
        try {
          torture.importCalled('tell');
          torture.importReturned('tell', undefined);
        } finally {
          self.written = false;
        }
        if (gate.epoch !== epoch) throw new Trap('a frame of an instance that ended');
      }, false),
      async counter_sync(/** @type {any} */ self, /** @type {Promise<number>} */ ready) {
        call(self, () => undefined, false);
        const { epoch } = gate;
        self.busy = true;
        return new Promise((resolve, reject) => {
          const over = (/** @type {unknown} */ error) => { self.busy = false; reject(error); };
          pending.push(over);
          const poll = (/** @type {() => void} */ go) => {
            if (gate.epoch !== epoch) return;
            try {
              ask(POLL);
              pending = pending.filter((each) => each !== over);
              go();
              self.busy = false;
            } catch (error) {
              if (error instanceof Trap) {
                if (gate.epoch === epoch) end();
              } else if (!is('settles')) {
                over(error instanceof Panic ? new RecoverError('PanicError', error.message) : error);
              }
            }
          };
          ready.then((by) => { poll(() => { self.value += by; self.record = self.value; resolve(self.value); }); }, (error) => { poll(() => { throw error; }); });
        });
      },
      __wbg_counter_free(/** @type {any} */ self) {
        const { epoch } = gate;
        self.gone = true;
        records.delete(self);
        try {
          ask(DROP);
        } catch (error) {
          if (error instanceof Trap) throw gate.epoch === epoch ? end() : ending;
          throw new RecoverError('PanicError', 'torture');
        }
      },
    };
  }

  class Counter {
    get __wbg_ptr() { return 1; }

    persists = true;
    value = 0;
    record = 0;
    poisoned = false;
    /** @type {unknown} */
    cause = undefined;
    busy = false;
    written = false;
    gone = false;
    epoch = gate.epoch;

    constructor() {
      this.begin();
      all.add(this);
    }

    begin() {
      records.add(this);
      lately = 0;
      panicked = false;
      isIdle = false;
    }

    /** @param {number} by @returns {number} */
    add(by) { return wasm.counter_add(this, by); }

    /** @returns {number} */
    get count() { check(this); return this.value; }

    tell() { wasm.counter_tell(this); }

    /** @param {() => unknown} ask @returns {Promise<number>} */
    sync(ask) {
      torture.importCalled('ask');
      return wasm.counter_sync(this, torture.importReturned('ask', ask()));
    }

    free() {
      if (this.gone || (!this.persists && this.epoch !== gate.epoch)) throw new RecoverError('StaleHandleError', 'it was freed');
      if (this.busy) throw new RecoverError('BusyError', 'it is busy');
      if (is('freed') && failures > 0) {
        this.gone = true;
        throw new RecoverError('PanicError', 'in free');
      }
      all.delete(this);
      wasm.__wbg_counter_free(this);
    }
  }
  class Cell extends Counter {
    persists = false;

    begin() {}
  }

  wasm = torture.instance(raw());
  torture.attached({
    gate,
    liveBytes: () => memory.live,
    makeRoom() {
      for (const each of records) if (!each.busy && !each.poisoned) each.value = is('evicted') ? 0 : each.record;
      return records.size > 0;
    },
    classes: () => ({ Counter: records.size + more }),
    nameOf: (/** @type {any} */ handle) => handle.constructor.name,
    inspect(/** @type {string} */ _, /** @type {any} */ self, /** @type {number} */ question) {
      const isStale = self.gone || (!self.persists && self.epoch !== gate.epoch && !is('stale'));
      if (question === 4) return Number(isStale);
      return Number(question === 5 ? self.busy : question === 6 ? self.written : self.poisoned);
    },
  });
  return {
    Counter, Cell,
    recovery: {
      stacks: 'full',
      setRestartLimit() {},
      async restart() {
        end();
        if (is('idle') && inside === 0) isIdle = true;
        if (is('endLeak') && panicked) more += 1;
      },
      isPoisoned: (/** @type {any} */ self) => self.poisoned && !is('poisoned'),
      clearPoison(/** @type {any} */ self) {
        const { poisoned } = self;
        self.poisoned = false;
        return poisoned;
      },
      export(/** @type {any} */ self) {
        if (!self.persists) throw new TypeError('recovery.export() takes an object of a class with `persist`');
        check(self);
        return Uint8Array.of(self.value);
      },
    },
  };
}
