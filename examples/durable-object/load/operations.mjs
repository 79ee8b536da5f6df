// @ts-check
// What the load test's clients ask for: a stream of requests that depends on a seed alone,
// and what a failing one must be answered with. Nothing is sent from here.

/**
 * @typedef {Record<string, any> & { op: string }} Request_
 * @typedef {{ way: string, request: Request_, status: number, code: string }} Failing
 */

/** The least length that a document begins with: places in requests are below `PLACES`, parts
 * end 40 later, and no client deletes more than it has inserted, so that every place is there
 * whoever is first. */
export const LEAST = 2_100;
const PLACES = 2_048;
const LETTERS = 'abcdefgh ijklmnop\nqrstuvwxyzéü漢字';

/** Ways to fail; each is met as often as the others. @type {Failing[]} */
export const FAILING = [
  { way: 'panic', request: { op: 'shift', from: 3, to: 900, at: 4e9 }, status: 500, code: 'E_PANIC' },
  { way: 'out of memory', request: { op: 'fill', at: 0, text: 'x'.repeat(64), times: 1 << 24 }, status: 507, code: 'E_OUT_OF_MEMORY' },
  { way: 'stack overflow', request: { op: 'nestingUnguarded', text: '['.repeat(16_000) }, status: 503, code: 'E_INSTANCE_ABORTED' },
  { way: 'trap', request: { op: 'crash' }, status: 503, code: 'E_INSTANCE_ABORTED' },
];

/** The guarded twin of the third, which is sent by turns with it. @type {Failing} */
const GUARDED = { way: 'stack overflow', request: { op: 'nesting', text: '['.repeat(16_000) }, status: 413, code: 'E_STACK_OVERFLOW' };

/** The text that a document begins with. @param {number} length in UTF-16 units */
export function beginning(length) {
  return Array.from({ length }, (_, at) => LETTERS[at % LETTERS.length]).join('');
}

/** A stream of operations. */
export class Stream {
  /** What was inserted and not deleted, by client. @type {number[]} */
  balance = [];
  sent = 0;
  failing = 0;

  /** @param {number} seed @param {number} share of operations that fail, from 0 to 1 */
  constructor(seed, share) {
    this.state = seed >>> 0 || 1;
    this.every = share > 0 ? Math.round(1 / share) : Infinity;
  }

  /** A number below another. @param {number} below */
  below(below) {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % below;
  }

  /**
   * The next one.
   * @param {number} client
   * @returns {{ request: Request_, byHttp: boolean, failing?: Failing }}
   */
  next(client) {
    this.sent += 1;
    const byHttp = this.below(25) === 0;
    if (this.sent % this.every === 0) {
      const turn = this.failing += 1;
      let failing = /** @type {Failing} */ (FAILING[turn % FAILING.length]);
      if (failing.way === GUARDED.way && turn % (2 * FAILING.length) < FAILING.length) failing = GUARDED;
      return { request: failing.request, byHttp, failing };
    }
    return { request: this.healthy(client), byHttp };
  }

  /** @param {number} client @returns {Request_} */
  healthy(client) {
    const balance = this.balance[client] ?? 0;
    const at = this.below(PLACES);
    const roll = this.below(100);
    if (roll < 35 && balance > 0) {
      const most = Math.min(balance, 12);
      const to = at + 1 + this.below(most);
      this.balance[client] = balance - (to - at);
      return { op: 'delete', from: at, to };
    }
    if (roll < 70) {
      const from = this.below(LETTERS.length);
      const text = (LETTERS + LETTERS).slice(from, from + 1 + this.below(12));
      this.balance[client] = balance + text.length;
      return { op: 'insert', at, text };
    }
    if (roll < 80) return { op: 'shift', from: at, to: at + this.below(40), at: this.below(PLACES) };
    if (roll < 92) return { op: 'read', from: at, to: at + this.below(40) };
    if (roll < 96) return { op: 'nesting', text: '[a[b]'.repeat(3) + ']'.repeat(3) };
    // Half of them need nothing of the document.
    return { op: 'render', from: 0, to: roll < 98 ? this.below(40) : 0 };
  }
}
