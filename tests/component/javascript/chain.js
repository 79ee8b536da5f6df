// @ts-check
// What the components in JavaScript do, which is in wit/link.wit. How an exception crosses is in guests/javascript.

import { errors, PanicError, recoverable } from '../../../guests/javascript/index.js';
import { told } from './shown.js';

class LinkError extends Error {
  name = 'LinkError';
  /** @param {string} text @param {number} depth @param {ErrorOptions} [options] */
  constructor(text, depth, options) {
    super(`the link in JavaScript can't ${text}`, options);
    this.text = text;
    this.depth = depth;
  }
}

/** @param {string} text @returns {number} */
function own(text) {
  try {
    return JSON.parse('no digits');
  } catch (error) {
    throw new LinkError(text, -1, { cause: error });
  }
}

/** @param {number} n @returns {number} */
const deep = (n) => deep(n + 1) + 1;

/** A text that is longer than the engine has. @param {string} text @returns {number} */
const large = (text) => large(text + text);

/**
 * What a component exports.
 * @param {{ check(text: string): number }} following the next of the chain
 */
export function link(following) {
  /** @param {string} text @returns {number} */
  function check(text) {
    if (/^\d+$/.test(text)) return Number(text);
    const [word = '', ...rest] = text.split(' ');
    switch (word) {
      case 'own': return own(text);
      case 'panic': return /** @type {any} */ (undefined).length;
      case 'memory': return large('x');
      case 'deep': return deep(0);
      case 'add': return following.check(rest.join(' ')) + 1;
      case 'wrap':
        try {
          return following.check(rest.join(' ')) + 1;
        } catch (error) {
          throw new LinkError(text, /** @type {any} */ (error).causes.length, { cause: error });
        }
      case 'catch':
        try {
          return following.check(rest.join(' ')) + 1;
        } catch (error) {
          if (error instanceof errors.LinkError || error instanceof PanicError) return 1 + /** @type {any} */ (error).causes.length;
          throw error;
        }
      default: throw Object.assign(new Error(`no word ${word}`), { name: 'NoWordError' });
    }
  }

  return recoverable({
    check,
    /** @param {string} text */
    tell(text) {
      try {
        return JSON.stringify(following.check(text));
      } catch (error) {
        return JSON.stringify(told(error));
      }
    },
  });
}
