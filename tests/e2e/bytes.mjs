// @ts-check
// Forges snapshots: any payload, with a valid header and checksum.

const ODD = 0x9e3779b97f4a7c15n;
/** @param {bigint} word @param {bigint} by */
const rotated = (word, by) => BigInt.asUintN(64, (word << by) | (word >> (64n - by)));
/** @param {bigint} state @param {bigint} word */
const step = (state, word) => rotated(BigInt.asUintN(64, (state ^ word) * ODD), 32n);
/** @param {bigint} sum @param {bigint} word */
const added = (sum, word) => rotated(BigInt.asUintN(64, sum + word), 23n);

/**
 * The sum as in codec.rs.
 * @param {bigint} state
 * @param {Uint8Array} bytes
 */
function summed(state, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  if (bytes.length >= 32) {
    let sums = [state, state, state, state];
    for (; at + 32 <= bytes.length; at += 32) {
      sums = sums.map((sum, lane) => added(sum, view.getBigUint64(at + lane * 8, true)));
    }
    state = sums.reduce(step, 0n);
  }
  for (; at + 4 <= bytes.length; at += 4) state = added(state, BigInt(view.getUint32(at, true)));
  if (at === bytes.length) return state;
  let last = 1n;
  for (; at < bytes.length; at += 1) last = (last << 8n) | BigInt(view.getUint8(at));
  return step(state, last);
}

/** @param {Uint8Array} first @param {Uint8Array} rest */
function checksum(first, rest) {
  const state = summed(summed(0n, first), rest);
  return Number(BigInt.asUintN(64, (state ^ (state >> 32n)) * ODD) >> 32n);
}

/**
 * @param {string} className
 * @param {number} version
 * @param {Uint8Array} payload
 */
export function sealed(className, version, payload) {
  const name = new TextEncoder().encode(className);
  const head = new Uint8Array([...new TextEncoder().encode('RCVR'), 2, name.length, ...name, 0, 0, 0, 0, 0, 0, 0, 0]);
  const view = new DataView(head.buffer);
  view.setUint32(head.length - 8, version, true);
  view.setUint32(head.length - 4, payload.length, true);
  const sum = new Uint8Array(4);
  new DataView(sum.buffer).setUint32(0, checksum(head, payload), true);
  return new Uint8Array(Buffer.concat([head, sum, payload]));
}

/**
 * What the bytes of an object hold.
 * @param {string} className
 * @param {Uint8Array} bytes
 */
export const payloadOf = (className, bytes) => bytes.subarray(6 + className.length + 12);
