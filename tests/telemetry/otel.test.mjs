// @ts-check
// Reports reach a collector by OpenTelemetry's own SDK.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { EVENTS, adapter, collector, failEverything, load, sdk, thrown } from './support.mjs';

const { context, metrics, trace } = sdk('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = sdk('@opentelemetry/context-async-hooks');
const { MeterProvider, PeriodicExportingMetricReader } = sdk('@opentelemetry/sdk-metrics');
const { SimpleSpanProcessor, TracerProvider } = sdk('@opentelemetry/sdk-trace');
const { OTLPTraceExporter } = sdk('@opentelemetry/exporter-trace-otlp-http');
const { OTLPMetricExporter } = sdk('@opentelemetry/exporter-metrics-otlp-http');

const { port, posts, close } = await collector();
const url = (/** @type {string} */ signal) => `http://127.0.0.1:${port}/v1/${signal}`;
const tracing = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url: url('traces') }) })] });
const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: url('metrics') }), exportIntervalMillis: 600_000 });
const metering = new MeterProvider({ readers: [reader] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(tracing);
metrics.setGlobalMeterProvider(metering);

const pkg = await load();
const { reportToOpenTelemetry } = await adapter('otel');
const stop = reportToOpenTelemetry(pkg.recovery, { trace, metrics }, { messages: 'keep' });
after(async () => {
  stop();
  await Promise.all([tracing.shutdown(), metering.shutdown()]);
  await close();
});

/** The attributes of an OTLP object. @param {any} object */
const attributes = ({ attributes: list }) => Object.fromEntries(list.map((/** @type {any} */ { key, value }) => [key, Object.values(value)[0]]));

/** The spans that arrived. */
async function spans() {
  await tracing.forceFlush();
  const bodies = posts.filter(({ path }) => path === '/v1/traces').map(({ body }) => JSON.parse(body));
  return bodies.flatMap(({ resourceSpans }) => resourceSpans).flatMap(({ scopeSpans }) => scopeSpans).flatMap((scope) => scope.spans);
}

test('a failure is an event of the span that was active, if that goes on', async () => {
  await trace.getTracer('test').startActiveSpan('a request', async (/** @type {any} */ span) => {
    thrown(() => pkg.fault('no key "x"'));
    await new Promise((resolve) => { setTimeout(resolve, 1); });
    span.end();
  });
  const [span, ...others] = await spans();
  assert.deepEqual([span.name, others.length, span.events.length, span.events[0].name], ['a request', 0, 1, 'exception']);
  const of = attributes(span.events[0]);
  assert.equal(of['exception.type'], 'PanicError');
  assert.equal(of['exception.message'], 'no key "x"');
  assert.match(of['exception.stacktrace'], /^PanicError: no key "x"\n {4}at src\/lib\.rs:\d+:\d+\n {4}at wasm:\/\/wasm\/[\da-f]*:wasm-function\[\d+\]:0x[\da-f]+/);
  assert.deepEqual([of['recover.event'], of['recover.kind'], of['recover.code'], of['code.file.path']], ['panic', 'panic', 'E_PANIC', 'src/lib.rs']);
  assert.match(of['recover.fingerprint'], /^[\da-f]{16}$/);
});

test('a failure of a span that has ended, or of none, has a span of its own', async () => {
  posts.length = 0;
  let parent = '';
  trace.getTracer('test').startActiveSpan('ended', (/** @type {any} */ span) => {
    parent = span.spanContext().spanId;
    thrown(() => pkg.fault('in a span'));
    span.end();
  });
  await new Promise((resolve) => { setTimeout(resolve, 1); });
  thrown(() => pkg.trap());
  await new Promise((resolve) => { setTimeout(resolve, 1); });
  const all = await spans();
  const own = all.find(({ name }) => name === 'recover.panic'), end = all.find(({ name }) => name === 'recover.end');
  assert.equal(own.parentSpanId, parent);
  assert.ok(!end.parentSpanId);
  assert.equal(own.status.code, 2);
  assert.equal(attributes(own.events[0])['exception.message'], 'in a span');
  assert.equal(attributes(end.events[0])['recover.kind'], 'aborted');
});

test('failures are counted by kind, and restarts are timed', async () => {
  await failEverything(pkg);
  await metering.forceFlush();
  const bodies = posts.filter(({ path }) => path === '/v1/metrics').map(({ body }) => JSON.parse(body));
  const all = bodies.flatMap(({ resourceMetrics }) => resourceMetrics).flatMap(({ scopeMetrics }) => scopeMetrics).flatMap((scope) => scope.metrics);
  const failures = all.find(({ name }) => name === 'recover.failures').sum.dataPoints;
  const counts = Object.fromEntries(failures.map((/** @type {any} */ point) => [attributes(point).event, Number(point.asInt ?? point.asDouble)]));
  const each = (/** @type {string} */ event) => EVENTS.filter((one) => one === event).length;
  assert.equal(counts.poisoned, each('poisoned'));
  assert.equal(counts.lost, each('lost'));
  assert.equal(counts['refused-restart'], each('refused-restart'));
  assert.ok(counts.end >= each('end') && counts.panic >= 2);
  const [point] = all.find(({ name }) => name === 'recover.restart.duration').histogram.dataPoints;
  assert.ok(Number(point.count) >= 2 && point.sum > 0 && point.sum < 60_000, JSON.stringify(point));
});
