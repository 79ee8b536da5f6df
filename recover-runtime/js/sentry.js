// @ts-check
// Sends reports to Sentry, as events whose frames Sentry symbolicates itself: native frames of a wasm image that the build
// id names. No other module loads this one: a program imports it, from the package's folder `telemetry`, and hands over its own
// `recovery` and SDK (`@sentry/browser`, `@sentry/node`, `@sentry/cloudflare`). It imports nothing.

/** @typedef {import('./types').RecoveryReport} RecoveryReport */

/** What Sentry knows a module by. @param {string} build */
function imageOf(build) {
  // A debug id has 16 bytes and an age.
  return { type: 'wasm', code_id: build, debug_id: `${build.padEnd(32, '0').slice(0, 32)}0`, code_file: MODULE, debug_file: null };
}

/** The file of the module, for who reads an event that is not symbolicated. */
const MODULE = 'module.wasm';

/** @param {RecoveryReport} report */
function framesOf({ frames, location, export: exported }) {
  const known = frames.filter(([, offset]) => offset >= 0).reverse().map(([index, offset]) => ({
    platform: 'native', filename: MODULE, in_app: true, addr_mode: 'rel:0', instruction_addr: `0x${offset.toString(16)}`,
    ...(index < 0 ? {} : { function: `wasm-function[${index}]` }),
  }));
  if (known.length !== 0 || location === undefined) return known;
  const { file, line, column } = location;
  return [{ platform: 'native', filename: file, lineno: line, colno: column, in_app: true, ...(exported === undefined ? {} : { function: exported }) }];
}

/**
 * The event of a report.
 * @param {RecoveryReport} report
 */
export function sentryEvent(report) {
  const { id, time, event, kind, code, name, message, messageHash, location, build, causes, fatal, fingerprint, epoch, restarts, uptime, memoryBytes, classes, omitted, cut } = report;
  const frames = framesOf(report);
  const value = message ?? (location === undefined ? code : `${code} at ${location.file}:${location.line}:${location.column}`);
  return {
    event_id: id,
    timestamp: time / 1000,
    level: fatal ? 'fatal' : 'error',
    fingerprint: [fingerprint],
    exception: {
      // The one that was thrown comes last.
      values: [
        ...causes.map((cause) => ({ type: cause.name, value: cause.message ?? cause.code ?? '' })).reverse(),
        { type: name, value, mechanism: { type: 'recover', handled: !fatal }, ...(frames.length === 0 ? {} : { stacktrace: { frames } }) },
      ],
    },
    ...(build === undefined ? {} : { debug_meta: { images: [imageOf(build)] } }),
    tags: { 'recover.event': event, 'recover.kind': kind, 'recover.code': code, ...(report.export === undefined ? {} : { 'recover.export': report.export }) },
    contexts: { recover: { messageHash, location, build, class: report.class, epoch, restarts, uptime, memoryBytes, classes, omitted, cut } },
  };
}

/**
 * @param {import('./types').Recovery} recovery of the package
 * @param {{ captureEvent(event: any, hint?: any): unknown }} sentry the SDK
 * @param {import('./types').ReportOptions} [options]
 * @returns {() => void} stops it
 */
export function reportToSentry(recovery, sentry, options) {
  return recovery.onReport((report) => { sentry.captureEvent(sentryEvent(report)); }, options);
}
