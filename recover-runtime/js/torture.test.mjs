// @ts-check
// torture.js between a driver and what it has fail; and without a driver.
import test from 'node:test';
import assert from 'node:assert/strict';

const DRIVER = Symbol.for('recover.torture');
let copies = 0;

/**
 * A copy of the module, loaded with a driver or without.
 * @param {Partial<import('./links.d.ts').Torture>} [driver]
 * @returns {Promise<typeof import('./torture.js')>}
 */
async function load(driver) {
  /** @type {any} */ (globalThis)[DRIVER] = driver;
  try {
    return await import(`./torture.js?copy=${copies += 1}`);
  } finally {
    delete (/** @type {any} */ (globalThis)[DRIVER]);
  }
}

const links = /** @type {any} */ ({});
const exports = /** @type {any} */ (Object.freeze({ memory: {}, add: () => 1, __recover_fiber: () => 2 }));

test('without a driver nothing fails, and all stays what it is', async () => {
  const { point, called, returned, instance } = await load();
  assert.equal(point(1), 0);
  assert.equal(called('now', 7), 7);
  assert.equal(returned('now', 8), 8);
  assert.equal(instance(exports, links), exports);
  assert.equal('points' in links, false);
});

test('the driver decides at each point, and a fault of its own fails nothing', async () => {
  const { point, ANSWERS } = await load({ point: (kind) => (kind === 1 ? 2 : Number(thrown())) });
  assert.equal(point(1), ANSWERS.panic);
  const { queueMicrotask } = globalThis;
  /** @type {(() => void)[]} */
  const later = [];
  globalThis.queueMicrotask = (task) => { later.push(task); };
  try {
    assert.equal(point(2), ANSWERS['go-on']);
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
  }
  assert.equal(later.length, 1);
  assert.throws(() => later[0]?.(), /a fault/);
});

function thrown() {
  throw new Error('a fault');
}

test('an import throws what the driver throws, and returns what it returns', async () => {
  const error = new Error('injected');
  /** @type {unknown[]} */
  const names = [];
  const { called, returned } = await load({
    importCalled(name) {
      names.push(name);
      if (name === 'fails') throw error;
    },
    importReturned: (name, value) => (name === 'other' ? 'another' : value),
  });
  assert.equal(called('now', 'argument'), 'argument');
  assert.throws(() => called('fails', 1), (thrown) => thrown === error);
  assert.deepEqual(names, ['now', 'fails']);
  assert.deepEqual([returned('now', 1), returned('other', 1)], [1, 'another']);
});

test('the glue calls the exports that the driver answers; what suspends a stack stays the engine’s own', async () => {
  const wrapped = Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value === 'function' ? () => value() : value]));
  let attached = 0;
  const { instance, POINTS } = await load({ instance: () => /** @type {any} */ (wrapped), attached: (given) => { attached += Number(given === links); } });
  const seen = /** @type {any} */ (instance(exports, links));
  assert.equal(seen.add, wrapped.add);
  assert.equal(seen.memory, exports.memory);
  assert.equal(seen.__recover_fiber, exports.__recover_fiber);
  instance(exports, links);
  assert.equal(attached, 1);
  assert.equal(links.points, POINTS);
});

test('each kind of point has a number and a name of its own, and says what can happen there', async () => {
  const { POINTS } = await load();
  const actions = new Set(['fail', 'panic', 'trap', 'restart', 'abort-signal', 'free', 'gc', 'reenter']);
  assert.deepEqual(POINTS.map(({ kind }) => kind), POINTS.map((_, at) => at + 1));
  assert.equal(new Set(POINTS.map(({ name }) => name)).size, POINTS.length);
  for (const { name, actions: taken } of POINTS) {
    assert.ok(taken.length > 0 && taken.every((action) => actions.has(action)), name);
  }
});
