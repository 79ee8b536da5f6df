// @ts-check
// How the tests change bytes of pieces at random, and the same each time. No test is here, and nothing of it is shipped.

/** Numbers that look random, and are the same each time. @param {number} seed */
export function random(seed) {
  return (/** @type {number} */ below) => {
    seed = (seed + 0x6d2b_79f5) | 0;
    let word = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) % below;
  };
}

/** The checksum as chunks.js makes it, so that what is changed passes for whole. @param {Uint8Array} bytes */
export function resealed(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20) return;
  view.setUint32(8, bytes.length, true);
  let [one, two, at] = [0x9e37_79b9, bytes.length, 20];
  for (; at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at, true);
    one = Math.imul((one ^ word) << 13 | (one ^ word) >>> 19, 0x85eb_ca6b);
    two = Math.imul((two << 17 | two >>> 15) + word, 0xc2b2_ae35);
  }
  for (; at < bytes.length; at += 1) {
    one = Math.imul(one ^ Number(bytes[at]), 0x85eb_ca6b);
    two = Math.imul((two << 17 | two >>> 15) + Number(bytes[at]), 0xc2b2_ae35);
  }
  one ^= two >>> 16;
  two ^= one >>> 15;
  view.setUint32(12, one, true);
  view.setUint32(16, two, true);
}

/** Bytes with some changes, of the kinds that disks, networks and people make. @param {Uint8Array} bytes @param {(below: number) => number} next */
export function change(bytes, next) {
  for (let changes = next(4); changes >= 0; changes -= 1) {
    const at = next(bytes.length || 1);
    switch (next(5)) {
      case 0: bytes[at] = next(256); break;
      case 1: bytes.fill([0, 0xff][next(2)] ?? 0, at, at + 1 + next(8)); break;
      case 2: bytes = bytes.slice(0, at); break;
      case 3: bytes = Uint8Array.of(...bytes.slice(0, at), ...bytes.slice(next(bytes.length || 1))); break;
      default: bytes.copyWithin(at, next(bytes.length || 1), next(bytes.length || 1));
    }
  }
  return bytes;
}
