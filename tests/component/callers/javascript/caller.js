// @ts-check
// A component in JavaScript that calls the fixture.

import { imported, recoverable } from '../../../../guests/javascript/index.js';
import * as fixture from 'recover:fixture/ledgers@0.1.0';
import { report } from './report.js';

const ledgers = imported(fixture);

export const caller = recoverable({
  /** @param {string} text */
  report: (text) => report(ledgers, text),
});
