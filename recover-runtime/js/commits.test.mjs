// @ts-check
// What commits.js does with a store whose every answer a test gives: one write at a time, who hears when, and what
// follows a failure. Objects and real stores are in tests/e2e/durable.test.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPiece, STATE, Writer } from './chunks.js';
import { Commits } from './commits.js';

const SAY = { class: 7, schema: 77, name: 'Room::say' };

/** @typedef {{ name: string, at: number, bytes: Uint8Array | undefined, done: () => void, fail: (error: unknown) => void }} Asked */

/** @param {{ isSynchronous?: boolean, after?: number, lost?: Promise<unknown>, Made?: typeof Commits }} [options] */
function started({ isSynchronous = false, after, lost, Made = Commits } = {}) {
  /** @type {Asked[]} */
  const asked = [];
  /** @type {string[]} */
  const events = [];
  let under = 0;
  const ask = (/** @type {string} */ name) => (/** @type {number} */ at, /** @type {Uint8Array} */ bytes = new Uint8Array()) => {
    events.push(`${name} ${at}`);
    if (isSynchronous) return undefined;
    assert.equal(under, 0, 'one at a time');
    under += 1;
    return /** @type {Promise<void>} */ (new Promise((done, fail) => {
      asked.push({ name, at, bytes, done: () => { under -= 1; done(); }, fail: (error) => { under -= 1; fail(error); } });
    }));
  };
  const stored = {
    read: () => ({ snapshots: [], chunks: [] }), append: ask('append'), snapshot: ask('snapshot'), drop: ask('drop'), close() {}, lost,
  };
  /** @type {(() => void) | undefined} */
  let gain;
  const commits = new Made(stored, 7, { at: 5, sequence: 20, bytes: 0, stateBytes: 10, after }, {
    gather: () => { const now = gain; gain = undefined; now?.(); },
    state: (at, last) => {
      const writer = new Writer(7);
      writer.snapshot(new Uint8Array(10));
      return writer.sealed(STATE, at, at, last, last);
    },
    error: (cause, isUntouched) => `${/** @type {any} */ (cause).message}${isUntouched ? ', untouched' : ''}`,
    failed: (error, wasHeard) => events.push(`failed: ${error}, ${wasHeard ? 'heard' : 'not heard'}`),
    late: (error) => events.push(`late: ${/** @type {any} */ (error).message}`),
  });
  const say = (/** @type {string} */ name) => {
    commits.call(SAY, true, Uint8Array.of(1, 2, 3));
    return wait(name);
  };
  const wait = (/** @type {string} */ name) => commits.wait(() => ({ settle: () => events.push(`${name} is answered`), fail: (error) => events.push(`${name}: ${error}`) }));
  /** What was asked for, answered or not. */
  const taken = () => events.splice(0);
  return { commits, asked, say, wait, taken, gains: (/** @type {() => void} */ call) => { gain = call; } };
}

const turn = () => new Promise((done) => setTimeout(done, 1));
/** @param {Asked[]} asked */
const first = (asked) => /** @type {Asked} */ (asked.shift());

test('a chunk has all calls of a tick, and says what was before it', async () => {
  const { commits, asked, say, wait, taken } = started();
  assert.equal(wait('nobody'), false, 'all is there');
  say('one');
  say('two');
  await turn();
  assert.deepEqual(taken(), ['append 5']);
  const write = first(asked);
  const { at, durable, first: begins, last, calls } = readPiece(/** @type {any} */ (write.bytes));
  assert.deepEqual([at, durable, begins, last, calls.length], [5, 5, 20, 22, 2]);
  assert.equal(wait('a getter'), true);
  write.done();
  await turn();
  assert.deepEqual(taken(), ['one is answered', 'two is answered', 'a getter is answered']);
  assert.equal(commits.sequence, 22);
});

test('without `setImmediate`, a write waits the longer for others the more calls the last one had', async () => {
  const { setImmediate } = globalThis;
  // @ts-expect-error As in workerd.
  delete globalThis.setImmediate;
  const { Commits: Made } = await import(`./commits.js?${Math.random()}`);
  globalThis.setImmediate = setImmediate;
  const { say, taken } = started({ isSynchronous: true, Made });
  const waited = async (/** @type {number} */ milliseconds) => { await new Promise((done) => setTimeout(done, milliseconds)); };
  say('a');
  await waited(5);
  // From here on the store is known to write at once.
  ['b', 'c', 'd', 'e'].forEach(say);
  await waited(5);
  assert.deepEqual(taken(), ['append 5', 'a is answered', 'append 6', ...['b', 'c', 'd', 'e'].map((name) => `${name} is answered`)]);
  // Turns of their own, as messages are.
  say('f');
  await new Promise((done) => setImmediate(done));
  say('g');
  await waited(20);
  assert.deepEqual(taken(), ['append 7', 'f is answered', 'g is answered']);
});

