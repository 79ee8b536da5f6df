// @ts-check
// What each store must do, whichever it is: one suite, run against the real thing. Where a store is and how its owner is
// killed is told by the test that calls this.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesOf, saidOf } from './pieces.mjs';

/** @typedef {import('./owner.mjs').Owner} Owner */
/** @typedef {import('./agent.mjs').Command} Command */
/**
 * @typedef {object} Backing a store that several can have
 * @property {() => Promise<Owner>} owner another one that has it
 * @property {(name: string) => Promise<unknown>} [take] takes the lease from a living owner; not where the platform rules that out
 * @property {() => Promise<unknown>} end
 */

/** Names that a file, a key or a table may not take as they are; and pairs that may fall together. */
const NAMES = [
  '', ' ', '.', '..', '/', '../up', 'a/b', 'a\\b', 'a\0b', 'a\0', 'a', 'A', 'con', 'nul.txt', '-', '--x', "o'clock", '"', '`', '%00', '$1', '?',
  '_0041', '\u{1d11e}', '\ud834', '\udd1e', '\ufffd', 'é', 'e\u0301', 'ß', 'ss', '\u202e', 'x\n', 'x', '\\u0000', '__proto__', 'constructor', 'undefined',
  'x'.repeat(300), `${'x'.repeat(299)}y`, '\u{1f4a5}'.repeat(300), `${'\u{1f4a5}'.repeat(299)}!`, 'k'.repeat(10_000),
];

/** How often an owner is killed while it writes. */
const KILLS = Number(process.env.RECOVER_STORE_KILLS ?? 6);

/**
 * @param {string} store its name
 * @param {() => Promise<Backing>} setUp
 * @param {{ within?: number }} [options] milliseconds in which the lease of a killed owner is free
 */
