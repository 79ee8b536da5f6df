// @ts-check
// A cache that fills, evicts, grows and is swept, by what JavaScript says; what fails poisons it.

/** @param {any} pkg */
export function setup(pkg) { return { loads: new pkg.Loads(2) }; }

/** @param {string} name @param {(state: any) => unknown} run */
const step = (name, run) => ({ name, run });

export const steps = [
  step('put', ({ loads }) => loads.put('old one', '1')),
  step('load', ({ loads }) => loads.get('two')),
  step('again', ({ loads }) => loads.get('old one')),
  step('evict', ({ loads }) => loads.put('three', '3')),
  step('replace', ({ loads }) => loads.put('three', 'third')),
  step('grow', ({ loads }) => loads.resize(16)),
  ...Array.from({ length: 6 }, (_, n) => step(`fill ${n}`, ({ loads }) => loads.get(`${n % 2 ? 'old' : 'new'} ${n}`))),
  step('take', ({ loads }) => loads.take('new 2')),
  step('sweep', ({ loads }) => loads.sweep()),
  step('shrink', ({ loads }) => loads.resize(2)),
  step('evict again', ({ loads }) => loads.put('last', 'one')),
];

/** Contents, in the order of their use. @param {any} state */
export function observe({ loads }) { return loads.entries; }

/** @param {any} state */
export function invariant({ loads }) { loads.check(); }
