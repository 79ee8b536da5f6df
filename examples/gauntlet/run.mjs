// @ts-check
/**
 * Runs the gauntlet: hostile and valid inputs mixed into one stream, through one
 * instance of each package, and prints what became of every one of them.
 *
 *     node run.mjs --ours DIR [--plain DIR] [--rounds N] [--soak N] [--engine-label TEXT]
 *
 * The packages are of wasm-bindgen's `web` target. Nothing that the table says
 * is written down beforehand: both columns are observed in this run.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * One line of an inputs file.
 * @typedef {object} Input
 * @property {string} name
 * @property {'hostile' | 'valid' | 'later'} kind later: for an issue to come, not run
 * @property {string} call the export, or `session` for a method of HpackSession
 * @property {[string, number, number]} [args] of a call that takes no octets
 * @property {string} [hex] the octets of one that does
 * @property {string} [on] the session's name
 * @property {number} [table] the session's table size
 * @property {string | string[]} [site] where in the guilty crate it panics
 * @property {string} [answer] the right answer, as text
 * @property {string} [refused] the right answer, as the message of an orderly error
 * @property {string} [pixels] the right answer, as RGBA in hex
 */

/** @typedef {{ target: string, version: string, advisory: string, inputs: Input[] }} InputFile */

/** @typedef {{ file: InputFile, input: Input }} Entry */

/** @typedef {abstract new (...args: any[]) => Error} ErrorClass */

/**
 * What this script uses of a package.
 * @typedef {object} Package
 * @property {(source: { module: BufferSource }) => { memory: WebAssembly.Memory }} initSync
 * @property {new (tableSize: number | undefined) => Session} HpackSession
 * @property {ErrorClass} [PanicError] ours alone
 * @property {ErrorClass} [DecodeError] ours alone
 */

/** @typedef {{ decode(block: Uint8Array): string, free(): void }} Session */

/**
 * How a call ended.
 * @typedef {{ value: unknown } | { thrown: unknown }} Outcome
 */

/** The faulty blurhash rounds up to one step higher than the format says. */
const TOLERANCE = 1;

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Inputs with a known answer, through one instance of one package. */
class Runner {
  /** @type {Map<Input, Map<string, number>>} per input: what was observed, and how often */
  seen = new Map();
  /** @type {Map<Input, boolean>} per input: whether it held in every round */
  held = new Map();
  /** @type {Map<string, Session>} the open sessions of this round */
  sessions = new Map();
  /** @type {{ input: Input, on: string | undefined }[]} hostile inputs whose next valid call is due */
  due = [];
  /** @type {Map<string, string>} sessions that could not be freed, and why */
  unfreed = new Map();
  rounds = 0;

  /**
   * @param {Package} pkg
   * @param {WebAssembly.Memory} memory
   */
  constructor(pkg, memory) {
    this.pkg = pkg;
    this.memory = memory;
  }

  /** @param {Entry[]} stream */
  round(stream) {
    this.rounds += 1;
    for (const entry of stream) {
      const outcome = this.call(entry.input);
      if (entry.input.kind === 'hostile') this.hostile(entry, outcome);
      else this.valid(entry.input, outcome);
    }
    for (const { input } of this.due) this.note(input, false, 'no valid call followed');
    this.due = [];
    this.closeSessions();
  }

  /**
   * @param {Entry} entry
   * @param {Outcome} outcome
   */
  hostile({ file, input }, outcome) {
    this.note(input, isReported(this.pkg, file, input, outcome), describe(outcome));
    this.due.push({ input, on: undefined });
    if (input.on !== undefined) this.due.push({ input, on: input.on });
  }

  /**
   * @param {Input} input
   * @param {Outcome} outcome
   */
  valid(input, outcome) {
    const right = isRight(this.pkg, input, outcome);
    this.note(input, right, right ? 'right' : describe(outcome));
    const settled = this.due.filter(({ on }) => on === undefined || on === input.on);
    this.due = this.due.filter((one) => !settled.includes(one));
    if (right) return;
    for (const one of settled) {
      // On an object that another input broke, that input's row says so already.
      const own = one.on === input.on || input.on === undefined;
      const known = this.seen.get(one.input)?.has(describe(outcome));
      this.note(one.input, false, own && !known ? `then ${describe(outcome)}` : undefined);
    }
  }

  /**
   * @param {Input} input
   * @returns {Outcome}
   */
  call(input) {
    /** @type {Record<string, any>} */
    const exports = this.pkg;
    try {
      if (input.args) return { value: exports[input.call](...input.args) };
      const octets = Uint8Array.from(Buffer.from(input.hex ?? '', 'hex'));
      if (input.call !== 'session') return { value: exports[input.call](octets) };
      return { value: this.session(input).decode(octets) };
    } catch (thrown) {
      return { thrown };
    }
  }