test('a state takes the place of what gathered before it', async () => {
  const { commits, asked, say } = started();
  say('one');
  commits.snapshot(Uint8Array.of(9), true);
  say('two');
  await turn();
  const { snapshot, calls, first: begins, last } = readPiece(/** @type {any} */ (first(asked).bytes));
  assert.deepEqual([snapshot, calls.length, begins, last], [Uint8Array.of(9), 1, 20, 23]);
});

test('who waits for a write hears that it failed, and who waits behind it that nothing of it was written', async () => {
  const { commits, asked, say, taken } = started();
  say('one');
  await turn();
  say('two');
  first(asked).fail(new Error('full'));
  await turn();
  assert.deepEqual(taken(), ['append 5', 'one: full', 'two: full, untouched', 'failed: full, heard']);
  commits.call(SAY, true, Uint8Array.of());
  await turn();
  assert.deepEqual([taken(), commits.isOver], [[], true], 'nothing is written any more');
});

test('that a call which nobody waits for is lost is told', async () => {
  const { commits, asked, taken } = started();
  commits.call(SAY, true, Uint8Array.of());
  await turn();
  first(asked).fail(new Error('full'));
  await turn();
  assert.deepEqual(taken(), ['append 5', 'failed: full, not heard']);
});

test('with the lease all is over, whatever becomes of the write that is under way', async () => {
  let lose = (/** @type {unknown} */ _) => {};
  const { commits, asked, say, taken } = started({ lost: new Promise((done) => { lose = done; }) });
  say('one');
  await turn();
  lose('another');
  await turn();
  first(asked).done();
  await turn();
  assert.deepEqual(taken(), ['append 5', 'one: the lease was lost', 'failed: the lease was lost, heard']);
  assert.equal(commits.isOver, true);
});

test('a state is written behind the answers, when the journal is long or the record was cut', async () => {
  const { commits, asked, say, taken } = started({ after: 150 });
  for (const name of ['one', 'two']) {
    say(name);
    await turn();
    first(asked).done();
    await turn();
  }
  assert.deepEqual(taken(), ['append 5', 'one is answered', 'append 6', 'two is answered', 'snapshot 7']);
  say('three');
  await turn();
  const state = first(asked);
  assert.deepEqual([readPiece(/** @type {any} */ (state.bytes)).at, readPiece(/** @type {any} */ (state.bytes)).last], [7, 22]);
  state.done();
  await turn();
  first(asked).done();
  await turn();
  assert.deepEqual(taken(), ['drop 7', 'append 7']);
  commits.cut();
  first(asked).done();
  await turn();
  say('four');
  await turn();
  first(asked).done();
  await turn();
  assert.deepEqual(taken(), ['three is answered', 'append 8', 'four is answered', 'snapshot 9']);
});

test('what an object gained meanwhile is in the chunk before the state', async () => {
  const { commits, asked, say, gains } = started({ after: 1 });
  say('one');
  // As an asynchronous call that has ended, whose promise nobody has heard of yet.
  gains(() => commits.call(SAY, true, Uint8Array.of(4)));
  await turn();
  const { last, calls } = readPiece(/** @type {any} */ (asked[0]?.bytes));
  assert.deepEqual([last, calls.length], [22, 2]);
  first(asked).done();
  await turn();
  assert.equal(readPiece(/** @type {any} */ (first(asked).bytes)).last, 22);
});

test('a state that can not be written is told, and tried again when the journal is as long again', async () => {
  const { asked, say, taken } = started({ after: 1 });
  say('one');
  await turn();
  first(asked).done();
  await turn();
  first(asked).fail(new Error('too large'));
  await turn();
  assert.deepEqual(taken(), ['append 5', 'one is answered', 'snapshot 6', 'late: too large']);
  say('two');
  await turn();
  first(asked).done();
  await turn();
  assert.deepEqual(taken(), ['append 6', 'two is answered', 'snapshot 7']);
  first(asked).fail(Object.assign(new Error('taken'), { code: 'E_LEASE' }));
  await turn();
  assert.deepEqual(taken(), ['failed: taken, heard']);
});

