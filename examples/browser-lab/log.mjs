// @ts-check
// The errors as they arrive, with all that they say. It is given entries.

import { make } from './dom.mjs';

/** @typedef {import('./types.d.ts').Entry} Entry */

/** Entries that are kept. */
const KEPT = 100;

const TITLES = { ours: 'with recover', plain: 'plain' };

export class Log {
  /**
   * @param {HTMLElement} place
   * @param {HTMLElement} quiet what stands there while it is empty
   */
  constructor(place, quiet) {
    this.place = place;
    this.quiet = quiet;
    this.start = performance.now();
  }

  clear() {
    this.place.replaceChildren();
    this.quiet.hidden = false;
  }

  /** @param {Entry} entry */
  add({ side, how, failure, error, epoch }) {
    this.quiet.hidden = true;
    /** @type {[string, string | boolean | number | undefined][]} */
    const facts = [
      ['code', error.code], ['kind', error.kind], ['location', error.location], ['cause', error.cause],
      ['export', error.export], ['fatal', error.fatal], ['retryable', error.retryable], ['epoch that ended', epoch],
    ];
    const list = make('dl');
    for (const [name, value] of facts) {
      if (value !== undefined) list.append(make('div', {}, make('dt', { text: name }), make('dd', { text: String(value) })));
    }
    const time = ((performance.now() - this.start) / 1000).toFixed(1);
    this.place.prepend(make(
      'article', { class: `entry ${side}`, data: { side, how, class: error.class } },
      make('p', { class: 'about' }, `${time} s · ${TITLES[side]} · ${how} · ${failure}`),
      make('p', { class: 'said' }, make('span', { class: 'class', text: error.class }), `: ${error.message}`),
      list,
    ));
    while (this.place.childElementCount > KEPT) this.place.lastElementChild?.remove();
  }
}
