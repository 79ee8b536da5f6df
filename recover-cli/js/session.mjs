// @ts-check
// Runs tests one after another, in whichever engine loads this file. What is loaded, and how the
// results leave the engine, its driver says (`node.mjs`, `chromium.mjs`, `workerd.mjs`).

/**
 * @typedef {{ id: number, export: string, theirs: boolean, panics: string | null }} Test
 * @typedef {{ load: () => Promise<any>, tests: Test[] }} Package what loads a package's glue, and its tests
 * @typedef {{ message: string, location: string | null, stack: string }} Failure
 * @typedef {{ begin: number }
 *   | { end: number, ms: number, output: string, failure: Failure | null }} Line
 */

const METHODS = /** @type {const} */ (['debug', 'log', 'info', 'warn', 'error']);

/** What was written to the console since the test began. @type {string[]} */
let written = [];
/** Rejects the test that runs. @type {((error: unknown) => void) | undefined} */
let reject;

/**
 * Fails the test that runs with what no caller caught; `false` if none runs.
 * @param {unknown} error
 */
export function fail(error) {
  const current = reject;
  current?.(error);
  return current !== undefined;
}

/** @param {unknown} value */
function shown(value) {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack ?? String(value);
  try {
    return typeof value === 'object' && value !== null ? JSON.stringify(value) ?? String(value) : String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** @param {boolean} capture */
function takeConsole(capture) {
  for (const method of METHODS) {
    const before = console[method].bind(console);
    console[method] = (/** @type {unknown[]} */ ...values) => {
      written.push(values.map(shown).join(' '));
      if (!capture) before(...values);
    };
  }
}

/** Where a panic began, as editors find it. @param {any} location */
function placed(location) {
  if (typeof location !== 'object' || location === null) return null;
  return `${location.file}:${location.line}:${location.column}`;
}

/** @param {unknown} error @returns {Failure} */
function described(error) {
  if (typeof error !== 'object' || error === null) {
    return { message: `threw ${shown(error)}`, location: null, stack: '' };
  }
  const { name, message, location, stack } = /** @type {Record<string, unknown>} */ (error);
  return {
    message: name === 'PanicError' ? `panicked: ${message}` : `${name ?? 'threw'}: ${message ?? shown(error)}`,
    location: placed(location),
    stack: typeof stack === 'string' ? stack : '',
  };
}

/**
 * What settles when the test does, or when something fails that it does not wait for.
 * @param {() => unknown} body
 */
function settled(body) {
  return new Promise((resolve, refuse) => {
    reject = refuse;
    // In a turn of its own, as any caller's.
    Promise.resolve().then(body).then(resolve, refuse);
  }).finally(() => { reject = undefined; });
}

/** @param {any} glue @param {Test} test @returns {Promise<Failure | null>} */
async function ours(glue, test) {
  try {
    await settled(() => glue[test.export]());
  } catch (error) {
    const failure = described(error);
    if (test.panics === null) return failure;
    if (!(error instanceof glue.PanicError)) {
      return { ...failure, message: `did not panic, but ended with ${failure.message}` };
    }
    const { message } = /** @type {Error} */ (error);
    if (message.includes(test.panics)) return null;
    return { ...failure, message: `panicked with another message than \`${test.panics}\`: ${message}` };
  }
  return test.panics === null ? null : { message: 'did not panic', location: null, stack: '' };
}

/** What wasm-bindgen-test prints. @type {string[]} */
let lines = [];
/** Whether a call of its tests threw: without unwinding, that instance is not to be used again. */
let threw = false;
/** wasm-bindgen's contexts: the finalizer of one would free its memory in a later instance. */
const contexts = [];

/** What wasm-bindgen-test imports of its runner. */
function provide() {
  const scope = /** @type {Record<string, unknown>} */ (globalThis);
  const write = (/** @type {unknown} */ line) => { lines.push(String(line)); };
  scope.__wbgtest_og_console_log = write;
  scope.__wbg_test_output_writeln = write;
  scope.__wbg_test_invoke = (/** @type {() => unknown} */ body) => {
    try {
      return body();
    } catch (error) {
      threw = true;
      throw error;
    }
  };
}

/** The failure in what wasm-bindgen-test prints of one test. @param {string} text @returns {Failure} */
function printed(text) {
  const part = (text.split('failures:\n')[1] ?? text).split('\n').map((line) => line.trim());
  const said = part.filter((line) => line !== '' && !/^---- .* output ----$|^JS exception that was thrown:$/.test(line));
  const frame = said.findIndex((line) => line.startsWith('at '));
  const end = frame < 0 ? said.length : frame;
  return { message: said.slice(0, end).join('\n'), location: null, stack: said.slice(end).join('\n') };
}

/**
 * The panic that the hook of wasm-bindgen-test wrote to the console: the error that the test ended
 * with says nothing of it where nothing unwinds. @returns {Failure | null}
 */
function panicked() {
  const at = written.findIndex((line) => /^panicked at .*:\d+:\d+:\n/.test(line));
  if (at < 0) return null;
  const [said = '', stack = ''] = (written.splice(at, 1)[0] ?? '').split('\n\nStack:\n\n');
  const [first = '', ...message] = said.split('\n');
  return { message: `panicked: ${message.join('\n')}`, location: first.slice('panicked at '.length, -1), stack: stack.trim() };
}

/** By wasm-bindgen-test's own context, one test at a time. @param {any} glue @param {Test} test */
async function theirs(glue, test) {
  lines = [];
  const page = typeof document === 'undefined' ? null : document.getElementById('output');
  if (page !== null) page.textContent = '';
  try {
    const context = new glue.WasmBindgenTestContext(false);
    contexts.push(context);
    context.include_ignored(true);
    const passed = await settled(() => context.run([
      (/** @type {number} */ address) => glue.initSync()[test.export](address),
    ]));
    written = written.filter((line) => !line.startsWith('Invoking test: '));
    if (passed === true) return null;
    if (page !== null) lines = (page.textContent ?? '').split('\n');
    return panicked() ?? printed(lines.join('\n'));
  } catch (error) {
    threw = true;
    return described(error);
  } finally {
    if (threw) glue.__wbg_reset_state();
    threw = false;
  }
}

/**
 * Runs all tests of the packages.
 * @param {Package[]} packages
 * @param {{ capture: boolean }} order whether what tests write is kept, and not shown at once
 * @param {(line: Line) => unknown} say
 */
export async function run(packages, { capture }, say) {
  const loaded = [];
  for (const { load, tests } of packages) loaded.push({ glue: await load(), tests });
  takeConsole(capture);
  provide();
  for (const { glue, tests } of loaded) {
    // An end is a result here, not a sign that restarting is in vain.
    glue.recovery?.setRestartLimit?.({ restarts: Infinity, period: 1 });
    for (const test of tests) {
      written = [];
      await say({ begin: test.id });
      const start = performance.now();
      const failure = await (test.theirs ? theirs : ours)(glue, test);
      await say({ end: test.id, ms: performance.now() - start, output: written.join('\n'), failure });
    }
  }
}
