// @ts-check
// The figures of a package: what must be after each run as it was before, and what may grow for a while and no longer.

/** @typedef {import('./types.mjs').Figures} Figures */

/** Figures that are the same after each run, whatever failed in it. @type {Partial<Record<keyof Figures, string>>} */
const EXACT = { stack: 'the stack pointer is at', promises: 'pending promises:', depth: 'calls that count as under way:' };

/** Figures that move, since caches fill and garbage is collected. @type {Partial<Record<keyof Figures, string>>} */
const MOVING = { live: 'live bytes', table: 'slots of the table of JavaScript values', records: 'records' };

/** @param {object} names @returns {(keyof Figures)[]} */
const keysOf = (names) => /** @type {(keyof Figures)[]} */ (Object.keys(names));

/**
 * Whether two figures are the same.
 * @param {Figures} one
 * @param {Figures} other
 * @param {(keyof Figures)[]} [except] those that may differ
 */
export const isLevel = (one, other, except = []) => [...keysOf(EXACT), ...keysOf(MOVING)].every((key) => one[key] === other[key] || except.includes(key));

/**
 * What is not as it was before, of that which always is.
 * @param {Figures} now
 * @param {Figures} before
 */
export function moved(now, before) {
  const key = keysOf(EXACT).find((each) => now[each] !== before[each]);
  return key === undefined ? undefined : `${EXACT[key]} ${now[key]}, and before the failure ${before[key]}`;
}

/** How many windows the repetitions are looked at in: in each there is more than in the last, or less. */
const WINDOWS = 4;

/**
 * Nothing leaks: a figure that grows on and on while the same schedule is repeated is a leak, and one that falls on and on
 * is what is given back twice.
 * @param {Figures[]} figures after each repetition
 * @param {(keyof Figures)[]} [except] those that may
 */
export function leak(figures, except = []) {
  const last = figures.length - 1;
  if (last < WINDOWS) return undefined;
  for (const key of keysOf(MOVING)) {
    const at = (/** @type {number} */ window) => /** @type {Figures} */ (figures[Math.round(window * last / WINDOWS)])[key];
    const deltas = Array.from({ length: WINDOWS }, (_, window) => at(window + 1) - at(window));
    if (except.includes(key)) continue;
    if (deltas.every((delta) => delta > 0)) return `in ${last} repetitions there are ${deltas.join(', ')} more ${MOVING[key]}`;
    if (deltas.every((delta) => delta < 0)) return `in ${last} repetitions there are ${deltas.map(Math.abs).join(', ')} less ${MOVING[key]}: something is given back twice`;
  }
  return undefined;
}
