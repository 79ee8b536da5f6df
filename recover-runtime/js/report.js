// @ts-check
// Reports of failures, for who operates the program: what a listener of `recovery.onReport` gets, and
// when. Frames are read in frames.js, faults are named in fingerprint.js; where events come from stands in
// errors.js, instance.js and records.js, which call `facts.event` where somebody listens.
//
// The program notices none of it: a report is made behind the call that failed, and whatever goes wrong with
// it is counted (`omitted`). Alone of the modules this one imports host.js: somebody may listen before
// there is an instance.

import { linksOf } from './host.js';
import { framesOf } from './frames.js';
import { fingerprintOf, hashOf, plainFile, shapeOf, sitesOf } from './fingerprint.js';

/**
 * @typedef {import('./types').RecoveryReport} RecoveryReport
 * @typedef {import('./types').ReportOptions} ReportOptions
 * @typedef {import('./types').ReportEvent} ReportEvent
 * @typedef {{
 *   event: ReportEvent, error: any, className: string | undefined, cause: unknown, exported: string | undefined, time: number, uptime: number,
 *   epoch: number, restarts: number, memoryBytes: number, memory: Uint8Array | undefined, id: string, fingerprint: string | undefined, contexts: Map<Sink, unknown>,
 * }} Occasion what is kept of an event until its report is made
 * @typedef {{
 *   listener: (report: RecoveryReport, attached: import('./types').ReportAttachments) => unknown, messages: 'keep' | 'hash' | 'omit',
 *   redact: ReportOptions['redact'], context: ReportOptions['context'], limit: import('./types').ReportLimit, wantsMemory: boolean,
 *   omitted: number, since: number, sent: number, each: Map<string, number>,
 * }} Sink a listener, with what it was sent since its period began
 */

/** The version of the schema. */
const VERSION = 1;
/** Bytes that a report has at most, as JSON. */
const MOST_BYTES = 1023;
/** What there is of each at most, before that is looked at. */
const MOST_FRAMES = 24, MOST_CAUSES = 4, MOST_CLASSES = 8, LONGEST = 240, LONGEST_NAME = 60;
/** How a report is cut, step by step: what is left of a message, of the frames, of the causes, of a name. */
const STEPS = [[LONGEST, MOST_FRAMES, MOST_CAUSES, 100], [160, 16, 3, 80], [100, 12, 2, 60], [60, 8, 1, 40], [30, 6, 1, 20], [10, 4, 1, 10]];
/** Events that wait for their report; those of one synchronous loop may be many. */
const MOST_WAITING = 100;
/** Objects are counted at most once in so many milliseconds. */
const COUNTED = 1000;
/** @type {import('./types').ReportLimit} */
const LIMIT = { reports: 60, perFingerprint: 5, period: 60_000 };

/** As in errors.js. */
const BRAND = Symbol.for('recover.error');

const links = linksOf();
const bytesOf = (/** @type {unknown} */ value) => new TextEncoder().encode(JSON.stringify(value)).length;

/** @type {Set<Sink>} */
const sinks = new Set();
/** @type {Occasion[]} */
let waiting = [];
/** Whether they will be. */
let scheduled = false;
/** The report of an error: what an error caused names it. @type {WeakMap<object, Occasion>} */
const occasions = new WeakMap();
/** The instance that reports are of, and when it began. @type {object | undefined} */
let instance;
let began = 0;
/** The sites of the module, once they were needed. @type {Map<number, number> | undefined} */
let sites;
/** The module that has them. @type {WebAssembly.Module | undefined} */
let sited;
/** @type {{ at: number, classes: Record<string, number> }} */
let counted = { at: -Infinity, classes: {} };

links.onReport = onReport;
links.reportOf = (/** @type {unknown} */ error) => {
  const occasion = error !== null && typeof error === 'object' ? occasions.get(error) : undefined;
  return occasion && idOf(occasion);
};

const renewHost = links.renew;
links.renew = (/** @type {WebAssembly.Memory | undefined} */ memory) => {
  renewHost(memory);
  begin();
};

/** An instance begins, or did so and was told of already. Rust calls it. */
export function begin() {
  if (instance === links.instance) return;
  instance = links.instance;
  began = Date.now();
}

/** An object was left poisoned by `error`. Rust calls it. @param {unknown} error @param {string} className */
export function poisoned(error, className) {
  links.facts.event?.('poisoned', error, { className });
}

