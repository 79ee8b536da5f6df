import type { Recovery, ReportOptions } from '../STEM.js';

/**
 * Sends reports to OpenTelemetry, by the `trace` and `metrics` of `@opentelemetry/api`; returns a function that
 * stops it. Each failure is an `exception` event of the span that was active, or of a span of its own, and counted by
 * `recover.failures`; each restart is in the histogram `recover.restart.duration`.
 */
export function reportToOpenTelemetry(
  recovery: Recovery,
  api: { trace: object; metrics: object },
  options?: ReportOptions,
): () => void;
