// @ts-check
// What a scenario is: a module with `setup` and `steps`. One that isn't is refused in one line which says what is wrong.
// Nothing of it is run here.

/** @typedef {import('./types.mjs').Scenario} Scenario @typedef {import('./types.mjs').Step} Step */

/** A mistake of the user's: its message is one line, and says what to do. */
export class Mistake extends Error {
  name = 'Mistake';
}

const KNOWN = ['setup', 'steps', 'observe', 'invariant', 'teardown', 'reenter', 'atomic', 'policy', 'restartLimit', 'name', 'default'];
const POLICIES = ['poison', 'rollback', 'keep'];

/**
 * @param {Record<string, any>} module
 * @param {number} index among the scenarios
 * @returns {Scenario}
 */
export function scenarioOf(module, index) {
  if (typeof module !== 'object' || module === null) throw new Mistake(`scenario ${index + 1} is no module`);
  const name = module.name ?? `scenario ${index + 1}`;
  if (typeof name !== 'string' || name === '') throw new Mistake(`scenario ${index + 1}: \`name\` is a string`);
  const wrong = (/** @type {string} */ what) => new Mistake(`scenario \`${name}\`: ${what}`);
  const unknown = Object.keys(module).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw wrong(`\`${unknown}\` is nothing that a scenario exports; it exports setup, steps and, where they are needed, observe, invariant, teardown, reenter, atomic, policy, restartLimit`);
  if (typeof module.setup !== 'function') throw wrong('export a function `setup(pkg, t)` that makes the state');
  if (!Array.isArray(module.steps) || module.steps.length === 0) throw wrong('export an array `steps` of functions `(state, t) => …`, one call each');
  for (const key of ['observe', 'invariant', 'teardown', 'reenter']) {
    if (module[key] !== undefined && typeof module[key] !== 'function') throw wrong(`\`${key}\` is a function`);
  }
  const { atomic = true, policy = {}, restartLimit } = module;
  if (typeof atomic !== 'boolean') throw wrong('`atomic` is true or false');
  if (typeof policy !== 'object' || policy === null) throw wrong('`policy` is an object: { Class: \'poison\' | \'rollback\' | \'keep\' }');
  for (const [key, value] of Object.entries(policy)) {
    if (!POLICIES.includes(value)) throw wrong(`\`policy.${key}\` must be one of 'poison', 'rollback', 'keep'`);
  }
  if (restartLimit !== undefined && !(restartLimit?.restarts >= 0 && restartLimit?.period > 0)) {
    throw wrong('`restartLimit` is { restarts, period }, a count and milliseconds');
  }
  return {
    name, atomic, policy, restartLimit,
    setup: module.setup, observe: module.observe, invariant: module.invariant, teardown: module.teardown, reenter: module.reenter,
    steps: module.steps.map((/** @type {any} */ given, /** @type {number} */ at) => stepOf(given, at, atomic, wrong)),
  };
}

/**
 * @param {any} given
 * @param {number} at
 * @param {boolean} atomic of the scenario
 * @param {(what: string) => Mistake} wrong
 * @returns {Step}
 */
function stepOf(given, at, atomic, wrong) {
  if (typeof given === 'function') return { name: given.name || `step ${at + 1}`, run: given, overlap: false, atomic };
  if (typeof given?.run !== 'function') throw wrong(`step ${at + 1} is a function, or an object with a function \`run\``);
  const odd = Object.keys(given).find((key) => !['name', 'run', 'overlap', 'atomic'].includes(key));
  if (odd !== undefined) throw wrong(`step ${at + 1} has \`${odd}\`; a step has run and, where they are needed, name, overlap, atomic`);
  const { name = `step ${at + 1}`, run, overlap = false } = given;
  if (typeof name !== 'string') throw wrong(`the name of step ${at + 1} is a string`);
  for (const key of ['overlap', 'atomic']) if (given[key] !== undefined && typeof given[key] !== 'boolean') throw wrong(`\`${key}\` of step ${at + 1} is true or false`);
  return { name, run: (state, t) => run.call(given, state, t), overlap, atomic: given.atomic ?? atomic };
}

/** Actions that a schedule may name. */
const ACTIONS = ['fail', 'panic', 'trap', 'throw', 'reject', 'never', 'restart', 'abort-signal', 'free', 'gc', 'reenter'];

/** Checks a schedule that somebody gave. @param {unknown} given @returns {import('./types.mjs').Schedule} */
export function scheduleOf(given) {
  if (!Array.isArray(given)) throw new Mistake('a schedule is an array of { point, action }');
  return given.map((entry, at) => {
    const { point, action, persistent } = entry ?? {};
    if (!Number.isInteger(point) || point < -1) throw new Mistake(`entry ${at + 1} of the schedule: \`point\` is the number of a point`);
    if (!ACTIONS.includes(action)) throw new Mistake(`entry ${at + 1} of the schedule: \`action\` must be one of ${ACTIONS.join(', ')}`);
    if (point === -1 && action !== 'restart') throw new Mistake(`entry ${at + 1} of the schedule: before the run, at point -1, only \`restart\` is possible`);
    if (persistent !== undefined && typeof persistent !== 'boolean') throw new Mistake(`entry ${at + 1} of the schedule: \`persistent\` is true or false`);
    return { point, action, ...persistent === true && { persistent } };
  });
}
