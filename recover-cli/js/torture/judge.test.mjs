// @ts-check
// What a failure excuses, and what it does not: runs that are written down, each with one thing that is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedSteps, invariant, poisoned, retryable, spread, state, values } from './judge.mjs';

const BRAND = Symbol.for('recover.error');

/** @param {string} name @param {any} [fields] @returns {any} */
const error = (name, { message = name, ...fields } = {}) => Object.assign(new Error(message), { name, [BRAND]: true }, fields);

/** @param {Partial<import('./types.mjs').Ended>} [more] @returns {import('./types.mjs').Ended} */
const ended = (more = {}) => ({
  name: 's', outcome: 'done', value: 1, error: undefined, stuck: 'no', from: 0, to: 0, epoch: 0, together: false, again: 'no', first: undefined, had: new Set(['state.a']), ...more,
});

/** @param {Partial<import('./types.mjs').HandleEnd>} [more] @returns {import('./types.mjs').HandleEnd} */
const handle = (more = {}) => ({ path: 'state.a', className: 'A', persists: true, status: 'live', bytes: '1', error: undefined, freed: false, broken: undefined, ...more });

/** @param {Partial<import('./types.mjs').Fired>} more @returns {import('./types.mjs').Fired} */
const fired = (more) => ({ point: 0, site: 'enter@a_add', kind: 'enter', action: 'panic', step: 0, ordinal: 0, error: undefined, epoch: 0, ...more });

/** @param {Partial<import('./types.mjs').Run>} [more] @returns {import('./types.mjs').Run} */
const run = (more = {}) => ({
  schedule: [], ended: [ended()], fired: [], trace: { sites: [], kinds: [], promised: new Set(), signalled: new Set() }, observed: undefined, observeError: undefined,
  handles: [handle()], after: undefined, invariantError: undefined, teardownErrors: [], setupError: undefined, uncaught: [], heard: [], deadCalls: [], expects: [], reasons: [],
  epochs: { first: 0, last: 0 }, ...more,
});

/** @param {any} [more] */
const step = (more = {}) => ({ name: 's', run() {}, overlap: false, atomic: true, ...more });

/** @param {any} [more] @param {any} [scenario] @returns {import('./judge.mjs').Case} */
function against(more = {}, scenario = {}) {
  const clean = run();
  return {
    pkg: {}, clean, skip: new Set(), reference: clean,
    scenario: { name: 'n', setup() {}, steps: [step(), step(), step()], observe: undefined, invariant: undefined, teardown: undefined, reenter: undefined, atomic: true, policy: {}, restartLimit: undefined, ...scenario },
    ...more,
  };
}

const PANIC = () => error('PanicError', { message: 'torture: a panic was injected' });
const other = (more = {}) => handle({ path: 'state.b', className: 'B', ...more });

test('a panic that nobody was told of excuses the state of what it had, and a destructor\'s that of nothing', () => {
  const wrong = { handles: [handle({ bytes: '999' })], heard: [PANIC()], ended: [ended({ value: 999, to: 1 })] };
  for (const at of [fired({ kind: 'drop', site: 'drop@a_take' }), fired({ site: '__x@__wbg_a_free' })]) {
    assert.match(String(state(run({ ...wrong, fired: [at] }), against())), /after the acknowledged calls alone/);
    assert.match(String(values(run({ ...wrong, fired: [at] }), against())), /gave 999/);
  }
  assert.equal(state(run({ ...wrong, fired: [fired({})] }), against()), undefined);
  // Its cause was told.
  const told = ended({ value: 1, to: 1, outcome: 'failed', error: error('InstanceAbortedError', { cause: wrong.heard[0] }) });
  assert.match(String(state(run({ ...wrong, ended: [told], fired: [fired({})] }), against({ skip: new Set([0]) }))), /after the acknowledged calls alone/);
  // It had another object.
  const both = against({ reference: run({ handles: [handle(), other()] }) });
  assert.match(String(state(run({ heard: [PANIC()], fired: [fired({})], ended: [ended({ to: 1 })], handles: [handle(), other({ bytes: '999' })] }), both)), /state\.b is 999/);
  // A task may have had any of those before.
  assert.equal(state(run({ heard: [PANIC()], fired: [fired({ kind: 'poll', site: 'poll@outside', step: 1 })], ended: [ended(), ended({ had: new Set(['state.b']), to: 1 })], handles: [handle(), other({ bytes: '999' })] }), both), undefined);
});

