// @ts-check
// Numbers the points of this process at which something gets to a disk or a server, before and behind each: of what Node's file
// system and SQLite are asked, whatever store asks it. At the point that is asked for, the process kills itself.
// It is imported before the stores, whose imports it changes.
import fs, { writeSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { DatabaseSync, StatementSync } from 'node:sqlite';

let count = 0;
/** @type {number | undefined} */
let last;
/** @type {string | undefined} */
let wanted;

/** Has the process end at this point, by number or at the first of a name. @param {number | undefined} point @param {string} [name] */
export function endAt(point, name) {
  [count, last, wanted] = [0, point, name];
}

/** @param {string} name */
export function point(name) {
  count += 1;
  if (count !== last && name !== wanted) return;
  // The pipe keeps what is written, whatever becomes of the process.
  writeSync(1, `${JSON.stringify(['point', name])}\n`);
  process.kill(process.pid, 'SIGKILL');
  // The signal is there at the next look; nothing may happen until then.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Puts points around functions of an object. @param {any} on @param {string[]} names @param {boolean} isAsync */
function around(on, names, isAsync) {
  for (const name of names) {
    const original = on[name];
    /** @this {any} @param {any[]} args */
    const synchronous = function (...args) {
      point(`before ${name}`);
      const answer = original.apply(this, args);
      point(`behind ${name}`);
      return answer;
    };
    /** @this {any} @param {any[]} args */
    const asynchronous = async function (...args) {
      point(`before ${name}`);
      const answer = await original.apply(this, args);
      point(`behind ${name}`);
      return answer;
    };
    on[name] = isAsync ? asynchronous : synchronous;
  }
}

const handle = await promises.open(process.execPath, 'r');
around(Object.getPrototypeOf(handle), ['writev', 'writeFile', 'datasync', 'sync', 'close'], true);
await handle.close();
around(promises, ['open', 'rename', 'rm', 'link', 'writeFile', 'mkdir'], true);
around(fs, ['rmSync'], false);
around(DatabaseSync.prototype, ['exec', 'close'], false);
around(StatementSync.prototype, ['run', 'get'], false);
syncBuiltinESMExports();

/** Puts points around the queries of a client of PostgreSQL. @param {any} client */
export function aroundQueries(client) {
  const original = client.query.bind(client);
  client.query = async (/** @type {string} */ text, /** @type {unknown[]} */ values) => {
    const [verb = ''] = /\b(INSERT|UPDATE|DELETE|SELECT|DO)\b/.exec(text) ?? [];
    point(`before ${verb}`);
    const answer = await original(text, values);
    point(`behind ${verb}`);
    return answer;
  };
}
