// @ts-check
// A component of a chain in JavaScript. What it does is in `chain.js`.

import { imported } from '../../../guests/javascript/index.js';
import * as next from 'recover:link/checker@0.1.0';
import { link } from './chain.js';

export const checker = link(imported(next));
