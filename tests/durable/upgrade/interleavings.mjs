// @ts-check
// Random interleavings inside one process: rooms are edited, closed, opened and left while the instance ends, the code is
// changed and the store is slow or fails. A seed makes the steps; how long the engine and the disk take has a say, too.
//
//   node tests/durable/upgrade/interleavings.mjs --packages DIR [--from 1] [--seeds 100] [--steps 120] [--store memory] [--faults on]
//
// DIR has the packages `upgrade` and `upgrade-other`, as in load.mjs. What must hold is in rooms.mjs, the store in slow.mjs.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { random } from '../kills/model.mjs';
import { Judged } from './rooms.mjs';
import { Slow } from './slow.mjs';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collect = runInNewContext('gc');

/** Milliseconds in which all must be settled when nothing holds it up any more. */
const LIMIT = 10_000;
/** What a new build asks whether to fail by, in this order: when it starts, in a hook, and when it reads a `Draft`. */
const ASKED = ['start-trap', 'start-panic', 'hook-trap', 'read-error', 'read-panic', 'read-trap'];
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/**
 * @typedef {{ promise: Promise<unknown>, release: (() => void) | undefined }} Latch what an asynchronous call waits for
 * @typedef {object} Slot a name
 * @property {any} handle
 * @property {boolean} isOpen somebody has a handle that is not closed
 * @property {boolean} isDropped the last handle was left, and may not be collected yet
 * @property {number} opening how many opens are under way
 * @property {number} opens how many there were
 * @property {number} writing how many asynchronous calls are under way
 * @property {any} old a handle that was closed
 * @typedef {{ packages: string, seed: number, steps: number, store?: string | undefined, faults?: boolean | undefined }} Options
 */

/** What a process has of the packages. */
export class Packages {
  #directory;
  #scratch = mkdtempSync(join(tmpdir(), 'recover-interleavings-'));
  #copies = 0;
  /** The modules of both builds. @type {WebAssembly.Module[]} */
  modules;

