// @ts-check
// Tabs of Chromium are killed, over IndexedDB; and the browser.
import { chromium } from './chromium.mjs';
import { broken, slice } from './slice.mjs';

slice('a tab over IndexedDB', chromium, { kills: 21, points: 5 });
broken('a store in a tab that answers before it writes', () => chromium({ early: true }));
