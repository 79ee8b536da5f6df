// @ts-check
// Runs scenarios, in whichever engine loads this file. What is loaded, and how lines leave the engine, its
// driver says (`node.mjs`, `chromium.mjs`, `workerd.mjs`); what is injected and judged, `torture/run.mjs`.

/**
 * @typedef {{ point: number, action: string, persistent?: boolean }[]} Schedule
 * @typedef {{ name: string, path?: string | null, export?: string | null, load?: () => Promise<any> }} Given
 * @typedef {{ load: () => Promise<any>, scenarios: Given[] }} Package
 * @typedef {{ name: string, schedule?: Schedule, seed?: number, strategy?: string, [key: string]: any }} Scenario
 * @typedef {{ injected: number, violations: number, runs: number, ms: number }} Summary
 */

const METHODS = /** @type {const} */ (['debug', 'log', 'info', 'warn', 'error']);

/** What hears of what the scenario that runs did not catch. @type {((error: unknown) => void) | undefined} */
let uncaught;

/**
 * Hands what no caller caught to the scenario that runs; `false` if none does.
 * @param {unknown} error
 */
export function fail(error) {
  const hears = uncaught;
  hears?.(error);
  return hears !== undefined;
}

/** A mistake of the user's is told in a line, and ends all. `torture/` has one of this name for what a scenario must say. */
class Mistake extends Error {
  name = 'Mistake';
}

/**
 * A function of Rust's as a scenario: one call, and no handles. An assertion that fails is no failure that
 * was injected, so it breaks the invariant.
 * @param {string} name @param {string} wasm its export
 * @returns {Scenario}
 */
export function ofRust(name, wasm) {
  /** @type {any} */
  let glue;
  /** @type {string | undefined} */
  let failed;
  return {
    name,
    setup(/** @type {any} */ exports) {
      glue = exports;
      failed = undefined;
      return {};
    },
    steps: [{
      name,
      run: async () => {
        try {
          return await glue[wasm]();
        } catch (error) {
          const { name: kind, message, location } = /** @type {any} */ (error ?? {});
          if (kind === 'PanicError' && !String(message).includes('torture: a panic was injected')) {
            failed = `${message}${location ? ` (${location.file}:${location.line}:${location.column})` : ''}`;
          }
          throw error;
        }
      },
    }],
    observe: () => undefined,
    invariant() {
      if (failed !== undefined) throw new Error(`an assertion failed: ${failed}`);
    },
  };
}

/**
 * Where in the source an error is that a module is not loaded by, as far as the engine tells.
 * @param {unknown} error
 */
function lineOf(error) {
  const { name, stack = '' } = /** @type {any} */ (error ?? {});
  // Node writes it before a syntax error, and above the frames of others.
  const at = name === 'SyntaxError' ? /^(?:file:)\S*?:(\d+)$/m.exec(stack) : /^\s+at .*?file:\S*?:(\d+):\d+\)?$/m.exec(stack);
  return at === null ? '' : `:${at[1]}`;
}

/** @param {Given} given @returns {Promise<Scenario>} */
async function scenario({ name, path, export: wasm, load }) {
  if (load === undefined) return ofRust(name, wasm ?? '');
  /** @type {any} */
  let module;
  try {
    module = await load();
  } catch (error) {
    throw new Mistake(`${path}${lineOf(error)} can't be loaded: ${String(error)}`);
  }
  return { ...module, name };
}

/** @param {boolean} capture */
function takeConsole(capture) {
  if (!capture) return;
  // A thousand runs would say the same a thousand times.
  for (const method of METHODS) console[method] = () => {};
}

/**
 * Runs all scenarios of the packages: those with a schedule of their own first, each by that alone.
 * @param {Package[]} packages
 * @param {{ capture: boolean, options: Record<string, any> }} order
 * @param {(line: object) => unknown} say
 * @param {any} driver `torture/run.mjs`
 */
export async function run(packages, { capture, options }, say, driver = undefined) {
  const { torture } = driver ?? await import('./torture/run.mjs');
  const { replays = false, ...told } = options;
  const host = {
    onUncaught(/** @type {(error: unknown) => void} */ listener) {
      uncaught = listener;
      return () => { uncaught = undefined; };
    },
  };
  const total = { injected: 0, violations: 0, runs: 0, ms: 0 };
  const pass = (/** @type {any} */ line) => {
    if ('summary' in line) {
      for (const key of /** @type {(keyof Summary)[]} */ (Object.keys(total))) total[key] += line.summary[key] ?? 0;
      return undefined;
    }
    return say(line);
  };
  try {
    for (const the of packages) {
      /** @type {Promise<any> | undefined} */
      let loading;
      const load = () => (loading ??= the.load());
      /** @type {Scenario[]} */
      const fixed = [];
      /** @type {Scenario[]} */
      const free = [];
      const functions = new Map(the.scenarios.filter((it) => typeof it.export === 'string').map((it) => [it.name, it.export ?? '']));
      for (const given of the.scenarios) {
        let made = await scenario(given);
        if (made.rust !== undefined) {
          const wasm = functions.get(made.rust);
          if (wasm === undefined) throw new Mistake(`${given.path} is of the function ${made.rust}, which the crate has not`);
          const { schedule, seed, strategy } = made;
          made = { ...ofRust(made.name, wasm), schedule, seed, strategy };
        }
        (made.schedule === undefined ? free : fixed).push(made);
      }
      takeConsole(capture);
      for (const one of fixed) {
        if (one.strategy !== undefined && one.strategy !== told.strategy) {
          await say({ scenario: one.name, skipped: `it is of --strategy ${one.strategy}` });
          continue;
        }
        const { schedule: own, seed: from = told.seed, strategy: _, ...rest } = one;
        const { schedule = own, seed = from } = replays ? told : {};
        await torture({ load, scenarios: [rest], options: { ...told, schedule, seed, waivers: [] }, say: pass, host });
      }
      if (free.length > 0) await torture({ load, scenarios: free, options: told, say: pass, host });
    }
    await say({ summary: total });
  } catch (error) {
    const { name, message } = /** @type {any} */ (error ?? {});
    if (name !== 'Mistake') throw error;
    await say({ mistake: message, ...total.runs > 0 && { summary: total } });
  }
}
