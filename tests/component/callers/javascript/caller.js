// @ts-check
// A component in JavaScript that calls the fixture.

import { imported } from '../../../../guests/javascript/index.js';
import * as fixture from 'recover:fixture/ledgers@0.1.0';
import { report } from './report.js';

const ledgers = imported(fixture);

export const caller = {
  /** @param {string} text */
  report: (text) => report(ledgers, text),
};
