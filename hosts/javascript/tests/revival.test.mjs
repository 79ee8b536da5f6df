// @ts-check
// Objects that persist, after their instance has ended: what comes back under the handles that a program holds, of which
// calls, and what can't.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutOfMemoryError, StaleHandleError, supervise } from '../index.js';
import { ABSORB, DROP, FAIL, HOOKS, SAVE, TRAP, bindingsOf, entries, fixture, hooks, thrownBy, trap } from './setup.mjs';

for (const calls of [0, 1, 63, 64, 65, 200]) {
  test(`a ledger comes back after ${calls} calls`, async () => {
    const { ledgers } = await fixture();
    const ledger = new ledgers.Ledger('ada');
    for (let n = 0; n < calls; n += 1) ledger.put(`${n % 90}`, BigInt(n));
    trap(ledgers);
    assert.equal(ledger.owner(), 'ada');
    const all = entries(ledger);
    assert.equal(Object.keys(all).length, Math.min(calls, 90));
    for (let n = Math.max(0, calls - 90); n < calls; n += 1) assert.equal(all[n % 90], n);
    assert.equal(ledger.put('next', 1n), Math.min(calls, 90) + 1);
  });
}

test('a journal is cut after so many calls, or bytes of arguments, and the ledger comes back from both', async () => {
  for (const journal of [{ calls: 3 }, { bytes: 400 }]) {
    const { ledgers } = await fixture({ journal });
    const ledger = new ledgers.Ledger('ada');
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 5; n += 1) ledger.put(`${round}-${n}`.padEnd(60), 1n);
      trap(ledgers);
      assert.equal(ledger.entries().length, 5 * (round + 1));
    }
  }
});

test('a journal that is never cut would be replayed in full', async () => {
  let asked = 0;
  const { ask, Counter } = await hooks((n) => { asked += 1; return n === 13 ? TRAP : n; }, { journal: { calls: 10 } });
  const counter = new Counter(1);
  for (let n = 0; n < 25; n += 1) counter.add(1);
  thrownBy(() => ask(13));
  asked = 0;
  assert.equal(counter.value(), 26);
  assert.equal(asked, 5, 'the calls since the last snapshot');
});

test('a failed call is not journaled, and what its policy kept is in the next snapshot', async () => {
  const { ledgers, recovery } = await fixture();
  const ledger = new ledgers.Ledger('ada');
  ledger.put('a', 1n);
  thrownBy(() => ledger.fail('torn', 'panic'));
  trap(ledgers);
  assert.deepEqual(entries(ledger), { a: 1 });
  assert.equal(recovery.health().panics, 1, 'no replay panics');
  thrownBy(() => ledger.fail('torn', 'panic'));
  ledger.put('b', 2n);
  trap(ledgers);
  assert.deepEqual(entries(ledger), { a: 1, b: 2 });
  thrownBy(() => ledger.fail('torn', 'unreachable'));
  assert.deepEqual(entries(ledger), { a: 1, b: 2 });
});

test('after a failure that may have changed an object, the next call that ends well is followed by a snapshot', async () => {
  let saves = 0;
  const { ledgers } = await fixture({}, ({ ledgers: { Ledger } }) => {
    const { save } = Ledger.prototype;
    Ledger.prototype.save = /** @this {any} */ function () {
      saves += 1;
      return save.call(this);
    };
  });
  const ledger = new ledgers.Ledger('ada');
  ledger.put('a', 1n);
  thrownBy(() => ledger.get('nobody'));
  ledger.put('b', 1n);
  assert.equal(saves, 0);
  thrownBy(() => ledger.fail('torn', 'panic'));
  thrownBy(() => ledger.fail('torn', 'panic'));
  assert.equal(saves, 0);
  ledger.put('c', 1n);
  assert.equal(saves, 1);
  ledger.put('d', 1n);
  assert.equal(saves, 1);
});