  /** @param {string} directory */
  constructor(directory) {
    this.#directory = directory;
    this.modules = ['upgrade', 'upgrade-other'].map((name) => new WebAssembly.Module(readFileSync(join(directory, name, 'fixture_upgrade_bg.wasm'))));
    Object.assign(globalThis, { upgradeFails: () => this.#fails(), upgradeWaits: () => 0, upgradeTold() {} });
  }

  /** How many questions more until the other build is to fail, once. @type {{ left: number, at: number } | undefined} */
  #failing;

  /** Has the other build fail when it is tried. @param {number} at which question it answers so; none if it is negative */
  fail(at) { this.#failing = at < 0 ? undefined : { left: at, at }; }

  #fails() {
    if (this.#failing === undefined) return '';
    this.#failing.left -= 1;
    if (this.#failing.left >= 0) return '';
    const { at } = this.#failing;
    this.#failing = undefined;
    return ASKED[at] ?? '';
  }

  /** A folder of its own. */
  folder() {
    const path = join(this.#scratch, String(this.#copies += 1));
    mkdirSync(path);
    return path;
  }

  /** A package that knows nothing of those before, as another process has it. @param {(error: unknown) => void} reported @returns {Promise<any>} */
  async fresh(reported) {
    const copy = this.folder();
    cpSync(join(this.#directory, 'upgrade'), copy, { recursive: true, filter: (source) => !source.endsWith('.wasm') });
    const pkg = await import(pathToFileURL(join(copy, 'fixture_upgrade.js')).href);
    pkg.initSync({ module: this.modules[0] });
    pkg.recovery.setRestartLimit({ restarts: Infinity, period: 1 });
    pkg.recovery.onPanic(reported);
    return pkg;
  }

  /** @param {string} name @returns {Promise<any>} */
  store(name) {
    return import(pathToFileURL(join(this.#directory, 'upgrade/stores', `${name}.js`)).href);
  }

  end() {
    rmSync(this.#scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Lets microtasks run. @param {number} turns */
async function microtasks(turns) {
  for (let turn = 0; turn < turns; turn += 1) await undefined;
}

const immediate = () => new Promise((resolve) => { setImmediate(resolve); });

/** One process: what it has open, and what it waits for. */
class Life {
  /** @type {any} */
  pkg;
  /** @type {Slow} */
  store;
  /** What the package has of it. */
  #opener;
  /** @type {Interleaving} */
  #run;
  /** @type {() => number} */
  #next;
  /** @type {Map<string, Slot>} */
  slots = new Map();
  /** @type {Set<string>} */
  waiting = new Set();
  /** @type {Latch[]} */
  latches = [];
  /** A call of Rust is on the stack: no instance can follow before it has left. */
  #isWithin = false;
  /** A start of the other build may fail. */
  #mayFail = false;
  /** What the other build may refuse. @type {any} */
  #draft;
  /** It has crashed: nobody hears it any more. */
  isOver = false;
  /** Ends of the instance so far: each may reject the asynchronous calls under way. */
  ends = 0;

  /** @param {Interleaving} run @param {any} pkg @param {Slow} store */
  constructor(run, pkg, store) {
    [this.#run, this.pkg, this.store, this.#next] = [run, pkg, store, run.next];
    this.#opener = store.process();
    for (const name of NAMES) this.slots.set(name, { handle: undefined, isOpen: false, isDropped: false, opening: 0, opens: 0, writing: 0, old: undefined });
  }

  /** @param {number} most */
  #below(most) { return Math.floor(this.#next() * most); }

  /**
   * Follows a promise to its end.
   * @param {string} what @param {Promise<any>} promise
   * @param {(value: any) => void} done @param {(error: any) => void} failed
   */
  follow(what, promise, done, failed) {
    const label = this.#run.step(what);
    this.waiting.add(label);
    const settled = (/** @type {() => void} */ judge, /** @type {string} */ said) => {
      this.waiting.delete(label);
      if (this.isOver) return;
      this.#run.say(`   ${label} ${said}`);
      judge();
    };
    return promise.then((value) => settled(() => done(value), `gave ${JSON.stringify(value?.constructor === Object ? 'a report' : typeof value === 'object' ? 'a handle' : value)}`),
      (error) => settled(() => this.#judge(label, error, failed), `rejected: ${error?.name} ${error?.code}${error?.retryable === true ? ' (retryable)' : ''}: ${error?.message}`));
  }

  /** @param {string} label @param {any} error @param {(error: any) => void} failed */
  #judge(label, error, failed) {
    if (!(error instanceof this.pkg.RecoverError)) this.#run.fault(`${label} rejected with no error of the package: ${error?.stack ?? error}`);
    failed(error);
  }

  /** The error must have one of these codes. @param {string} what @param {any} error @param {(string | false)[]} codes */
  #only(what, error, codes) {
    if (this.#mayFail && error?.code === 'E_INSTANCE_ABORTED') return;
    const all = this.#run.faults ? [...codes, 'E_STORE', 'E_LEASE'] : codes;
    if (!all.includes(error?.code)) this.#run.fault(`${what} must not reject with ${error?.code}: ${error?.stack}`);
  }

  latch() {
    const chance = this.#next();
    if (chance < 0.4) return { promise: chance < 0.2 ? Promise.resolve() : immediate(), release: () => {} };
    if (chance < 0.5) return { promise: new Promise(() => {}), release: undefined };
    /** @type {() => void} */
    let release = () => {};
    const promise = new Promise((resolve) => { release = () => resolve(undefined); });
    const latch = { promise, release };
    this.latches.push(latch);
    return latch;
  }

  /** A call of a room. @param {string} name @param {Slot} slot */
  call(name, slot) {
    const isOld = slot.old !== undefined && (slot.handle === undefined || this.#next() < 0.05);
    const handle = isOld ? slot.old : slot.handle;
    const isAhead = this.#next() < 0.25;
    const room = isAhead ? handle.with({ acknowledge: 'journaled' }) : handle;
    const judged = this.#run.judged(name);
    const [chance, how] = [this.#next(), isAhead ? ' ahead' : ''];
    const codes = [isOld && 'E_STALE_HANDLE', slot.writing > 0 && 'E_BUSY', this.#isWithin && 'E_INSTANCE_ABORTED'];
    /** @type {Promise<void>} */
    let call;
    const client = this.#below(2);
    if (chance < 0.5) {
      const number = judged.number(client);
      const ask = judged.asked(isAhead);
      call = this.follow(`${name}.edit(${client}, ${number})${how}`, room.edit(client, number), (value) => judged.edited(client, number, value, ask), (error) => {
        this.#only(`an edit of ${name}`, error, codes);
        judged.refused(client, number, error.retryable === true);
      });
    } else if (chance < 0.62) {
      const ask = judged.asked(isAhead);
      call = this.follow(`${name}.edits(${client})${how}`, room.edits(client), (value) => judged.shown(client, value, ask), (error) => this.#only(`a read of ${name}`, error, codes));
    } else if (chance < 0.72) {
      const ask = judged.asked(isAhead);
      call = this.follow(`${name}.text()${how}`, room.text(), (value) => judged.text(value, ask), (error) => this.#only(`a read of ${name}`, error, codes));
    } else if (!judged.appends && chance < 0.85) {
      const ask = judged.asked(isAhead);
      const text = judged.writes(ask, true);
      call = this.follow(`${name}.write('${text}')${how}`, room.write(text), () => judged.written(text, ask), (error) => {
        this.#only(`a write of ${name}`, error, codes);
        judged.unwritten(text, error.retryable === true);
      });
    } else {
      call = this.#later(name, slot, room, isAhead, codes);
    }
    return call;
  }

  /** An asynchronous one. @param {string} name @param {Slot} slot @param {any} room @param {boolean} isAhead @param {(string | false)[]} codes */
  #later(name, slot, room, isAhead, codes) {
    const judged = this.#run.judged(name);
    const latch = this.latch();
    const ask = judged.asked(isAhead);
    const text = judged.writes(ask, latch.release !== undefined);
    const method = judged.appends ? 'write_in_turn' : 'write_later';
    const { ends } = this;
    slot.writing += 1;
    const ended = () => { slot.writing -= 1; };
    const promise = room[method](text, latch.promise);
    return this.follow(`${name}.${method}('${text}')${isAhead ? ' ahead' : ''}${latch.release === undefined ? ' for ever' : ''}`, promise, () => { ended(); judged.written(text, ask); }, (error) => {
      ended();
      this.#only(`an asynchronous write of ${name}`, error, [...codes, this.ends > ends && 'E_INSTANCE_ABORTED']);
      judged.unwritten(text, error.retryable === true);
    });
  }

  /** @param {string} name @param {Slot} slot */
  open(name, slot) {
    const mayFail = slot.isOpen || slot.opening > 0 || slot.isDropped;
    const isWithin = this.#isWithin;
    slot.opening += 1;
    const opens = slot.opens += 1;
    const turns = this.#below(4);
    const create = () => (turns === 0 ? new this.pkg.Room() : microtasks(turns).then(() => new this.pkg.Room()));
    const snapshotAfter = this.#next() < 0.5 ? 200 : undefined;
    return this.follow(`open(${name})`, this.pkg.Room.open(this.#opener, name, { create, snapshotAfter }), (handle) => {
      slot.opening -= 1;
      if (slot.isOpen) this.#run.fault(`${name} was opened twice`);
      [slot.handle, slot.isOpen, slot.isDropped] = [handle, true, false];
    }, (error) => {
      slot.opening -= 1;
      // Of two that wait for one `close`, either may come first.
      this.#only(`open(${name})`, error, [(mayFail || slot.opens > opens) && 'E_LEASE', isWithin && 'E_INSTANCE_ABORTED']);
    });
  }

  /** @param {string} name @param {Slot} slot */
  close(name, slot) {
    const { handle } = slot;
    [slot.old, slot.handle, slot.isOpen] = [handle, undefined, false];
    const judged = this.#run.judged(name);
    const ahead = judged.closes();
    return this.follow(`${name}.close()`, handle.close(), () => judged.closed(ahead), (error) => {
      judged.unclosed();
      this.#only(`a close of ${name}`, error, []);
    });
  }

  /** @param {number} build */
  upgrade(build) {
    const wait = [0, 1, 20, 20][this.#below(4)];
    this.ends += 1;
    if (build === 1 && this.#next() < 0.25) {
      const at = this.#below(ASKED.length);
      this.#run.step(`the other build is to fail by ${ASKED[at]}`);
      this.#run.packages.fail(at);
      // It may be an ordinary start that fails.
      this.#mayFail = true;
      try {
        this.#draft = new this.pkg.Draft();
      } catch {
        // A call is on the stack, and its instance has ended.
      }
    }
    return this.follow(`upgrade(${build}, ${wait} ms)`, this.pkg.recovery.upgrade(this.#run.packages.modules[build], { wait }), () => { this.ends += 1; },
      (error) => {
        this.ends += 1;
        if (error?.code !== 'E_UPGRADE' || !this.#mayFail) this.#run.fault(`an upgrade failed: ${error?.stack}, ${error?.cause?.stack}`);
      });
  }

  /** One step; what is to be awaited is a function, or nothing. @returns {Promise<void> | undefined} */
  step() {
    const name = /** @type {string} */ (NAMES[this.#below(NAMES.length)]);
    const slot = /** @type {Slot} */ (this.slots.get(name));
    const chance = this.#next();
    const { recovery } = this.pkg;
    // Most opens that come before the last one is there are refused, which tells little.
    if (slot.opening > 0 && this.#next() < 0.7) return undefined;
    if (chance < 0.04) return this.#rush();
    if (chance < 0.08) return this.#within();
    if (chance < 0.55) return slot.handle === undefined && (slot.old === undefined || this.#next() < 0.9) ? this.open(name, slot) : this.call(name, slot);
    if (chance < 0.67) return slot.handle === undefined ? this.open(name, slot) : this.close(name, slot);
    if (chance < 0.69) return this.open(name, slot);
    if (chance < 0.70) return this.#drop(name, slot);
    if (chance < 0.78) return this.upgrade(this.#below(2));
    if (chance < 0.83) return this.#trap();
    if (chance < 0.85) {
      this.ends += 1;
      return this.follow('restart()', recovery.restart(), () => {}, (error) => this.#run.fault(`a restart failed: ${error?.stack}`));
    }
    if (chance < 0.87) {
      this.ends += 1;
      this.#run.step('dispose()');
      recovery.dispose();
    } else if (chance < 0.89) {
      recovery.spare = this.#next() < 0.5;
      this.#run.step(`spare = ${recovery.spare}`);
    } else if (chance < 0.95) {
      const [latch] = this.latches.splice(this.#below(this.latches.length), 1);
      if (latch !== undefined) this.#run.step('a call may go on');
      latch?.release?.();
    } else if (chance < 0.98) {
      this.#run.step(this.store.disturb());
    } else if (this.#run.faults && this.store.take(name)) {
      this.#run.step(`the lease of ${name} is taken`);
    }
    return undefined;
  }

  /** Some steps while a call of Rust is on the stack. @returns {undefined} */
  #within() {
    const isInner = this.#isWithin;
    this.#isWithin = true;
    this.#run.step('within a call:');
    try {
      this.pkg.call(() => { for (let count = this.#below(4); count > 0; count -= 1) this.step(); });
    } catch (error) {
      if (/** @type {any} */ (error)?.code !== 'E_INSTANCE_ABORTED') this.#run.fault(`a call threw ${/** @type {any} */ (error)?.stack}`);
    }
    this.#isWithin = isInner;
    this.#run.step('behind it');
  }

  /** Many objects are closed while there is an upgrade. @returns {undefined} */
  #rush() {
    const build = this.#below(2);
    if (this.#next() < 0.5) this.upgrade(build);
    for (const [name, slot] of this.slots) {
      if (slot.handle === undefined || this.#next() < 0.2) continue;
      if (this.#next() < 0.5) this.call(name, slot);
      this.close(name, slot);
      if (this.#next() < 0.3) this.open(name, slot);
    }
    if (this.#next() < 0.5) this.upgrade(1 - build);
  }

  /** @param {string} name @param {Slot} slot @returns {undefined} */
  #drop(name, slot) {
    if (slot.handle === undefined) return;
    this.#run.step(`${name} is left`);
    this.#run.judged(name).left();
    [slot.handle, slot.old, slot.isOpen, slot.isDropped] = [undefined, undefined, false, true];
    setImmediate(collect);
  }

  /** @returns {undefined} */
  #trap() {
    this.#run.step('trap()');
    this.ends += 1;
    try {
      this.pkg.trap();
      this.#run.fault('trap() returned');
    } catch (error) {
      if (/** @type {any} */ (error)?.code !== 'E_INSTANCE_ABORTED') this.#run.fault(`trap() threw ${/** @type {any} */ (error)?.stack}`);
    }
  }

  /** A pause between steps, often none. */
  async pause() {
    const chance = this.#next();
    if (chance < 0.45) return;
    if (chance < 0.75) await microtasks(1 + this.#below(12));
    else if (chance < 0.95) await immediate();
    else await new Promise((resolve) => { setTimeout(resolve, this.#below(4)); });
  }

  /** Nothing holds anybody up any more: all that is under way must end. */
  async calm() {
    this.store.calm();
    for (let round = 0; round < 3; round += 1) {
      for (const { release } of this.latches.splice(0)) release?.();
      await immediate();
    }
    const began = Date.now();
    while (this.waiting.size > 0) {
      // Calls that wait for ever end with an instance.
      this.ends += 1;
      await this.pkg.recovery.restart();
      await new Promise((resolve) => { setTimeout(resolve, 1); });
      if (Date.now() - began > LIMIT) return this.#run.fault(`not settled: ${[...this.waiting].join(', ')}`);
    }
  }
}

/** All lives of a seed. */
export class Interleaving {
  /** @type {Packages} */
  packages;
  /** @type {number} */
  seed;
  /** @type {() => number} */
  next;
  /** The store: in memory, that with a hook, or a directory. @type {string} */
  kind;
  /** Whether the store fails. @type {boolean} */
  faults;
  /** @type {number} */
  #steps;
  #count = 0;
  /** @type {string[]} */
  lines = [];
  /** @type {string[]} */
  wrong = [];
  /** @type {Map<string, Judged>} */
  #judged = new Map();
  /** @type {Life | undefined} */
  #life;

  /** @param {Packages} packages @param {Omit<Options, 'packages'>} options */
  constructor(packages, { seed, steps, store, faults }) {
    [this.packages, this.seed, this.#steps, this.next] = [packages, seed, steps, random(seed)];
    const [kind, fails] = [this.next(), this.next()];
    this.kind = store ?? (kind < 0.3 ? 'memory' : kind < 0.5 ? 'hooked' : 'directory');
    this.faults = faults ?? fails < 0.4;
    for (const [at, name] of NAMES.entries()) this.#judged.set(name, new Judged(name, at % 2 === 0, !this.faults, (text) => this.fault(text)));
  }

  /** @param {string} name */
  judged(name) { return /** @type {Judged} */ (this.#judged.get(name)); }

  /** @param {string} line */
  say(line) { this.lines.push(line); }

  /** @param {string} what */
  step(what) {
    const label = `${this.#count += 1} ${what}`;
    this.say(label);
    return label;
  }

  /** @param {string} text */
  fault(text) {
    this.say(`!! ${text}`);
    this.wrong.push(text);
  }

  /** How many steps there were. */
  get steps() { return this.#count; }

  /** Runs it. */
  async run() {
    const stray = (/** @type {any} */ error) => this.fault(`nobody handles: ${error?.stack ?? error}`);
    process.on('unhandledRejection', stray);
    process.on('uncaughtException', stray);
    try {
      const store = await Slow.make(this);
      const lives = 1 + Math.floor(this.next() * 3);
      for (let life = 0; life < lives && this.wrong.length === 0; life += 1) await this.#lives(store, Math.floor(this.#steps / lives));
      if (this.wrong.length === 0) await this.#last(store);
      await immediate();
    } finally {
      process.off('unhandledRejection', stray);
      process.off('uncaughtException', stray);
    }
    return this;
  }

  /** @param {Slow} store */
  async #begin(store) {
    this.step('a process with the first build');
    this.packages.fail(-1);
    const pkg = await this.packages.fresh((error) => this.say(`   reported: ${error}`));
    return new Life(this, pkg, store);
  }

  /** @param {Slow} store @param {number} steps */
  async #lives(store, steps) {
    const life = await this.#begin(store);
    this.#life = life;
    for (let at = 0; at < steps && this.wrong.length === 0; at += 1) {
      const step = life.step();
      // What waits for a latch is never awaited here.
      if (step !== undefined && this.next() < 0.25) await Promise.race([step, new Promise((resolve) => { setTimeout(resolve, 5); })]);
      else await life.pause();
    }
    if (store.crashes && this.next() < 0.5) {
      life.isOver = true;
      this.step('the process and its store crash');
      store.crash(this.next);
    } else {
      await life.calm();
      if (this.wrong.length === 0) await this.#leave(life, store);
    }
    for (const judged of this.#judged.values()) judged.another();
  }

  /** An orderly end. @param {Life} life @param {Slow} store */
  async #leave(life, store) {
    const closes = [];
    for (const [name, slot] of life.slots) if (slot.handle !== undefined) closes.push(life.close(name, slot));
    await Promise.all(closes);
    await life.calm();
    life.isOver = true;
    store.leave();
  }

  /** Another process looks at what there is. @param {Slow} store */
  async #last(store) {
    const life = await this.#begin(store);
    store.calm();
    for (const [name, slot] of life.slots) {
      const judged = this.judged(name);
      await life.open(name, slot);
      if (slot.handle === undefined) return this.fault(`${name} can't be opened`);
      const ask = judged.asked(false);
      for (const client of [0, 1]) judged.shown(client, await slot.handle.edits(client), ask);
      judged.text(await slot.handle.text(), ask);
      const number = judged.number(0);
      await life.follow(`${name}.edit(0, ${number})`, slot.handle.edit(0, number), (value) => judged.edited(0, number, value, ask), (error) => this.fault(`the last edit failed: ${error?.stack}`));
      await life.close(name, slot);
    }
    life.isOver = true;
  }
}

/** @param {Packages} packages @param {Omit<Options, 'packages'>} options */
export const interleave = (packages, options) => new Interleaving(packages, options).run();

/** What is to be read of one that went wrong. @param {Interleaving} run */
export const told = ({ seed, kind, faults, lines, wrong }) => `seed ${seed}, ${kind}, ${faults ? 'with' : 'without'} faults:\n${lines.slice(-200).join('\n')}\n${wrong.join('\n')}`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: {
    packages: { type: 'string' }, from: { type: 'string', default: '1' }, seeds: { type: 'string', default: '100' }, steps: { type: 'string', default: '120' },
    store: { type: 'string' }, faults: { type: 'string' },
  } });
  if (values.packages === undefined) throw new Error('say where the packages are: --packages DIR');
  const packages = new Packages(values.packages);
  const from = Number(values.from);
  let [steps, bad] = [0, 0];
  for (let seed = from; seed < from + Number(values.seeds); seed += 1) {
    const run = await interleave(packages, { seed, steps: Number(values.steps), store: values.store, faults: values.faults === undefined ? undefined : values.faults === 'on' });
    steps += run.steps;
    if (run.wrong.length === 0) continue;
    bad += 1;
    console.log(told(run));
  }
  console.log(`interleavings: ${values.seeds} seeds from ${from}, ${steps} steps, ${bad} went wrong`);
  packages.end();
  process.exit(bad === 0 ? 0 : 1);
}
