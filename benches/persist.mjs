// @ts-check
// What objects that persist cost, call by call and when their instance ends, against the
// same calls on objects that do not and against what is done by hand in plain wasm-bindgen.
import { compare, done, isWanted, load, loop } from './turns.mjs';

const packages = process.argv[2] ?? '';
const { module: ours } = await load(packages, 'persist');
const { module: fresh, url, bytes } = await load(packages, 'fresh');
ours.recovery.setRestartLimit({ restarts: Infinity, period: 1 });

/** @typedef {import('./turns.mjs').Pair} Pair */
const KB = 1024, MB = 1024 * 1024;

// Where nothing persists, or is alive.
/** @param {() => void} trap @param {(n: number) => number} answer */
const trapped = (trap, answer) => {
  try { trap(); } catch { /* as it should */ }
  if (answer(1) !== 7) throw new Error('a wrong answer');
};
const trapTurn = () => { for (let i = 0; i < 20; i++) trapped(ours.trap, ours.answer); };
await compare('trap-to-answer', () => ({
  calls: 20, rounds: 200, unit: 'µs', ours: trapTurn,
  peer: () => { for (let i = 0; i < 20; i++) trapped(fresh.trap, fresh.answer); },
}));
await compare('trap-to-answer-spare', () => {
  ours.recovery.spare = true;
  return {
    calls: 1, rounds: 1000, unit: 'µs',
    // Idle time, which both have.
    before: () => new Promise((resolve) => { setTimeout(resolve, 1); }),
    ours: () => trapped(ours.trap, ours.answer),
    peer: () => trapped(fresh.trap, fresh.answer),
    end: () => { ours.recovery.spare = false; },
  };
});
let imports = 0;
await compare('trap-to-answer-import', () => ({
  calls: 1, unit: 'µs',
  ours: () => trapped(ours.trap, ours.answer),
  peer: async () => {
    const again = await import(`${url}?${imports += 1}`);
    again.initSync({ module: bytes });
    if (again.answer(1) !== 7) throw new Error('a wrong answer');
  },
}));

/**
 * Our objects in the next instance, each used there.
 * @param {any[]} objects
 */
function revived(objects) {
  void ours.recovery.restart();
  for (const object of objects) Reflect.get(object, '__wbg_ptr');
  objects[0].add(1);
}

/** @param {any[]} objects */
const freed = (objects) => () => { for (const object of objects) object.free(); };

/** A new instance. Not made by the call that follows, whose arguments are copied in before. */
function replaced() {
  fresh.replace();
  fresh.answer(1);
}

/** The memory of the instance of `fresh`. */
const memory = () => new Uint8Array(fresh.linear_memory().buffer);

/**
 * A new instance with the memory of another.
 * @param {Uint8Array} state
 */
function copied(state) {
  replaced();
  const missing = state.length - memory().length;
  if (missing > 0) fresh.linear_memory().grow(missing / 65_536);
  memory().set(state);
}

for (const [size, count, restarts] of /** @type {const} */ ([['1', 1, 20], ['1k', 1000, 5], ['10k', 10_000, 1]])) {
  const kept = Array.from({ length: count }, (_, n) => /** @type {const} */ ([n, `number ${n}`]));
  const objects = () => kept.map(([value, name]) => new ours.Small(value, name));
  const byHand = () => {
    replaced();
    const made = kept.map(([value, name]) => new fresh.Small(value, name));
    made[0].add(1);
    return made;
  };
  /** @param {() => unknown} body */
  const turn = (body) => () => { for (let i = 0; i < restarts; i++) body(); };
  await compare(`revive-${size}`, () => {
    const ours = objects();
    return { calls: restarts, unit: 'µs', ours: turn(() => revived(ours)), peer: turn(byHand), end: freed(ours) };
  });
  await compare(`revive-${size}-memcpy`, () => {
    const ours = objects();
    const made = byHand();
    const state = memory().slice();
    if (made.length !== count) throw new Error('some are missing');
    return { calls: restarts, unit: 'µs', ours: turn(() => revived(ours)), peer: turn(() => copied(state)), end: freed(ours) };
  });
}

