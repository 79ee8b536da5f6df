// @ts-check
// The two sides: a module with its live objects, and what can be asked of both. No
// failure is made here, and nothing is drawn.

/** @typedef {import('./types.d.ts').Module} Module */
/** @typedef {import('./types.d.ts').Objects} Objects */
/** @typedef {import('./types.d.ts').Kind} Kind */
/** @typedef {import('./types.d.ts').ObjectState} ObjectState */
/** @typedef {import('./types.d.ts').SideName} SideName */

/** @type {Kind[]} */
export const KINDS = ['ledger', 'basket', 'pad', 'download'];

/** A person may press many buttons in ten seconds. */
const LIMIT = { restarts: 100, period: 10_000 };

/** What an object shows. @type {{ [K in Kind]: (object: Objects[K]) => string }} */
const SHOWN = {
  ledger: (ledger) => `${ledger.balance} in ${ledger.entries} ${ledger.entries === 1 ? 'entry' : 'entries'}`,
  basket: (basket) => basket.items || 'empty',
  pad: (pad) => `${pad.strokes} ${pad.strokes === 1 ? 'stroke' : 'strokes'}`,
  download: (download) => download.state,
};

/** One good call of each. @type {{ [K in Kind]: (object: Objects[K]) => unknown }} */
const GOOD = {
  ledger: (ledger) => ledger.post(1),
  basket: (basket) => basket.add('plum'),
  pad: (pad) => pad.stroke(),
  download: (download) => download.step(Promise.resolve(50)),
};

export class Side {
  /**
   * @param {SideName} name
   * @param {string} title
   * @param {string} glue address of the package's module, without `.js`
   */
  constructor(name, title, glue) {
    this.name = name;
    this.title = title;
    this.glue = glue;
    /** What JavaScript throws here; whether the very same comes back is looked at. */
    this.thrown = new TypeError('thrown by JavaScript');
    /** How often the module was loaded. */
    this.loads = 0;
    /** Set by `load`. @type {Module} */
    this.module = /** @type {any} */ (undefined);
    /** Set by `load`. @type {Objects} */
    this.objects = /** @type {any} */ (undefined);
    /** @type {WebAssembly.Memory | undefined} */
    this.memory = undefined;
    /** Who hears what no caller gets. @type {Set<(error: unknown, how: 'recovery.onPanic' | 'uncaught') => void>} */
    this.ears = new Set();
    /** Who hears of an instance's end. @type {Set<(report: import('./types.d.ts').AbortReport) => void>} */
    this.mourners = new Set();
    /** Who gets reports. @type {Set<(report: import('./types.d.ts').RecoveryReport) => void>} */
    this.readers = new Set();
  }

  get recovery() {
    return this.module?.recovery;
  }

  /** Loads the module, again if need be: a copy of its own, with objects of its own. */
  async load() {
    this.loads += 1;
    const copy = this.loads === 1 ? '' : `?copy=${this.loads}`;
    /** @type {Module} */
    const module = await import(`${this.glue}.js${copy}`);
    const { memory } = await module.default({ module_or_path: new URL(`${this.glue}_bg.wasm`, import.meta.url) });
    this.memory = memory;
    this.module = module;
    const { recovery } = module;
    recovery?.onPanic((error) => this.hear(error, 'recovery.onPanic'));
    recovery?.onAbort((report) => { for (const told of [...this.mourners]) told(report); });
    recovery?.onReport((report) => { for (const reader of this.readers) reader(report); }, { messages: 'keep', limit: { reports: Infinity, perFingerprint: Infinity } });
    this.unlimited();
    this.objects = { ledger: this.made('ledger'), basket: this.made('basket'), pad: this.made('pad'), download: this.made('download') };
  }

  unlimited() {
    this.recovery?.setRestartLimit(LIMIT);
  }

  /**
   * @param {unknown} error
   * @param {'recovery.onPanic' | 'uncaught'} how
   */
  hear(error, how) {
    for (const ear of [...this.ears]) ear(error, how);
  }

  /**
   * A new object.
   * @template {Kind} K
   * @param {K} kind
   * @returns {Objects[K]}
   */
  made(kind) {
    const { Ledger, Basket, Pad, Download } = this.module;
    const make = { ledger: () => new Ledger(100), basket: () => new Basket(), pad: () => new Pad(), download: () => new Download() };
    return /** @type {any} */ (make[kind]());
  }

  /** @param {Kind} kind */
  replace(kind) {
    const fresh = this.made(kind);
    try {
      this.objects[kind].free();
    } catch {
      // It is gone, or locked for good: that is why there is a new one.
    }
    this.objects = { ...this.objects, [kind]: fresh };
  }

  /**
   * A failure is to be seen on an object that works.
   * @param {Kind} kind
   */
  prepare(kind) {
    const { state } = this.state(kind);
    if (state === 'poisoned' || state === 'stale') this.replace(kind);
  }

  /**
   * One good call.
   * @param {Kind} kind
   */
  good(kind) {
    return GOOD[kind](/** @type {any} */ (this.objects[kind]));
  }

  /**
   * @param {Kind} kind
   * @returns {ObjectState}
   */
  state(kind) {
    const object = this.objects[kind];
    try {
      return { value: SHOWN[kind](/** @type {any} */ (object)), state: 'ready' };
    } catch (error) {
      return refusal(error);
    }
  }

  /** Accepts the state of a poisoned object. @param {Kind} kind */
  accept(kind) {
    this.recovery?.clearPoison(this.objects[kind]);
  }

  /** Whether the module still answers. */
  alive() {
    try {
      return this.module.answer() === 42;
    } catch {
      return false;
    }
  }

  /** @returns {import('./types.d.ts').Figures} */
  figures() {
    const health = this.recovery?.health();
    return {
      epoch: health?.epoch ?? this.loads - 1,
      restarts: health?.restarts ?? this.loads - 1,
      panics: health?.panics,
      memoryBytes: health?.memoryBytes ?? this.memory?.buffer.byteLength ?? 0,
      liveBytes: health?.liveBytes,
    };
  }
}

/**
 * What it means that an object does not answer.
 * @param {any} error
 * @returns {ObjectState}
 */
function refusal(error) {
  switch (error?.name) {
    case 'PoisonedError': return { value: 'half changed', state: 'poisoned' };
    case 'StaleHandleError': return { value: 'gone', state: 'stale' };
    case 'BusyError': return { value: 'in a call', state: 'busy' };
    default:
  }
  const message = String(error?.message ?? error);
  if (/recursive use|unsafe aliasing|already (mutably )?borrowed/.test(message)) return { value: 'for good', state: 'locked' };
  return { value: message, state: 'dead' };
}