test('an object is lost rather than as it was long ago: where a failure may have changed it, and it could not be saved since', async () => {
  let ends = false;
  const { ledgers } = await fixture({}, ({ ledgers: inner }) => {
    const { save } = inner.Ledger.prototype;
    inner.Ledger.prototype.save = /** @this {any} */ function () {
      return ends ? inner.fail('unreachable') : save.call(this);
    };
  });
  const ledger = new ledgers.Ledger('ada'), other = new ledgers.Ledger('eve');
  thrownBy(() => ledger.fail('torn', 'panic'));
  ends = true;
  assert.equal(ledger.put('a', 1n), 1, 'the call itself had ended');
  const error = thrownBy(() => ledger.entries());
  assert(error instanceof StaleHandleError);
  assert.equal(/** @type {any} */ (error.cause).kind, 'aborted');
  assert.equal(other.owner(), 'eve');
});

/** A failure that a component passes on. @param {string} kind */
const passed = (kind) => Object.assign(new Error(kind), {
  payload: { kind, class: 'X', code: 'E_X', message: 'of another component', retryable: false, fatal: false, fields: [], frames: [], causes: [] },
});

for (const kind of ['aborted', 'busy', 'stale', 'poisoned', 'timeout', 'restart-limit']) {
  test(`what a call changed before it passed on a failure of the kind ${kind} is in the next snapshot`, async () => {
    let passes = false;
    const { ledgers } = await fixture({}, ({ ledgers: { Ledger } }) => {
      for (const method of ['put', 'merge']) {
        const inner = Ledger.prototype[method];
        Ledger.prototype[method] = /** @this {any} */ function (/** @type {any[]} */ ...args) {
          const value = inner.apply(this, args);
          if (passes) throw passed(kind);
          return value;
        };
      }
    });
    const ledger = new ledgers.Ledger('ada'), other = new ledgers.Ledger('eve');
    ledger.put('a', 1n);
    passes = true;
    assert.equal(thrownBy(() => ledger.put('b', 2n)).kind, kind);
    passes = false;
    ledger.put('c', 3n);
    trap(ledgers);
    assert.deepEqual(entries(ledger), { a: 1, b: 2, c: 3 });
    passes = true;
    assert.equal(thrownBy(() => other.merge(ledger)).kind, kind);
    passes = false;
    assert.equal(other.owner(), 'eve');
    trap(ledgers);
    assert.deepEqual(entries(other), { a: 1, b: 2, c: 3 });
  });
}

test('no replay calls an import of the program again: calls and constructors that did are followed by a snapshot', async () => {
  /** @type {number[]} */
  let asked = [];
  const { ask, Counter } = await hooks((n) => {
    asked.push(n);
    return n === 13 ? TRAP : n;
  }, {}, 'hooks');
  const counter = new Counter(1);
  counter.add(7);
  assert.deepEqual(asked.splice(0), [999, 7, SAVE]);
  counter.value();
  counter.add(7);
  assert.deepEqual(asked.splice(0), [7, SAVE], 'a call that asks nothing needs none');
  thrownBy(() => ask(13));
  asked = [];
  assert.equal(counter.value(), 15);
  assert.deepEqual(asked, []);
});

test('a constructor that calls an import of the program is not made again', async () => {
  const { bindings, getCoreModule } = await bindingsOf('hooks');
  /** @type {number[]} */
  let asked = [];
  const tick = (/** @type {number} */ n) => {
    asked.push(n);
    return n === 13 ? TRAP : n;
  };
  const instantiate = (/** @type {any} */ path, /** @type {any} */ imports, /** @type {any} */ make) => {
    const root = bindings.instantiate(path, imports, make);
    const inner = root.counters.Counter;
    const { tick: seen } = imports[HOOKS];
    return { ...root, counters: { Counter: new Proxy(inner, { construct: (_, args) => { seen(44); return Reflect.construct(inner, args); } }) } };
  };
  const app = await supervise(instantiate, /** @type {any} */ ({ getCoreModule, imports: { [HOOKS]: { tick } } }));
  const { ask, counters: { Counter } } = /** @type {any} */ (app.exports);
  const counter = new Counter(1);
  assert.deepEqual(asked, [999, 44, SAVE]);
  thrownBy(() => ask(13));
  asked = [];
  assert.equal(counter.value(), 1);
  assert.deepEqual(asked, []);
});

