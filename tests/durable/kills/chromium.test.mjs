// @ts-check
// Tabs of Chromium are killed, over IndexedDB; and the browser.
import { chromium } from './chromium.mjs';
import { slice } from './slice.mjs';

slice('a tab over IndexedDB', chromium, { kills: 21, points: 5 });
