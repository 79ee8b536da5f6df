// @ts-check
// The last component of a chain, in JavaScript. What it does is in `chain.js`.

import { link } from './chain.js';

export const checker = link({
  check() {
    throw new TypeError('there is no next one');
  },
});
