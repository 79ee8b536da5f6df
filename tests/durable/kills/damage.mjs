// @ts-check
// What was durable is damaged: a bit is another one, a piece is cut or gone. Who opens it must hear so, with the reason, and the
// bytes must stay as they are; or the object is whole, where the damage is in what is not needed. By pieces, in the files of a
// directory, and in a database. A seed makes the calls and the damage; where chunks end, time has a say.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { callOf, random } from './model.mjs';
import { load } from './package.mjs';
import { moduleOf } from '../stores/owner.mjs';

/** @typedef {import('../../../recover-runtime/js/stores.js').DurableContents} DurableContents */
/** @typedef {import('../../../recover-runtime/js/stores.js').DurablePiece} DurablePiece */
/** @typedef {{ calls: number, digest: number, contents: DurableContents }} History an object as its store has it, and as it must be */
/**
 * @typedef {object} Report
 * @property {number} tried
 * @property {number} refused
 * @property {number} whole in spite of it
 * @property {number} tail only the last write is damaged: where writes tear, that can't be told from one that a crash tore, and the calls in it
 *   are gone; or it can't be found any more
 * @property {string[]} faults
 */

const NAME = 'damaged';

/** Whole writes, as a program leaves them that ends at once. @param {any} pkg @param {any} MemoryStore @param {number} seed @returns {Promise<History>} */
async function history(pkg, MemoryStore, seed) {
  const next = random(seed);
  const store = new MemoryStore({ hook: () => Promise.resolve() });
  const ledger = await pkg.Ledger.open(store, NAME, { create: () => new pkg.Ledger(), snapshotAfter: 3000 });
  const limit = 1 + Math.floor(next() * 80);
  for (let number = 1; number <= limit;) {
    const group = [];
    for (let count = Math.floor(next() * 5); count >= 0 && number <= limit; count -= 1, number += 1) {
      group.push(ledger[next() < 0.02 ? 'replace' : 'put'](number, callOf(seed, 0, number).text));
    }
    await Promise.all(group);
  }
  const [calls, digest] = await ledger.state();
  store.crash(() => true);
  return { calls, digest, contents: store.open(NAME).read() };
}

/** @param {number} bound @param {() => number} next */
const below = (bound, next) => Math.floor(next() * bound);

/** Damages a copy. @param {DurableContents} contents @param {() => number} next */
function damaged({ snapshots, chunks }, next) {
  /** @param {DurablePiece[]} pieces @returns {DurablePiece[]} */
  const copied = (pieces) => pieces.map(({ at, bytes }) => ({ at, bytes: bytes.slice() }));
  const copies = { snapshots: copied(snapshots), chunks: copied(chunks) };
  const all = [...copies.snapshots, ...copies.chunks];
  const piece = /** @type {DurablePiece} */ (all[below(all.length, next)]);
  const last = Math.max(...chunks.map(({ at }) => at));
  const isChunk = copies.chunks.includes(piece);
  const isLast = isChunk && piece.at === last;
  const chance = next();
  if (chance < 0.7 || !isChunk) {
    const at = below(piece.bytes.length, next);
    const bit = below(8, next);
    piece.bytes[at] = /** @type {number} */ (piece.bytes[at]) ^ (1 << bit);
    return { contents: copies, isLast, isMissing: false, what: `bit ${bit} of byte ${at} of ${isChunk ? 'chunk' : 'snapshot'} ${piece.at}` };
  }
  if (chance < 0.85) {
    piece.bytes = piece.bytes.slice(0, below(piece.bytes.length, next));
    return { contents: copies, isLast, isMissing: false, what: `chunk ${piece.at} cut to ${piece.bytes.length} bytes` };
  }
  copies.chunks.splice(copies.chunks.indexOf(piece), 1);
  return { contents: copies, isLast, isMissing: true, what: `chunk ${piece.at} missing` };
}

/** The files of a directory with their bytes, but those of leases. @param {string} path */
const filesOf = (path) => readdirSync(path, { recursive: true, withFileTypes: true }).filter((file) => file.isFile() && /^(snapshot|chunks)-/.test(file.name))
  .map((file) => join(file.parentPath, file.name)).sort().map((file) => ({ file, bytes: readFileSync(file) }));

/**
 * Opens what is damaged, and judges what comes.
 * @param {any} pkg @param {any} store @param {History} expected @param {{ isLast: boolean, what: string }} damage @param {Report} report
 * @param {() => boolean} isUntouched
 */
async function judge(pkg, store, expected, { isLast, what }, report, isUntouched) {
  report.tried += 1;
  try {
    const ledger = await pkg.Ledger.open(store, NAME, { create: () => { throw new Error('it was taken for a new one'); } });
    const [calls, digest, half] = await ledger.state();
    if (calls === expected.calls && digest === expected.digest) report.whole += 1;
    else if (isLast && calls < expected.calls && half === 0) report.tail += 1;
    else report.faults.push(`${what}: in silence it has ${calls} of ${expected.calls} calls`);
    // What is damaged may refuse to be written, as well.
    await ledger.close().catch(() => {});
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    const isDamaged = name === 'ImportError' && /damaged|no whole snapshot|no Ledger/.test(message);
    // SQLite finds some of it by itself.
    const isMalformed = name === 'StoreError' && /damaged|malformed|not a database|corrupt|no such (table|column)|file format/.test(String(/** @type {any} */ (error).cause?.message));
    if (isDamaged || isMalformed) report.refused += 1;
    else report.faults.push(`${what}: it is refused by ${name}: ${message}`);
    if (!isUntouched()) report.faults.push(`${what}: it is refused, and the bytes are others`);
  }
}

