// @ts-check
// Memory over time and restarts: an SVG, and the same in a sentence and a table. It is
// given samples; it asks no module.

import { counted, inBytes } from './describe.mjs';

/** @typedef {import('./types.d.ts').SideName} SideName */
/** @typedef {{ time: number, bytes: number, live: number | undefined }} Sample */
/** @typedef {{ time: number, epoch: number }} Mark */

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 220, NARROWEST = 240;
const LEFT = 46, RIGHT = 8, TOP = 22, BOTTOM = 24;
/** Samples that are kept of a side. */
const KEPT = 600;
/** A time axis is this long at the least, in seconds. */
const SHORTEST = 20;
const MIB = 1 << 20;

/** @type {Record<SideName, string>} */
const TITLES = { ours: 'With recover', plain: 'Plain wasm-bindgen' };

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function svg(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

export class Chart {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    this.start = performance.now();
    /** @type {Record<SideName, Sample[]>} */
    this.samples = { ours: [], plain: [] };
    /** @type {Record<SideName, Mark[]>} */
    this.marks = { ours: [], plain: [] };
    this.picture = svg('svg', { role: 'img', 'aria-labelledby': 'chart-name chart-words' });
    this.caption = document.createElement('figcaption');
    this.words = document.createElement('p');
    const legend = document.createElement('ul');
    legend.className = 'legend';
    legend.innerHTML = '<li class="ours">with recover</li><li class="live">of it, live</li><li class="plain">plain wasm-bindgen</li><li class="restart">restart or reload</li>';
    const details = document.createElement('details');
    details.innerHTML = '<summary>The same as a table</summary><div class="scroll"><table><thead><tr><th scope="col">At</th><th scope="col">Side</th><th scope="col">What</th></tr></thead><tbody></tbody></table></div>';
    this.rows = /** @type {HTMLElement} */ (details.querySelector('tbody'));
    this.caption.append(this.words);
    figure.append(legend, this.picture, this.caption, details);
  }

  now() {
    return (performance.now() - this.start) / 1000;
  }

  /**
   * @param {SideName} side
   * @param {import('./types.d.ts').Figures} figures
   */
  sample(side, { memoryBytes: bytes, liveBytes: live, epoch }) {
    this.restarted(side, epoch);
    const list = this.samples[side];
    const last = list.at(-1), before = list.at(-2);
    const time = this.now();
    if (last === undefined || last.bytes !== bytes) this.row(time, side, `memory ${inBytes(bytes)}`);
    // A level line needs its ends only.
    if (last !== undefined && before !== undefined && last.bytes === bytes && before.bytes === bytes && last.live === live && before.live === live) last.time = time;
    else list.push({ time, bytes, live });
    if (list.length > KEPT) list.shift();
  }

  /**
   * Whatever instances there were since the last look.
   * @param {SideName} side
   * @param {number} epoch of the present one
   */
  restarted(side, epoch) {
    const time = this.now();
    for (let next = this.marks[side].length + 1; next <= epoch; next += 1) {
      this.marks[side].push({ time, epoch: next });
      this.row(time, side, side === 'ours' ? `restart, epoch ${next}` : 'loaded again by hand');
    }
  }

  /**
   * @param {number} time
   * @param {SideName} side
   * @param {string} what
   */
  row(time, side, what) {
    const row = document.createElement('tr');
    for (const text of [`${time.toFixed(1)} s`, TITLES[side], what]) {
      const cell = document.createElement('td');
      cell.textContent = text;
      row.append(cell);
    }
    this.rows.prepend(row);
    while (this.rows.childElementCount > KEPT) this.rows.lastElementChild?.remove();
  }

  /** In a sentence. */
  summary() {
    const said = (/** @type {SideName} */ side) => {
      const list = this.samples[side];
      const peak = Math.max(0, ...list.map(({ bytes }) => bytes));
      const restarts = counted(this.marks[side].length, side === 'ours' ? 'restart' : 'reload');
      return `${TITLES[side]}: ${inBytes(list.at(-1)?.bytes ?? 0)}, at most ${inBytes(peak)}, ${restarts}`;
    };
    return `${said('ours')}. ${said('plain')}.`;
  }

  draw() {
    // In the page's own pixels, so that the figures can be read on a phone.
    const width = Math.max(NARROWEST, this.picture.clientWidth);
    this.picture.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    const end = Math.max(SHORTEST, this.now());
    const most = Math.max(4 * MIB, ...Object.values(this.samples).flat().map(({ bytes }) => bytes));
    const step = most <= 4 * MIB ? MIB : 16 * MIB;
    const top = Math.ceil(most / step) * step;
    const x = (/** @type {number} */ time) => LEFT + (time / end) * (width - LEFT - RIGHT);
    const y = (/** @type {number} */ bytes) => HEIGHT - BOTTOM - (bytes / top) * (HEIGHT - TOP - BOTTOM);
    const parts = [svg('title', { id: 'chart-name' }, 'Memory over time'), svg('desc', { id: 'chart-words' }, this.summary())];
    for (let bytes = 0; bytes <= top; bytes += step) {
      parts.push(svg('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(bytes), y2: y(bytes) }));
      parts.push(svg('text', { class: 'tick', x: LEFT - 6, y: y(bytes) + 4, 'text-anchor': 'end' }, bytes === 0 ? '0' : `${bytes / MIB} MiB`));
    }
    const ticks = 4;
    for (let tick = 0; tick <= ticks; tick += 1) {
      const time = (end * tick) / ticks;
      const anchor = tick === 0 ? 'start' : tick === ticks ? 'end' : 'middle';
      parts.push(svg('text', { class: 'tick', x: x(time), y: HEIGHT - 6, 'text-anchor': anchor }, `${Math.round(time)} s`));
    }
    for (const side of /** @type {SideName[]} */ (['plain', 'ours'])) {
      for (const { time, epoch } of this.marks[side]) {
        const mark = svg('g', { class: `restart ${side}` });
        const edge = side === 'ours' ? TOP - 6 : TOP + 2;
        mark.append(
          svg('line', { x1: x(time), x2: x(time), y1: edge, y2: HEIGHT - BOTTOM }),
          svg('circle', { cx: x(time), cy: edge, r: 3 }),
          svg('title', {}, side === 'ours' ? `epoch ${epoch}` : 'loaded again by hand'),
        );
        parts.push(mark);
      }
    }
    for (const side of /** @type {SideName[]} */ (['plain', 'ours'])) {
      parts.push(svg('path', { class: `line ${side}`, d: stairs(this.samples[side].map(({ time, bytes }) => [x(time), y(bytes)]), x(this.now())) }));
    }
    parts.push(svg('path', { class: 'line live', d: stairs(this.samples.ours.map(({ time, live }) => [x(time), y(live ?? 0)]), x(this.now())) }));
    this.picture.replaceChildren(...parts);
    this.words.textContent = this.summary();
  }
}

/**
 * A line that changes at once.
 * @param {number[][]} points
 * @param {number} end
 */
function stairs(points, end) {
  let path = '';
  for (const [x = 0, y = 0] of points) path += path === '' ? `M${x.toFixed(1)} ${y.toFixed(1)}` : `H${x.toFixed(1)}V${y.toFixed(1)}`;
  return path === '' ? path : `${path}H${end.toFixed(1)}`;
}
