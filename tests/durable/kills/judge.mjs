// @ts-check
// Judges lives of programs that were killed: what was answered must be there in the next one; what was not, wholly or not at all,
// and in order. It knows the model and what was said, and nothing of stores or engines.
import { callOf, Model } from './model.mjs';

/** @typedef {import('./driver.mjs').Said} Said */
/** @typedef {'lost' | 'half' | 'wrong' | 'refused'} Fault an answered call is gone; a half of one is there; it is as no calls lead to; it can't be used */

/** An object through its lives. */
export class Judge {
  #seed;
  /** As it was found last. */
  #model = new Model();
  /** As it is when all calls of this life were made. */
  #ahead = new Model();
  /** Texts of the calls of this life, from the first after the model. @type {string[]} */
  #texts = [];
  /** The digest after each call of this life; the first is that of the model. @type {number[]} */
  #digests = [];
  /** The highest number of which a call was answered, or that a read showed. */
  #held = 0;
  #life = -1;
  #wasFound = false;
  /** How many answers were given. */
  answered = 0;
  /** How many calls were answered and are gone. */
  lost = 0;
  /** How many times a half of a call was there. */
  half = 0;
  /** @type {{ fault: Fault, text: string }[]} */
  faults = [];

  /** @param {number} seed */
  constructor(seed) {
    this.#seed = seed;
  }

  /** Another program has the object. */
  begin() {
    this.#life += 1;
    this.#wasFound = false;
    return this.#life;
  }

  get wasFound() { return this.#wasFound; }

  /** @param {Fault} fault @param {string} text */
  #fails(fault, text) {
    this.faults.push({ fault, text: `life ${this.#life}: ${text}` });
  }

  /** @param {Said} said */
  hear(said) {
    if (said[0] === 'found') this.#found(said[1], said[2], said[3]);
    else if (said[0] === 'sent') this.#sent(said[1]);
    else if (said[0] === 'answered') this.#answered(said[1], said[2]);
    else if (said[0] === 'read') this.#shown(said[1], said[2], 'a read');
    else if (said[0] === 'fault') this.#fails('refused', said[1]);
  }

  /** @param {number} calls @param {number} digest @param {number} half */
  #found(calls, digest, half) {
    this.#wasFound = true;
    const sent = this.#model.calls + this.#texts.length;
    if (half !== 0) {
      this.half += 1;
      this.#fails('half', `a half of a call is there, behind ${calls}`);
    }
    if (calls < this.#held) {
      this.lost += this.#held - calls;
      this.#fails('lost', `${calls} calls are there, and ${this.#held} were answered`);
    }
    else if (calls > sent) this.#fails('wrong', `${calls} calls are there, and ${sent} were made`);
    if (calls < this.#model.calls) return;
    for (const text of this.#texts.slice(0, calls - this.#model.calls)) this.#model.next(text);
    if (digest !== this.#model.digest) this.#fails('wrong', `the object is not what its first ${calls} calls lead to`);
    [this.#texts, this.#ahead, this.#digests, this.#held] = [[], this.#model.copy(), [digest], calls];
  }

  /** @param {number} number */
  #sent(number) {
    if (number !== this.#model.calls + this.#texts.length + 1) this.#fails('wrong', `call ${number} was made out of order`);
    const { text } = callOf(this.#seed, this.#life, number);
    this.#texts.push(text);
    this.#ahead.next(text);
    this.#digests.push(this.#ahead.digest);
  }

  /** @param {number} number @param {number} digest */
  #answered(number, digest) {
    this.answered += 1;
    this.#shown(number, digest, `the answer of call ${number}`);
  }

  /** What an answer shows is held from now on. @param {number} calls @param {number} digest @param {string} what */
  #shown(calls, digest, what) {
    if (digest !== this.#digests[calls - this.#model.calls]) this.#fails('wrong', `${what} shows what ${calls} calls do not lead to`);
    this.#held = Math.max(this.#held, calls);
  }
}
