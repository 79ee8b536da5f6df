// @ts-check
// Results as texts, so that those of two packages can be compared to the byte.
import { createHash } from 'node:crypto';

/**
 * @param {any} value
 * @param {Set<object>} [inside] the objects around it
 * @returns {string}
 */
export function show(value, inside = new Set()) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (value === null || typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
  if (inside.has(value)) return 'itself';
  const around = new Set(inside).add(value);
  /** @param {Iterable<any>} all */
  const list = (all) => Array.from(all, (one) => show(one, around)).join(', ');
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return `${value.constructor.name}(${bytes.length}) ${createHash('sha256').update(bytes).digest('hex')}`;
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return `[${list(value)}]`;
  if (value instanceof Map) return `Map [${list(value)}]`;
  if (value instanceof Set) return `Set [${list(value)}]`;
  // A handle: where its object is differs.
  if ('__wbg_ptr' in value) return `an object of ${value.constructor.name}`;
  const fields = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}: ${show(value[key], around)}`);
  return `{${fields.join(', ')}}`;
}
