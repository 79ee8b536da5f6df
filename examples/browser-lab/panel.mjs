// @ts-check
// A side's panel: its figures, its live objects, and what can be done for them. It asks
// the side, and makes no failure.

import { counted, inBytes } from './describe.mjs';
import { button, make } from './dom.mjs';
import { KINDS } from './sides.mjs';

/** @typedef {import('./types.d.ts').Kind} Kind */
/** @typedef {import('./sides.mjs').Side} Side */

/** What becomes of it. @type {Record<import('./types.d.ts').SideName, Record<Kind, string>>} */
const POLICIES = {
  ours: {
    ledger: 'persists by journal; a panic is rolled back',
    basket: 'a panic poisons it; goes with its instance',
    pad: 'a panic leaves it; goes with its instance',
    download: 'async; persists by snapshot, rolled back',
  },
  plain: { ledger: 'a plain struct', basket: 'a plain struct', pad: 'a plain struct', download: 'async, a struct with a RefCell' },
};

/** @type {Record<Kind, string>} */
const CALLS = { ledger: 'Post 1', basket: 'Add a plum', pad: 'Draw a stroke', download: 'One step' };

export class Panel {
  /**
   * @param {Side} side
   * @param {(side: Side, what: string, act: () => unknown) => unknown} act runs what a button does
   */
  constructor(side, act) {
    this.side = side;
    this.figures = make('p', { class: 'figures', data: { figures: side.name } });
    this.hanging = make('p', { class: 'hanging', data: { hanging: side.name } });
    this.hanging.hidden = true;
    /** @type {Map<Kind, { row: HTMLElement, value: HTMLElement, badge: HTMLElement, use: HTMLButtonElement, accept: HTMLButtonElement, fresh: HTMLButtonElement }>} */
    this.rows = new Map();
    const list = make('ul', { class: 'objects' });
    for (const kind of KINDS) list.append(this.row(kind, act));
    const head = make('div', { class: 'heading' }, make('h2', { text: side.title }));
    if (side.name === 'plain') {
      this.reload = button('Reload the module', () => act(side, 'reload', () => side.load()), { data: { act: 'reload' } });
      head.append(this.reload);
    }
    this.element = make('section', { class: `panel ${side.name}`, data: { side: side.name }, attributes: { 'aria-label': side.title } }, head, this.figures, this.hanging, list);
  }

  /**
   * @param {Kind} kind
   * @param {(side: Side, what: string, act: () => unknown) => unknown} act
   */
  row(kind, act) {
    const { side } = this;
    const value = make('span', { class: 'value' }), badge = make('span', { class: 'badge' });
    const named = (/** @type {string} */ what) => ({ data: { act: what }, attributes: { 'aria-label': `${what}: ${kind}, ${side.title}` } });
    const use = button(CALLS[kind], () => act(side, `${kind}: ${CALLS[kind]}`, () => side.good(kind)), named(CALLS[kind]));
    const accept = button('Accept it', () => { act(side, `${kind}: accepted`, () => side.accept(kind)); use.focus(); }, named('Accept its state'));
    const fresh = button('New one', () => act(side, `${kind}: new`, () => side.replace(kind)), named('New one'));
    accept.hidden = true;
    const row = make(
      'li', { data: { object: kind } },
      make('div', { class: 'object' }, make('strong', { text: kind }), badge, value),
      make('p', { class: 'policy', text: POLICIES[side.name][kind] }),
      make('div', { class: 'acts' }, use, fresh, accept),
    );
    this.rows.set(kind, { row, value, badge, use, accept, fresh });
    return row;
  }

  /** Shows what is now. @param {number[]} hanging when promises began that are pending, in milliseconds */
  show(hanging) {
    const { side } = this;
    const { epoch, restarts, panics, memoryBytes, liveBytes } = side.figures();
    const words = side.recovery === undefined
      ? [counted(side.loads, 'load'), inBytes(memoryBytes)]
      : [`epoch ${epoch}`, counted(restarts, 'restart'), `${counted(panics ?? 0, 'panic')} caught`, inBytes(memoryBytes)];
    if (liveBytes !== undefined) words.push(`${inBytes(liveBytes)} live`);
    const text = words.join(' · ');
    if (this.figures.textContent !== text) this.figures.textContent = text;
    this.pending(hanging);
    for (const [kind, { row, value, badge, accept }] of this.rows) {
      const state = side.state(kind);
      row.dataset.state = state.state;
      value.textContent = state.value;
      badge.textContent = state.state;
      badge.dataset.state = state.state;
      accept.hidden = state.state !== 'poisoned';
    }
  }

  /** @param {number[]} hanging */
  pending(hanging) {
    this.hanging.hidden = hanging.length === 0;
    const oldest = Math.floor((performance.now() - Math.min(...hanging)) / 1000);
    if (hanging.length > 0) this.hanging.textContent = `${counted(hanging.length, 'promise')} pending, the oldest for ${oldest} s`;
  }
}