  /** @param {Input} input */
  session(input) {
    const name = input.on ?? '';
    let session = this.sessions.get(name);
    if (session === undefined) {
      session = new this.pkg.HpackSession(input.table);
      this.sessions.set(name, session);
    }
    return session;
  }

  closeSessions() {
    for (const [name, session] of this.sessions) {
      try {
        session.free();
      } catch (thrown) {
        this.unfreed.set(name, describe({ thrown }));
      }
    }
    this.sessions.clear();
  }

  /**
   * @param {Input} input
   * @param {boolean} held
   * @param {string} [what]
   */
  note(input, held, what) {
    const seen = this.seen.get(input) ?? new Map();
    if (what !== undefined) seen.set(what, (seen.get(what) ?? 0) + 1);
    this.seen.set(input, seen);
    this.held.set(input, held && this.held.get(input) !== false);
  }

  /**
   * Everything observed of one input, in a few words.
   * @param {Input} input
   */
  words(input) {
    const seen = [...(this.seen.get(input) ?? [])];
    const always = (/** @type {number} */ times) => times === this.rounds;
    return seen.map(([what, times]) => (always(times) ? what : `${what} (${times}×)`)).join(', ');
  }

  /**
   * Feeds hostile inputs and a valid one by turns until the valid one fails.
   * @param {Entry[]} stream
   * @param {number} limit
   */
  soak(stream, limit) {
    const stateless = stream.map(({ input }) => input).filter(({ on }) => on === undefined);
    const hostile = stateless.filter(({ kind }) => kind === 'hostile');
    const valid = stateless.filter(({ kind }) => kind === 'valid');
    for (let fed = 1; fed <= limit; fed += 1) {
      this.call(pick(hostile, fed));
      const probe = pick(valid, fed);
      const outcome = this.call(probe);
      if (!isRight(this.pkg, probe, outcome)) {
        return `dead after ${fed} more hostile inputs: ${describe(outcome)}`;
      }
    }
    return undefined;
  }
}

/**
 * @template T
 * @param {T[]} list not empty
 * @param {number} n
 * @returns {T}
 */
function pick(list, n) {
  return /** @type {T} */ (list[n % list.length]);
}

/**
 * Whether a hostile input came back as a PanicError that names the guilty line.
 * @param {Package} pkg
 * @param {InputFile} file
 * @param {Input} input
 * @param {Outcome} outcome
 */
function isReported(pkg, file, input, outcome) {
  if (!('thrown' in outcome) || pkg.PanicError === undefined) return false;
  const error = outcome.thrown;
  if (!(error instanceof pkg.PanicError)) return false;
  const location = /** @type {any} */ (error).location;
  const place = `${location?.file}:${location?.line}`.replaceAll('\\', '/');
  return [input.site ?? []].flat().some((site) => {
    return place.endsWith(`/${file.target}-${file.version}/${site}`);
  });
}

/**
 * @param {Package} pkg
 * @param {Input} input
 * @param {Outcome} outcome
 */
function isRight(pkg, input, outcome) {
  if ('thrown' in outcome) {
    const { thrown } = outcome;
    const kind = pkg.DecodeError ?? Error;
    return input.refused !== undefined && thrown instanceof kind && thrown.message === input.refused;
  }
  if (input.refused !== undefined) return false;
  if (input.pixels === undefined) return String(outcome.value) === input.answer;
  const want = Buffer.from(input.pixels, 'hex');
  const got = outcome.value;
  if (!(got instanceof Uint8Array) || got.length !== want.length) return false;
  return want.every((octet, at) => Math.abs(octet - Number(got[at])) <= TOLERANCE);
}

/**
 * An outcome in a few words.
 * @param {Outcome} outcome
 */
function describe(outcome) {
  if ('value' in outcome) return `wrong answer: ${shorten(String(outcome.value), 24)}`;
  const { thrown } = outcome;
  if (!(thrown instanceof Error)) return `threw ${shorten(String(thrown), 40)}`;
  const { location } = /** @type {any} */ (thrown);
  if (location) {
    const path = String(location.file).replaceAll('\\', '/');
    const inCrate = /[^/]+-\d+\.\d+\.\d+\/.*$/.exec(path)?.[0] ?? path;
    return `${thrown.name} at ${inCrate}:${location.line}`;
  }
  if (/^recursive use of an object/.test(thrown.message)) return 'locked: recursive use of an object';
  return `${thrown.name}: ${shorten(thrown.message, 48)}`;
}

/**
 * @param {string} text
 * @param {number} most
 */
