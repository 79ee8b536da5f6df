import type { AbortReport } from '../STEM.js';

/** What a coredump says beside the report. */
export interface CoredumpOptions {
  /** The name of the module. */
  name?: string;
  /** The build id, as `recovery.health().build` has it. */
  build?: string;
  /** The bytes of the module: with them, frames have their offset in the function. */
  module?: Uint8Array;
}

/** A coredump of the instance that a report of `recovery.onAbort(listener, { memory: true })` is of. */
export function coredump(report: AbortReport, options?: CoredumpOptions): Uint8Array;
