// @ts-check
// A host in JavaScript that calls the fixture: `node host.mjs COMPONENT TEXT…` prints a line of JSON for each.

import { load } from '../../../../hosts/javascript/node.js';
import { report } from './report.js';

const [component, ...texts] = process.argv.slice(2);
if (component === undefined) throw new Error('usage: RECOVER_JCO=…/node_modules node host.mjs COMPONENT TEXT…');
const app = await load(component, { jco: process.env.RECOVER_JCO });
const { ledgers } = app.exports;
for (const text of texts) console.log(report(ledgers, text));
