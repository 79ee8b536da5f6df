// @ts-check
// Chains of components in several languages, called from JavaScript: nothing of an error is lost on its way. They are the
// components that `test_chains.py` calls, in another engine.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { load } from '../../hosts/javascript/node.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const python = process.env.RECOVER_COMPONENT_PYTHON ?? resolve(root, 'engines/component-python/bin/python');
const jco = process.env.RECOVER_JCO ?? resolve(root, 'engines/component-js/node_modules');

/** @param {string} chain @returns {string} */
function built(chain) {
  const env = { ...process.env, RECOVER_JCO: jco, RECOVER_NODE: process.execPath };
  const { status, stdout, stderr, error } = spawnSync(python, [resolve(here, 'components.py'), chain], { env, encoding: 'utf8' });
  assert.equal(status, 0, `${chain} could not be made: ${error?.message ?? stderr}`);
  return stdout.trim();
}

/** @type {Record<string, string>} */
const SPELLED = { rust: 'Rust', python: 'Python', javascript: 'JavaScript', go: 'Go' };
/** @type {Record<string, string>} */
const BEHIND = { rust: 'ParseIntError', python: 'ValueError', javascript: 'SyntaxError' };
/** @type {Record<string, [string, string]>} */
const PANICS = {
  rust: ['PanicError', 'asked to panic'], python: ['IndexError', 'list index out of range'],
  javascript: ['TypeError', 'can\'t access property "length" of undefined'],
};
/** @type {Record<string, string>} */
const FILES = { rust: 'src/lib.rs', python: 'link.py', javascript: 'tests/component/javascript/chain.js' };

/** The classes from an error to the last one behind it, by `cause`. @param {any} error */
function chainOf(error) {
  const names = [];
  for (let seen = error; seen !== undefined; seen = seen.cause) names.push(`${seen.language}:${seen.constructor.name}`);
  return names;
}

for (const languages of [
  ['rust', 'python'], ['rust', 'javascript'], ['python', 'rust'], ['javascript', 'rust'],
  ['rust', 'javascript', 'python'], ['python', 'rust', 'javascript'], ['rust', 'go', 'python'],
]) {
  const before_ = languages.length - 1;
  const last = /** @type {string} */ (languages[before_]);
  const within = /** @type {string} */ (BEHIND[last]);

  describe(languages.join(' → '), () => {
    /** @type {import('../../hosts/javascript/index.js').Supervised<any, 'LinkError'>} */
    let app;
    /** @param {string} text */
    const check = (text) => app.exports.checker.check(text);
    /** @param {string} text @returns {any} */
    const fails = (text) => {
      try {
        check(text);
      } catch (error) {
        return error;
      }
      throw new assert.AssertionError({ message: `${text} did not fail` });
    };
    before(async () => {
      app = await load(built(languages.join('-')), { jco });
    });

    test('each one is asked', () => {
      assert.equal(check(`${'add '.repeat(before_)}5`), 5 + before_);
    });

    test('an error of the last one passes the others unchanged', () => {
      const error = fails(`${'add '.repeat(before_)}own`);
      assert(error instanceof app.errors.LinkError && error instanceof app.errors.DomainError);
      assert.deepEqual(chainOf(error), [`${last}:LinkError`, `${last}:${within}`]);
      const { message, code, kind, text, depth } = error;
      assert.deepEqual({ message, code, kind, text, depth }, {
        message: `the link in ${SPELLED[last]} can't own`, code: 'E_LINK', kind: 'domain', text: 'own', depth: -1,
      });
    });

    test('a mistake of the last one is told with its place, and the next call works', () => {
      const error = fails(`${'add '.repeat(before_)}panic`);
      assert.deepEqual([error.constructor.name, error.message], PANICS[last]);
      assert.equal(error.location.file, FILES[last]);
      assert(error.location.line > 0);
      assert.equal(error instanceof app.errors.PanicError, last === 'rust');
      assert.equal(check(`${'add '.repeat(before_)}1`), 1 + before_);
    });

    test('each one wraps what it got, and the causes are in order', () => {
      const error = fails(`${'wrap '.repeat(before_)}own`);
      assert.deepEqual(chainOf(error), [...languages.map((language) => `${language}:LinkError`), `${last}:${within}`]);
      assert.equal(error.causes.length, languages.length);
      let seen = error;
      for (const [index, language] of languages.entries()) {
        const text = `${'wrap '.repeat(before_ - index)}own`;
        assert.equal(seen.message, `the link in ${SPELLED[language]} can't ${text}`);
        assert.equal(seen.text, text);
        seen = seen.cause;
      }
    });
  });
}