test('a component that imports a resource of the program is replayed by no call', async () => {
  const { bindings, getCoreModule } = await bindingsOf('hooks');
  let saves = 0;
  const instantiate = (/** @type {any} */ path, /** @type {any} */ imports, /** @type {any} */ make) => {
    // As the bindings of such a component do.
    const { Tool } = imports[HOOKS];
    assert.equal(new Tool().use(), 5);
    return bindings.instantiate(path, imports, make);
  };
  const tick = (/** @type {number} */ n) => {
    if (n === SAVE) saves += 1;
    return n;
  };
  class Tool {
    use() { return 5; }
  }
  const app = await supervise(instantiate, /** @type {any} */ ({ getCoreModule, imports: { [HOOKS]: { tick, Tool } } }));
  const counter = new /** @type {any} */ (app.exports).counters.Counter(1);
  assert.equal(saves, 1);
  counter.value();
  assert.equal(saves, 2);
});

test('a replay that calls an import, as its calls had not, loses the object', async () => {
  let asks = false;
  const { bindings, getCoreModule } = await bindingsOf('hooks');
  const instantiate = (/** @type {any} */ path, /** @type {any} */ imports, /** @type {any} */ make) => {
    const root = bindings.instantiate(path, imports, make);
    const { prototype } = root.counters.Counter;
    const { value } = prototype;
    const { tick: seen } = imports[HOOKS];
    prototype.value = /** @this {any} */ function () {
      if (asks) seen(1);
      return value.call(this);
    };
    return root;
  };
  const app = await supervise(instantiate, /** @type {any} */ ({ getCoreModule, imports: { [HOOKS]: { tick: (/** @type {number} */ n) => (n === 13 ? TRAP : n) } } }));
  const { ask, counters: { Counter } } = /** @type {any} */ (app.exports);
  const counter = new Counter(1);
  counter.value();
  asks = true;
  thrownBy(() => ask(13));
  const error = thrownBy(() => counter.value());
  assert(error instanceof StaleHandleError);
  assert.match(/** @type {any} */ (error.cause).message, /the replay of a Counter called an import/);
});

test('a revival that finds no memory loses nothing: the call fails, and a later one does well', async () => {
  const { ledgers, recovery } = await fixture({ limits: { memoryBytes: 16 << 20 } });
  const ledger = new ledgers.Ledger('ada');
  const key = 'k'.repeat(2 << 20);
  ledger.put(key, 1n);
  trap(ledgers);
  // Others fill the memory meanwhile.
  const held = [];
  while (recovery.health().memoryBytes < 15 << 20) {
    const draft = new ledgers.Draft();
    draft.write('x'.repeat(64 << 10));
    held.push(draft);
  }
  assert(thrownBy(() => ledger.owner()) instanceof OutOfMemoryError);
  for (const draft of held) draft[Symbol.dispose]();
  assert.equal(ledger.owner(), 'ada');
  assert.deepEqual(entries(ledger), { [key]: 1 });
  assert.equal(recovery.health().lost, 0);
});

