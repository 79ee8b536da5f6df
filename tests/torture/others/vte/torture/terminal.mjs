// @ts-check
// Sequences that end in the midst of a call, bells and titles that go to JavaScript, and a line that is followed;
// what fails poisons the terminal.

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.NoTextError);
  return { terminal: new pkg.Terminal() };
}

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

/** What `write` answers is how much there is, which a line that was cut short has changed. @param {string} name @param {string | Uint8Array} what */
const write = (name, what) => ({ name, run: (/** @type {any} */ { terminal }) => { terminal.write(typeof what === 'string' ? bytes(what) : what); } });

// A line that is no longer waited for stays as far as it came.
/** @param {string} name @param {boolean} [overlap] */
const follow = (name, overlap = false) => ({
  name, overlap, atomic: false, run: (/** @type {any} */ { terminal }, /** @type {any} */ t) => terminal.follow(t.signal()),
});

export const steps = [
  write('text', 'plain \x1b[1;31mred'),
  write('half a character', bytes('𝄞').subarray(0, 2)),
  write('its other half', bytes('𝄞').subarray(2)),
  write('half a title', '\x1b]0;a ti'),
  write('its other half', 'tle\x07 \x07'),
  write('a device', '\x1bP1;2|17/ab\x9c\x1b\\'),
  follow('follow'),
  write('a long title', `\x1b]0;${'long '.repeat(50)}\x1b\\`),
  follow('follow beside', true),
  follow('follow behind'),
];

/** The tokens so far. @param {any} state */
export function observe({ terminal }) { return terminal.done; }