const ENTRIES = 100_000;
/** @param {any} object */
const calls = (object) => { for (let i = 0; i < ENTRIES; i++) object.add(i & 15); };
/** An object with a journal of so many calls, anew for each turn: a revival that replays it cuts it. */
function replayed() {
  /** @type {any} */
  let object;
  const before = () => {
    object?.free();
    object = new ours.Replayed(0, 0);
    calls(object);
  };
  return { calls: 1, unit: /** @type {const} */ ('µs'), before, ours: () => revived([object]), end: () => object.free() };
}
await compare('replay-100k', () => ({ ...replayed(), peer: () => { replaced(); calls(new fresh.State(0, 0)); } }));
await compare('replay-100k-memcpy', () => {
  calls(new fresh.State(0, 0));
  const state = memory().slice();
  return { ...replayed(), peer: () => copied(state) };
});

// Turns so long that in each a snapshot takes the place of the journal, as it is due.
const LONG = 140_000, SHORT = 20_000;
for (const [size, length, count] of /** @type {const} */ ([['1k', KB, SHORT], ['1m', MB, LONG]])) {
  await compare(`journal-scalar-${size}`, () => {
    const [one, other] = [new ours.Journaled(0, length), new ours.Plain(0, length)];
    return {
      calls: count, rounds: 50, ours: loop(count, (n) => one.add(n)), peer: loop(count, (n) => other.add(n)),
      end: freed([one, other]),
    };
  });
}
await compare('journal-scalar-growth', () => {
  const [one, other] = [new ours.Journaled(0, MB), new ours.Journaled(0, KB)];
  return {
    calls: LONG, rounds: 50, ours: loop(LONG, (n) => one.add(n)), peer: loop(LONG, (n) => other.add(n)),
    end: freed([one, other]),
  };
});
for (const [size, length] of /** @type {const} */ ([['100b', 100], ['1kb', KB]])) {
  await compare(`journal-${size}`, () => {
    const [one, other] = [new ours.Journaled(0, KB), new ours.Plain(0, KB)];
    const argument = new Uint8Array(length).fill(7);
    return {
      calls: SHORT, ours: loop(SHORT, () => one.put(argument)), peer: loop(SHORT, () => other.put(argument)),
      end: freed([one, other]),
    };
  });
}

for (const [size, length, count] of /** @type {const} */ ([['1k', KB, 2000], ['1m', MB, 5]])) {
  await compare(`snapshot-${size}`, () => {
    const [one, other] = [new ours.Snapshotted(0, length), new fresh.State(0, length)];
    return {
      calls: count, unit: 'µs',
      ours: loop(count, (n) => one.add(n)), peer: loop(count, (n) => other.add_and_copy(n).length),
      end: freed([one, other]),
    };
  });
}

if (isWanted('call-not-persistent')) {
  const { module: calls } = await load(packages, 'calls');
  const persists = [new ours.Journaled(0, 0), new ours.Small(0, '')];
  await compare('call-not-persistent', () => {
    const [one, other] = [new ours.Ours(), new calls.Ours()];
    return { calls: 200_000, ours: loop(200_000, (n) => one.add(n)), peer: loop(200_000, (n) => other.add(n)), end: freed([...persists, one, other]) };
  });
}
// What a trap costs with a million live objects of which the next call uses one, against one that is made anew by hand.
// Last, since they stay.
await compare('trap-1m-objects', () => {
  const million = Array.from({ length: 1_000_000 }, (_, n) => new ours.Small(n, `number ${n}`));
  return {
    calls: 1, unit: 'µs',
    ours: () => { trapped(ours.trap, ours.answer); million[500_000]?.add(1); },
    peer: () => { trapped(fresh.trap, fresh.answer); new fresh.Small(1, 'one').add(1); },
  };
});

done();
