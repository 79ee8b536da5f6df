// @ts-check
// What the package asks at its points: the object under `Symbol.for('recover.torture')`. It numbers the points of a run,
// has happen what the schedule says, and notes what it sees. What is right stands in judge.mjs.

/** @typedef {import('./types.mjs').Action} Action @typedef {import('./types.mjs').Entry} Entry @typedef {import('./types.mjs').Fired} Fired */

/** The kinds of points, by the number that Rust calls them by, unless the package says them. */
export const KINDS = [
  'step', 'alloc', 'before', 'enter', 'leave', 'after', 'poll', 'stack', 'encode', 'decode', 'append', 'snapshot', 'replay', 'callback', 'drop',
];

/** What Rust is answered. @type {Partial<Record<Action, number>>} */
const ANSWERS = { fail: 1, panic: 2, trap: 3 };

/** What can happen at a point of a kind, unless the package says it (`links.points`). @type {Record<string, Action[]>} */
const TAKES = {
  alloc: ['fail'], before: ['trap', 'restart'], enter: ['panic', 'trap'], leave: ['panic', 'trap'], after: ['trap', 'restart'],
  poll: ['panic', 'trap', 'restart', 'abort-signal'], stack: ['fail'], encode: ['fail', 'panic', 'trap'], decode: ['fail', 'panic', 'trap'],
  append: ['fail', 'trap'], snapshot: ['fail', 'trap'], replay: ['fail', 'panic', 'trap'], callback: ['panic', 'trap'], drop: ['panic', 'trap'],
};
/** What the host can do between calls. @type {Record<string, Action[]>} */
const HOST = { step: ['restart', 'abort-signal', 'free', 'gc'], wait: ['restart', 'abort-signal', 'gc'] };
/** @type {Action[]} */
const IMPORT = ['throw', 'restart', 'abort-signal', 'free', 'reenter'];

/** Where no export is under way. */
const OUTSIDE = 'outside';

/** What a closure of Rust's is called, as in errors. */
const CALLBACK = 'callback';

/** An export under way, and the sites in it. */
class Frame {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    /** @type {Map<string, string>} */
    this.sites = new Map();
  }

  /** @param {string} kind */
  site(kind) {
    let site = this.sites.get(kind);
    if (site === undefined) this.sites.set(kind, site = `${kind}@${this.name}`);
    return site;
  }
}

/** @typedef {(takes: Action[]) => { action: Action, persistent?: boolean } | undefined} Chooses */

/** What is known of one package. */
class Package {
  constructor() {
    /** The last instance. @type {object | undefined} */
    this.current = undefined;
    /** @type {WebAssembly.Exports | undefined} */
    this.exports = undefined;
    /** @type {any} */
    this.links = undefined;
    /** The kinds, by their numbers, and what each takes. */
    this.kinds = [...KINDS];
    /** @type {Record<string, Action[]> | undefined} */
    this.said = undefined;
    /** The sites of each export, by its name. @type {Map<string, Frame>} */
    this.frames = new Map();
    /** All exports that its instances had. @type {Set<string>} */
    this.exported = new Set();
    /** All imports that were called, and those that gave promises. @type {Set<string>} */
    this.imported = new Set();
    /** @type {Set<string>} */
    this.promising = new Set();
  }
}

/** What the host does when a schedule says so: run by `play.mjs`, which knows the state. @typedef {(action: Action, fired: Fired) => void} Act */

export class Injector {
  constructor() {
    /** Whether points count. */
    this.on = false;
    /** The next point's number. */
    this.next = 0;
    /** @type {Map<number, Entry>} */
    this.entries = new Map();
    /** By kind, what happens from here on. @type {Map<string, Action>} */
    this.lasting = new Map();
    /** Imports that fail by the step, their name and their number in it: of a reference run. @type {Map<string, Action>} */
    this.absorbed = new Map();
    /** Chooses what happens where no schedule says so. @type {Chooses | undefined} */
    this.chooses = undefined;
    /** What was chosen. @type {Entry[]} */
    this.chosen = [];
    /** @type {Fired[]} */
    this.fired = [];
    /** @type {import('./types.mjs').Trace} */
    this.trace = { sites: [], kinds: [], promised: new Set(), signalled: new Set() };
    /** @type {Act} */
    this.act = () => {};
    this.hasSignal = () => false;
    /** The step under way. */
    this.step = -1;
    /** Exports that JavaScript called in this step. */
    this.entered = 0;
    /** Calls of imports in this step, by name. @type {Map<string, number>} */
    this.calls = new Map();
    /** Imports under way, the innermost last. @type {{ name: string, point: number, ordinal: number, action: Action | undefined, fired: Fired | undefined }[]} */
    this.importing = [];
    this.outside = new Frame(OUTSIDE);
    this.frame = this.outside;
    /** Calls that entered an instance which had ended. @type {string[]} */
    this.deadCalls = [];
    /** Every instance's memory, for who counts what is left of them. @type {{ memory: WeakRef<object>, schedule: string }[]} */
    this.memories = [];
    this.label = '';
    /** The package that is tortured. */
    this.package = new Package();
    /** Those that were, by their glue: a package finds its driver once. @type {WeakMap<object, Package>} */
    this.packages = new WeakMap();
    /** A failure is being had: what it passes itself is no point. */
    this.acting = false;
  }

