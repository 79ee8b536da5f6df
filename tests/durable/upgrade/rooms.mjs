// @ts-check
// What a room of tests/fixtures/upgrade must be, by what was asked of it and what was answered. It knows nothing of
// packages and stores. A client counts its edits; a text is either only appended to, or only replaced.

/** How many clients edit a room. */
const CLIENTS = 2;

/**
 * What was held when a call was made: its answer may show no less.
 * @typedef {{ isAhead: boolean, counts: number[], texts: Set<string>, ahead: Ahead, at: number }} Ask
 * @typedef {{ counts: number[], texts: Set<string> }} Ahead what was answered ahead of the store
 * @typedef {{ begun: number, done: number, answered: number, isBanned: boolean, mayEnd: boolean }} Text when it was asked for, settled and
 *   acknowledged; it must never be there; it may come to its end
 */

const none = () => Array.from({ length: CLIENTS }, () => 0);

export class Judged {
  /** Whether its text is appended to. @type {boolean} */
  appends;
  /** Nothing fails in the store: what is answered ahead is there as long as the process is. @type {boolean} */
  #keeps;
  /** @type {(text: string) => void} */
  #fault;
  #clock = 0;
  /** The highest number that each client has sent. */
  #sent = none();
  /** The number that each client sends next; it asks first, after one was refused. */
  #following = Array.from({ length: CLIENTS }, () => 1);
  /** What is in the store for good. */
  #held = none();
  /** How many times each number was sent, but for those that were refused with nothing written. @type {Map<number, number>[]} */
  #sendings = Array.from({ length: CLIENTS }, () => new Map());
  /** @type {Map<string, Text>} */
  #texts = new Map();
  /** Texts that are in the store for good. @type {Set<string>} */
  #kept = new Set();
  /** @type {Ahead} */
  #ahead = { counts: none(), texts: new Set() };
  /** Counts what may have taken back what was answered ahead. */
  #era = 0;

