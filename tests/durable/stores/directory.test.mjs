// @ts-check
// `stores/directory.js` on the file system, with processes that are killed, and with files that a crash of the machine may leave.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { conformance } from './conformance.mjs';
import { child, moduleOf } from './owner.mjs';

const module = moduleOf('directory');
/** @type {typeof import('../../../recover-runtime/js/stores/directory.js')} */
const { DirectoryStore } = await import(pathToFileURL(module).href);

/** @param {string} path @param {string} prefix */
const found = (path, prefix) => readdirSync(path).filter((file) => file.startsWith(prefix)).sort();

conformance('directory', async () => {
  const path = mkdtempSync(join(tmpdir(), 'recover-directory-'));
  return {
    owner: () => child({ module, class: 'DirectoryStore', args: [path] }),
    async take(name) {
      // As its message says: by hand.
      for (const file of found(join(path, `o-${name}`), 'lease')) rmSync(join(path, `o-${name}`, file));
    },
    end: async () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
  };
});

/** @param {import('node:test').TestContext} t */
function fresh(t) {
  const path = mkdtempSync(join(tmpdir(), 'recover-directory-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return { path, folder: join(path, 'o-x') };
}

/** Of a file that is open. @param {string} fd */
function target(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

const turns = () => new Promise((resolve) => { setTimeout(resolve, 5); });
const piece = (/** @type {number} */ byte) => new Uint8Array(100).fill(byte);
/** @param {string} path */
async function chunksOf(path) {
  const stored = await new DirectoryStore(path).open('x');
  const { chunks } = await stored.read();
  await stored.close();
  return chunks.sort((a, b) => a.at - b.at).map(({ at, bytes }) => `${at}: ${bytes.length} of ${bytes[0]}`);
}

/** The segment of five chunks. @param {string} path @param {string} folder */
async function segment(path, folder) {
  const stored = await new DirectoryStore(path).open('x');
  for (let at = 5; at < 10; at += 1) await stored.append(at, piece(at));
  await stored.close();
  const [file = ''] = found(folder, 'chunks');
  return join(folder, file);
}

test('directory: a chunk that is cut is handed on as it is, and the next ones stand in a segment of their own', async (t) => {
  const { path, folder } = fresh(t);
  const file = await segment(path, folder);
  const bytes = readFileSync(file);
  for (const [length, last] of /** @type {const} */ ([[599, '9: 99 of 9'], [501, '9: 1 of 9'], [500, '9: 0 of undefined'], [490, '9: 10 of 114'], [481, '9: 1 of 114']])) {
    writeFileSync(file, bytes.subarray(0, length));
    assert.deepEqual(await chunksOf(path), ['5: 100 of 5', '6: 100 of 6', '7: 100 of 7', '8: 100 of 8', last]);
  }
  const stored = await new DirectoryStore(path).open('x');
  await stored.append(11, piece(11));
  await stored.close();
  assert.deepEqual((await chunksOf(path)).slice(-2), ['9: 1 of 114', '11: 100 of 11']);
});

test('directory: a close waits for what is being written, and nothing is written behind it', async (t) => {
  const { path, folder } = fresh(t);
  const large = new Uint8Array(20_000_000).fill(1);
  for (const [at, how] of /** @type {const} */ (['append', 'snapshot', 'append']).entries()) {
    const stored = await new DirectoryStore(path).open('x');
    await stored.append(10 * at, piece(1));
    await stored.snapshot(10 * at + 1, piece(1));
    /** @type {string[]} */
    const ended = [];
    const under = Promise.resolve(stored[how](10 * at + 2, large)).then(() => 'done', () => 'refused').then(() => ended.push(how));
    // Where it was, and where it has begun.
    if (at === 2) await new Promise(setImmediate);
    await stored.close();
    await turns();
    assert.deepEqual(ended, [how], 'it has ended before the close has');
    await under;
    const other = await new DirectoryStore(path).open('x');
    const { chunks, snapshots } = await other.read();
    for (const { at: number, bytes } of [...chunks, ...snapshots]) assert.ok(bytes.length === (number % 10 === 2 ? large.length : 100), `${number}: ${bytes.length} bytes`);
    await other.close();
    if (existsSync('/proc/self/fd')) assert.deepEqual(readdirSync('/proc/self/fd').filter((fd) => target(fd).startsWith(folder)), []);
  }
});

test('directory: files that can\'t be read are one rejection, that of the read', async (t) => {
  const { path, folder } = fresh(t);
  await segment(path, folder);
  mkdirSync(join(folder, 'snapshot-0000000000000001'));
  mkdirSync(join(folder, 'snapshot-0000000000000002'));
  mkdirSync(join(folder, 'chunks-0000000000000003-0000000000000001'));
  /** @type {unknown[]} */
  const unhandled = [];
  const note = (/** @type {unknown} */ reason) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const stored = await new DirectoryStore(path).open('x');
  await assert.rejects(async () => stored.read(), { code: 'EISDIR' });
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  assert.deepEqual(unhandled, []);
  await stored.close();
});

test('directory: a lease that was torn when the machine lost its power is nobody\'s', async (t) => {
  const { path, folder } = fresh(t);
  for (const torn of ['{"pid":1,"sta', '\0'.repeat(150)]) {
    await (await new DirectoryStore(path).open('x')).close();
    writeFileSync(join(folder, found(folder, 'lease').at(-1) ?? ''), torn);
    const stored = await new DirectoryStore(path).open('x');
    await stored.append(0, piece(1));
    await stored.close();
  }
});

test('directory: behind what is damaged, whatever is whole is found', async (t) => {
  const { path, folder } = fresh(t);
  const file = await segment(path, folder);
  const bytes = readFileSync(file);
  // The header of chunk 6, and its length; what is zero there was never written.
  for (const [at, count] of /** @type {const} */ ([[120, 1], [124, 1], [134, 1], [136, 1], [120, 120]])) {
    writeFileSync(file, Buffer.from(bytes).fill(0, at, at + count).fill(count === 1 ? 0xff : 0, at, at + count));
    const chunks = await chunksOf(path);
    assert.deepEqual(chunks.filter((text) => !text.startsWith('6')), ['5: 100 of 5', '7: 100 of 7', '8: 100 of 8', '9: 100 of 9']);
    assert.match(String(chunks[1]), /^6: 120 of /);
  }
  // Zeros behind the end, as a file system may leave.
  writeFileSync(file, bytes);
  appendFileSync(file, Buffer.alloc(64));
  assert.deepEqual((await chunksOf(path)).at(-1), '10: 64 of 0');
});

test('directory: of two chunks of one number that of the later owner is handed on, and is not dropped with the other', async (t) => {
  const { path, folder } = fresh(t);
  /** A segment of an owner. @param {number} epoch @param {number} first @param {number} last @param {number} byte */
  async function owned(epoch, first, last, byte) {
    const stored = await new DirectoryStore(path).open('x');
    for (let at = first; at <= last; at += 1) await stored.append(at, piece(byte));
    await stored.close();
    const [file = ''] = found(folder, 'chunks');
    renameSync(join(folder, file), join(folder, `${file.replace(/-\d+$/, '')}-${epoch}`.replace('chunks-', 'made-by-')));
  }
  // A former owner wrote 7 into the file of its own that the next one has; another one 9, in the middle of what the next one has.
  for (const [epoch, first, last] of /** @type {const} */ ([[9, 7, 7], [10, 7, 11], [8, 9, 9], [9, 3, 7]])) await owned(epoch, first, last, epoch);
  for (const file of found(folder, 'made-by-')) renameSync(join(folder, file), join(folder, file.replace('made-by-', 'chunks-')));
  const all = ['3: 100 of 9', '4: 100 of 9', '5: 100 of 9', '6: 100 of 9', '7: 100 of 10', '8: 100 of 10', '9: 100 of 10', '10: 100 of 10', '11: 100 of 10'];
  assert.deepEqual(await chunksOf(path), all);
  const stored = await new DirectoryStore(path).open('x');
  await stored.drop(9);
  await stored.close();
  assert.deepEqual(await chunksOf(path), all.slice(4));
});

test('directory: who opens it when the lease was removed by hand comes behind those who wrote', async (t) => {
  const { path, folder } = fresh(t);
  for (let turn = 0; turn < 3; turn += 1) await (await new DirectoryStore(path).open('x')).close();
  await segment(path, folder);
  for (const file of found(folder, 'lease')) rmSync(join(folder, file));
  const stored = await new DirectoryStore(path).open('x');
  await stored.snapshot(10, piece(0));
  await stored.append(10, piece(1));
  await stored.drop(10);
  await stored.close();
  assert.deepEqual(await chunksOf(path), ['10: 100 of 1']);
});

test('directory: segments and snapshots that are not needed are removed, and what a crash left of a snapshot', async (t) => {
  const { path, folder } = fresh(t);
  const stored = await new DirectoryStore(path).open('x');
  for (let round = 0; round < 3; round += 1) {
    await stored.append(round, piece(round));
    await stored.snapshot(round + 1, piece(0));
    await stored.drop(round + 1);
  }
  await stored.close();
  assert.deepEqual(found(folder, 'snapshot').length, 1);
  assert.deepEqual(found(folder, 'chunks').length, 1);
  writeFileSync(join(folder, 'tmp-1'), 'half');
  await chunksOf(path);
  assert.equal(existsSync(join(folder, 'tmp-1')), false);
  assert.equal(found(folder, 'own').length, 0);
  assert.equal(found(folder, 'lease').length, 1);
});

test('directory: an owner is dead if its process began at another time or in another run of the machine; elsewhere, it is not known to be', async (t) => {
  const { path, folder } = fresh(t);
  await (await new DirectoryStore(path).open('x')).close();
  const [lease = ''] = found(folder, 'lease');
  const own = await new DirectoryStore(path).open('x');
  const [mine = ''] = found(folder, 'lease');
  assert.ok(mine > lease);
  const said = JSON.parse(readFileSync(join(folder, mine), 'utf8'));
  await assert.rejects(new DirectoryStore(path, { takeOver: true }).open('x'), { code: 'E_LEASE', message: new RegExp(`open in process ${process.pid}`) });
  await own.close();
  const wins = async (/** @type {object} */ owner, /** @type {{ takeOver?: boolean }} */ options) => {
    const [file = ''] = found(folder, 'lease');
    writeFileSync(join(folder, file), JSON.stringify({ ...said, ...owner }));
    const stored = await new DirectoryStore(path, options).open('x');
    await stored.close();
  };
  await wins({ pid: 2 ** 22 + 1 }, {});
  await wins({ start: '1' }, {});
  await wins({ boot: 'before' }, {});
  for (const elsewhere of [{ space: 'pid:[1]' }, { host: 'other', boot: 'other' }]) {
    await assert.rejects(wins(elsewhere, {}), { code: 'E_LEASE', message: /nothing can be seen from here: if it has ended, remove .*lease-\d+, or use 'takeOver'/ });
    await wins(elsewhere, { takeOver: true });
  }
});

/** Runs something, and says what was synced meanwhile. @param {() => Promise<unknown>} run */
async function syncedBy(run) {
  const any = await open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(any);
  await any.close();
  const { sync } = prototype;
  /** @type {string[]} */
  const paths = [];
  prototype.sync = async function () {
    await sync.call(this);
    paths.push(readlinkSync(`/proc/self/fd/${this.fd}`));
  };
  try {
    await run();
  } finally {
    prototype.sync = sync;
  }
  return paths;
}

const onLinux = { skip: process.platform !== 'linux' && 'what a handle is of is seen on Linux' };

test('directory: what is read is on the disk, also if its writer was killed before it was synced', onLinux, async (t) => {
  const { path, folder } = fresh(t);
  const file = await segment(path, folder);
  const store = new DirectoryStore(path);
  const stored = await store.open('x');
  assert.deepEqual((await syncedBy(async () => stored.read())).sort(), [folder, file].sort());
  await stored.close();
});

test('directory: each level of a path is on the disk when it is open, whoever made it', onLinux, async (t) => {
  const { path } = fresh(t);
  const [one, two] = [join(path, 'one'), join(path, 'one', 'two')];
  for (const turn of ['made', 'there already']) {
    const store = new DirectoryStore(two);
    const synced = await syncedBy(async () => (await store.open('x')).close());
    for (const level of [two, one, path]) assert.ok(synced.includes(level), `${level}, ${turn}`);
    assert.deepEqual(await syncedBy(async () => (await store.open('y')).close()), [two]);
  }
});

test('directory: after a close that could not write, the object opens again', async (t) => {
  const { path, folder } = fresh(t);
  const stored = await new DirectoryStore(path).open('x');
  await stored.append(0, piece(1));
  const [file = ''] = found(folder, 'lease');
  // Nobody can write to it, unless he is root: that is left for as long.
  for (const [each, mode] of /** @type {const} */ ([[path, 0o755], [folder, 0o755], [join(folder, file), 0o444]])) chmodSync(each, mode);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await assert.rejects(async () => stored.close(), { code: /EACCES|EPERM/ });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  assert.notEqual(readFileSync(join(folder, file), 'utf8'), '');
  assert.deepEqual(await chunksOf(path), ['0: 100 of 1']);
});

test('directory: what is no path or no option is refused, with what would be', async () => {
  assert.throws(() => new DirectoryStore(''), /TypeError: DirectoryStore needs the path of a directory/);
  assert.throws(() => new DirectoryStore('x', /** @type {any} */ ({ takeover: true })), /has no option 'takeover'.*'takeOver'/);
  assert.throws(() => new DirectoryStore('x', /** @type {any} */ ({ takeOver: 1 })), /'takeOver' must be true or false/);
  await assert.rejects(new DirectoryStore('x').open(/** @type {any} */ (1)), /the name of a durable object is a string, not number/);
});
