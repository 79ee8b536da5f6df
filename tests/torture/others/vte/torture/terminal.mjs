// @ts-check
// Sequences that end in the midst of a call, bells and titles that go to JavaScript, and a line that is followed;
// what fails poisons the terminal.

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.NoTextError);
  return { terminal: new pkg.Terminal() };
}

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

/** @param {string} name @param {(state: any, t: any) => unknown} run */
const step = (name, run) => ({ name, run });

export const steps = [
  step('text', ({ terminal }) => terminal.write(bytes('plain \x1b[1;31mred'))),
  step('half a character', ({ terminal }) => terminal.write(bytes('𝄞').subarray(0, 2))),
  step('its other half', ({ terminal }) => terminal.write(bytes('𝄞').subarray(2))),
  step('half a title', ({ terminal }) => terminal.write(bytes('\x1b]0;a ti'))),
  step('its other half', ({ terminal }) => terminal.write(bytes('tle\x07 \x07'))),
  step('a device', ({ terminal }) => terminal.write(bytes('\x1bP1;2|17/ab\x9c\x1b\\'))),
  step('follow', ({ terminal }, t) => terminal.follow(t.signal())),
  step('a long title', ({ terminal }) => terminal.write(bytes(`\x1b]0;${'long '.repeat(50)}\x1b\\`))),
  { name: 'follow beside', run: (/** @type {any} */ { terminal }, /** @type {any} */ t) => terminal.follow(t.signal()), overlap: true },
  step('follow behind', ({ terminal }, t) => terminal.follow(t.signal())),
];

/** The tokens so far. @param {any} state */
export function observe({ terminal }) { return terminal.done; }
