// @ts-check
// Writes a coredump of an instance that has ended, in the format of WebAssembly's tool conventions:
// the frames of the trap, and the memory. `cargo recover inspect core` reads it, and so do
// other readers. It takes what `recovery.onAbort(listener, { memory: true })` told. A package has this module by
// the feature `coredump` of recover-runtime.
//
// Globals are none: what an instance had in them is gone with it. What readers of the format don't know stands
// in a section of ours, `recover`: the build, the offsets in the module, the objects that the host knew of.

import { framesOf } from './frames.js';

/** @typedef {import('./types').AbortReport} AbortReport */
/** @typedef {{ name?: string, build?: string, module?: Uint8Array }} CoredumpOptions */

const PAGE = 65536;
/** Frames that a coredump has at most. */
const MOST_FRAMES = 1000;

/** A number as LEB128. @param {number} value @returns {number[]} */
function leb(value) {
  const bytes = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** The same with a sign. @param {number} value @returns {number[]} */
function signed(value) {
  const bytes = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

/** @param {string} text @returns {number[]} */
function name(text) {
  const bytes = new TextEncoder().encode(text);
  return [...leb(bytes.length), ...bytes];
}

/** @template T @param {T[]} all @param {(one: T) => number[]} write @returns {number[]} */
const vector = (all, write) => [...leb(all.length), ...all.flatMap(write)];

/** @param {number} id @param {number[]} content @returns {number[]} */
const section = (id, content) => [id, ...leb(content.length), ...content];

/** @param {string} of @param {number[]} content @returns {number[]} */
const custom = (of, content) => section(0, [...name(of), ...content]);

/**
 * Where the functions of a module begin: how many are imported, and the offsets of the others.
 * @param {Uint8Array} wasm
 */
function functionsOf(wasm) {
  let at = 8;
  let imported = 0;
  /** @type {number[]} */
  const starts = [];
  const number = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = wasm[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  const skip = () => { const length = number(); at += length; };
  const limits = () => {
    const flags = number();
    number();
    if ((flags & 1) !== 0) number();
  };
  while (at < wasm.length) {
    const id = number();
    const length = number();
    const end = at + length;
    if (id === 2) {
      for (let count = number(); count > 0; count -= 1) {
        skip();
        skip();
        const kind = number();
        if (kind === 0) { imported += 1; number(); }
        else if (kind === 1) { number(); limits(); }
        else if (kind === 2) limits();
        else { number(); number(); }
      }
    } else if (id === 10) {
      for (let count = number(); count > 0; count -= 1) {
        const size = number();
        starts.push(at);
        at += size;
      }
    }
    at = end;
  }
  return { imported, starts };
}

/**
 * A coredump of the instance that a report is of. With the bytes of the module, frames have their offset
 * in the function, as the format wants it; else that is 0.
 * @param {AbortReport} report
 * @param {CoredumpOptions} [options]
 * @returns {Uint8Array}
 */
export function coredump(report, options = {}) {
  const { memory = new Uint8Array() } = report;
  const trap = framesOf(report.cause, MOST_FRAMES);
  const frames = trap.length > 0 ? trap : framesOf(report.error, MOST_FRAMES);
  const functions = options.module === undefined ? undefined : functionsOf(options.module);
  const inFunction = (/** @type {import('./frames.js').Frame} */ [index, offset]) => {
    const start = functions?.starts[index - functions.imported];
    return start === undefined ? 0 : Math.max(0, offset - start);
  };
  const stack = [0, ...name('main'), ...vector(frames, (frame) => [0, ...leb(0), ...leb(Math.max(0, frame[0])), ...leb(inFunction(frame)), 0, 0])];
  const { message } = /** @type {any} */ (report.error) ?? {};
  const own = {
    version: 1, build: options.build, message: typeof message === 'string' ? message : undefined, epoch: report.epoch, export: report.export,
    frames, objects: report.objects,
  };
  const head = [
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...custom('core', [0, ...name(options.name ?? 'module.wasm')]),
    ...custom('coremodules', vector([options.name ?? 'module.wasm'], (one) => [0, ...name(one)])),
    ...custom('coreinstances', [1, 0, 0, 1, 0, 0]),
    ...custom('corestack', stack),
    ...custom('recover', [...new TextEncoder().encode(JSON.stringify(own))]),
    ...section(5, [1, 0, ...leb(Math.ceil(memory.length / PAGE))]),
  ];
  // Memory that was never written is left out, as far as it costs little to see that.
  const segments = written(memory);
  const heads = segments.map(({ start, end }) => [0, 0x41, ...signed(start), 0x0b, ...leb(end - start)]);
  const count = leb(segments.length);
  const length = segments.reduce((sum, { start, end }, at) => sum + end - start + /** @type {number[]} */ (heads[at]).length, count.length);
  const data = [11, ...leb(length), ...count];
  const dump = new Uint8Array(head.length + data.length - count.length + length);
  dump.set(head);
  let at = head.length;
  dump.set(data, at);
  at += data.length;
  segments.forEach(({ start, end }, index) => {
    const before = /** @type {number[]} */ (heads[index]);
    dump.set(before, at);
    dump.set(memory.subarray(start, end), at + before.length);
    at += before.length + end - start;
  });
  return dump;
}

/** Gives `recovery.coredump()` its function. @param {import('./links').Links} links */
export function provide(links) {
  links.coredump = (report, options) => coredump(report, { build: links.build(), ...options });
}

/** The parts of a memory that are not zero, by pages. @param {Uint8Array} memory */
function written(memory) {
  /** @type {{ start: number, end: number }[]} */
  const parts = [];
  for (let start = 0; start < memory.length; start += PAGE) {
    const end = Math.min(start + PAGE, memory.length);
    if (memory.subarray(start, end).every((byte) => byte === 0)) continue;
    const last = parts.at(-1);
    if (last !== undefined && last.end === start) last.end = end;
    else parts.push({ start, end });
  }
  return parts;
}
