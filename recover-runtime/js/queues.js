// @ts-check
// The calls that wait for a busy object, of methods with `concurrency = "queue"`. This module
// imports nothing; Rust hands over what it needs of host.js (`queues`). A package without such
// a method does not have it.

/** @type {import('./links').Links | undefined} */
let links;
const isOf = Object.prototype.isPrototypeOf;

/**
 * Links this module, before the first class with such a method is patched.
 * @param {import('./links').Links} host
 */
export function queues(host) {
  links = host;
  host.linedUp = linedUp;
  host.ended = ended;
}

/**
 * @typedef {{ ask: number, begin: () => unknown, stop: () => void, resolve: (value: unknown) => void, reject: (error: unknown) => void }} Waiting
 */

/** Calls that wait for an object, in the order they came. @type {Map<object, Waiting[]>} */
const lines = new Map();

/**
 * A method whose calls wait in line while the object is busy.
 * @param {Function} call
 * @param {object} prototype
 * @param {number} ask the question whether the object is busy for it
 * @param {string} place index of the AbortSignal among the arguments; empty if there is none
 */
function linedUp(call, prototype, ask, place) {
  return /** @this {object} */ function (/** @type {unknown[]} */ ...args) {
    try {
      // A receiver of another class is refused by the call itself.
      if (!lines.has(this) && (!isOf.call(prototype, this) || links?.inspect('queue', this, ask) === 0)) return call.apply(this, args);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
    return new Promise((resolve, reject) => {
      const line = lines.get(this) ?? [];
      const begin = () => call.apply(this, args);
      const waiting = { ask, begin: links?.keepKey(begin) ?? begin, stop: () => {}, resolve, reject };
      // A value that is no signal is refused when the call begins.
      const signal = /** @type {any} */ (place === '' ? undefined : args[Number(place)]);
      if (typeof signal?.addEventListener === 'function') {
        if (signal.aborted) throw signal.reason;
        const abort = () => {
          if (!line.includes(waiting)) return;
          line.splice(line.indexOf(waiting), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', abort, { once: true });
        waiting.stop = () => signal.removeEventListener('abort', abort);
      }
      line.push(waiting);
      lines.set(this, line);
      // A synchronous call may hold the object; nothing tells when it ends, but it ends before a microtask.
      queueMicrotask(serveAll);
    });
  };
}

/** Starts the calls whose objects are free now. */
function serveAll() {
  for (const [object, line] of lines) {
    for (let next = line[0]; next !== undefined; next = line[0]) {
      try {
        if (links?.inspect('queue', object, next.ask) !== 0) break;
        line.shift();
        next.stop();
        next.resolve(next.begin());
      } catch (thrown) {
        if (line[0] === next) line.shift();
        next.reject(links?.instance.dead ? links.aborted(thrown) : thrown);
      }
    }
    if (line.length === 0) lines.delete(object);
  }
}

/** A task has ended; it may have held an object. */
function ended() {
  if (lines.size !== 0) queueMicrotask(serveAll);
}
