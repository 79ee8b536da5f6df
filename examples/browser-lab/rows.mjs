// @ts-check
// The rows of failures: a button, what should happen, and how it ended on either side.
// Runs nothing by itself.

import { button, make } from './dom.mjs';
import { inSeconds } from './describe.mjs';
import { GROUPS } from './failures.mjs';

/** @typedef {import('./types.d.ts').Failure} Failure */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {import('./types.d.ts').SideName} SideName */

const NEXT = { ok: 'next call answers', refused: 'next call is refused:', failed: 'next call:' };

const TITLES = { ours: 'With recover', plain: 'Plain wasm-bindgen' };

export class Rows {
  /**
   * @param {HTMLElement} place
   * @param {(failure: Failure) => unknown} press
   */
  constructor(place, press) {
    /** @type {Map<string, Record<SideName, HTMLElement>>} */
    this.cells = new Map();
    /** @type {HTMLButtonElement[]} */
    this.buttons = [];
    /** Outcomes that are pending. @type {Map<HTMLElement, number>} */
    this.timers = new Map();
    for (const { title, failures } of GROUPS) {
      const list = make('ul', { class: 'failures' });
      for (const failure of failures) list.append(this.row(failure, press));
      place.append(make('section', { class: 'group' }, make('h3', { text: title }), list));
    }
  }

  /**
   * @param {Failure} failure
   * @param {(failure: Failure) => unknown} press
   */
  row(failure, press) {
    const expect = make('p', { class: 'expect', text: failure.expect });
    expect.id = `expect-${failure.id}`;
    const run = button(failure.label, () => press(failure), { attributes: { 'aria-describedby': expect.id }, data: { failure: failure.id } });
    this.buttons.push(run);
    const cell = (/** @type {SideName} */ side) => {
      const element = make('div', { class: `outcome ${side}`, data: { outcome: side, how: 'none' } });
      element.hidden = true;
      return element;
    };
    const cells = { ours: cell('ours'), plain: cell('plain') };
    this.cells.set(failure.id, cells);
    return make('li', { attributes: { id: `failure-${failure.id}` } }, make('div', { class: 'what' }, run, expect), make('div', { class: 'outcomes' }, cells.ours, cells.plain));
  }

  /**
   * @param {Failure} failure
   * @param {SideName} side
   * @param {Outcome} outcome
   */
  show(failure, side, outcome) {
    const cell = this.cells.get(failure.id)?.[side];
    if (cell === undefined) return;
    const { how, error, next } = outcome;
    this.timers.delete(cell);
    cell.hidden = false;
    Object.assign(cell.dataset, { how, class: error?.class ?? '', code: error?.code ?? '', next: next?.end ?? '', state: outcome.after?.state ?? '' });
    const lines = [make('h4', { text: TITLES[side] }), make('p', { class: 'end' }, ...ending(outcome))];
    const pending = lines[1];
    if (how === 'pending' && pending !== undefined) {
      const clock = make('span', { class: 'clock' });
      pending.append(clock);
      this.timers.set(clock, performance.now());
    }
    if (outcome.before !== undefined && outcome.after !== undefined) lines.push(change(side, how, outcome.before, outcome.after));
    if (next !== undefined) lines.push(make('p', { class: 'next', data: { ok: next.end }, text: `${NEXT[next.end]} ${next.text}` }));
    cell.replaceChildren(...lines);
    this.tick();
  }

  /** Clocks of what is pending. */
  tick() {
    for (const [clock, since] of this.timers) {
      if (!clock.isConnected) this.timers.delete(clock);
      clock.textContent = ` for ${inSeconds(performance.now() - since)}`;
    }
  }

  /** @param {boolean} busy */
  disable(busy) {
    // Not `disabled`: that would take the focus from a button that was pressed by key.
    for (const run of this.buttons) run.setAttribute('aria-disabled', String(busy));
  }
}

/** @param {import('./types.d.ts').ObjectState} shown */
const inWords = ({ state, value }) => (state === 'ready' ? value : `${state}: ${value}`);

/**
 * What became of the object.
 * @param {SideName} side
 * @param {Outcome['how']} how
 * @param {import('./types.d.ts').ObjectState} before
 * @param {import('./types.d.ts').ObjectState} after
 */
function change(side, how, before, after) {
  const same = inWords(before) === inWords(after);
  // Where no policy says that a call that failed may leave a change.
  const torn = side === 'plain' && !same && how !== 'returned';
  const text = same ? `unchanged: ${inWords(after)}` : `${torn && after.state === 'ready' ? 'torn: ' : ''}${inWords(before)} → ${inWords(after)}`;
  return make('p', { class: 'state', data: { changed: String(!same), torn: String(torn) }, text });
}

/**
 * How it ended, in a line.
 * @param {Outcome} outcome
 */
function ending({ how, error, value, same }) {
  if (how === 'nothing') return [make('span', { class: 'none', text: 'There is no such limit here.' })];
  if (how === 'pending') return [make('span', { class: 'badge', data: { state: 'pending' }, text: 'pending' }), ' promise not settled'];
  if (how === 'returned' || error === undefined) {
    return [make('span', { class: 'badge', data: { state: 'returned' }, text: 'returned' }), value === undefined ? ' nothing' : ` ${value}`];
  }
  const heard = how === 'told' ? (error.kind === undefined ? 'uncaught, nobody could catch it: ' : 'told to onPanic: ') : '';
  return [make('span', { class: 'class', text: error.class }), `: ${heard}${error.message}${same ? ' (the very same)' : ''}`];
}
