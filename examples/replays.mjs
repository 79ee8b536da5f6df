// @ts-check
// Makes captured calls again, in Node, from their files alone, and counts which of them fail the same: a
// panic on its line, a lack of memory by its figures, an end by an end. The exit code says whether all do that
// can be made again; for the others it prints why they can't.
//
//     node replays.mjs --package DIR --captures DIR
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, made, prepared } from '../recover-cli/js/replay.mjs';

const { values } = parseArgs({ options: { package: { type: 'string' }, captures: { type: 'string' } } });
if (values.package === undefined || values.captures === undefined) {
  console.error('usage: node replays.mjs --package DIR --captures DIR');
  process.exit(2);
}
const folder = values.captures;
const pkg = await load(values.package);
// Calls that end the instance come as fast as they can.
pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });

/** Of each kind of failure: how many there are, and how many fail the same. @type {Map<string, { all: number, same: number }>} */
const kinds = new Map();
/** Whether all that can be made again fail the same. */
let held = true;
/** Why others don't. @type {Map<string, number>} */
const reasons = new Map();
for (const name of readdirSync(folder).sort()) {
  const bytes = readFileSync(join(folder, name));
  const { failure, why } = JSON.parse(bytes.toString());
  const count = kinds.get(failure.name) ?? { all: 0, same: 0 };
  kinds.set(failure.name, count);
  count.all += 1;
  let reason = why;
  if (why === undefined) {
    const replay = prepared(pkg, bytes);
    reason = (await made(replay)).differs;
    held &&= reason === undefined;
    // Later ones shall not run out of memory for it.
    if (replay.object !== undefined && !pkg.recovery.isPoisoned(replay.object)) replay.object.free();
  }
  if (reason === undefined) count.same += 1;
  else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}
for (const [reason, many] of reasons) console.log(`  ${many}: ${reason}`);
const all = [...kinds.values()].reduce((sum, one) => sum + one.all, 0);
const same = [...kinds.values()].reduce((sum, one) => sum + one.same, 0);
console.log(`replays: ${all} failures, ${same} of ${all} replayed (${[...kinds].map(([kind, one]) => `${kind} ${one.same} of ${one.all}`).join(', ')})`);
process.exit(all > 0 && held ? 0 : 1);
