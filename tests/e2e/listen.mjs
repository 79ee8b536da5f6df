// @ts-check
// Records what listeners get, and what is written to the console, while a function runs.

/**
 * What is written with `console.error` while `run` runs.
 * @param {() => unknown} run
 */
export async function written(run) {
  /** @type {unknown[]} */
  const lines = [];
  const before = console.error;
  console.error = (/** @type {unknown} */ line) => lines.push(line);
  try {
    await run();
  } finally {
    console.error = before;
  }
  return lines;
}

/**
 * What the listeners of `recovery.onPanic` are told while `run` runs.
 * @param {any} of
 * @param {() => unknown} run
 */
export async function told(of, run) {
  /** @type {any[]} */
  const errors = [];
  const stop = of.recovery.onPanic((/** @type {any} */ error) => errors.push(error));
  try {
    await run();
  } finally {
    stop();
  }
  return errors;
}