  /** @param {string} name @param {boolean} appends @param {boolean} keeps @param {(text: string) => void} fault */
  constructor(name, appends, keeps, fault) {
    [this.appends, this.#keeps] = [appends, keeps];
    this.#fault = (text) => fault(`${name}: ${text}`);
  }

  /** The number of a client's next edit. @param {number} client */
  number(client) {
    const number = /** @type {number} */ (this.#following[client]);
    this.#following[client] = number + 1;
    this.#sent[client] = Math.max(number, this.#sent[client] ?? 0);
    this.#count(client, number, 1);
    return number;
  }

  /** @param {number} client @param {number} number @param {number} by */
  #count(client, number, by) {
    const sendings = /** @type {Map<number, number>} */ (this.#sendings[client]);
    sendings.set(number, (sendings.get(number) ?? 0) + by);
  }

  /** A call is made. @param {boolean} isAhead it is answered ahead of the store @returns {Ask & { era: number }} */
  asked(isAhead) {
    const counts = this.#held.map((held, client) => (this.#keeps ? Math.max(held, this.#ahead.counts[client] ?? 0) : held));
    const texts = new Set([...this.#kept, ...this.#keeps ? this.#ahead.texts : []]);
    return { isAhead, counts, texts, ahead: this.#copy(), at: this.#clock += 1, era: this.#era };
  }

  #copy() {
    return { counts: [...this.#ahead.counts], texts: new Set(this.#ahead.texts) };
  }

  /** What was answered ahead is in the store. @param {Ahead} ahead */
  #promote({ counts, texts }) {
    counts.forEach((count, client) => { this.#held[client] = Math.max(count, this.#held[client] ?? 0); });
    for (const text of texts) this.#kept.add(text);
  }

  /** A count was answered. @param {number} client @param {number} value @param {Ask & { era: number }} ask */
  shown(client, value, ask) {
    if (value < (ask.counts[client] ?? 0)) this.#fault(`client ${client} has ${value} edits, and ${ask.counts[client]} were acknowledged before`);
    if (value > (this.#sent[client] ?? 0)) this.#fault(`client ${client} has ${value} edits, and sent ${this.#sent[client]}`);
    if (this.#sendings[client]?.get(value) === 0) this.#fault(`edit ${value} of client ${client} was refused as retryable, and is there`);
    this.#answered(ask);
    const held = ask.isAhead ? this.#ahead.counts : this.#held;
    if (!ask.isAhead || ask.era === this.#era) held[client] = Math.max(value, held[client] ?? 0);
  }

  /** What was ahead when this was asked is in the store by its answer, unless something was lost. @param {Ask} ask */
  #answered(ask) {
    if (this.#keeps && !ask.isAhead) this.#promote(ask.ahead);
  }

  /** @param {number} client @param {number} number @param {number} value @param {Ask & { era: number }} ask */
  edited(client, number, value, ask) {
    this.shown(client, value, ask);
    // One before it was refused.
    if (value < number) this.#following[client] = Math.min(this.#following[client] ?? 1, value + 1);
  }

  /** @param {number} client @param {number} number @param {boolean} isRetryable */
  refused(client, number, isRetryable) {
    if (isRetryable) this.#count(client, number, -1);
    this.#following[client] = Math.min(this.#following[client] ?? 1, number);
  }

  /** A text of its own that is written. @param {Ask} ask @param {boolean} mayEnd */
  writes(ask, mayEnd) {
    const text = `;${this.#texts.size + 1}`;
    this.#texts.set(text, { begun: ask.at, done: Infinity, answered: Infinity, isBanned: false, mayEnd });
    return text;
  }

  /** @param {string} text @param {Ask & { era: number }} ask */
  written(text, ask) {
    const one = /** @type {Text} */ (this.#texts.get(text));
    one.done = this.#clock += 1;
    if (!one.mayEnd) this.#fault(`the write of ${text} ended, and waits for ever`);
    this.#answered(ask);
    if (!ask.isAhead) this.#kept.add(text);
    else if (ask.era === this.#era) this.#ahead.texts.add(text);
  }

  /** @param {string} text @param {boolean} isRetryable */
  unwritten(text, isRetryable) {
    const one = /** @type {Text} */ (this.#texts.get(text));
    one.done = this.#clock += 1;
    one.isBanned = isRetryable;
  }

  /** A text was answered. @param {string} value @param {Ask} ask */
  text(value, ask) {
    this.#answered(ask);
    const parts = value.split(/(?=;)/).filter((part) => part !== '');
    for (const part of parts) {
      const one = this.#texts.get(part);
      if (one === undefined) return this.#fault(`its text is ${JSON.stringify(value)}, which nobody wrote`);
      if (one.isBanned) this.#fault(`${part} was refused as retryable, and is there`);
      if (!one.mayEnd) this.#fault(`${part} is there, whose call waits for ever`);
    }
    if (new Set(parts).size !== parts.length) this.#fault(`a part is there twice: ${value}`);
    if (this.appends) {
      const missing = [...ask.texts].filter((text) => !parts.includes(text));
      if (missing.length > 0) this.#fault(`${missing.join(' ')} was acknowledged and is not there: ${value}`);
    } else {
      this.#newest(parts, ask);
    }
  }

  /** A text that was replaced before one that was acknowledged began must not come back. @param {string[]} parts @param {Ask} ask */
  #newest(parts, ask) {
    if (parts.length > 1) return this.#fault(`two texts are there: ${parts.join('')}`);
    const [part] = parts;
    const done = part === undefined ? -1 : /** @type {Text} */ (this.#texts.get(part)).done;
    for (const text of ask.texts) {
      if (text !== part && /** @type {Text} */ (this.#texts.get(text)).begun > done) this.#fault(`${text} was acknowledged, and what was before it is there: ${part ?? 'nothing'}`);
    }
  }

  /** It is being closed. */
  closes() { return { ahead: this.#copy(), era: this.#era }; }

  /** It is closed, and all is in the store. @param {{ ahead: Ahead, era: number }} closing */
  closed({ ahead, era }) {
    if (era === this.#era) this.#promote(ahead);
  }

  /** It could not be closed, and said so. */
  unclosed() {
    this.#era += 1;
    this.#ahead = { counts: none(), texts: new Set() };
  }

  /** Nobody hears whether it could be closed. */
  left() {
    if (!this.#keeps) this.another();
  }

  /** What was answered ahead may be lost. */
  another() {
    this.unclosed();
    // What was sent and not answered may be there or not: the last answer counts.
    for (let client = 0; client < CLIENTS; client += 1) this.#following[client] = Math.max(1, this.#held[client] ?? 0);
    for (const one of this.#texts.values()) one.done = Math.min(one.done, this.#clock += 1);
  }
}
