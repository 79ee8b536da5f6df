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

/** @typedef {'typed' | 'fatal' | 'state' | 'values' | 'settles' | 'caught' | 'dead' | 'unlocked' | 'spread' | 'retryable' | 'poisoned' | 'stale' | 'revived' | 'freed' | 'leak' | 'next' | 'twice' | 'instances' | 'evicted'} Broken */

/**
 * @param {Broken} [broken] the part of the promise that it breaks
 * @param {(error: unknown) => void} [uncaught] hears of what nobody caught
 */
export function fake(broken, uncaught) {
  const is = (/** @type {Broken} */ part) => part === broken;
  const torture = /** @type {any} */ (globalThis)[Symbol.for('recover.torture')];
  const gate = { epoch: 0, abandoned: false, depth: 0, promises: new Set() };
  const memory = { live: 100, base: 0 };
  let refusals = 0;
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
    if (is('instances')) kept.push(old);
    for (const each of records) each.value = each.record;
    return error;
  };

  /** @param {any} self @param {() => any} body @param {boolean} changes */
  const call = (self, body, changes) => {
    const { epoch } = gate;
    const failed = () => {
      failures += 1;
      lately += 1;
      if (is('leak')) memory.live += 8;
      if (is('next')) memory.base += 1;
      if (is('caught')) queueMicrotask(() => { uncaught?.(new Error('nobody')); });
    };
    try {
      ask(BEFORE);
      if (self !== undefined) check(self);
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
      if (error instanceof Trap) {
        failed();
        throw gate.epoch === epoch ? end() : ending;
      }
      if (error instanceof RecoverError && error.name !== 'OutOfMemoryError') throw error;
      failed();
      if (self !== undefined) {
        if (is('spread')) refusals = 1;
        if (is('unlocked')) self.busy = true;
        if (!self.persists) self.poisoned = true;
        else if (!is('state')) self.value = self.record;
      }
      if (error instanceof Panic) {
        if (is('typed')) throw new Error('unreachable');
        throw new RecoverError('PanicError', error.message);
      }
      throw error;
    }
  };
  const check = (/** @type {any} */ self) => {
    if (self.gone) throw new RecoverError('StaleHandleError', 'it was freed');
    if (!self.persists && self.epoch !== gate.epoch && !is('stale')) throw new RecoverError('StaleHandleError', `it went with instance ${self.epoch}`, { epoch: self.epoch });
    if (self.busy) throw new RecoverError('BusyError', 'it is busy', { retryable: true });
    if (self.poisoned) throw new RecoverError('PoisonedError', 'it is poisoned');
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
      late() {},
      counter_add: (/** @type {any} */ self, /** @type {number} */ by) => call(self, () => {
        self.value += by;
        allocates();
        return self.value + memory.base;
      }, true),
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
    __wbg_ptr = 1;
    persists = true;
    value = 0;
    record = 0;
    poisoned = false;
    busy = false;
    gone = false;
    epoch = gate.epoch;

    constructor() { this.begin(); }

    begin() {
      records.add(this);
      lately = 0;
    }

    /** @param {number} by @returns {number} */
    add(by) { return wasm.counter_add(this, by); }

    /** @returns {number} */
    get count() { check(this); return this.value; }

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
    classes: () => ({ Counter: records.size }),
    nameOf: (/** @type {any} */ handle) => handle.constructor.name,
    inspect(/** @type {string} */ _, /** @type {any} */ self, /** @type {number} */ question) {
      const isStale = self.gone || (!self.persists && self.epoch !== gate.epoch && !is('stale'));
      if (question === 4) return Number(isStale);
      return Number(question === 5 ? self.busy : self.poisoned);
    },
  });
  return {
    Counter, Cell,
    recovery: {
      stacks: 'full',
      setRestartLimit() {},
      async restart() { end(); },
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
