// @ts-check
// A limit for the memory of a core module. Bindings of jco give no way to set one: the module makes its memory
// itself. So the limit is written into the module's bytes, before they are compiled. Nothing else of a module is
// read here.

const PAGE = 65_536;
/** The section of the memories that a module has. */
const MEMORIES = 5;

/**
 * A number in LEB128, and where it ends.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {[value: number, end: number]}
 */
function read(bytes, at) {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at];
    if (byte === undefined || factor > 2 ** 35) throw new TypeError('getCoreModule gave bytes that are no module of WebAssembly');
    at += 1;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
  }
}

/** @param {number} value */
function written(value) {
  const bytes = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) | (rest === 0 ? 0 : 128));
    value = rest;
  } while (value !== 0);
  return bytes;
}

/**
 * The contents of a section of memories, with the limit.
 * @param {Uint8Array} section
 * @param {number} most pages
 */
function limited(section, most) {
  let [count, at] = read(section, 0);
  const out = written(count);
  for (; count > 0; count -= 1) {
    const [flags, afterFlags] = read(section, at);
    const [least, afterLeast] = read(section, afterFlags);
    at = afterLeast;
    let maximum = most;
    if (flags & 1) [maximum, at] = read(section, at);
    // What stands behind (the size of pages) is copied as it is.
    if (flags > 7) throw new TypeError('limits.memoryBytes: a memory of this module has flags that are not known');
    if (least > most) throw new RangeError(`limits.memoryBytes is ${most * PAGE}, and the component begins with ${least * PAGE}; give it more`);
    out.push(...written(flags | 1), ...written(least), ...written(Math.min(maximum, most)));
  }
  out.push(...section.subarray(at));
  return out;
}

/**
 * The module, whose memories have at most so many bytes.
 * @param {Uint8Array} module
 * @param {number} most bytes
 */
export function withLimit(module, most) {
  // The magic number, and the version.
  for (let at = 8; at < module.length;) {
    const id = module[at];
    const [size, begin] = read(module, at + 1);
    const end = begin + size;
    if (end > module.length) throw new TypeError('getCoreModule gave bytes that are no module of WebAssembly');
    if (id === MEMORIES) {
      const section = limited(module.subarray(begin, end), Math.floor(most / PAGE));
      const head = [MEMORIES, ...written(section.length)];
      const out = new Uint8Array(at + head.length + section.length + module.length - end);
      out.set(module.subarray(0, at));
      out.set(head, at);
      out.set(section, at + head.length);
      out.set(module.subarray(end), at + head.length + section.length);
      return out;
    }
    at = end;
  }
  return module;
}