test('a store that writes synchronously is asked once for all that comes in one turn of the event loop', async () => {
  const { say, taken } = started({ isSynchronous: true });
  say('one');
  await turn();
  taken();
  setImmediate(() => say('two'));
  setImmediate(() => say('three'));
  await turn();
  await turn();
  assert.deepEqual(taken(), ['append 6', 'two is answered', 'three is answered']);
});

test('closing writes the state if there were calls, and waits until nothing is under way', async () => {
  const unchanged = started();
  await unchanged.commits.settle();
  assert.deepEqual(unchanged.taken(), [], 'there is nothing to write');
  const { commits, asked, say, taken } = started();
  say('one');
  const idle = commits.idle();
  await turn();
  first(asked).done();
  await idle;
  const settled = commits.settle();
  first(asked).done();
  await turn();
  first(asked).done();
  await settled;
  assert.deepEqual(taken(), ['append 5', 'one is answered', 'snapshot 6', 'drop 6']);
});

test('a call that changed nothing may have a place of its own, in a chunk that has no calls', async () => {
  const { commits, asked, wait, taken } = started();
  commits.touch();
  assert.equal(wait('one'), true);
  await turn();
  const piece = readPiece(/** @type {any} */ (asked[0]?.bytes));
  assert.deepEqual([piece.first, piece.last, piece.calls.length, piece.snapshot, commits.sequence], [20, 21, 0, undefined, 21]);
  first(asked).done();
  await turn();
  assert.deepEqual(taken(), ['append 5', 'one is answered']);
});

test('a state that is no call of its own takes no place', async () => {
  const { commits, asked } = started();
  commits.snapshot(Uint8Array.of(9), false);
  await turn();
  const { snapshot, first: begins, last } = readPiece(/** @type {any} */ (asked[0]?.bytes));
  assert.deepEqual([snapshot, begins, last], [Uint8Array.of(9), 20, 20]);
});

test('that an answer was given ahead of a write that fails is told, also where somebody waited', async () => {
  const { commits, asked, say, taken } = started();
  say('one');
  commits.ahead();
  await turn();
  first(asked).fail(new Error('full'));
  await turn();
  assert.deepEqual(taken(), ['append 5', 'one: full', 'failed: full, not heard']);
});

test('who waits when all ends hears that', async () => {
  const { commits, asked, say, taken } = started();
  say('one');
  await turn();
  say('two');
  const idle = commits.idle();
  commits.end();
  await idle;
  first(asked).done();
  await turn();
  const why = 'the object was closed before this was written';
  assert.deepEqual(taken(), ['append 5', `one: ${why}`, `two: ${why}, untouched`]);
});

test('a cut that comes while a state is about to be written is in the next one', async () => {
  const { commits, asked, say, taken } = started();
  const answered = async () => { first(asked).done(); await turn(); };
  commits.cut();
  say('one');
  await turn();
  commits.cut();
  say('two');
  for (let each = 0; each < 6; each += 1) await answered();
  assert.deepEqual(taken(), ['append 5', 'one is answered', 'snapshot 6', 'drop 6', 'append 6', 'two is answered', 'snapshot 7', 'drop 7']);
});

test('what is gained while the last state is written is not written beside it', async () => {
  const { commits, asked, say, taken } = started({ after: Infinity });
  say('one');
  await turn();
  first(asked).done();
  await turn();
  const settled = commits.settle();
  await turn();
  // As an upgrade gives it.
  commits.snapshot(new Uint8Array(10), false);
  commits.cut();
  await turn();
  assert.deepEqual(taken(), ['append 5', 'one is answered', 'snapshot 6']);
  first(asked).done();
  await turn();
  first(asked).done();
  await settled;
  commits.end();
  await turn();
  assert.deepEqual(taken(), ['drop 6']);
});

test('what is gained behind the last state is not written while the store is closed', async () => {
  const { commits, taken } = started({ after: Infinity });
  // There is nothing since the state in the store: none is written.
  await commits.settle();
  commits.snapshot(new Uint8Array(10), false);
  await turn();
  commits.end();
  await turn();
  assert.deepEqual(taken(), []);
});
