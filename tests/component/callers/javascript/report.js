// @ts-check
// How the fixture is made to fail by a program in JavaScript, whether that is a host or a component.

import { told } from '../../javascript/shown.js';

/**
 * What is caught, as JSON.
 * @param {any} ledgers
 * @param {string} text
 */
export function report(ledgers, text) {
  try {
    return JSON.stringify({ returned: fail(ledgers, text) });
  } catch (error) {
    return JSON.stringify(told(error));
  }
}

/** @param {any} ledgers @param {string} text */
function fail(ledgers, text) {
  if (text === 'parse') return ledgers.parse('12x');
  if (text === 'get') return new ledgers.Ledger('ann').get('tea');
  if (text === 'poisoned') {
    const draft = new ledgers.Draft();
    try {
      draft.fail('torn', 'panic');
    } catch {
      return draft.text();
    }
  }
  return ledgers.fail(text);
}
