// @ts-check
/**
 * What became of an input: whether that is right, and in a few words.
 */
import { spell } from './inputs.mjs';

/** @typedef {import('./inputs.mjs').Input} Input */
/** @typedef {import('./inputs.mjs').InputFile} InputFile */
/** @typedef {abstract new (...args: any[]) => Error} ErrorClass */

/**
 * What this script uses of a package.
 * @typedef {object} Package
 * @property {(source: { module: BufferSource }) => { memory: WebAssembly.Memory }} initSync
 * @property {new (tableSize: number | undefined) => Session} HpackSession
 * @property {ErrorClass} [PanicError] ours alone
 * @property {ErrorClass} [DecodeError] ours alone
 * @property {Recovery} [recovery] ours alone
 */

/**
 * @typedef {object} Recovery
 * @property {() => { memoryBytes: number, restarts: number }} health
 * @property {(limit: { restarts: number, period: number }) => void} setRestartLimit
 */

/** @typedef {{ decode(block: Uint8Array): string, free(): void }} Session */

/**
 * How a call ended.
 * @typedef {{ value: unknown } | { thrown: unknown }} Outcome
 */

/** The faulty blurhash rounds up to one step higher than the format says. */
const TOLERANCE = 1;

/**
 * Whether a hostile input came back as the error that names what is guilty: the line
 * that panicked, the request for memory, the depth of the calls, the full stack.
 * @param {Package} pkg
 * @param {InputFile} file
 * @param {Input} input
 * @param {Outcome} outcome
 */
export function isReported(pkg, file, input, outcome) {
  const kind = /** @type {any} */ (pkg)[input.error ?? 'PanicError'];
  if (!('thrown' in outcome) || kind === undefined) return false;
  const error = /** @type {any} */ (outcome.thrown);
  if (!(error instanceof kind)) return false;
  if (input.error === 'InstanceAbortedError') return isFull(error.cause);
  if (input.requested !== undefined) return [input.requested].flat().includes(error.requested);
  if (input.depth !== undefined) return error.depth === input.depth;
  if (input.message !== undefined) return error.message === input.message;
  const { location } = error;
  const place = `${location?.file}:${location?.line}`.replaceAll('\\', '/');
  return [input.site ?? []].flat().some((site) => {
    return place.endsWith(`/${file.target}-${file.version}/${site}`);
  });
}

/**
 * Whether this is how an engine ends an instance whose shadow stack or own stack is full.
 * @param {unknown} cause
 */
function isFull(cause) {
  return cause instanceof RangeError || cause instanceof WebAssembly.RuntimeError;
}

/**
 * @param {Package} pkg
 * @param {Input} input
 * @param {Outcome} outcome
 */
export function isRight(pkg, input, outcome) {
  if ('thrown' in outcome) {
    const { thrown } = outcome;
    const kind = pkg.DecodeError ?? Error;
    return input.refused !== undefined && thrown instanceof kind && thrown.message === input.refused;
  }
  if (input.refused !== undefined) return false;
  if (input.pixels === undefined) return String(outcome.value) === spell(input.answer ?? '');
  const want = Buffer.from(input.pixels, 'hex');
  const got = outcome.value;
  if (!(got instanceof Uint8Array) || got.length !== want.length) return false;
  return want.every((octet, at) => Math.abs(octet - Number(got[at])) <= TOLERANCE);
}

/**
 * An outcome in a few words.
 * @param {Outcome} outcome
 */
export function describe(outcome) {
  if ('value' in outcome) return `wrong answer: ${shorten(String(outcome.value), 24)}`;
  const { thrown } = outcome;
  if (!(thrown instanceof Error)) return `threw ${shorten(String(thrown), 40)}`;
  const { location, requested, depth, cause } = /** @type {any} */ (thrown);
  if (thrown.name === 'InstanceAbortedError') return `${thrown.name}: ${shorten(String(cause), 60)}`;
  if (requested !== undefined) return `${thrown.name}: ${requested} octets`;
  if (depth !== undefined) return `${thrown.name}: ${depth} calls deep`;
  if (location) {
    const path = String(location.file).replaceAll('\\', '/');
    const inCrate = /[^/]+-\d+\.\d+\.\d+\/.*$/.exec(path)?.[0] ?? path;
    return `${thrown.name} at ${inCrate}:${location.line}`;
  }
  if (/^recursive use of an object/.test(thrown.message)) return 'locked: recursive use of an object';
  return `${thrown.name}: ${shorten(thrown.message, 48)}`;
}

/**
 * @param {string} text
 * @param {number} most
 */
export function shorten(text, most) {
  const line = text.replaceAll('\n', ' / ');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
