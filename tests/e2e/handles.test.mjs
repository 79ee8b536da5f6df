// @ts-check
// A record belongs to the handle that Rust made, whatever JavaScript does with it: proxies, copies,
// clones, frozen handles. What calls persist is in persist.test.mjs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { load } from './load.mjs';
import { clock, dies, isDeath, thrown, throwsClass } from './support.mjs';
import { settles } from './support-async.mjs';
import { collectUntil } from './support-gc.mjs';

const { pkg } = await load('fixture-persist');
const { Ledger, Eater, recovery } = pkg;
recovery.setRestartLimit({ restarts: Infinity, period: 1 });

// A call that takes long on a busy machine makes a snapshot due, and is not replayed.
test.beforeEach(() => clock(0.0001));
test.afterEach(() => clock());

const die = () => dies(pkg, () => pkg.trap());

/** As frameworks make state reactive: deep, one proxy an object, the receiver is the proxy. */
function reactive() {
  /** @type {WeakMap<object, any>} */
  const proxies = new WeakMap();
  /** @param {any} target @returns {any} */
  const wrap = (target) => {
    const known = proxies.get(target);
    if (known !== undefined) return known;
    const proxy = new Proxy(target, {
      get(object, key, receiver) {
        const value = Reflect.get(object, key, receiver);
        return typeof value === 'object' && value !== null ? wrap(value) : value;
      },
      set: (object, key, value, receiver) => Reflect.set(object, key, value, receiver),
    });
    proxies.set(target, proxy);
    return proxy;
  };
  return wrap;
}

/** As sandboxes do: methods are bound to the object behind, and nothing is read through the proxy. @param {any} target */
const membrane = (target) => new Proxy({}, {
  get(_, key) {
    const value = target[key];
    return typeof value === 'function' ? value.bind(target) : value;
  },
  set: (_, key, value) => Reflect.set(target, key, value),
  getPrototypeOf: () => Reflect.getPrototypeOf(target),
  has: (_, key) => Reflect.has(target, key),
});

/** @type {[string, (handle: any) => any][]} */
const wrappers = [
  ['a reactive proxy', (handle) => reactive()(handle)],
  ['a reactive proxy of what holds it', (handle) => reactive()({ handle }).handle],
  ['a proxy that forwards all', (handle) => new Proxy(handle, {})],
  ['a proxy of a proxy', (handle) => new Proxy(new Proxy(handle, {}), {})],
  ['a membrane', membrane],
  ['an object whose prototype is the handle', (handle) => Object.create(handle)],
];

for (const [name, wrap] of wrappers) {
  test(`${name}: calls and ends`, () => {
    const ledger = new Ledger(1);
    const wrapped = wrap(ledger);
    assert.equal(wrapped.add(1), 2);
    wrapped.total = 5;
    die();
    assert.deepEqual([wrapped.total, ledger.total], [5, 5]);
    assert.equal(wrapped.add(1), 6);
    assert.equal(ledger.add(1), 7);
    die();
    assert.equal(wrapped.total, 7);
    ledger.free();
    throwsClass(pkg, 'StaleHandleError', () => wrapped.total);
  });

  test(`${name}: what is freed through it stays freed`, async () => {
    const [freed, disposed, other] = [new Ledger(1), new Ledger(2), new Ledger(3)];
    const wrapped = wrap(freed);
    wrapped.free();
    wrap(disposed)[Symbol.dispose]();
    for (let end = 0; end < 2; end += 1) {
      for (const gone of [freed, wrapped, disposed]) {
        throwsClass(pkg, 'StaleHandleError', () => gone.total);
        throwsClass(pkg, 'StaleHandleError', () => gone.free());
      }
      assert.equal(other.total, 3);
      die();
    }
    other.free();
  });

  test(`${name}: what is consumed through it stays consumed, or comes back`, async () => {
    const [eater, ledger] = [new Eater(undefined, false), new Ledger(4)];
    const wrapped = wrap(ledger);
    dies(pkg, () => eater.eat(wrapped, true));
    assert.deepEqual([ledger.total, wrapped.total], [4, 4]);
    assert.equal(eater.eat(wrapped, false), 4);
    throwsClass(pkg, 'StaleHandleError', () => ledger.total);
    die();
    throwsClass(pkg, 'StaleHandleError', () => ledger.total);
    throwsClass(pkg, 'StaleHandleError', () => wrapped.free());
    const last = wrap(eater);
    dies(pkg, () => last.finish(true));
    assert.equal(eater.eaten(), 4);
    assert.equal(last.finish(false), 4);
    die();
    throwsClass(pkg, 'StaleHandleError', () => eater.eaten());
  });
}

test('what was freed through a proxy is not freed again when its handle is collected', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  (() => { for (let i = 0; i < 100; i += 1) new Proxy(new fresh.Ledger(i), {}).free(); })();
  // They get the memory of those that were freed.
  const ledgers = Array.from({ length: 200 }, (_, i) => new fresh.Ledger(i));
  await collectUntil(() => false);
  assert.deepEqual(ledgers.map((ledger) => ledger.total), ledgers.map((_, i) => i));
  assert.equal(fresh.recovery.health().epoch, 0);
});