for (const kind of ['out-of-memory', 'timeout']) {
  test(`a replay that fails by ${kind} is made again by the next call`, async () => {
    let fails = false;
    const { ledgers, recovery } = await fixture({}, ({ ledgers: { Ledger } }) => {
      const { put } = Ledger.prototype;
      Ledger.prototype.put = /** @this {any} */ function (/** @type {any[]} */ ...args) {
        const value = put.apply(this, args);
        if (fails) throw passed(kind);
        return value;
      };
    });
    const live = ledgers.live();
    const ledger = new ledgers.Ledger('ada');
    ledger.put('a', 1n);
    trap(ledgers);
    fails = true;
    for (let round = 0; round < 2; round += 1) assert.equal(thrownBy(() => ledger.owner()).kind, kind);
    assert.equal(ledgers.live(), live, 'what was half replayed is dropped');
    fails = false;
    assert.deepEqual(entries(ledger), { a: 1 });
    assert.equal(recovery.health().lost, 0);
  });
}

test('an error of the program that changed the state is journaled', async () => {
  const { ledgers, errors } = await fixture();
  const ledger = new ledgers.Ledger('ada');
  assert(thrownBy(() => ledger.fail('kept', 'err')) instanceof errors.DomainError);
  assert(thrownBy(() => ledger.get('nobody')) instanceof errors.NoKeyError);
  trap(ledgers);
  assert.deepEqual(entries(ledger), { kept: 1 });
});

test('arguments are journaled as they were', async () => {
  const { ledgers } = await fixture();
  const first = new ledgers.Ledger('ada');
  first.put('x', 7n);
  const bytes = first.save();
  first[Symbol.dispose]();
  const ledger = ledgers.Ledger.restore(bytes);
  bytes.fill(0);
  trap(ledgers);
  assert.deepEqual(entries(ledger), { x: 7 });
  assert.equal(ledger.owner(), 'ada');
});

test('the bytes that a program saved are its own', async () => {
  const { ledgers, recovery } = await fixture();
  const ledger = new ledgers.Ledger('ada');
  ledger.put('x', 7n);
  ledger.save().fill(0);
  trap(ledgers);
  assert.deepEqual(entries(ledger), { x: 7 });
  assert.deepEqual(entries(ledgers.Ledger.restore(recovery.export(ledger))), { x: 7 });
});

test('merge moves both records, whatever ends before and after it', async () => {
  const { ledgers } = await fixture();
  const one = new ledgers.Ledger('one'), two = new ledgers.Ledger('two');
  one.put('a', 1n);
  two.put('b', 2n);
  trap(ledgers);
  assert.equal(one.merge(two), 2);
  trap(ledgers);
  assert.deepEqual(entries(one), { a: 1, b: 2 });
  assert.deepEqual(entries(two), { b: 2 });
  one.put('c', 3n);
  two.put('d', 4n);
  trap(ledgers);
  assert.deepEqual([entries(one), entries(two)], [{ a: 1, b: 2, c: 3 }, { b: 2, d: 4 }]);
});

test('merge that fails by an error of the program moves both records, too', async () => {
  const { ledgers, errors } = await fixture();
  const full = new ledgers.Ledger('full'), more = new ledgers.Ledger('more');
  for (let n = 0; n < 99; n += 1) full.put(`${n}`, 1n);
  more.put('x', 1n);
  more.put('y', 1n);
  assert(thrownBy(() => full.merge(more)) instanceof errors.QuotaError);
  const before = entries(full);
  trap(ledgers);
  assert.deepEqual(entries(full), before);
  assert.deepEqual(entries(more), { x: 1, y: 1 });
});

test('absorb consumes the other, which stays gone', async () => {
  const { ledgers, recovery } = await fixture();
  const one = new ledgers.Ledger('one'), two = new ledgers.Ledger('two');
  two.put('b', 2n);
  assert.equal(one.absorb(two), 1);
  assert.equal(recovery.health().persistent, 1);
  for (let round = 0; round < 2; round += 1) {
    const error = thrownBy(() => two.entries());
    assert(error instanceof StaleHandleError);
    assert.equal(error.epoch, undefined);
    assert.deepEqual(entries(one), { b: 2 });
    trap(ledgers);
  }
});

