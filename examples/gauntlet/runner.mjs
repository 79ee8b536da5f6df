// @ts-check
/**
 * Sends inputs through one instance of one package, and keeps account.
 */
import { argumentsOf, isSmall, pick } from './inputs.mjs';
import { describe, isReported, isRight } from './judge.mjs';

/** @typedef {import('./inputs.mjs').Input} Input */
/** @typedef {import('./inputs.mjs').Entry} Entry */
/** @typedef {import('./judge.mjs').Package} Package */
/** @typedef {import('./judge.mjs').Session} Session */
/** @typedef {import('./judge.mjs').Outcome} Outcome */
/** @typedef {{ pkg: Package, memory: WebAssembly.Memory }} Instance */

/** Inputs with a known answer, through one instance of one package. */
export class Runner {
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
  /** @type {Map<Input, number>} how often each was sent */
  sent = new Map();

  /** @param {Instance} instance */
  constructor(instance) {
    this.pkg = instance.pkg;
    this.memory = instance.memory;
  }

  /**
   * Goes on with another instance.
   * @param {Instance} instance
   */
  renew(instance) {
    this.pkg = instance.pkg;
    this.memory = instance.memory;
  }

  /** How large the memory is, in pages. */
  pages() {
    return (this.pkg.recovery?.health().memoryBytes ?? this.memory.buffer.byteLength) / 65536;
  }

  /** @param {Entry[]} stream */
  round(stream) {
    for (const entry of stream) {
      this.sent.set(entry.input, (this.sent.get(entry.input) ?? 0) + 1);
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
      const args = argumentsOf(input);
      if (input.call !== 'session') return { value: exports[input.call](...args) };
      return { value: this.session(input).decode(/** @type {Uint8Array} */ (args[0])) };
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
    const always = (/** @type {number} */ times) => times === this.sent.get(input);
    return seen.map(([what, times]) => (always(times) ? what : `${what} (${times}×)`)).join(', ');
  }

  /**
   * Feeds small inputs, a hostile and a valid one by turns, until the valid one fails.
   * @param {Entry[]} stream
   * @param {number} limit
   */
  soak(stream, limit) {
    const all = stream.map(({ input }) => input);
    const stateless = all.filter((input) => input.on === undefined && isSmall(input));
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
