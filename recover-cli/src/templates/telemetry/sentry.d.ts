import type { Recovery, RecoveryReport, ReportOptions } from '../STEM.js';

/** Sends reports to Sentry, by an SDK of it; returns a function that stops it. */
export function reportToSentry(
  recovery: Recovery,
  sentry: { captureEvent(event: any, hint?: any): unknown },
  options?: ReportOptions,
): () => void;

/** The event that Sentry gets of a report. */
export function sentryEvent(report: RecoveryReport): Record<string, unknown>;
