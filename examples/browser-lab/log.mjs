// @ts-check
// The errors as they arrive, with all that they say, and the report of each. It is given entries and reports, in any order.

import { make } from './dom.mjs';
import { opened } from './report.mjs';

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
    /** Reports whose error is not shown yet. @type {import('./types.d.ts').RecoveryReport[]} */
    this.early = [];
    /** Errors whose report has not come yet, with their codes. @type {{ code: string | undefined, entry: HTMLElement }[]} */
    this.bare = [];
  }

  clear() {
    this.place.replaceChildren();
    this.quiet.hidden = false;
    this.early = [];
    this.bare = [];
  }

  /** Of an error with recover: that which has its code, the first that has none yet. @param {import('./types.d.ts').RecoveryReport} report */
  report(report) {
    if (report.event !== 'panic' && report.event !== 'end') return;
    const at = this.bare.findIndex(({ code }) => code === report.code);
    const [found] = at < 0 ? [] : this.bare.splice(at, 1);
    if (found !== undefined) found.entry.append(opened(report));
    else this.early = [...this.early, report].slice(-KEPT);
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
    const entry = make(
      'article', { class: `entry ${side}`, data: { side, how, class: error.class } },
      make('p', { class: 'about' }, `${time} s · ${TITLES[side]} · ${how} · ${failure}`),
      make('p', { class: 'said' }, make('span', { class: 'class', text: error.class }), `: ${error.message}`),
      list,
    );
    this.place.prepend(entry);
    if (side === 'ours') this.found(error.code, entry);
    while (this.place.childElementCount > KEPT) this.place.lastElementChild?.remove();
  }

  /** The report of an error, if it came first. @param {string | undefined} code @param {HTMLElement} entry */
  found(code, entry) {
    const at = this.early.findIndex((report) => report.code === code);
    const [report] = at < 0 ? [] : this.early.splice(at, 1);
    if (report !== undefined) entry.append(opened(report));
    else this.bare = [...this.bare, { code, entry }].slice(-KEPT);
  }
}
