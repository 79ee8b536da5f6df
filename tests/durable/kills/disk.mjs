// @ts-check
// A disk that loses power, under `stores/directory.js`: what Node's file system is asked is done, and noted; when the power goes, what
// is on the disk then is put together as it may be: what was synced, and of the rest a part. Of a file's bytes that were not
// synced each write is there, not there, or in sectors; of a directory's changes the first ones, or any. When only the process
// is killed, the next one reads all of it, and what was not synced is lost when the power goes later. It is imported
// before the store, whose imports it changes.
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { random } from './model.mjs';
import { load } from './package.mjs';
import { afterCrash, lives } from './torn.mjs';
import { moduleOf } from '../stores/owner.mjs';

/** @typedef {{ offset: number, bytes: Buffer } | 'emptied'} Write */
/** @typedef {{ synced: Buffer, writes: Write[], isSynchronous?: boolean }} Node what is in a file: as it was synced, and what came since */
/** @typedef {{ remove?: string, put?: string, node?: Node }} Change of a directory, done as one */

/** What is on the disk of one directory. */
class Folder {
  /** @type {Map<string, Node>} */
  synced = new Map();
  /** @type {Map<string, Node>} */
  now = new Map();
  /** @type {Change[]} */
  changes = [];

  /** @param {Change} change */
  change(change) {
    this.changes.push(change);
    apply(this.now, change);
  }

  sync() {
    if (!isHonest) return;
    this.synced = new Map(this.now);
    this.changes = [];
  }

  /** What may be there when the power goes. @param {() => number} next */
  left(next) {
    const names = new Map(this.synced);
    const isInOrder = next() < 0.7;
    const count = Math.floor(next() * (this.changes.length + 1));
    for (const [index, change] of this.changes.entries()) if (isInOrder ? index < count : next() < 0.5) apply(names, change);
    const left = new Folder();
    for (const [name, node] of names) left.synced.set(name, { synced: bytesLeft(node, next), writes: [] });
    left.now = new Map(left.synced);
    return left;
  }

  /** What is there when the process has ended: what it still does reaches nothing of this. */
  copy() {
    /** @type {Map<Node, Node>} */
    const nodes = new Map();
    const own = (/** @type {Node} */ node) => {
      const copy = nodes.get(node) ?? { synced: node.synced, writes: [...node.writes] };
      nodes.set(node, copy);
      return copy;
    };
    const copy = new Folder();
    for (const [name, node] of this.synced) copy.synced.set(name, own(node));
    for (const [name, node] of this.now) copy.now.set(name, own(node));
    copy.changes = this.changes.map((change) => (change.node === undefined ? change : { ...change, node: own(change.node) }));
    return copy;
  }
}

/** How often the power goes with the process. */
const POWER = 0.6;

/** @param {Map<string, Node>} names @param {Change} change */
function apply(names, { remove, put, node }) {
  if (remove !== undefined) names.delete(remove);
  if (put !== undefined && node !== undefined) names.set(put, node);
}

/** @param {Node} node */
function bytesOf({ synced, writes }) {
  return writes.reduce((bytes, write) => (write === 'emptied' ? Buffer.alloc(0) : written(bytes, write.offset, write.bytes)), synced);
}

/** @param {Node} node */
function synced(node) {
  if (isHonest) [node.synced, node.writes] = [bytesOf(node), []];
}

/** @param {Buffer} bytes @param {number} offset @param {Uint8Array} more */
function written(bytes, offset, more) {
  const all = Buffer.alloc(Math.max(bytes.length, offset + more.length));
  bytes.copy(all);
  all.set(more, offset);
  return all;
}

/** @param {Node} node @param {() => number} next */
function bytesLeft({ synced, writes }, next) {
  return writes.reduce((bytes, write) => {
    if (write === 'emptied') return next() < 0.5 ? bytes : Buffer.alloc(0);
    const part = afterCrash(write.bytes, next);
    return part === undefined ? bytes : written(bytes, write.offset, part);
  }, synced);
}

/** @type {Map<string, Folder>} */
const folders = new Map();
/** What is open. @type {WeakMap<object, { root: string } & ({ folder: Folder } | { node: Node })>} */
const handles = new WeakMap();
/** The handles of the life that is. @type {Set<any>} */
const open = new Set();
/** What happens at a point. @type {(name: string) => void} */
let reached = () => {};
/** Whether what is said to be synced is. */
let isHonest = true;
/** Where the disk is that has power. */
let root = '';

/** @param {unknown} path */
const folderOf = (path) => folders.get(dirname(String(path)));

/** @param {Folder} folder @param {string} path @returns {Node} */
function made(folder, path) {
  const name = basename(path);
  const found = folder.now.get(name);
  if (found !== undefined) {
    found.writes.push('emptied');
    return found;
  }
  const node = { synced: Buffer.alloc(0), writes: [] };
  folder.change({ put: name, node });
  return node;
}