for (const [name, fix] of /** @type {[string, (handle: any) => any][]} */ ([
  ['frozen', Object.freeze], ['sealed', Object.seal], ['not extensible', Object.preventExtensions],
  ['deeply frozen', (handle) => { for (const key of Reflect.ownKeys(handle)) Object.freeze(handle[key]); return Object.freeze(handle); }],
])) {
  test(`a handle that is ${name} is revived, freed and consumed as any`, async () => {
    const ledger = fix(new Ledger(1));
    ledger.add(1);
    for (let total = 2; total < 5; total += 1) {
      die();
      assert.equal(ledger.total, total);
      assert.equal(ledger.add(1), total + 1);
    }
    const eater = fix(new Eater(undefined, false));
    dies(pkg, () => eater.eat(ledger, true));
    assert.equal(ledger.total, 5);
    assert.equal(eater.eat(ledger, false), 5);
    die();
    throwsClass(pkg, 'StaleHandleError', () => ledger.total);
    assert.equal(await settles(eater.eat_later(fix(new Ledger(1)), undefined)), 6);
    eater.free();
    throwsClass(pkg, 'StaleHandleError', () => eater.eaten());
    throwsClass(pkg, 'StaleHandleError', () => eater.free());
    die();
    throwsClass(pkg, 'StaleHandleError', () => eater.eaten());
    const arrayed = pkg.ledgers([1, 2]).map(fix);
    die();
    assert.deepEqual(arrayed.map((/** @type {any} */ each) => each.total), [1, 2]);
    for (const each of arrayed) each[Symbol.dispose]();
  });
}

test('copies of a handle reach no object, before an end and after it', () => {
  const ledger = new Ledger(1);
  const other = new Ledger(2);
  const { add } = Ledger.prototype;
  const copies = [
    { ...ledger }, structuredClone(ledger), Object.assign({}, ledger), JSON.parse(JSON.stringify(ledger)),
    Object.assign(Object.create(Ledger.prototype), ledger),
  ];
  Object.assign(other, ledger);
  for (let end = 0; end < 2; end += 1) {
    for (const copy of copies) {
      const refusal = copy instanceof Ledger ? 'StaleHandleError' : 'WrongClassError';
      throwsClass(pkg, refusal, () => add.call(copy, 1));
      throwsClass(pkg, refusal, () => Ledger.prototype.free.call(copy));
    }
    assert.deepEqual([ledger.total, other.total], [1, 2]);
    die();
  }
  ledger.free();
  other.free();
});

test('a handle that JavaScript made of the pointer of another is that of the same object', async () => {
  const ledger = new Ledger(1);
  (() => {
    for (let i = 0; i < 100; i += 1) Object.create(Ledger.prototype).__wbg_ptr = Reflect.get(ledger, '__wbg_ptr');
  })();
  await collectUntil(() => false);
  const again = Object.create(Ledger.prototype);
  again.__wbg_ptr = Reflect.get(ledger, '__wbg_ptr');
  assert.equal(again.add(1), 2);
  die();
  assert.deepEqual([again.total, ledger.total], [2, 2]);
  again.free();
  throwsClass(pkg, 'StaleHandleError', () => ledger.total);
  die();
  throwsClass(pkg, 'StaleHandleError', () => ledger.total);
});

test('a handle of an object that has no record is used, freed and lost as ever', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  fresh.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  // Its state can't be encoded.
  const make = () => Object.freeze(new fresh.Faulty(1));
  const [freed, kept] = [make(), make()];
  assert.equal(new Proxy(kept, {}).add(1), 2);
  freed.free();
  throwsClass(fresh, 'StaleHandleError', () => freed.total());
  dies(fresh, () => fresh.trap());
  throwsClass(fresh, 'StaleHandleError', () => kept.total());
  throwsClass(fresh, 'StaleHandleError', () => kept.free());
  const lost = new fresh.Faulty(1);
  dies(fresh, () => fresh.trap());
  assert.equal(throwsClass(fresh, 'StaleHandleError', () => lost.total()).epoch, 1, 'it says of which instance it was');
});

test('a frozen handle of an object that is lost reaches no other', async () => {
  const { pkg: fresh } = await load('fixture-persist');
  fresh.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  // It is lost: its call ends otherwise when it is replayed.
  const tally = Object.freeze(new fresh.Tally());
  tally.needs_calls();
  // In an abort build its replay ends an instance, too.
  isDeath(fresh, thrown(() => fresh.trap()));
  const others = Array.from({ length: 20 }, (_, i) => new fresh.Ledger(i));
  for (const call of [() => tally.count(), () => tally.add(1), () => tally.free()]) throwsClass(fresh, 'StaleHandleError', call);
  assert.deepEqual(others.map((other) => other.total), others.map((_, i) => i));
});
