// @ts-check
// Forges snapshots: any payload, with a valid header and checksum.

const ODD = 0x9e3779b97f4a7c15n;
/** @param {bigint} product */
const step = (product) => {
  const word = BigInt.asUintN(64, product * ODD);
  return BigInt.asUintN(64, (word << 32n) | (word >> 32n));
};

/**
 * The sum as in codec.rs.
 * @param {bigint} state
 * @param {Uint8Array} bytes
 */
function summed(state, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) state = step(state ^ view.getBigUint64(at, true));
  let last = 0n;
  if (at + 4 <= bytes.length) {
    last = BigInt(view.getUint32(at, true));
    at += 4;
  }
  for (; at < bytes.length; at += 1) last = (last << 8n) | BigInt(view.getUint8(at));
  return step(state ^ (last | (BigInt((bytes.length % 8) + 1) << 56n)));
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
  const head = new Uint8Array([...new TextEncoder().encode('RCVR'), 1, name.length, ...name, 0, 0, 0, 0, 0, 0, 0, 0]);
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