  get links() { return this.package.links; }

  get exports() { return this.package.exports; }

  get said() { return this.package.said; }

  /**
   * Has a package loaded, or goes on with one that was.
   * @param {() => any} load
   */
  async load(load) {
    this.package = new Package();
    const glue = await load();
    const known = this.packages.get(glue);
    if (known !== undefined) this.package = known;
    else if (this.links !== undefined) this.packages.set(glue, this.package);
    TABLE.clear();
    return glue;
  }

  /**
   * A run begins.
   * @param {import('./types.mjs').Schedule} schedule
   */
  reset(schedule) {
    this.on = false;
    this.next = 0;
    this.entries.clear();
    for (const entry of schedule) this.entries.set(entry.point, entry);
    this.lasting.clear();
    this.absorbed.clear();
    this.chooses = undefined;
    this.chosen = [];
    this.fired = [];
    this.trace = { sites: [], kinds: [], promised: new Set(), signalled: new Set() };
    this.act = () => {};
    this.hasSignal = () => false;
    this.step = -1;
    this.calls.clear();
    this.importing.length = 0;
    this.frame = this.outside;
    this.deadCalls = [];
  }

  /** A step begins. @param {number} step */
  begin(step) {
    this.step = step;
    this.entered = 0;
    this.calls.clear();
  }

  /** What a point of a kind takes. @param {string} kind @param {number} point @returns {Action[]} */
  takes(kind, point) {
    const { promised, signalled } = this.trace;
    return takesAt(kind, promised.has(point), signalled.has(point), this.said);
  }

  /**
   * A point is passed: what happens there, if anything does.
   * @param {string} kind
   * @returns {Action | undefined}
   */
  pass(kind) {
    const point = this.next;
    this.next += 1;
    const { trace } = this;
    trace.sites.push(this.frame.site(kind));
    trace.kinds.push(kind);
    if (this.hasSignal()) trace.signalled.add(point);
    const entry = this.entries.get(point);
    if (entry !== undefined) {
      if (entry.persistent) this.lasting.set(kind, entry.action);
      return entry.action;
    }
    const lasts = this.lasting.get(kind);
    if (lasts !== undefined || this.chooses === undefined) return lasts;
    const choice = this.chooses(this.takes(kind, point));
    if (choice === undefined) return undefined;
    this.chosen.push({ point, ...choice });
    if (choice.persistent) this.lasting.set(kind, choice.action);
    return choice.action;
  }

  /**
   * @param {Action} action
   * @param {string} kind
   * @param {number} ordinal
   */
  note(action, kind, ordinal) {
    const point = this.next - 1;
    /** @type {Fired} */
    const fired = {
      point, site: this.frame.site(kind), kind, action, step: this.step, ordinal, error: undefined,
      epoch: this.links?.gate?.epoch ?? 0,
    };
    this.fired.push(fired);
    return fired;
  }

  /** Has the host do something. What that passes is no point of the run. @param {Action} action @param {Fired} fired */
  host(action, fired) {
    this.acting = true;
    try {
      this.act(action, fired);
    } finally {
      this.acting = false;
    }
  }

  /** A point of the driver's own. @param {'step' | 'wait'} kind */
  own(kind) {
    if (!this.on || this.acting) return;
    const action = this.pass(kind);
    if (action === undefined || !this.takes(kind, this.next - 1).includes(action)) return;
    this.host(action, this.note(action, kind, 0));
  }

  /** Rust passes a point. @param {number} number of its kind */
  point(number) {
    if (!this.on || this.acting) return 0;
    const kind = this.package.kinds[number] ?? `kind ${number}`;
    const action = this.pass(kind);
    if (action === undefined || !this.takes(kind, this.next - 1).includes(action)) return 0;
    const fired = this.note(action, kind, 0);
    const answer = ANSWERS[action];
    if (answer !== undefined) return answer;
    this.host(action, fired);
    return 0;
  }

