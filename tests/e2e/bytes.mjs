// @ts-check
// Snapshots as nobody writes them: any payload with a header and a checksum that are right.
import { crc32 } from 'node:zlib';

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
  new DataView(sum.buffer).setUint32(0, crc32(payload, crc32(head)), true);
  return new Uint8Array(Buffer.concat([head, sum, payload]));
}

/**
 * What the bytes of an object hold.
 * @param {string} className
 * @param {Uint8Array} bytes
 */
export const payloadOf = (className, bytes) => bytes.subarray(6 + className.length + 12);
