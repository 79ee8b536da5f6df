// @ts-check
// workerd is killed, over both kinds of a Durable Object's storage.
import { broken, slice } from './slice.mjs';
import { workerd } from './workerd.mjs';

slice('workerd over SQLite', () => workerd('SQL'), { kills: 12, points: 3 });
slice('workerd over keys and values', () => workerd('KEYS'), { kills: 6, points: 2 });
broken('an answer that does not wait for the platform', () => workerd('SQL', { early: true }));
