// @ts-check
// The page: puts the sides, the failures, the chart and the log together. What is asked of
// it from outside goes by the address: `?selftest=URL` runs every failure and posts what
// the page shows.

import { Chart } from './chart.mjs';
import { counted, describe } from './describe.mjs';
import { byId } from './dom.mjs';
import { FAILURES } from './failures.mjs';
import { Log } from './log.mjs';
import { Panel } from './panel.mjs';
import { Rows } from './rows.mjs';
import { runFailure } from './run.mjs';
import { Side } from './sides.mjs';
import { theme } from './theme.mjs';

/** @typedef {import('./types.d.ts').Failure} Failure */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {import('./types.d.ts').SideName} SideName */

/** How often figures are looked at, in milliseconds. */
const BEAT = 500;

const ours = new Side('ours', 'With recover', './pkg/ours/lab_ours');
const plain = new Side('plain', 'Plain wasm-bindgen', './pkg/plain/lab_plain');
const sides = [ours, plain];

const status = byId('status');
const all = /** @type {HTMLButtonElement} */ (byId('all'));
const chart = new Chart(byId('chart'));
const log = new Log(byId('log'), byId('quiet'));
const rows = new Rows(byId('groups'), (failure) => exclusively(() => both(failure)));
const panels = sides.map((side) => new Panel(side, (on, what, act) => exclusively(() => used(on, what, act))));

/** When promises began that are pending. @type {Record<SideName, Map<string, number>>} */
const hanging = { ours: new Map(), plain: new Map() };
/** What surfaced on its own. @type {string[]} */
const stray = [];
let busy = false;
let ready = false;

/**
 * One thing at a time: what is shown after a failure is what it did.
 * @param {() => Promise<unknown>} act
 */
async function exclusively(act) {
  if (busy || !ready) return;
  busy = true;
  rows.disable(true);
  all.setAttribute('aria-disabled', 'true');
  document.body.dataset.busy = 'true';
  try {
    await act();
  } finally {
    busy = false;
    rows.disable(false);
    all.setAttribute('aria-disabled', 'false');
    document.body.dataset.busy = 'false';
    refresh();
  }
}

/** Everything as it is now. */
function refresh() {
  sides.forEach((side, index) => {
    panels[index]?.show([...hanging[side.name].values()]);
    chart.sample(side.name, side.figures());
  });
  chart.draw();
}

/**
 * Runs a failure on one side.
 * @param {Failure} failure
 * @param {Side} side
 */
async function one(failure, side) {
  const key = `${failure.id} ${performance.now()}`;
  /** @param {Outcome} outcome */
  const settled = (outcome) => {
    hanging[side.name].delete(key);
    rows.show(failure, side.name, outcome);
    refresh();
  };
  const outcome = await runFailure(failure, side, (entry) => log.add(entry), settled);
  if (outcome.how === 'pending') hanging[side.name].set(key, performance.now());
  rows.show(failure, side.name, outcome);
  refresh();
  return outcome;
}

/** @param {Failure} failure */
async function both(failure) {
  for (const side of sides) await one(failure, side);
  status.textContent = `${failure.label}: done on both sides.`;
}

/**
 * What a button of a panel does.
 * @param {Side} side
 * @param {string} what
 * @param {() => unknown} act
 */
async function used(side, what, act) {
  try {
    await act();
    status.textContent = `${side.title}, ${what}: done.`;
  } catch (error) {
    log.add({ side: side.name, how: 'thrown', failure: what, error: describe(error), epoch: undefined });
    status.textContent = `${side.title}, ${what}: ${describe(error).class}.`;
  }
}

/** Every failure; the other side is loaded again where it does not answer any more. */
async function everything() {
  const tally = { ours: 0, reloads: 0 };
  const count = FAILURES.length;
  for (const [index, failure] of FAILURES.entries()) {
    status.textContent = `${index + 1} of ${count}: ${failure.label}…`;
    await one(failure, ours);
    tally.ours += Number(ours.alive());
    if (!plain.alive()) {
      await plain.load();
      tally.reloads += 1;
    }
    await one(failure, plain);
  }
  if (!plain.alive()) {
    await plain.load();
    tally.reloads += 1;
  }
  refresh();
  status.textContent = `${count} failures. With recover: the module answers after ${tally.ours} of them, ${counted(hanging.ours.size, 'promise')} pending. `
    + `Plain wasm-bindgen: loaded again ${counted(tally.reloads, 'time')}, ${counted(hanging.plain.size, 'promise')} pending.`;
}

/** Whose code threw what nobody caught. @param {unknown} error @param {string} [file] */
function surfaced(error, file) {
  const trace = `${file ?? ''} ${error instanceof Error ? error.stack ?? '' : ''}`;
  if (error === plain.thrown || trace.includes('/pkg/plain/')) plain.hear(error, 'uncaught');
  else {
    ours.hear(error, 'uncaught');
    stray.push(String(error));
    document.body.dataset.stray = stray.join('\n');
  }
}

/** What the page shows, as data. */
function shown() {
  const cells = Array.from(document.querySelectorAll('[data-outcome]'));
  return {
    agent: navigator.userAgent,
    status: status.textContent,
    stray,
    outcomes: cells.map((cell) => {
      const { outcome: side, how, class: name, code, next } = /** @type {HTMLElement} */ (cell).dataset;
      return { failure: cell.closest('li')?.id.replace('failure-', ''), side, how, class: name, code, next, text: cell.textContent };
    }),
    objects: sides.map((side, index) => [side.name, panels[index]?.element.textContent]),
    entries: byId('log').childElementCount,
    chart: chart.summary(),
  };
}

async function begin() {
  window.addEventListener('error', (event) => {
    surfaced(event.error ?? event.message, event.filename);
    event.preventDefault();
  });
  window.addEventListener('unhandledrejection', (event) => {
    surfaced(event.reason);
    event.preventDefault();
  });
  theme(/** @type {HTMLButtonElement} */ (byId('theme')));
  byId('sides').append(...panels.map(({ element }) => element));
  byId('clear').addEventListener('click', () => log.clear());
  all.addEventListener('click', () => exclusively(everything));
  try {
    const [build] = await Promise.all([fetch('build.json').then((answer) => answer.json()), ...sides.map((side) => side.load())]);
    byId('build').textContent = build.about;
  } catch (error) {
    status.textContent = `A module could not be loaded: ${error instanceof Error ? error.message : error}`;
    return;
  }
  ours.mourners.add(() => chart.sample('ours', ours.figures()));
  ours.readers.add((report) => log.report(report));
  new ResizeObserver(() => chart.draw()).observe(byId('chart'));
  ready = true;
  all.disabled = false;
  status.textContent = 'Both modules are loaded.';
  document.body.dataset.ready = 'true';
  refresh();
  setInterval(() => {
    rows.tick();
    sides.forEach((side, index) => {
      panels[index]?.pending([...hanging[side.name].values()]);
      chart.sample(side.name, side.figures());
    });
    if (!document.hidden) chart.draw();
  }, BEAT);
  const report = new URL(location.href).searchParams.get('selftest');
  if (report === null) return;
  await exclusively(everything);
  await fetch(report, { method: 'POST', mode: 'no-cors', body: JSON.stringify(shown()) });
}

await begin();
