// @ts-check
// Processes of Node are killed, over each store that Node has.
import { node } from './node.mjs';
import { slice } from './slice.mjs';

slice('Node over SQLite', () => node('node-sqlite'), { kills: 40, points: 4 });
slice('Node over a directory', () => node('directory'), { kills: 60, points: 8 });
slice('Node over PostgreSQL', () => node('postgres'), { kills: 12, points: 2 });
