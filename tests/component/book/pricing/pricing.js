// @ts-check

import { recoverable } from '../../../../guests/javascript/index.js';

class NoPriceError extends Error {
  name = 'NoPriceError';
  /** @param {string} title @param {ErrorOptions} options */
  constructor(title, options) {
    super(`nobody knows what ${title} costs`, options);
    this.title = title;
  }
}

/** @type {Record<string, string>} */
const PRICES = { Emma: '12', Persuasion: 'eleven' };

export const prices = recoverable({
  /** @param {string} title */
  price(title) {
    const price = PRICES[title];
    if (price === undefined) throw Object.assign(new Error(title), { name: 'KeyError' });
    try {
      return Number(BigInt(price));
    } catch (error) {
      throw new NoPriceError(title, { cause: error });
    }
  },
});
