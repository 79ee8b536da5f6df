// @ts-check
// What the supervisor costs, as ratios in one run: a call through it against the bare export of jco in the same
// process, and from a trap to the next answer against making an instance by hand. Absolute times are of the machine,
// and no bar. `node bench.mjs --check` fails where a bar is passed.
import { bindingsOf, fixture, wasi } from './tests/setup.mjs';

const CALL = 1.1, TRAP = 1.2;


const { bindings, getCoreModule } = await bindingsOf('fixture');
/** @type {Map<string, WebAssembly.Module>} */
const modules = new Map();
const compiled = (/** @type {string} */ path) => {
  const known = modules.get(path) ?? new WebAssembly.Module(/** @type {any} */ (getCoreModule(path)));
  modules.set(path, known);
  return known;
};
const byHand = () => bindings.instantiate(compiled, wasi(), (/** @type {any} */ module, /** @type {any} */ imports) => new WebAssembly.Instance(module, imports)).ledgers;
// Without a limit of memory: the bare one has none.
const { ledgers: guarded } = await fixture({ limits: {} });
let bare = byHand();

/** Milliseconds that this thread has worked, where Node tells them: what else the machine does is no matter then. */
const now = () => {
  const used = /** @type {any} */ (process).threadCpuUsage?.();
  return used === undefined ? performance.now() : (used.user + used.system) / 1000;
};

/** @param {() => unknown} call @param {number} calls */
function timed(call, calls) {
  const begin = now();
  for (let n = 0; n < calls; n += 1) call();
  return now() - begin;
}

/**
 * The two in turns, and all rounds of each together: the clock of a thread may tick but once in some milliseconds.
 * @param {() => unknown} ours
 * @param {() => unknown} theirs
 * @param {number} calls
 * @param {number} [rounds]
 */
function compared(ours, theirs, calls, rounds = 60) {
  timed(ours, 2 * calls);
  timed(theirs, 2 * calls);
  let [own, other] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    own += timed(ours, calls);
    other += timed(theirs, calls);
  }
  const each = 1e6 / (calls * rounds);
  return { ratio: own / other, ours: own * each, theirs: other * each };
}

/** @param {any} ledgers */
function objects(ledgers) {
  const few = new ledgers.Ledger('few'), many = new ledgers.Ledger('many'), tally = new ledgers.Tally();
  few.put('a', 1n);
  for (let n = 0; n < 90; n += 1) many.put(`${n}`, 1n);
  return { few, many, tally };
}
const [ours, theirs] = [objects(guarded), objects(bare)];

let passed = true;
/** @param {string} name @param {{ ratio: number, ours: number, theirs: number }} result @param {number} [bar] */
function row(name, { ratio, ours: own, theirs: other }, bar) {
  const isPassed = bar !== undefined && ratio > bar;
  if (isPassed) passed = false;
  console.log(`${name.padEnd(52)} ${ratio.toFixed(3)}${bar === undefined ? '          ' : ` (<= ${bar})`}  ${(own / 1000).toFixed(1)} us against ${(other / 1000).toFixed(1)} us${isPassed ? '  MISSED' : ''}`);
}

/** @param {() => unknown} call */
const caught = (call) => { try { call(); } catch { /* What a trap is. */ } };

row('function: parse', compared(() => guarded.parse('12'), () => bare.parse('12'), 2000), CALL);
row('method, no persistence: tally.add', compared(() => ours.tally.add(1), () => theirs.tally.add(1), 2000), CALL);
row('method, journaled, small state: ledger.put', compared(() => ours.few.put('a', 1n), () => theirs.few.put('a', 1n), 1280), CALL);
row('method, journaled, 90 entries: ledger.put', compared(() => ours.many.put('1', 1n), () => theirs.many.put('1', 1n), 1280), CALL);
row('method that returns a list of 90: ledger.entries', compared(() => ours.many.entries(), () => theirs.many.entries(), 256));
row('error of the program: parse', compared(() => caught(() => guarded.parse('x')), () => caught(() => bare.parse('x')), 200));

// Without objects that come back, as nothing comes back by hand. So many at once that each has its part of what is
// collected.
row('trap -> next answer', compared(() => {
  caught(() => guarded.fail('unreachable'));
  guarded.parse('5');
}, () => {
  caught(() => bare.fail('unreachable'));
  bare = byHand();
  bare.parse('5');
}, 20, 30), TRAP);
row('the same, with an object of 90 entries that comes back', compared(() => {
  caught(() => guarded.fail('unreachable'));
  ours.many.owner();
}, () => {
  caught(() => bare.fail('unreachable'));
  bare = byHand();
  bare.parse('5');
}, 20, 30));

if (process.argv.includes('--check') && !passed) process.exitCode = 1;