test('a step that is no atom leaves in doubt what it had, and garbage what overlaps', () => {
  const parts = against({ skip: new Set([0]), reference: run({ handles: [handle(), other()] }) }, { steps: [step({ atomic: false })] });
  const failed = ended({ outcome: 'failed', error: PANIC(), to: 1 });
  assert.equal(state(run({ ended: [failed], handles: [handle({ bytes: '999' }), other()] }), parts), undefined);
  assert.match(String(state(run({ ended: [failed], handles: [handle(), other({ bytes: '999' })] }), parts)), /state\.b is 999/);
  const overlapping = against({ reference: run({ handles: [handle(), other()], ended: [ended(), ended()] }) }, { steps: [step({ overlap: true }), step()] });
  const collected = { fired: [fired({ action: 'gc', kind: 'step', site: 'step@outside' })], ended: [ended(), ended({ had: new Set(['state.b']) })] };
  assert.equal(state(run({ ...collected, handles: [handle({ bytes: '999' }), other()] }), overlapping), undefined);
  assert.match(String(state(run({ ...collected, handles: [handle(), other({ bytes: '999' })] }), overlapping)), /state\.b is 999/);
});

test('an object is lost for what was injected where it was, and for nothing else', () => {
  const lost = (/** @type {any} */ cause, /** @type {any} */ at, /** @type {any} */ more = {}) => state(run({
    fired: [fired(at)], epochs: { first: 0, last: 1 }, ended: [ended({ had: new Set(['state.b']), to: 1 }), ended()],
    handles: [handle({ status: 'stale', bytes: undefined, error: error('StaleHandleError', { class: 'A', epoch: 0, cause }) })], ...more,
  }), against());
  const overflow = error('PanicError', { message: 'index out of bounds' });
  assert.match(String(lost(overflow, { kind: 'append', action: 'fail', site: 'append@b_add' })), /did not come back/);
  assert.equal(lost(overflow, { kind: 'append', action: 'fail', site: 'append@a_add' }), undefined);
  assert.match(String(lost(error('PanicError', { message: 'torture-ours/src/x.rs: index out of bounds' }), { action: 'trap', site: 'before@a_add', kind: 'before' })), /did not come back/);
  assert.equal(lost(PANIC(), { site: 'enter@a___recover' }), undefined);
  assert.match(String(lost(PANIC(), { site: 'enter@b___recover' })), /did not come back/);
  assert.equal(lost(undefined, { site: 'alloc@a_add', kind: 'alloc', action: 'fail' }, { heard: [error('OutOfMemoryError')] }), undefined);
  assert.match(String(lost(undefined, { site: 'alloc@b_add', kind: 'alloc', action: 'fail' }, { heard: [error('OutOfMemoryError')] })), /did not come back/);
});

test('where one object can\'t be observed, the others are compared', () => {
  const reference = run({ handles: [handle(), other()], observed: '1' });
  const seen = (/** @type {any} */ bytes) => state(run({ observed: '999', handles: [handle({ status: 'poisoned', bytes: undefined }), other({ bytes })] }), against({ reference }, { observe: () => 1 }));
  assert.equal(seen('1'), undefined);
  assert.match(String(seen('999')), /state\.b is 999/);
});

test('a retry finds an object that persists', () => {
  const again = (/** @type {boolean} */ persists) => retryable(run({
    fired: [fired({ kind: 'before', action: 'trap', site: 'before@a_add' })], handles: [handle({ persists })],
    ended: [ended({ outcome: 'failed', again: 'failed', first: error('InstanceAbortedError'), error: error('StaleHandleError', { epoch: 0, class: 'A' }), to: 1 })],
  }), against());
  assert.match(String(again(true)), /made again at once/);
  assert.equal(again(false), undefined);
});

test("a retry may end by the user's own error where an earlier step failed, and by no other", () => {
  const again = (/** @type {'done' | 'failed'} */ before, /** @type {any} */ last) => retryable(run({
    ended: [ended({ outcome: before }), ended({ outcome: 'failed', again: 'failed', first: error('OutOfMemoryError'), error: last })],
  }), against({ clean: run({ ended: [ended(), ended()] }) }));
  const short = Object.assign(new Error('not as much'), { name: 'ShortError' });
  assert.equal(again('failed', short), undefined);
  assert.match(String(again('done', short)), /made again at once/);
  assert.match(String(again('failed', error('PoisonedError', { kind: 'poisoned' }))), /made again at once/);
});