function shorten(text, most) {
  const line = text.replaceAll('\n', ' / ');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** @returns {InputFile[]} */
function loadInputs() {
  const folder = join(HERE, 'inputs');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

/**
 * Mixes the files into one stream, a turn each, every file in its own order.
 * @param {InputFile[]} files
 * @param {number} first whose turn comes first
 */
function mix(files, first) {
  const queues = files.map((file) => {
    return file.inputs.filter(({ kind }) => kind !== 'later').map((input) => ({ file, input }));
  });
  /** @type {Entry[]} */
  const stream = [];
  const longest = Math.max(...queues.map((queue) => queue.length));
  for (let turn = 0; turn < longest; turn += 1) {
    for (let at = 0; at < queues.length; at += 1) {
      const entry = pick(queues, first + at)[turn];
      if (entry) stream.push(entry);
    }
  }
  return stream;
}

/**
 * Loads a package of the `web` target and makes its one instance.
 * @param {string} folder
 */
async function open(folder) {
  const root = resolve(folder);
  const wasm = readdirSync(root).find((name) => name.endsWith('_bg.wasm'));
  if (!wasm) throw new Error(`no *_bg.wasm in ${root}`);
  const script = join(root, wasm.replace(/_bg\.wasm$/, '.js'));
  /** @type {Package} */
  const pkg = await import(pathToFileURL(script).href);
  const { memory } = pkg.initSync({ module: readFileSync(join(root, wasm)) });
  return new Runner(pkg, memory);
}

/**
 * @param {InputFile[]} files
 * @param {Runner | undefined} plain
 * @param {Runner} ours
 */
function printTable(files, plain, ours) {
  /** @type {string[][]} */
  const rows = [['input', '', ...(plain ? ['plain wasm-bindgen'] : []), 'recover']];
  for (const file of files) {
    rows.push([`${file.target} ${file.version}, ${file.advisory}`]);
    for (const input of file.inputs) {
      if (input.kind === 'later') continue;
      const label = `  ${input.on === undefined ? '' : `[${input.on}] `}${input.name}`;
      const verdict = ours.held.get(input) ? '' : 'FAILED: ';
      const columns = [shorten(label, 52), input.kind];
      if (plain) columns.push(plain.words(input));
      rows.push([...columns, verdict + ours.words(input)]);
    }
  }
  const full = rows.filter((row) => row.length > 1);
  const widths = (full[0] ?? []).map((_, at) => Math.max(...full.map((row) => [...(row[at] ?? '')].length)));
  for (const row of rows) {
    const cells = row.map((cell, at) => {
      const width = row.length > 1 && at < row.length - 1 ? (widths[at] ?? 0) : 0;
      return cell + ' '.repeat(Math.max(0, width - [...cell].length));
    });
    console.log(cells.join('  '));
  }
}

/**
 * @param {Runner} runner
 * @param {Input[]} inputs
 * @param {Input['kind']} kind
 */
function count(runner, inputs, kind) {
  const all = inputs.filter((input) => input.kind === kind);
  return { all: all.length, held: all.filter((input) => runner.held.get(input)).length };
}

async function main() {
  const { values } = parseArgs({
    options: {
      ours: { type: 'string' },
      plain: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      soak: { type: 'string', default: '20000' },
      'engine-label': { type: 'string', default: `Node ${process.versions.node}` },
    },
  });
  if (values.ours === undefined) {
    console.error('usage: node run.mjs --ours DIR [--plain DIR] [--rounds N] [--soak N] [--engine-label TEXT]');
    process.exit(2);
  }
  const files = loadInputs();
  const inputs = files.flatMap((file) => file.inputs);
  const ours = await open(values.ours);
  const plain = values.plain === undefined ? undefined : await open(values.plain);
  const runners = plain ? [plain, ours] : [ours];

  const rounds = Number(values.rounds);
  for (const runner of runners) {
    for (let turn = 0; turn < rounds; turn += 1) runner.round(mix(files, turn));
  }
  console.log(`gauntlet on ${values['engine-label']}: ${rounds} rounds, one instance a column\n`);
  printTable(files, plain, ours);

  console.log('');
  const limit = Number(values.soak);
  for (const runner of runners) {
    const who = runner === ours ? 'recover' : 'plain wasm-bindgen';
    const hostile = count(runner, inputs, 'hostile');
    const valid = count(runner, inputs, 'valid');
    if (runner !== ours) {
      console.log(`${who}: ${valid.all - valid.held} of ${valid.all} valid inputs not answered right`);
    }
    for (const why of new Set(runner.unfreed.values())) {
      console.log(`${who}: free() of ${runner.unfreed.size} sessions failed: ${why}`);
    }
    const before = runner.memory.buffer.byteLength / 65536;
    const dead = limit > 0 ? runner.soak(mix(files, 0), limit) : undefined;
    const after = runner.memory.buffer.byteLength / 65536;
    const end = dead ?? `still right after ${limit} more hostile inputs`;
    if (limit > 0) console.log(`${who}: ${end}; memory ${before} pages before, ${after} after`);
    if (runner === ours) {
      const all = hostile.held === hostile.all && valid.held === valid.all;
      process.exitCode = all && dead === undefined && runner.unfreed.size === 0 ? 0 : 1;
      console.log(
        `demo: ${hostile.all} hostile inputs, ${hostile.held} survived; ${valid.all} valid inputs, ${valid.held} correct`,
      );
    }
  }
}

await main();
