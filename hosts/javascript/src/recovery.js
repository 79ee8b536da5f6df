// @ts-check
// Who hears of failures, what is counted, and the object `recovery` by which a program controls its component. It
// decides nothing: that is the gate's.

import { restartLimit } from './options.js';
import { stateOf } from './handles.js';
import { PanicError, wrongClass } from './errors.js';

/** @typedef {import('../index.js').AbortReport} AbortReport */
/** @typedef {import('../index.js').LostObject} LostObject */
/**
 * How an instance ended.
 * @typedef {{
 *   error: Error, cause: unknown, exported: string | undefined, epoch: number, at: number, progress: boolean,
 *   memoryBytes: number, memory: Uint8Array | undefined, made: boolean, counted?: boolean,
 * }} End
 */

/** How many lost objects a report has at most. */
const MOST_LOST = 1000;

/**
 * @template T
 * @param {Set<(value: T) => void>} those
 * @param {T} value
 */
function tell(those, value) {
  for (const listener of [...those]) {
    try {
      listener(value);
    } catch (thrown) {
      // A listener that throws must not replace the error it was told; its own error surfaces by itself.
      queueMicrotask(() => { throw thrown; });
    }
  }
}

/** What is counted, and who listens. */
export class Listeners {
  constructor() {
    this.restarts = 0;
    this.panics = 0;
    this.lostCount = 0;
    this.refused = { busy: 0, poisoned: 0, stale: 0 };
    /** @type {Set<(report: AbortReport) => void>} */
    this.abort = new Set();
    /** How many of them want a copy of the memory. */
    this.copies = 0;
    /** @type {Set<(error: any) => void>} */
    this.panic = new Set();
    /** Since the last report. @type {LostObject[]} */
    this.lost = [];
    /** The same. @type {Set<string>} */
    this.diverged = new Set();
    /** @type {Set<(lost: LostObject) => void>} */
    this.loss = new Set();
  }

  /** A panic was caught. @param {Error} error */
  panicked(error) {
    this.panics += 1;
    tell(this.panic, error);
  }

  /** An error that has no caller. @param {unknown} error */
  report(error) {
    // A caught panic was told already.
    if (error instanceof PanicError && !error.fatal && this.panic.size !== 0) return;
    if (this.panic.size === 0) {
      try {
        console.error(error);
      } catch {
        // The stack is full, or somebody replaced it.
      }
      return;
    }
    const { message } = /** @type {any} */ (error);
    tell(this.panic, new PanicError(`a failure that no call waits for: ${message ?? error}`, 'E_PANIC', 'panic', { cause: error }));
  }

  /** @param {LostObject} one */
  lose(one) {
    this.lostCount += 1;
    if (this.lost.length < MOST_LOST) this.lost.push(one);
    tell(this.loss, one);
  }

  /** A copy of the memory, for who wants it. @param {import('./instance.js').Instance} instance */
  copyOf(instance) {
    const [memory] = instance.memories;
    return this.copies === 0 || memory === undefined ? undefined : new Uint8Array(memory.buffer.slice(0));
  }

  /**
   * @param {End} end
   * @param {boolean} restarted
   * @param {number} revived how many objects live on
   */
  aborted(end, restarted, revived) {
    const { error, cause, exported, epoch, at, memoryBytes, memory } = end;
    const { lost, diverged } = this;
    this.lost = [];
    this.diverged = new Set();
    end.memory = undefined;
    tell(this.abort, {
      epoch, export: exported, error, cause, memoryBytes, memory, restarted,
      duration: performance.now() - at, revived, lost, diverged: [...diverged],
    });
  }
}

/** @param {unknown} listener @param {string} name */
function isListener(listener, name) {
  if (typeof listener !== 'function') throw new TypeError(`recovery.${name}() takes a function`);
}

/**
 * The controls of one component.
 * @param {import('./gate.js').Gate} gate
 * @returns {import('../index.js').Recovery}
 */
export function recoveryOf(gate) {
  const { listeners } = gate;
  /** @type {<T>(those: Set<T>, listener: T, name: string) => () => void} */
  const listen = (those, listener, name) => {
    isListener(listener, name);
    those.add(listener);
    return () => { those.delete(listener); };
  };
  /** @type {import('../index.js').Recovery} */
  const recovery = {
    onPanic: (listener) => listen(listeners.panic, listener, 'onPanic'),
    onLost: (listener) => listen(listeners.loss, listener, 'onLost'),
    onAbort(listener, options) {
      const stop = listen(listeners.abort, listener, 'onAbort');
      if (options?.memory !== true) return stop;
      listeners.copies += 1;
      let on = true;
      return () => {
        if (on) listeners.copies -= 1;
        on = false;
        stop();
      };
    },
    restart: () => gate.restart(),
    dispose: () => gate.giveUp(),
    setRestartLimit(limit) {
      gate.limit = restartLimit(limit, 'recovery.setRestartLimit()');
    },
    export(object) {
      const state = typeof object === 'object' && object !== null ? stateOf(object) : undefined;
      if (state === undefined || state.gate !== gate || !state.info.persists) throw wrongClass('that persists');
      return /** @type {any} */ (object).save();
    },
    health() {
      const { restarts, panics, refused, lostCount } = listeners;
      return {
        build: gate.build, epoch: gate.epoch, restarts, panics, refused: { ...refused }, lost: lostCount,
        persistent: gate.records.size, memoryBytes: gate.instance?.memoryBytes ?? 0,
      };
    },
  };
  return Object.freeze(recovery);
}