export function conformance(store, setUp, { within = 2000 } = {}) {
  /** @type {Backing} */
  let backing;
  /** @type {Owner[]} */
  const owners = [];
  before(async () => { backing = await setUp(); });
  after(async () => {
    try {
      for (const each of owners) await each.kill();
    } finally {
      await backing?.end();
    }
  });

  const owner = async () => {
    const made = await backing.owner();
    owners.push(made);
    return made;
  };
  /** @type {Promise<Owner> | undefined} */
  let one;
  /** One that is not killed. */
  const shared = () => (one ??= owner());

  /** @param {Owner} by @param {Command} command */
  async function ask(by, command) {
    const answer = await by.ask(command);
    if ('error' in answer) throw Object.assign(new Error(`${answer.error.name}: ${answer.error.message}`), answer.error);
    return answer.value;
  }
  /** An object as a test uses it. @param {Owner} by @param {string} name */
  async function open(by, name) {
    const handle = await ask(by, { do: 'open', name });
    /** @param {Command['do']} what @param {number} [at] @param {number} [seed] @param {number} [length] */
    const call = (what, at, seed, length) => ask(by, { do: what, handle, at, seed, length });
    return {
      /** @returns {Promise<{ snapshots: import('./pieces.mjs').Said[], chunks: import('./pieces.mjs').Said[] }>} */
      read: () => call('read'),
      /** @param {number} at @param {number} length @param {number} [seed] */
      append: (at, length, seed = at) => call('append', at, seed, length),
      /** @param {number} at @param {number} length @param {number} [seed] */
      snapshot: (at, length, seed = at) => call('snapshot', at, seed, length),
      /** @param {number} before */
      drop: (before) => call('drop', before),
      close: () => call('close'),
      lost: () => call('lost'),
    };
  }
  /** @param {number} at @param {number} length @param {number} [seed] */
  const said = (at, length, seed = at) => saidOf(at, bytesOf(seed, length));
  const refused = { code: 'E_LEASE', name: 'LeaseError' };

  /** The same, once the lease of a killed owner is free. @param {Owner} by @param {string} name */
  async function openSoon(by, name) {
    const start = performance.now();
    for (;;) {
      try {
        return { object: await open(by, name), after: performance.now() - start };
      } catch (error) {
        if (/** @type {any} */ (error).code !== 'E_LEASE' || performance.now() - start > within) throw error;
        await sleep(20);
      }
    }
  }

  test(`${store}: an object that was never written is empty`, async () => {
    const object = await open(await shared(), 'empty');
    assert.deepEqual(await object.read(), { snapshots: [], chunks: [] });
    await object.close();
  });

  test(`${store}: what was written is read, each piece under its number`, async () => {
    const object = await open(await shared(), 'pieces');
    await object.read();
    await object.snapshot(0, 100);
    for (let at = 0; at < 20; at += 1) await object.append(at, at * 7);
    await object.close();
    const again = await open(await shared(), 'pieces');
    assert.deepEqual(await again.read(), { snapshots: [said(0, 100)], chunks: Array.from({ length: 20 }, (_, at) => said(at, at * 7)) });
    // Behind what a crash tore, numbers are left out.
    await again.append(25, 5);
    await again.snapshot(26, 300);
    await again.append(26, 6);
    await again.close();
    const third = await open(await shared(), 'pieces');
    const { snapshots, chunks } = await third.read();
    assert.deepEqual(snapshots, [said(0, 100), said(26, 300)]);
    assert.deepEqual(chunks.slice(-3), [said(19, 133), said(25, 5), said(26, 6)]);
    await third.close();
  });

  test(`${store}: a snapshot of the same number is replaced, whole`, async () => {
    const object = await open(await shared(), 'replaced');
    await object.read();
    await object.snapshot(3, 3 << 20, 1);
    await object.snapshot(3, 10, 2);
    await object.close();
    const again = await open(await shared(), 'replaced');
    assert.deepEqual(await again.read(), { snapshots: [said(3, 10, 2)], chunks: [] });
    await again.snapshot(3, 200, 3);
    await again.close();
    const third = await open(await shared(), 'replaced');
    assert.deepEqual(await third.read(), { snapshots: [said(3, 200, 3)], chunks: [] });
    await third.close();
  });

  test(`${store}: what is dropped goes, and nothing else does`, async () => {
    const object = await open(await shared(), 'dropped');
    await object.read();
    await object.snapshot(0, 10);
    let at = 0;
    for (let round = 1; round <= 3; round += 1) {
      for (let count = 0; count < 10; count += 1, at += 1) await object.append(at, 50);
      await object.snapshot(at, 100);
      await object.append(at, 60);
      at += 1;
      await object.drop(at - 1);
      await object.drop(at - 1);
    }
    await object.close();
    const again = await open(await shared(), 'dropped');
    const { snapshots, chunks } = await again.read();
    assert.deepEqual(snapshots, [said(32, 100)]);
    // Those of the last round may go later.
    assert.deepEqual(chunks.at(-1), said(32, 60));
    assert.ok(chunks.every(([number]) => number > 21), String(chunks));
    await again.close();
  });

  test(`${store}: any string is a name, and no two are one object`, async () => {
    const by = await shared();
    const objects = [];
    for (const [index, name] of NAMES.entries()) {
      const object = await open(by, name);
      assert.deepEqual(await object.read(), { snapshots: [], chunks: [] }, JSON.stringify(name));
      await object.append(index, 10);
      objects.push(object);
    }
    for (const object of objects) await object.close();
    for (const [index, name] of NAMES.entries()) {
      const object = await open(by, name);
      assert.deepEqual(await object.read(), { snapshots: [], chunks: [said(index, 10)] }, JSON.stringify(name));
      await object.close();
    }
  });

  test(`${store}: large pieces, and those at the limits of values`, async () => {
    const object = await open(await shared(), 'large');
    await object.read();
    const lengths = [8 << 20, 1 << 20, (1 << 20) + 1, 120 << 10, (120 << 10) + 1, (20 << 20) + 7, 1];
    for (const [at, length] of lengths.entries()) await object.append(at, length);
    await object.snapshot(7, 8 << 20);
    await object.close();
    const again = await open(await shared(), 'large');
    assert.deepEqual(await again.read(), { snapshots: [said(7, 8 << 20)], chunks: lengths.map((length, at) => said(at, length)) });
    await again.close();
  });

  test(`${store}: large numbers`, async () => {
    const object = await open(await shared(), 'numbers');
    await object.read();
    const first = 2 ** 52;
    await object.snapshot(first, 10, 1);
    await object.append(first, 20, 2);
    await object.append(first + 1, 30, 3);
    await object.drop(first);
    await object.close();
    const again = await open(await shared(), 'numbers');
    assert.deepEqual(await again.read(), { snapshots: [said(first, 10, 1)], chunks: [said(first, 20, 2), said(first + 1, 30, 3)] });
    await again.close();
  });

  test(`${store}: objects that are open at once are apart`, async () => {
    const by = await shared();
    const [first, second] = [await open(by, 'one'), await open(by, 'two')];
    await first.read();
    await second.read();
    await Promise.all([first.append(0, 10, 1), second.append(0, 20, 2)]);
    await first.drop(5);
    await second.append(1, 30);
    await first.close();
    await second.append(2, 40);
    await second.close();
    const again = await open(by, 'two');
    assert.deepEqual((await again.read()).chunks, [said(0, 20, 2), said(1, 30), said(2, 40)]);
    await again.close();
  });

  test(`${store}: objects that are made at once are apart`, async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const chunks = await ask(await shared(), { do: 'apart', name: `apart ${turn}` });
      assert.deepEqual(chunks, [[said(0, 10)], [said(1, 10)]]);
    }
  });

  test(`${store}: a second opener is refused, here and elsewhere, and is let in after the close`, async () => {
    const [first, second] = [await shared(), await owner()];
    const object = await open(first, 'leased');
    await assert.rejects(open(first, 'leased'), refused);
    await assert.rejects(open(second, 'leased'), refused);
    await object.read();
    await object.append(0, 10);
    await object.close();
    await object.close();
    const other = await open(second, 'leased');
    assert.deepEqual((await other.read()).chunks, [said(0, 10)]);
    await assert.rejects(open(first, 'leased'), refused);
    await assert.rejects(object.append(1, 10));
    await other.append(1, 20);
    await object.close();
    await assert.rejects(open(first, 'leased'), refused);
    await other.close();
    const third = await open(first, 'leased');
    assert.deepEqual((await third.read()).chunks, [said(0, 10), said(1, 20)]);
    await third.close();
  });

  test(`${store}: of two that open at once one gets it`, async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const ends = await ask(await shared(), { do: 'both', name: `both ${turn}` });
      assert.deepEqual(ends.sort(), ['E_LEASE', 'open']);
    }
    const both = [await owner(), await owner()];
    const ends = await Promise.allSettled(both.map((by) => open(by, 'race')));
    assert.deepEqual(ends.map((end) => (end.status === 'fulfilled' ? 'open' : end.reason.code)).sort(), ['E_LEASE', 'open']);
    for (const end of ends) if (end.status === 'fulfilled') await end.value.close();
  });

  test(`${store}: the lease of a killed owner is free, and what it wrote is there`, async (t) => {
    const first = await owner();
    const object = await open(first, 'killed');
    await object.read();
    await object.snapshot(0, 100);
    for (let at = 0; at < 10; at += 1) await object.append(at, 1000);
    await first.kill();
    const { object: again, after: waited } = await openSoon(await owner(), 'killed');
    t.diagnostic(`the lease was free after ${waited.toFixed(0)} ms`);
    assert.deepEqual(await again.read(), { snapshots: [said(0, 100)], chunks: Array.from({ length: 10 }, (_, at) => said(at, 1000)) });
    await again.append(10, 1);
    await again.close();
  });

  test(`${store}: killed while it writes, ${KILLS} times: what was acknowledged is there`, async (t) => {
    /** What must be there. @type {Map<number, number>} */
    const acknowledged = new Map();
    let snapshot = -1;
    let next = 0;
    let torn = 0;
    for (let turn = 0; turn < KILLS; turn += 1) {
      const by = await owner();
      const { object } = await openSoon(by, 'killed often');
      const { snapshots, chunks } = await object.read();
      const there = new Map(chunks.map((piece) => [piece[0], piece]));
      for (const [at, length] of acknowledged) assert.deepEqual(there.get(at), said(at, length), `chunk ${at}, turn ${turn}`);
      if (snapshot >= 0) assert.deepEqual(snapshots.find(([at]) => at === snapshot), said(snapshot, 5000), `snapshot ${snapshot}`);
      torn += chunks.filter(([at]) => at >= next).length;
      next = Math.max(next, ...chunks.map(([at]) => at + 1));
      const killed = sleep(20 + (turn * 37) % 150).then(() => by.kill());
      try {
        for (;;) {
          const length = 1 + ((next * 7919) % 40_000);
          if (next % 10 === 9) {
            await object.snapshot(next, 5000);
            snapshot = next;
            // From here on they need not be there.
            for (const at of acknowledged.keys()) if (at < next) acknowledged.delete(at);
            await object.drop(next);
          }
          await object.append(next, length);
          acknowledged.set(next, length);
          next += 1;
        }
      } catch {
        // It is gone.
      }
      await killed;
    }
    assert.ok(next > KILLS, `only ${next} chunks were written`);
    t.diagnostic(`${next} chunks; ${torn} that nobody had been told of were there`);
  });

  test(`${store}: an owner whose lease was taken writes nothing more`, async () => {
    const by = await owner();
    const object = await open(by, 'taken');
    await object.read();
    await object.append(0, 10);
    if (backing.take === undefined) {
      // The platform has one owner: that of a former run was killed, and is no more.
      await by.kill();
      const { object: next } = await openSoon(await owner(), 'taken');
      await assert.rejects(object.append(1, 20));
      assert.deepEqual((await next.read()).chunks, [said(0, 10)]);
      await next.close();
      return;
    }
    await backing.take('taken');
    await assert.rejects(object.append(1, 20), refused);
    await assert.rejects(object.snapshot(1, 20), refused);
    assert.equal(await object.lost(), 'E_LEASE');
    const other = await open(await owner(), 'taken');
    assert.deepEqual(await other.read(), { snapshots: [], chunks: [said(0, 10)] });
    await other.append(1, 30);
    await assert.rejects(object.append(2, 20));
    await assert.rejects(object.drop(2));
    // Its close does not give the other's lease up.
    await object.close();
    await assert.rejects(open(await owner(), 'taken'), refused);
    await other.append(2, 40);
    await other.close();
    const last = await open(await owner(), 'taken');
    assert.deepEqual((await last.read()).chunks, [said(0, 10), said(1, 30), said(2, 40)]);
    await last.close();
  });
}