/**
 * @param {{ tries: number, seed: number }} options
 * @returns {Promise<{ pieces: Report, files: Report, database: Report }>}
 */
export async function damage({ tries, seed }) {
  const pkg = await load();
  const { MemoryStore } = await import(pathToFileURL(moduleOf('memory')).href);
  const { NodeSqliteStore } = await import(pathToFileURL(moduleOf('node-sqlite')).href);
  const { DirectoryStore } = await import(pathToFileURL(moduleOf('directory')).href);
  const empty = () => ({ tried: 0, refused: 0, whole: 0, tail: 0, faults: [] });
  /** @type {{ pieces: Report, files: Report, database: Report }} */
  const reports = { pieces: empty(), files: empty(), database: empty() };
  const next = random(seed);
  for (let object = 0; reports.pieces.tried < tries; object += 1) {
    const own = (seed + object * 7919) | 0;
    const expected = await history(pkg, MemoryStore, own);
    for (let turn = 0; turn < 20; turn += 1) {
      const { contents, ...made } = damaged(expected.contents, next);
      let isUntouched = true;
      const touch = () => { isUntouched = false; };
      // Of a store whose writes no crash tears, nothing is taken for torn. What is missing at the end, nobody misses.
      const isWhole = turn % 2 === 0;
      const store = { open: () => ({ read: () => contents, append: touch, snapshot: touch, drop: touch, close() {}, isWhole }) };
      const isLast = made.isLast && (!isWhole || made.isMissing);
      await judge(pkg, store, expected, { isLast, what: `seed ${own}, ${made.what}, ${isWhole ? 'whole writes' : 'writes that may tear'}` }, reports.pieces, () => isUntouched);
    }
    for (let turn = 0; turn < 3; turn += 1) {
      await damagedDirectory(pkg, DirectoryStore, expected, own, next, reports.files);
      await damagedDatabase(pkg, NodeSqliteStore, expected, own, next, reports.database);
    }
  }
  return reports;
}

/** A bit in a file. @param {string} file @param {() => number} next */
function flipped(file, next) {
  const bytes = readFileSync(file);
  const [at, bit] = [below(bytes.length, next), below(8, next)];
  bytes[at] = /** @type {number} */ (bytes[at]) ^ (1 << bit);
  writeFileSync(file, bytes);
  return { at, what: `bit ${bit} of byte ${at} of ${basename(file)}` };
}

/** Writes all that is there. @param {any} store @param {History} expected */
async function kept(store, { contents }) {
  const stored = await store.open(NAME);
  await stored.read();
  for (const { at, bytes } of contents.snapshots) await stored.snapshot(at, bytes);
  for (const { at, bytes } of contents.chunks) await stored.append(at, bytes);
  await stored.close();
}

/** @param {any} pkg @param {any} DirectoryStore @param {History} expected @param {number} seed @param {() => number} next @param {Report} report */
async function damagedDirectory(pkg, DirectoryStore, expected, seed, next, report) {
  const path = mkdtempSync(join(tmpdir(), 'recover-damage-'));
  try {
    await kept(new DirectoryStore(path), expected);
    const files = filesOf(path);
    const { file, bytes } = /** @type {{ file: string, bytes: Buffer }} */ (files[below(files.length, next)]);
    const { at, what } = flipped(file, next);
    const before = filesOf(path);
    const isSame = () => JSON.stringify(filesOf(path)) === JSON.stringify(before);
    // What stands at the end of the last segment is the last write.
    const last = expected.contents.chunks.at(-1);
    const isLast = /^chunks-/.test(basename(file)) && last !== undefined && at >= bytes.length - last.bytes.length - 20;
    await judge(pkg, new DirectoryStore(path), expected, { isLast, what: `seed ${seed}, ${what}` }, report, isSame);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** The pieces in a database, or why they can't be read. @param {string} file */
function rowsOf(file) {
  const database = new DatabaseSync(file);
  try {
    return JSON.stringify(database.prepare('SELECT kind, at, hex(bytes) FROM recover_pieces ORDER BY kind, at').all());
  } catch (error) {
    return String(error);
  } finally {
    database.close();
  }
}

/** @param {any} pkg @param {any} NodeSqliteStore @param {History} expected @param {number} seed @param {() => number} next @param {Report} report */
async function damagedDatabase(pkg, NodeSqliteStore, expected, seed, next, report) {
  const path = mkdtempSync(join(tmpdir(), 'recover-damage-'));
  const file = join(path, 'objects.db');
  try {
    await kept(new NodeSqliteStore(file), expected);
    const { what } = flipped(file, next);
    const before = rowsOf(file);
    // A bit in what SQLite finds its rows by can hide the last ones.
    await judge(pkg, new NodeSqliteStore(file), expected, { isLast: true, what: `seed ${seed}, ${what}` }, report, () => rowsOf(file) === before);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** One line. @param {string} of @param {Report} report */
export const line = (of, { tried, refused, whole, tail, faults }) =>
  `damaged ${of}: ${tried} opened, ${refused} refused with the reason and untouched, ${whole} whole, ${tail} without the last write, which is taken for torn or is not found, ${faults.length} faults`;
