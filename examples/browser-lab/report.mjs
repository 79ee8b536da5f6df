// @ts-check
// A report, opened: what it says, and the lines of Rust that the page's server makes of its frames. Which error
// it is of is not decided here.

import { make } from './dom.mjs';

/** @typedef {import('./types.d.ts').RecoveryReport} RecoveryReport */
/** @typedef {{ function?: string, file?: string, line?: number, column?: number, inlined?: boolean, source?: string }} Call */

/** The calls of a report, the innermost first. @param {RecoveryReport} report @returns {Promise<Call[]>} */
async function callsOf(report) {
  const answer = await fetch('symbolicate', { method: 'POST', body: JSON.stringify(report) });
  if (!answer.ok) throw new Error('The server of this page has no debug file of this build.');
  return (await answer.json()).calls;
}

/** @param {Call} call */
function shown({ function: name = '?', file, line, column, inlined, source }) {
  const place = file === undefined ? '' : ` · ${file}:${line}:${column}`;
  return make(
    'li', {}, make('span', { text: `${name}${place}${inlined ? ' · inlined' : ''}` }),
    ...(source === undefined ? [] : [make('code', { class: 'source', text: source })]),
  );
}

/** What opens to a report. @param {RecoveryReport} report */
export function opened(report) {
  const lines = make('ol', { class: 'calls', data: { lines: 'none' } });
  const details = make(
    'details', { class: 'report', data: { event: report.event } },
    make('summary', { text: `report · ${report.event} · ${report.fingerprint}` }),
    lines,
    make('pre', { text: JSON.stringify(report, undefined, 1) }),
  );
  details.addEventListener('toggle', async () => {
    if (!details.open || lines.dataset.lines !== 'none') return;
    lines.dataset.lines = 'asked';
    try {
      lines.replaceChildren(...(await callsOf(report)).map(shown));
      lines.dataset.lines = 'shown';
    } catch (error) {
      lines.replaceChildren(make('li', { text: error instanceof Error ? error.message : String(error) }));
      lines.dataset.lines = 'none';
    }
  });
  return details;
}