/** A counter's hooks, of which one can be set to end or to fail. */
function faults() {
  /** @type {Map<number, { answer: number, after: number }>} */
  const set = new Map();
  const tick = (/** @type {number} */ n) => {
    const fault = set.get(n);
    if (fault === undefined) return n;
    fault.after -= 1;
    if (fault.after > 0) return n;
    set.delete(n);
    return fault.answer;
  };
  return { tick, on: (/** @type {number} */ n, /** @type {number} */ answer, after = 1) => set.set(n, { answer, after }) };
}

for (const after of [1, 2]) {
  test(`two objects of a call are saved together or not at all, also if saving the ${after === 1 ? 'first' : 'second'} traps`, async () => {
    const { tick, on } = faults();
    const { Counter } = await hooks(tick);
    const one = new Counter(1), two = new Counter(2);
    one.add(1);
    two.add(1);
    on(SAVE, TRAP, after);
    const error = thrownBy(() => one.merge(two));
    assert.deepEqual([error.kind, error.retryable], ['aborted', true]);
    assert.deepEqual([one.value(), two.value()], [2, 3]);
    assert.equal(one.merge(two), 5);
    assert.deepEqual([one.value(), two.value()], [5, 103]);
  });

  test(`two objects of a call are as before it if saving the ${after === 1 ? 'first' : 'second'} fails, in the instance that there is`, async () => {
    const { tick, on } = faults();
    const { Counter, recovery, ask } = await hooks(tick);
    const one = new Counter(1), two = new Counter(2);
    one.add(1);
    two.add(1);
    on(SAVE, FAIL, after);
    assert.equal(typeof thrownBy(() => one.merge(two)).payload, 'number');
    assert.equal(recovery.health().epoch, 0);
    assert.deepEqual([one.value(), two.value()], [2, 3]);
    assert.equal(one.merge(two), 5);
    on(13, TRAP);
    thrownBy(() => ask(13));
    assert.deepEqual([one.value(), two.value()], [5, 103]);
  });
}

for (const [what, n, answer] of /** @type {const} */ ([['the call', ABSORB, TRAP], ['its snapshot', SAVE, TRAP], ['the destructor of what it took', DROP, TRAP], ['its snapshot, which fails,', SAVE, FAIL]])) {
  test(`what a call took is back if ${what} ends it`, async () => {
    const { tick, on } = faults();
    const { Counter, recovery } = await hooks(tick);
    const one = new Counter(1), two = new Counter(2);
    one.add(1);
    two.add(1);
    on(n, answer);
    thrownBy(() => one.absorb(two));
    assert.deepEqual([one.value(), two.value()], [2, 3]);
    assert.equal(one.absorb(two), 5);
    assert(thrownBy(() => two.value()) instanceof StaleHandleError);
    assert.equal(recovery.health().persistent, 1);
  });
}

test('a new object of a call that could not be saved is not there', async () => {
  const { tick, on } = faults();
  const { Counter, recovery } = await hooks(tick);
  const counter = new Counter(4);
  on(SAVE, FAIL, 2);
  thrownBy(() => counter.twin());
  assert.equal(recovery.health().persistent, 1);
  assert.equal(counter.twin().value(), 4);
  assert.equal(recovery.health().persistent, 2);
});

test('an object that a function gave persists from there', async () => {
  const { ask, Counter } = await hooks((n) => (n === 13 ? TRAP : n));
  const twin = new Counter(4).twin();
  twin.add(1);
  thrownBy(() => ask(13));
  assert.equal(twin.value(), 5);
});