test('an object is given up by the call that takes it, if that was entered', () => {
  const clean = run({ handles: [handle({ status: 'stale', bytes: undefined })], ended: [ended(), ended({ had: new Set(['state.b']) })] });
  const gone = (/** @type {any} */ at, /** @type {any} */ steps, /** @type {number} */ skipped) => state(run({
    fired: [fired(at)], ended: steps, handles: [handle({ status: 'stale', bytes: undefined, error: error('StaleHandleError', { class: 'A' }) })],
  }), against({ clean, reference: run(), skip: new Set([skipped]) }));
  const failed = (/** @type {any} */ more) => ended({ outcome: 'failed', error: PANIC(), to: 1, ...more });
  assert.equal(gone({}, [failed({}), ended()], 0), undefined);
  assert.match(String(gone({ kind: 'before', site: 'before@a_add', action: 'trap' }, [failed({}), ended()], 0)), /stale, though no instance ended/);
  assert.match(String(gone({ site: 'enter@b_add' }, [ended(), failed({ had: new Set(['state.b']) })], 1)), /stale, though no instance ended/);
});

test('an object is poisoned by the error that a call which had it was given', () => {
  const cause = PANIC();
  const failed = ended({ outcome: 'failed', error: cause, to: 1 });
  const refused = (/** @type {any} */ had, /** @type {any} */ why) => spread(
    run({ fired: [fired({})], handles: [handle(), other()], ended: [failed, ended({ outcome: 'failed', error: error('PoisonedError', { class: 'B', cause: why }), had: new Set(had), from: 1, to: 1 })] }),
    against({ skip: new Set([0, 1]), clean: run({ ended: [ended(), ended()] }) }),
  );
  assert.equal(refused(['state.a', 'state.b'], cause), undefined);
  assert.match(String(refused(['state.b'], cause)), /no call that had it failed/);
  assert.match(String(refused(['state.a'], error('PanicError'))), /was given/);
  const seen = (/** @type {any} */ at) => poisoned(run({ fired: [fired({})], ended: [failed], handles: [handle({ path: at, status: 'poisoned', persists: false, bytes: undefined })] }), against());
  assert.equal(seen('state.a'), undefined);
  assert.match(String(seen('state.b')), /no call that had it failed/);
});

test('what the host does between calls fails none of them, but those whose promises an end or a signal settles', () => {
  const clean = run();
  const failed = (/** @type {any} */ at, /** @type {any} */ why, /** @type {any} */ more = {}) => failedSteps(run({ fired: [fired(at)], ended: [ended({ outcome: 'failed', error: why, to: 1, ...more })] }), clean).size > 0;
  const aborted = error('InstanceAbortedError', { fatal: true });
  assert.ok(!failed({ action: 'gc', kind: 'wait', site: 'wait@outside' }, error('ImportError')));
  assert.ok(!failed({ action: 'restart', kind: 'wait', site: 'wait@outside' }, error('ImportError')));
  assert.ok(failed({ action: 'restart', kind: 'wait', site: 'wait@outside' }, aborted));
  assert.ok(!failed({ action: 'restart', kind: 'step', site: 'step@outside' }, aborted, { from: 1 }));
  assert.ok(!failed({ action: 'free', kind: 'import:x', site: 'import:x@a_add' }, error('ImportError')));
  const reason = new Error('over');
  assert.ok(failed({ action: 'abort-signal', kind: 'step', site: 'step@outside', error: reason }, reason, { from: 1 }));
  assert.ok(!failed({ action: 'abort-signal', kind: 'step', site: 'step@outside', error: reason }, error('ImportError'), { from: 1 }));
});

test('a handle that was freed explains the calls that had it', () => {
  const refused = (/** @type {string} */ path) => spread(
    run({ fired: [fired({ action: 'free', kind: 'step', site: 'step@outside', path })], ended: [ended({ outcome: 'failed', error: error('StaleHandleError', { class: 'A' }), from: 1, to: 1 })] }),
    against({ skip: new Set([0]) }),
  );
  assert.equal(refused('state.a'), undefined);
  assert.match(String(refused('state.b')), /nobody had freed it/);
});

test('the invariant may ask what is poisoned', () => {
  assert.equal(invariant(run({ invariantError: error('PoisonedError'), handles: [handle({ status: 'poisoned' })] }), against()), undefined);
});