  /** An import of the user's is called. @param {string} name */
  importCalled(name) {
    this.package.imported.add(name);
    if (!this.on || this.acting) return;
    const kind = `import:${name}`;
    const ordinal = this.calls.get(name) ?? 0;
    this.calls.set(name, ordinal + 1);
    const given = this.absorbed.get(`${this.step} ${name} ${ordinal}`);
    const action = given ?? this.pass(kind);
    const point = this.next - 1;
    /** @type {Fired | undefined} */
    let fired;
    if (action === 'throw') {
      fired = this.note(action, kind, ordinal);
      fired.error = new Error(`torture: the import ${name} threw`);
      throw fired.error;
    }
    if (action === 'reject' || action === 'never') fired = undefined;
    else if (action !== undefined && IMPORT.includes(action)) this.host(action, this.note(action, kind, ordinal));
    this.importing.push({ name, point, ordinal, action, fired });
  }

  /** It returns. @param {string} name @param {unknown} value */
  importReturned(name, value) {
    if (!this.on || this.acting) return value;
    let call = this.importing.pop();
    // Those that threw did not return.
    while (call !== undefined && call.name !== name) call = this.importing.pop();
    if (call === undefined || typeof (/** @type {any} */ (value)?.then) !== 'function') return value;
    this.trace.promised.add(call.point);
    this.package.promising.add(name);
    const { action } = call;
    if (action !== 'reject' && action !== 'never') return value;
    // What it would have been is nobody's now.
    Promise.resolve(value).catch(() => {});
    const fired = this.note(action, `import:${name}`, call.ordinal);
    fired.point = call.point;
    if (action === 'never') return new Promise(() => {});
    fired.error = new Error(`torture: the promise of the import ${name} was rejected`);
    const rejected = Promise.reject(fired.error);
    rejected.catch(() => {});
    return rejected;
  }

  /**
   * There is an instance: the answer is what the glue calls.
   * @param {WebAssembly.Exports} exports
   * @returns {WebAssembly.Exports}
   */
  instance(exports) {
    const own = {};
    // Who keeps an instance is who ended it.
    const ended = this.package.exports === undefined ? undefined : this.memories.at(-1);
    if (ended !== undefined) ended.schedule = this.label;
    this.package.current = own;
    this.package.exports = exports;
    /** @type {Record<string, any>} */
    const wrapped = {};
    for (const [name, value] of Object.entries(exports)) {
      wrapped[name] = typeof value === 'function' ? this.around(own, name, value) : value;
      if (value instanceof WebAssembly.Memory) this.memories.push({ memory: new WeakRef(value), schedule: this.label });
    }
    return wrapped;
  }

  /**
   * @param {object} own the instance
   * @param {string} name
   * @param {Function} call
   */
  around(own, name, call) {
    // wasm-bindgen's own are called within those of the user's.
    const isOwn = name.startsWith('__') && !name.startsWith('__wbg_');
    const isCall = !isOwn && !/___recover(_|$)|__convert__closures_/.test(name);
    const { package: of } = this;
    if (!isOwn) of.exported.add(name);
    let frame = /** @type {Frame} */ (of.frames.get(name));
    if (frame === undefined) of.frames.set(name, frame = new Frame(name.includes('__convert__closures_') ? CALLBACK : name));
    return (/** @type {unknown[]} */ ...args) => {
      if (own !== of.current || of.links?.gate?.abandoned === true) this.deadCalls.push(name);
      const { frame: outer } = this;
      if (isCall && outer === this.outside) this.entered += 1;
      if (!isOwn || outer === this.outside) this.frame = frame;
      try {
        return call(...args);
      } finally {
        this.frame = outer;
      }
    };
  }

  /** The host modules' links. @param {any} links */
  attached(links) {
    const of = this.package;
    of.links = links;
    if (links.points === undefined) return;
    of.said = {};
    for (const { kind, name, actions } of links.points) {
      of.kinds[kind] = name;
      of.said[name] = actions;
    }
    TABLE.clear();
  }
}

/**
 * What can be done at a point.
 * @param {string} kind
 * @param {boolean} promised whether its import gave a promise
 * @param {boolean} signalled whether there is a signal to abort
 * @param {Record<string, Action[]> | undefined} [said] what the package says that Rust takes
 * @returns {Action[]}
 */
export function takesAt(kind, promised, signalled, said) {
  const key = `${kind} ${promised} ${signalled}`;
  const known = TABLE.get(key);
  if (known !== undefined) return known;
  const all = kind.startsWith('import:')
    ? [...IMPORT, .../** @type {Action[]} */ (promised ? ['reject', 'never'] : [])]
    : HOST[kind] ?? said?.[kind] ?? TAKES[kind] ?? [];
  const takes = signalled ? all : all.filter((action) => action !== 'abort-signal');
  TABLE.set(key, takes);
  return takes;
}

/** What was asked already. @type {Map<string, Action[]>} */
const TABLE = new Map();