/** @param {any} on @param {string} name @param {(args: any[], answer: any, self: any) => void} note */
function noted(on, name, note) {
  const original = on[name];
  /** @this {any} @param {any[]} args */
  on[name] = async function (...args) {
    const on = handles.get(this);
    const isLive = on === undefined ? String(args[0]).startsWith(root) : on.root === root;
    if (isLive) reached(`before ${name}`);
    const answer = await original.apply(this, args);
    note(args, answer, this);
    if (isLive) reached(`behind ${name}`);
    if (name.startsWith('write') && on !== undefined && 'node' in on && on.node.isSynchronous) {
      synced(on.node);
      if (isLive) reached(`behind ${name}, synced`);
    }
    return answer;
  };
}

noted(promises, 'open', ([path, flags], handle) => {
  open.add(handle);
  const [folder, whole] = [folderOf(path), folders.get(path)];
  if (whole !== undefined) handles.set(handle, { root, folder: whole });
  else if (folder !== undefined && flags !== 'r') {
    const found = flags === 'r+' ? folder.now.get(basename(path)) : undefined;
    const node = found ?? made(folder, path);
    node.isSynchronous = typeof flags === 'number' && (flags & promises.constants.O_DSYNC) !== 0;
    handles.set(handle, { root, node });
  }
});
noted(promises, 'writeFile', ([path, text]) => {
  const folder = folderOf(path);
  if (folder !== undefined) made(folder, path).writes.push({ offset: 0, bytes: Buffer.from(text) });
});
noted(promises, 'link', ([from, to]) => folderOf(to)?.change({ put: basename(to), node: folderOf(from)?.now.get(basename(from)) }));
noted(promises, 'rename', ([from, to]) => folderOf(to)?.change({ remove: basename(from), put: basename(to), node: folderOf(from)?.now.get(basename(from)) }));
noted(promises, 'rm', ([path]) => folderOf(path)?.change({ remove: basename(path) }));
const one = await promises.open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(one);
await one.close();
noted(prototype, 'writev', ([parts, offset], _, self) => {
  const on = handles.get(self);
  if (on !== undefined && 'node' in on) on.node.writes.push({ offset, bytes: Buffer.concat(parts) });
});
noted(prototype, 'writeFile', ([bytes], _, self) => {
  const on = handles.get(self);
  if (on !== undefined && 'node' in on) on.node.writes.push({ offset: 0, bytes: Buffer.from(bytes) });
});
for (const sync of ['sync', 'datasync']) {
  noted(prototype, sync, (_, __, self) => {
    const on = handles.get(self);
    if (on === undefined) return;
    if ('folder' in on) on.folder.sync();
    else synced(on.node);
  });
}
syncBuiltinESMExports();

/** @param {{ lies?: boolean }} [how] a disk that says that it is synced, and is not @returns {Promise<import('./run.mjs').Engine>} */
export async function disk({ lies = false } = {}) {
  isHonest = !lies;
  const pkg = await load();
  const { DirectoryStore } = await import(pathToFileURL(moduleOf('directory')).href);
  const scratch = mkdtempSync(join(tmpdir(), 'recover-disk-'));
  let count = 0;
  let kept = new Folder();
  /** What is there becomes a directory. */
  const mount = () => {
    const old = root;
    count += 1;
    root = join(scratch, `disk ${count}.`);
    const folder = join(root, 'o-object');
    mkdirSync(folder, { recursive: true });
    folders.clear();
    folders.set(folder, kept);
    for (const [name, node] of kept.now) {
      const bytes = bytesOf(node);
      // Who had the lease has ended, though it is this process.
      const content = name.startsWith('lease-') ? Buffer.from(bytes.toString('latin1').replace(/"boot":"[^"]*"/, '"boot":"before"'), 'latin1') : bytes;
      writeFileSync(join(folder, name), content);
    }
    return old;
  };
  return {
    name: 'a directory whose disk loses power',
    points: 160,
    longest: 300,
    async fresh() { kept = new Folder(); },
    async live(life) {
      const old = mount();
      const next = random(life.seed ^ Math.imul(life.life + 1, 0x165667b1));
      const model = kept;
      const wasKilled = await lives(pkg, { ...life, name: 'object' }, new DirectoryStore(root), (set) => { reached = set; }, () => { kept = next() < POWER ? model.left(next) : model.copy(); });
      // A process that is over has nothing open.
      for (const handle of open) await handle.close().catch(() => {});
      open.clear();
      if (!wasKilled) kept = model.copy();
      if (old !== '') rmSync(old, { recursive: true, force: true, maxRetries: 5 });
      return wasKilled;
    },
    async stop() { rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }); },
  };
}
