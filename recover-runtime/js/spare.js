// @ts-check
// An instance that is made ahead, in idle time: the gate takes it when the next one is needed. Nothing
// of the module has run in it (wasm-bindgen leaves no start section: `start` is an export, and the gate's to
// call), so it is as one that is made then. When one is needed is not decided here. This module imports nothing.

/** Milliseconds after which another is tried where there was no memory for one; each time twice as many, up to the most. */
const AGAIN = 1000, MOST = 60_000;
/** An engine that is never idle makes it after so many milliseconds all the same. */
const BUSY = 2000;

export class Spare {
  /** @param {() => Promise<WebAssembly.Instance> | undefined} make */
  constructor(make) {
    this.make = make;
    this.wanted = false;
    /** @type {WebAssembly.Instance | undefined} */
    this.instance = undefined;
    /** Counts plans: those before the last are void. */
    this.plan = 0;
    this.wait = AGAIN;
  }

  /** Whether there is to be one. What there is goes if not. @param {boolean} wanted */
  want(wanted) {
    this.wanted = wanted;
    if (wanted) this.later();
    else this.drop();
  }

  /** Lets go of it. */
  drop() {
    this.instance = undefined;
    this.plan += 1;
  }

  /** The spare, once. */
  take() {
    const { instance } = this;
    this.drop();
    return instance;
  }

  /** Has one made in idle time, if there is none. */
  later() {
    if (!this.wanted || this.instance !== undefined) return;
    const plan = this.plan += 1;
    const now = () => {
      if (plan === this.plan) this.now(plan);
    };
    /** @type {any} */
    const { requestIdleCallback: idle, setImmediate: soon } = globalThis;
    try {
      if (typeof idle === 'function') idle(now, { timeout: BUSY });
      else unref(typeof soon === 'function' ? soon(now) : setTimeout(now, 0));
    } catch {
      // A Worker has no timers before its first request. It is not in a hurry then.
      now();
    }
  }

  /** @param {number} plan */
  async now(plan) {
    try {
      const instance = await this.make();
      if (plan === this.plan) this.instance = instance;
      this.wait = AGAIN;
    } catch {
      if (plan === this.plan) this.again();
    }
  }

  /** There was no memory for it. Nobody is told: nothing needs it yet. */
  again() {
    const { plan, wait } = this;
    this.wait = Math.min(MOST, wait * 2);
    try {
      unref(setTimeout(() => { if (plan === this.plan) this.later(); }, wait));
    } catch {
      // The next end tries again.
    }
  }
}

/** Has a timer keep no process alive. @param {any} timer */
function unref(timer) {
  timer?.unref?.();
}