test('a replay that ends otherwise than the call loses the object, with the reason, and says so', async () => {
  let fails = false;
  const { ask, Counter, recovery } = await hooks((n) => {
    if (n === 13) return TRAP;
    return fails && n === 7 ? FAIL : n;
  });
  /** @type {any[]} */
  const lost = [];
  /** @type {any[]} */
  const reports = [];
  recovery.onLost((one) => lost.push(one));
  recovery.onAbort((report) => reports.push(report));
  const counter = new Counter(1), other = new Counter(2);
  counter.add(7);
  other.add(1);
  fails = true;
  thrownBy(() => ask(13));
  for (let round = 0; round < 2; round += 1) {
    const error = thrownBy(() => counter.value());
    assert(error instanceof StaleHandleError);
    assert.match(/** @type {any} */ (error.cause).message, /the replay of Counter\.add ended with an error/);
  }
  assert.equal(other.value(), 3, 'no other object is concerned');
  assert.deepEqual(lost.map((one) => one.class), ['Counter']);
  thrownBy(() => ask(13));
  assert.deepEqual([reports[1].diverged, reports[1].lost.length, reports[1].revived], [['Counter'], 1, 1]);
  assert.equal(recovery.health().lost, 1);
});

test('a call that had failed, and does well in the replay, loses the object, too', async () => {
  let fails = true;
  const { ask, Counter } = await hooks((n) => {
    if (n === 13) return TRAP;
    return fails && n === 7 ? FAIL : n;
  });
  const counter = new Counter(1);
  assert.equal(thrownBy(() => counter.add(7)).payload, 7);
  thrownBy(() => ask(13));
  assert.equal(counter.value(), 1);
  fails = false;
  thrownBy(() => ask(13));
  assert(thrownBy(() => counter.value()) instanceof StaleHandleError);
});

test('a replay that traps loses its object, and no other', async () => {
  let traps = false;
  const { ask, Counter } = await hooks((n) => (n === 13 || (traps && n === 7) ? TRAP : n));
  const counter = new Counter(1), other = new Counter(2);
  counter.add(7);
  traps = true;
  thrownBy(() => ask(13));
  const error = thrownBy(() => counter.value());
  assert(error instanceof StaleHandleError);
  assert.equal(/** @type {any} */ (error.cause).kind, 'aborted');
  assert.equal(other.value(), 2);
  assert(thrownBy(() => counter.value()) instanceof StaleHandleError);
});

test('a replay that finds the stack full loses nothing: it is tried again', async () => {
  let deep = false;
  /** @param {number} depth @returns {number} */
  const dig = (depth) => dig(depth + 1) + depth;
  const { ask, Counter, recovery } = await hooks((n) => (n === 13 ? TRAP : deep && n === 7 ? dig(0) : n));
  const counter = new Counter(1);
  counter.add(7);
  deep = true;
  thrownBy(() => ask(13));
  for (let round = 0; round < 3; round += 1) assert.equal(thrownBy(() => counter.value()).kind, 'stack-overflow');
  deep = false;
  assert.equal(counter.value(), 8);
  assert.equal(recovery.health().lost, 0);
});

test('a snapshot that traps costs no call that had ended', async () => {
  let saves = true;
  const { Counter, recovery } = await hooks((n) => (!saves && n === SAVE ? TRAP : n), { journal: { calls: 2 } });
  const counter = new Counter(1);
  counter.add(1);
  saves = false;
  assert.equal(counter.add(1), 3);
  assert.equal(recovery.health().epoch, 1);
  assert.equal(counter.value(), 3);
  saves = true;
  assert.equal(counter.add(1), 4);
});

test('methods that only read are not journaled, if they are named', async () => {
  const { ledgers } = await fixture({ reads: { Ledger: ['put'] } });
  const ledger = new ledgers.Ledger('ada');
  ledger.put('a', 1n);
  trap(ledgers);
  assert.deepEqual(entries(ledger), {});
});

test('objects that come back are counted', async () => {
  const { ledgers, recovery } = await fixture();
  /** @type {any[]} */
  const reports = [];
  recovery.onAbort((report) => reports.push(report));
  const held = [new ledgers.Ledger('a'), new ledgers.Ledger('b'), new ledgers.Draft()];
  trap(ledgers);
  assert.deepEqual([reports[0].revived, reports[0].restarted, reports[0].export, reports[0].epoch], [2, true, 'fail', 0]);
  assert.equal(held[1].owner(), 'b');
});