/**
 * @param {(report: RecoveryReport, attached: import('./types').ReportAttachments) => unknown} listener
 * @param {ReportOptions} [options]
 */
function onReport(listener, options = {}) {
  const { messages = 'hash', redact, context, memory = false } = options;
  const limit = { ...LIMIT, ...options.limit };
  if (!['keep', 'hash', 'omit'].includes(messages)) throw new TypeError("recovery.onReport(): `messages` is 'keep', 'hash' or 'omit'");
  for (const hook of [redact, context]) {
    if (hook !== undefined && typeof hook !== 'function') throw new TypeError('recovery.onReport(): `redact` and `context` are functions');
  }
  if (!(limit.reports >= 0) || !(limit.perFingerprint >= 0) || !(limit.period > 0)) {
    throw new RangeError('recovery.onReport(): `limit` is { reports, perFingerprint, period }, counts and milliseconds');
  }
  /** @type {Sink} */
  const sink = { listener, messages, redact, context, limit, wantsMemory: memory, omitted: 0, since: -Infinity, sent: 0, each: new Map() };
  sinks.add(sink);
  if (memory && links.gate !== undefined) links.gate.copies += 1;
  links.facts.event = happened;
  if (sinks.size === 1) listenForExit('on');
  return () => {
    if (!sinks.delete(sink)) return;
    if (memory && links.gate !== undefined) links.gate.copies -= 1;
    if (sinks.size !== 0) return;
    links.facts.event = undefined;
    listenForExit('removeListener');
  };
}

/** Where a process is left at once, by an exception that nobody caught, no microtask runs. @param {'on' | 'removeListener'} how */
function listenForExit(how) {
  try {
    /** @type {any} */ (globalThis).process?.[how]?.('exit', flush);
  } catch {
    // Not Node's.
  }
}

/**
 * Keeps what is gone when the report is made. It must be quick, and must not throw: Rust is on the stack.
 * @param {ReportEvent} event
 * @param {any} error
 * @param {import('./links').EventDetails} [details]
 */
function happened(event, error, details = {}) {
  try {
    if (waiting.length < MOST_WAITING) {
      waiting.push(occasionOf(event, error, details));
      // A promise's turn: timers that are faked leave it alone.
      if (!scheduled) Promise.resolve().then(flush);
      scheduled = true;
      return;
    }
  } catch {
    // A clock, say, that fails.
  }
  for (const sink of sinks) sink.omitted += 1;
}

/**
 * What is kept of an event.
 * @param {ReportEvent} event
 * @param {any} error
 * @param {import('./links').EventDetails} details
 */
function occasionOf(event, error, details) {
  const time = Date.now();
  const { gate } = links;
  /** @type {Occasion} */
  const occasion = {
    event, error, className: details.className, cause: details.cause, exported: details.exported || undefined,
    time, uptime: time - (began || time), epoch: details.epoch ?? gate?.epoch ?? 0, restarts: gate?.restarts ?? 0,
    memoryBytes: details.memoryBytes ?? links.memory()?.buffer.byteLength ?? 0,
    memory: [...sinks].some(({ wantsMemory }) => wantsMemory) ? details.memory : undefined,
    id: '', fingerprint: undefined, contexts: new Map(),
  };
  for (const sink of sinks) {
    try {
      if (sink.context !== undefined) occasion.contexts.set(sink, sink.context());
    } catch {
      // Then it has none.
    }
  }
  if ((event === 'panic' || event === 'end') && error !== null && typeof error === 'object') occasions.set(error, occasion);
  return occasion;
}

/** Makes the reports of what has happened. */
function flush() {
  const all = waiting;
  waiting = [];
  scheduled = false;
  for (const occasion of all) {
    for (const sink of [...sinks]) send(occasion, sink);
    // The error may live long, and it leads here.
    occasion.memory = undefined;
    occasion.contexts.clear();
  }
}

/** @param {Occasion} occasion @param {Sink} sink */
function send(occasion, sink) {
  const { omitted } = sink;
  const fail = () => { sink.omitted += omitted + 1; };
  sink.omitted = 0;
  try {
    const print = fingerprint(occasion);
    if (!admits(sink, print)) {
      fail();
      return;
    }
    const made = reportOf(occasion, print, sink.messages, omitted);
    const report = sink.redact === undefined ? made : sink.redact(made);
    if (report === null) {
      sink.omitted += omitted;
      return;
    }
    // What forgets to return, or is asynchronous, has let nothing through.
    if (typeof report !== 'object' || 'then' in report) throw new TypeError('redact() gives a report, or null');
    const { memory, contexts } = occasion;
    const attached = { ...(sink.wantsMemory && memory !== undefined ? { memory } : {}), ...(contexts.has(sink) ? { context: contexts.get(sink) } : {}) };
    const answer = /** @type {any} */ (sink.listener(report, attached));
    if (typeof answer?.then === 'function') answer.then(undefined, fail);
  } catch {
    fail();
  }
}

