// @ts-check
// Sends reports to OpenTelemetry: each failure as an `exception` event of the span that was active, and as a
// count; each restart as a duration. No other module loads this one: a program imports it, from the package's folder
// `telemetry`, and hands over its own `recovery` and `@opentelemetry/api`. It imports nothing.

/** @typedef {import('./types').RecoveryReport} RecoveryReport */

/** The name of the instrumentation. */
const NAME = 'recover';

/** The frames as a stack that `cargo recover symbolicate` reads. @param {RecoveryReport} report */
function stackOf({ name, message, location, frames, build }) {
  const lines = frames.map(([index, offset]) => `    at wasm://wasm/${build ?? ''}:wasm-function[${index < 0 ? 0 : index}]${offset < 0 ? '' : `:0x${offset.toString(16)}`}`);
  if (location !== undefined) lines.unshift(`    at ${location.file}:${location.line}:${location.column}`);
  return [message === undefined ? name : `${name}: ${message}`, ...lines].join('\n');
}

/** @param {RecoveryReport} report */
function attributesOf(report) {
  const { name, message, location, id, fingerprint, build, event, kind, code, epoch, omitted } = report;
  const attributes = {
    'exception.type': name, 'exception.message': message, 'exception.stacktrace': stackOf(report),
    'code.file.path': location?.file, 'code.line.number': location?.line, 'code.column.number': location?.column,
    'recover.report.id': id, 'recover.fingerprint': fingerprint, 'recover.build': build, 'recover.event': event,
    'recover.kind': kind, 'recover.code': code, 'recover.export': report.export, 'recover.class': report.class,
    'recover.epoch': epoch, 'recover.omitted': omitted,
  };
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/**
 * @param {import('./types').Recovery} recovery of the package
 * @param {{ trace: any, metrics: any }} api of `@opentelemetry/api`
 * @param {import('./types').ReportOptions} [options]
 * @returns {() => void} stops it
 */
export function reportToOpenTelemetry(recovery, { trace, metrics }, options = {}) {
  const tracer = trace.getTracer(NAME);
  const meter = metrics.getMeter(NAME);
  const failures = meter.createCounter('recover.failures', { description: 'Failures of the Rust module that were reported', unit: '{failure}' });
  const omissions = meter.createCounter('recover.reports.omitted', { description: 'Reports beyond the limit', unit: '{report}' });
  const restarts = meter.createHistogram('recover.restart.duration', { description: 'From the end of an instance to the next one', unit: 'ms' });
  const stopReports = recovery.onReport((report, { context }) => {
    const { event, kind, code, name, time, fatal, omitted } = report;
    failures.add(1, { event, kind, code });
    if (omitted !== 0) omissions.add(omitted);
    const attributes = attributesOf(report);
    const span = /** @type {any} */ (context);
    if (span?.isRecording()) {
      span.addEvent('exception', attributes, time);
      return;
    }
    // The span has ended with the call that failed, or there was none.
    const parent = span === undefined ? undefined : trace.setSpan(ROOT, span);
    const own = tracer.startSpan(`${NAME}.${event}`, { startTime: time }, parent);
    own.addEvent('exception', attributes, time);
    own.setStatus({ code: ERROR, message: fatal ? `${name}, fatal` : name });
    own.end();
  }, { ...options, context: () => trace.getActiveSpan() });
  const stopAborts = recovery.onAbort(({ restarted, duration }) => {
    if (restarted) restarts.record(duration);
  });
  return () => {
    stopReports();
    stopAborts();
  };
}

/** `SpanStatusCode.ERROR`. */
const ERROR = 2;

/** @param {Map<symbol, unknown>} values @returns {unknown} */
function contextWith(values) {
  return {
    getValue: (/** @type {symbol} */ key) => values.get(key),
    setValue: (/** @type {symbol} */ key, /** @type {unknown} */ value) => contextWith(new Map([...values, [key, value]])),
    deleteValue: (/** @type {symbol} */ key) => contextWith(new Map([...values].filter(([own]) => own !== key))),
  };
}

/** A context with nothing in it, as `ROOT_CONTEXT` of `@opentelemetry/api`. */
const ROOT = contextWith(new Map());
