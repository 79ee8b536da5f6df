// @ts-check
// How what an object gains gets into its store, and when its calls are answered. Calls of one tick are one chunk; while a
// write is under way the next ones gather. Behind the answers a state is written when the journal is long, and what it
// replaces is dropped. No object is known here, and no call: what is gained is handed over, and answers are promises.
//
// At most one method of the store is under way at a time. When one fails, or the lease is lost, nothing is written any more.

import { CHUNK, Writer } from './chunks.js';

/** Bytes of a journal behind which a state is written, and how many times as long as a state. */
const AFTER = 65_536, STATES = 4;

/**
 * @typedef {{ settle: () => void, fail: (error: unknown) => void }} Waiter
 * @typedef {{ writer: Writer, first: number, waiters: Waiter[], isAhead: boolean }} Group what is written as one chunk; somebody
 *   was answered ahead of it
 * @typedef {{
 *   gather(): void,
 *   state(at: number, sequence: number): Uint8Array | undefined,
 *   error(cause: unknown, isUntouched: boolean): unknown,
 *   failed(error: unknown, wasHeard: boolean): void,
 *   late(error: unknown): void,
 * }} Owner `gather` hands over what was gained
 *   until now; `state` gives the piece of the present state, if there is one; `error` makes the error of a call whose write failed, and says whether the
 *   store was not asked for it at all; `failed` hears once that nothing is written any more, and
 *   whether all is heard of that was gained; `late` of a state that could not be written
 */

/** @param {unknown} value @returns {value is PromiseLike<unknown>} */
const isThenable = (value) => typeof (/** @type {any} */ (value)?.then) === 'function';

/** Milliseconds that a write waits for others at the most, where nothing tells when all that came in together has been heard. */
const LINGER = 8;

/**
 * Runs a function behind all that came in together. workerd has no `setImmediate`, and each message is a turn of its own: there it waits for
 * a time, the longer the more calls the last write had. Who is alone doesn't wait.
 * @type {(run: () => void, calls: number) => void}
 */
const behind = (/** @type {any} */ (globalThis)).setImmediate ?? ((run, calls) => { setTimeout(run, Math.min(calls - 1, LINGER)); });

export class Commits {
  #stored;
  #hash;
  #owner;
  /** Bytes of the journal in the store. */
  #bytes = 0;
  /** Bytes of the state before it. */
  #stateBytes = 0;
  /** @type {number | undefined} */
  #after;
  /** The number of the next chunk. */
  #at = 0;
  /** @type {Group | undefined} */
  #gathering;
  /** @type {Group | undefined} */
  #written;
  #isBusy = false;
  #isScheduled = false;
  #isCut = false;
  /** A write that is synchronous holds everybody up: it waits for all that has come in. */
  #isSynchronous = false;
  /** Calls that waited for the last write. */
  #together = 1;
  /** Who waits until nothing is under way. @type {(() => void)[]} */
  #idle = [];
  /** Nothing is written any more. */
  #isOver = false;
  /** How many calls there were that have a place in the journal. */
  sequence = 0;

  /**
   * @param {import('./stores').DurableStored} stored
   * @param {number} hash of the class's name
   * @param {{ at: number, sequence: number, bytes: number, stateBytes: number, after: number | undefined }} from
   * @param {Owner} owner
   */
  constructor(stored, hash, { at, sequence, bytes, stateBytes, after }, owner) {
    this.#stored = stored;
    this.#hash = hash;
    this.#owner = owner;
    [this.#at, this.sequence, this.#bytes, this.#stateBytes, this.#after] = [at, sequence, bytes, stateBytes, after];
    stored.lost?.then((why) => this.fail(leaseLost(why)), (why) => this.fail(leaseLost(why)));
  }

  /** What gathers; a write of it follows. */
  #group() {
    if (this.#gathering === undefined) {
      this.#gathering = { writer: new Writer(this.#hash), first: this.sequence, waiters: [], isAhead: false };
      this.#schedule();
    }
    return this.#gathering;
  }

