// @ts-check
// The rows of the matrix in the host in JavaScript. `rows.json` has what each row does and its whole outcome; this
// reads it, and decides nothing. Each row is a test. The component is made ready by the setup of that host's own tests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { DomainError, RecoverError } from '../../../hosts/javascript/index.js';
import { JCO, fixture, wasi } from '../../../hosts/javascript/tests/setup.mjs';

const HOST = 'javascript';

/**
 * @typedef {Record<string, unknown> & { as?: string }} Outcome
 * @typedef {{ make?: string, class?: string, on?: string, call?: string, close?: string, restart?: boolean, with?: unknown[],
 *   gives?: unknown, fails?: string | Outcome, times?: number, during?: Step, steps?: Step[],
 *   differs?: Record<string, string | Outcome>, not?: Record<string, string> }} Step
 * @typedef {{ row: string, words: string, steps: Step[], then: object, not?: Record<string, string>, memory?: number, restarts?: number }} Row
 * @typedef {{ hosts: Record<string, { engine: string }>, outcomes: Record<string, Outcome>, rows: Row[] }} Matrix
 */

/** @type {Matrix} */
const matrix = JSON.parse(readFileSync(new URL('rows.json', import.meta.url), 'utf8'));

/** A value as JSON has it: a record is a list of its fields. @param {any} value @returns {unknown} */
function plain(value) {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? Object.values(value).map(plain) : value;
}

/** @param {Step['fails']} fails @returns {Outcome} */
function expectedOf(fails) {
  const { as, ...own } = typeof fails === 'string' ? { as: fails } : /** @type {Outcome} */ (fails);
  return { ...(as === undefined ? {} : matrix.outcomes[as]), ...own };
}

/** What an error is, in the words of the rows. @param {any} error @param {Outcome} expected */
function outcome(error, expected) {
  const { name, kind, code, fatal, retryable, message, fields = {}, causes, location } = error;
  const told = { class: name, kind, code, fatal, retryable };
  const more = {
    message, fields, causes: causes.map((/** @type {Error} */ one) => [one.name, one.message]),
    file: location === undefined ? null : basename(location.file),
  };
  return { ...told, ...Object.fromEntries(Object.entries(more).filter(([key]) => key in expected)) };
}

/** @param {string} name @returns {string} */
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

/** What every outcome says, so that none is half of one. */
const WHOLE = ['class', 'kind', 'code', 'fatal', 'retryable'];

/** Runs one row. @param {Row} row */
async function run(row) {
  /** What the component is called by within its call. @type {(() => void) | undefined} */
  let within;
  const imports = /** @type {any} */ (wasi());
  const { getStderr } = imports['wasi:cli/stderr'];
  const stderr = {
    getStderr() {
      const steps = within;
      within = undefined;
      steps?.();
      return getStderr();
    },
  };
  const { ledgers, recovery } = await fixture({
    imports: { ...imports, 'wasi:cli/stderr': stderr },
    ...(row.memory === undefined ? {} : { limits: { memoryBytes: row.memory } }),
    ...(row.restarts === undefined ? {} : { restartLimit: { restarts: row.restarts, period: 60_000 } }),
  });
  /** @type {Map<string, any>} */
  const handles = new Map();
  /** @param {any} given */
  const valueOf = (given) => {
    if (typeof given !== 'object') return given;
    return 'handle' in given ? handles.get(given.handle) : given.text.repeat(given.times);
  };
  /** @param {Step} step */
  const call = (step) => {
    const values = (step.with ?? []).map(valueOf);
    const owner = step.on === undefined ? ledgers : handles.get(step.on);
    // Of WIT's numbers only those of 64 bits are bigints.
    const given = step.call === 'put' ? [values[0], BigInt(values[1])] : values;
    const called = () => owner[camel(/** @type {string} */ (step.call))](...given);
    if ('gives' in step) {
      assert.deepEqual(plain(called()), step.gives, JSON.stringify(step));
      return;
    }
    const expected = expectedOf(step.differs?.[HOST] ?? step.fails);
    assert(WHOLE.every((key) => key in expected), 'the outcome is not whole');
    assert.throws(called, (error) => {
      assert.deepEqual(outcome(error, expected), expected, JSON.stringify(step));
      assert.equal(error instanceof (expected.kind === 'domain' ? DomainError : RecoverError), true);
      return true;
    });
  };
  /** @param {Step} step */
  const take = async (step) => {
    const values = (step.with ?? []).map(valueOf);
    if (step.make !== undefined) {
      const Class = ledgers[/** @type {string} */ (step.class).replace(/^./, (first) => first.toUpperCase())];
      handles.set(step.make, new Class(...values));
    } else if (step.close !== undefined) {
      handles.get(step.close)[Symbol.dispose]();
    } else if (step.restart) {
      await recovery.restart();
    } else if (step.during !== undefined) {
      let taken = false;
      /** @type {unknown} */
      let wrong;
      within = () => {
        taken = true;
        // What an import throws would end the instance.
        try {
          step.steps?.forEach(call);
        } catch (error) {
          wrong = error;
        }
      };
      call(step.during);
      if (wrong !== undefined) throw wrong;
      assert(taken, 'the component did not write within its call');
    } else {
      call(step);
    }
  };
  for (const step of row.steps) {
    if (step.not?.[HOST] !== undefined) continue;
    for (let n = 0; n < (step.times ?? 1); n += 1) await take(step);
  }
  await take({ call: 'parse', with: ['-12'], gives: -12 });
  const { epoch, refused } = recovery.health();
  // This host counts instances from 0.
  assert.deepEqual({ instance: epoch + 1, live: ledgers.live(), busy: refused.busy }, row.then, 'what the row leaves');
}

for (const row of matrix.rows) {
  if (row.not?.[HOST] === undefined) test(`row ${row.row}`, () => run(row));
}

test('the engine is the one of the page', () => {
  const { version } = JSON.parse(readFileSync(`${JCO}/@bytecodealliance/jco/package.json`, 'utf8'));
  assert.equal(matrix.hosts[HOST]?.engine, `jco ${version}, in Node ${process.versions.node.split('.')[0]}`);
});
