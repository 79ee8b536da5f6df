// @ts-check
// A schedule in words.

/** @type {Record<import('./types.mjs').Action, string>} */
const ACTIONS = {
  fail: 'it fails', panic: 'it panics', trap: 'the instance traps', throw: 'it throws', reject: 'its promise rejects', never: 'its promise never settles',
  restart: 'the host ends the instance', 'abort-signal': 'the signal is aborted', free: 'a handle is freed', gc: 'garbage is collected',
  reenter: 'JavaScript calls the same object',
};

/** @type {Record<string, string>} */
const KINDS = {
  step: 'before a step', wait: 'while a promise is waited for', alloc: 'at an allocation', before: 'at the entry, before the receiver is entered', enter: 'at the entry, before the body',
  leave: 'behind the body', after: 'behind the last code of yours, before the records', poll: 'before a poll', stack: 'at a stack guard', encode: 'where a value is serialized',
  decode: 'where a value is deserialized', append: 'where a call is appended to the journal', snapshot: 'where a snapshot is taken', replay: 'where a call of the journal is replayed',
  callback: 'at the entry of a closure', drop: 'where a value is dropped',
};

/**
 * @param {import('./types.mjs').Schedule} schedule
 * @param {import('./types.mjs').Run} run in which it happened
 * @param {import('./types.mjs').Scenario} scenario
 * @returns {string[]}
 */
export function wordsOf(schedule, run, scenario) {
  return schedule.map(({ point, action, persistent }) => {
    if (point === -1) return 'before the run the instance is a fresh one';
    const fired = run.fired.find((each) => each.point === point);
    const site = fired?.site ?? run.trace.sites[point];
    if (site === undefined) return `point ${point} is not reached`;
    const at = site.lastIndexOf('@');
    const [kind, where] = [site.slice(0, at), site.slice(at + 1)];
    const step = fired === undefined ? undefined : scenario.steps[fired.step]?.name ?? (fired.step < 0 ? 'the beginning' : 'the teardown');
    const place = kind.startsWith('import:') ? `in the import ${kind.slice('import:'.length)}` : KINDS[kind] ?? `at ${kind}`;
    const under = where === 'outside' ? '' : `, under ${where}`;
    return `in ${step ?? 'a step'}, ${place}${under} (point ${point}): ${ACTIONS[action]}${persistent ? ', there and at each later point of the kind' : ''}`;
  });
}