  #schedule() {
    if (this.#isScheduled || this.#isBusy) return;
    this.#isScheduled = true;
    const run = () => {
      this.#isScheduled = false;
      this.#flush();
    };
    if (this.#isSynchronous) behind(run, this.#together);
    else queueMicrotask(run);
  }

  /** A call has changed the object. @param {import('./chunks').Named} method @param {boolean} ok @param {Uint8Array} args */
  call(method, ok, args) {
    this.#group().writer.call(method, ok, args);
    this.sequence += 1;
  }

  /** The object has changed so that only its state tells how. @param {Uint8Array} snapshot @param {boolean} isCall a call has changed it */
  snapshot(snapshot, isCall) {
    this.#group().writer.snapshot(snapshot);
    this.sequence += Number(isCall);
  }

  /** A call has changed nothing, and has a place of its own all the same. */
  touch() {
    // A chunk may have nothing else.
    this.#group();
    this.sequence += 1;
  }

  /** There is a new state: it is to be in the store, too. */
  cut() {
    this.#isCut = true;
  }

  /**
   * Hears when all that was gained until now is in the store; the answer is whether it is there already.
   * @param {() => Waiter} waiter
   */
  wait(waiter) {
    const group = this.#gathering ?? this.#written;
    if (group === undefined) return false;
    group.waiters.push(waiter());
    return true;
  }

  /** Somebody is answered by what was gained until now, and does not wait. */
  ahead() {
    const last = this.#gathering ?? this.#written;
    if (last !== undefined) last.isAhead = true;
  }

  #flush() {
    if (this.#isOver) return;
    // The state below is that of now: what led to it is in this chunk.
    this.#owner.gather();
    const group = this.#gathering;
    if (group === undefined || this.#isOver) return;
    [this.#gathering, this.#written, this.#isBusy] = [undefined, group, true];
    /** @type {Uint8Array} */
    let bytes;
    /** @type {Uint8Array | undefined} */
    let state;
    try {
      bytes = group.writer.sealed(CHUNK, this.#at, this.#at, group.first, this.sequence);
      // The state of now, which is that behind this chunk.
      if (this.#isDue(bytes.length)) {
        state = this.#owner.state(this.#at + 1, this.sequence);
        // What is cut from here on is in the next one.
        this.#isCut = false;
      }
    } catch (error) {
      return this.fail(error);
    }
    this.#ask(() => this.#stored.append(this.#at, bytes), (isSynchronous) => {
      this.#isSynchronous = isSynchronous;
      this.#at += 1;
      this.#bytes += bytes.length;
      this.#written = undefined;
      this.#together = Math.max(group.waiters.length, 1);
      group.waiters.forEach(({ settle }) => settle());
      if (state === undefined) this.#rest();
      else this.#replace(state);
    });
  }

  /** Calls the store, and goes on when it is done. @param {() => unknown} ask @param {(isSynchronous: boolean) => void} done @param {(error: unknown) => void} [failed] */
  #ask(ask, done, failed = (error) => this.fail(error)) {
    let answer;
    try {
      answer = ask();
    } catch (error) {
      return failed(error);
    }
    if (!isThenable(answer)) return done(true);
    Promise.resolve(answer).then(() => { if (!this.#isOver) done(false); }, failed);
  }

  /** Whether a state is to be written behind the chunk that is. @param {number} bytes */
  #isDue(bytes) {
    const after = this.#after ?? Math.max(AFTER, this.#stateBytes * STATES);
    return this.#isCut || this.#bytes + bytes >= after;
  }

  /** Writes the state before the next chunk, and drops what it replaces. @param {Uint8Array} state @param {(error: unknown) => void} [failed] */
  #replace(state, failed = (error) => this.#postpone(error)) {
    const at = this.#at;
    this.#ask(() => this.#stored.snapshot(at, state), () => {
      [this.#bytes, this.#stateBytes] = [0, state.length];
      this.#ask(() => this.#stored.drop(at), () => this.#rest(), failed);
    }, failed);
  }

  /** A state could not be written: the journal is as good, and it is tried again when that is as long again. @param {unknown} error */
  #postpone(error) {
    if (this.#isOver) return;
    if (isLost(error)) return this.fail(error);
    this.#bytes = 0;
    this.#owner.late(error);
    this.#rest();
  }

  /** The store is asked for nothing. */
  #rest() {
    this.#isBusy = false;
    if (this.#gathering !== undefined) return this.#schedule();
    this.#idle.splice(0).forEach((done) => done());
  }

  /** Nothing is written any more: those who wait hear why. @param {unknown} cause */
  fail(cause) {
    if (this.#isOver) return;
    this.#isOver = true;
    const groups = [this.#written, this.#gathering];
    [this.#written, this.#gathering] = [undefined, undefined];
    const error = this.#hear(groups, cause);
    this.#owner.failed(error, groups.every((group) => group === undefined || (group.waiters.length !== 0 && !group.isAhead)));
    this.#idle.splice(0).forEach((done) => done());
  }

  /** Whether nothing is gathered or under way. */
  get isIdle() {
    if (!this.#isOver) this.#owner.gather();
    return this.#isOver || (!this.#isBusy && this.#gathering === undefined);
  }

  /** Fulfilled when it is so. @returns {Promise<void>} */
  idle() {
    return this.isIdle ? Promise.resolve() : new Promise((done) => this.#idle.push(done));
  }

  /**
   * Writes a last state, if there were calls since the one before, and drops what it replaces: for who has waited until
   * nothing is under way, and ends this then.
   * @returns {Promise<void>}
   */
  async settle() {
    if (this.#isOver) return;
    // What comes in now, as an upgrade gives it, waits, and goes with the end: it is in the state, or made of it. A write of it
    // might still be under way when the store is closed, and fall into what the next owner writes.
    this.#isBusy = true;
    if (this.#bytes === 0) return;
    const at = this.#at;
    const state = this.#owner.state(at, this.sequence);
    if (state === undefined) return;
    await this.#stored.snapshot(at, state);
    this.#bytes = 0;
    await this.#stored.drop(at);
  }

  /** Nothing is written from here on. Who still waits for a write hears that. */
  end() {
    if (this.#isOver) return;
    this.#isOver = true;
    const groups = [this.#written, this.#gathering];
    [this.#written, this.#gathering] = [undefined, undefined];
    this.#hear(groups, new Error('the object was closed before this was written'));
    this.#idle.splice(0).forEach((done) => done());
  }

  /** Tells those who wait for the write under way, and for the one that gathers, why there is none. @param {(Group | undefined)[]} groups @param {unknown} cause */
  #hear(groups, cause) {
    const error = this.#owner.error(cause, false);
    groups.forEach((group, index) => {
      if (group === undefined || group.waiters.length === 0) return;
      const given = index === 0 ? error : this.#owner.error(cause, true);
      group.waiters.forEach(({ fail }) => fail(given));
    });
    return error;
  }

  get isOver() { return this.#isOver; }
}

/** The error of a lease that was lost. @param {unknown} why */
const leaseLost = (why) => Object.assign(new Error('the lease was lost', { cause: why }), { code: 'E_LEASE' });

/** Whether an error says that somebody else writes. @param {any} error */
export const isLost = (error) => error?.code === 'E_LEASE';
