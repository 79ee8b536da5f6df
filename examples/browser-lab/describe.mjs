// @ts-check
// Values in words: errors, bytes, times. Knows neither the page nor the modules.

/** @typedef {import('./types.d.ts').Described} Described */

/** @param {any} cause */
function causeOf(cause) {
  if (cause === undefined) return undefined;
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

/**
 * The fields of an error, whoever made it.
 * @param {any} error
 * @returns {Described}
 */
export function describe(error) {
  const at = error?.location;
  return {
    class: error instanceof Error ? error.name : typeof error,
    message: error instanceof Error ? error.message : String(error),
    code: error?.code,
    kind: error?.kind,
    location: at && `${at.file.replace(/^.*browser-lab\//, '')}:${at.line}:${at.column}`,
    cause: causeOf(error?.cause),
    export: error?.export,
    fatal: error?.fatal,
    retryable: error?.retryable,
  };
}

/** @param {number} bytes */
export function inBytes(bytes) {
  if (bytes < 1 << 20) return `${Math.round(bytes / 1024)} KiB`;
  return `${(bytes / (1 << 20)).toFixed(bytes < 10 << 20 ? 1 : 0)} MiB`;
}

/** @param {number} milliseconds */
export function inSeconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