/** Whether a report is within the limits. @param {Sink} sink @param {string} print */
function admits(sink, print) {
  const { limit, each } = sink;
  const now = Date.now();
  // A clock may be put back.
  if (!(now - sink.since < limit.period) || now < sink.since) {
    sink.since = now;
    sink.sent = 0;
    each.clear();
  }
  const before = each.get(print) ?? 0;
  if (sink.sent >= limit.reports || before >= limit.perFingerprint) return false;
  each.set(print, before + 1);
  sink.sent += 1;
  return true;
}

/** @param {Occasion} occasion @returns {string} */
function fingerprint(occasion) {
  if (occasion.fingerprint !== undefined) return occasion.fingerprint;
  const module = moduleOf();
  if (sites === undefined || module !== sited) [sites, sited] = [sitesOf(module), module];
  const { event, error, className = '', cause, exported } = occasion;
  const of = (/** @type {any} */ value) => {
    const first = value !== null && typeof value === 'object' ? occasions.get(value) : undefined;
    return first === undefined ? fingerprintOf(value, value?.export ?? exported, /** @type {Map<number, number>} */ (sites)) : fingerprint(first);
  };
  occasion.fingerprint = event === 'panic' || event === 'end'
    ? fingerprintOf(error, error?.export ?? exported, sites)
    : hashOf([event, className, of(event === 'refused-restart' ? cause : error)].join('\0'));
  return occasion.fingerprint;
}

/** The module, where the gate has it. @returns {WebAssembly.Module | undefined} */
function moduleOf() {
  try {
    return links.gate?.glue.module?.();
  } catch {
    return undefined;
  }
}

/** How many objects that persist there are of each class, of the largest classes. */
function classesOf() {
  const now = Date.now();
  if (now - counted.at > COUNTED || now < counted.at) counted = { at: now, classes: links.classes() };
  const largest = Object.entries(counted.classes).sort(([, one], [, other]) => other - one).slice(0, MOST_CLASSES);
  return Object.fromEntries(largest.map(([name, count]) => [name.slice(0, LONGEST_NAME), count]));
}

/** The start of a text; no half of a character. @param {string} text @param {number} length */
const startOf = (text, length) => (text.length <= length ? text : text.slice(0, length).replace(/[\ud800-\udbff]$/, ''));

/**
 * What of a message goes into a report.
 * @param {unknown} message
 * @param {'keep' | 'hash' | 'omit'} messages
 */
function messageOf(message, messages) {
  if (messages === 'omit') return {};
  const text = String(message);
  return messages === 'keep' ? { message: startOf(text, LONGEST + 1) } : { messageHash: hashOf(shapeOf(text)) };
}

/**
 * The causes of an error, the nearest first. They are anybody's: a getter may throw.
 * @param {any} first
 * @param {'keep' | 'hash' | 'omit'} messages
 */
function causesOf(first, messages) {
  /** @type {import('./types').ReportCause[]} */
  const causes = [];
  for (let cause = first; cause !== undefined && causes.length <= MOST_CAUSES; cause = nextOf(cause)) {
    try {
      const isObject = cause !== null && typeof cause === 'object';
      const { name, code, message } = cause instanceof Error ? /** @type {any} */ (cause) : { name: cause === null ? 'null' : typeof cause, code: undefined, message: isObject ? '' : cause };
      const known = isObject ? occasions.get(cause) : undefined;
      causes.push({
        name: startOf(String(name), LONGEST_NAME),
        ...(typeof code === 'string' ? { code: startOf(code, LONGEST_NAME) } : {}),
        ...messageOf(message, messages),
        ...(known === undefined ? {} : { report: idOf(known) }),
      });
    } catch {
      causes.push({ name: typeof cause });
    }
  }
  return causes;
}

/** @param {any} error */
function nextOf(error) {
  try {
    return error?.cause;
  } catch {
    return undefined;
  }
}

/** The frames of an error; none where a program's own `Error.prepareStackTrace` fails. @param {unknown} error */
function tracedOf(error) {
  try {
    return framesOf(error, MOST_FRAMES + 1);
  } catch {
    return [];
  }
}

/** @param {Occasion} occasion */
const idOf = (occasion) => (occasion.id ||= links.randomId());

/** Whether it is an error of recover's, whose name and code are no one's secret. @param {unknown} error */
function isOurs(error) {
  try {
    return typeof error === 'object' && error !== null && BRAND in error;
  } catch {
    return false;
  }
}

/** What is said of an event whose error nobody was thrown. @type {(occasion: Occasion) => any} */
function errorOf({ event, error, className }) {
  if (event === 'poisoned') return { kind: event, code: 'E_POISONED', name: 'PoisonedError', message: `a ${className} was left half changed`, cause: error };
  if (event === 'lost') return { kind: 'stale', code: 'E_STALE_HANDLE', name: 'StaleHandleError', message: `a ${className} could not be revived`, cause: error };
  if (isOurs(error)) return error;
  // What JavaScript threw through a build that can't unwind.
  return { kind: 'aborted', code: 'E_INSTANCE_ABORTED', name: 'InstanceAbortedError', message: 'a JavaScript exception ended the instance', fatal: true, stack: error?.stack, cause: error };
}

/**
 * @param {Occasion} occasion
 * @param {string} print
 * @param {'keep' | 'hash' | 'omit'} messages
 * @param {number} omitted
 * @returns {RecoveryReport}
 */
function reportOf(occasion, print, messages, omitted) {
  const { event, className, exported, time, uptime, epoch, restarts, memoryBytes, cause } = occasion;
  const error = errorOf(occasion);
  const { location } = error;
  // The stack of a trap is that of its cause. Frames of the other events are in the report that the cause names.
  const traced = event === 'end' ? [error, nextOf(error)] : event === 'panic' ? [error] : [];
  if (error.kind === 'aborted') traced.reverse();
  const frames = traced.reduce((found, one) => (found.length === 0 ? tracedOf(one) : found), /** @type {import('./frames.js').Frame[]} */ ([]));
  const name = error.export ?? exported;
  const build = links.build();
  return fitted({
    version: VERSION, id: idOf(occasion), ...(build === undefined ? {} : { build }), time, event,
    kind: error.kind, code: error.code, name: error.name, ...messageOf(error.message, messages),
    ...(location === undefined ? {} : { location: { file: plainFile(location.file), line: location.line, column: location.column } }),
    frames, ...(name === undefined ? {} : { export: name }), ...(className === undefined ? {} : { class: className }),
    epoch, restarts, uptime, memoryBytes, classes: classesOf(), causes: causesOf(cause ?? nextOf(error), messages),
    retryable: error.retryable === true, fatal: error.fatal === true, fingerprint: print, omitted,
  });
}

/**
 * Cuts a report until it fits, what is longest first, and says what was cut.
 * @param {any} report
 */
function fitted(report) {
  /** @type {Set<string>} */
  const cut = new Set();
  const { frames, causes, classes, location } = report;
  const shorten = (/** @type {string} */ part, /** @type {any} */ of, /** @type {string} */ key, /** @type {number} */ length, /** @type {boolean} */ end) => {
    if (of?.[key] === undefined || of[key].length <= length) return;
    of[key] = end ? `…${of[key].slice(-length)}` : `${startOf(of[key], length)}…`;
    cut.add(part);
  };
  const drop = (/** @type {string} */ part, /** @type {unknown[]} */ list, /** @type {number} */ length) => {
    if (list.length <= length) return;
    list.length = length;
    cut.add(part);
  };
  // Each step leaves less; the last one leaves what fits in any case.
  for (const [length = 0, frameCount = 0, causeCount = 0, nameLength = 0] of STEPS) {
    shorten('message', report, 'message', length, false);
    for (const cause of causes) {
      shorten('causes', cause, 'message', length / 2, false);
      shorten('causes', cause, 'name', nameLength, false);
      shorten('causes', cause, 'code', nameLength, false);
    }
    drop('frames', frames, frameCount);
    drop('causes', causes, causeCount);
    shorten('export', report, 'export', nameLength, true);
    shorten('location', location, 'file', nameLength, true);
    shorten('class', report, 'class', nameLength, true);
    // None at last.
    for (const name of Object.keys(classes).slice((nameLength - 20) / 10)) {
      delete classes[name];
      cut.add('classes');
    }
    if (cut.size !== 0) report.cut = [...cut];
    if (bytesOf(report) <= MOST_BYTES) break;
  }
  return report;
}
