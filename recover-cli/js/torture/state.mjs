// @ts-check
// What a state holds: the handles in it, and how values are compared, by their print. No call into the package is made
// here: reading a handle's pointer could bring its object in.

/** Handles that are looked for in one state, at most, and how deep. */
const MOST = 256, DEEP = 6, ELEMENTS = 1_000;

/** Whether a value is a handle of a class of the package. @param {any} value */
export function isHandle(value) {
  return typeof value === 'object' && value !== null && typeof value.free === 'function' && '__wbg_ptr' in value;
}

/**
 * The handles in a state, with the path to each.
 * @param {unknown} state
 * @param {unknown[]} [owned] further ones
 * @returns {Map<any, string>}
 */
export function handlesIn(state, owned = []) {
  /** @type {Map<any, string>} */
  const found = new Map();
  const seen = new Set();
  /** @param {any} value @param {string} path @param {number} depth */
  const walk = (value, path, depth) => {
    if (typeof value !== 'object' || value === null || found.size >= MOST || depth > DEEP || seen.has(value)) return;
    seen.add(value);
    if (isHandle(value)) {
      found.set(value, path);
      return;
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
    if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
      let at = 0;
      for (const [key, each] of value.entries()) {
        if (at >= ELEMENTS) break;
        at += 1;
        walk(each, `${path}[${typeof key === 'object' ? at - 1 : String(key)}]`, depth + 1);
      }
      return;
    }
    for (const key of Object.keys(value)) {
      // A getter of the user's may call anything.
      const { value: own } = Object.getOwnPropertyDescriptor(value, key) ?? {};
      walk(own, `${path}.${key}`, depth + 1);
    }
  };
  walk(state, 'state', 0);
  owned.forEach((each, at) => { walk(each, `own[${at}]`, 0); });
  return found;
}

/**
 * What a value is, as a string: the same for the same value.
 * @param {any} value
 * @param {number} [depth]
 * @param {Set<unknown>} [around]
 * @returns {string}
 */
export function print(value, depth = 0, around = new Set()) {
  switch (typeof value) {
    case 'number': return Object.is(value, -0) ? '-0' : String(value);
    case 'string': return JSON.stringify(value);
    case 'bigint': return `${value}n`;
    case 'function': return '<function>';
    case 'object': break;
    default: return String(value);
  }
  if (value === null) return 'null';
  if (isHandle(value)) return `<${value.constructor?.name ?? 'handle'}>`;
  if (value instanceof Error) return `<${value.name}: ${value.message}>`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}[${Array.prototype.join.call(value instanceof DataView ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value, ' ')}]`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer[${new Uint8Array(value).join(' ')}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (typeof value.then === 'function') return '<promise>';
  if (around.has(value) || depth > 2 * DEEP) return '<around>';
  around.add(value);
  const inner = (/** @type {any} */ each) => print(each, depth + 1, around);
  let text;
  if (Array.isArray(value)) text = `[${value.map(inner).join(', ')}]`;
  else if (value instanceof Map) text = `Map{${[...value].map(([key, each]) => `${inner(key)} => ${inner(each)}`).join(', ')}}`;
  else if (value instanceof Set) text = `Set{${[...value].map(inner).join(', ')}}`;
  else text = `{${Object.keys(value).sort().map((key) => `${key}: ${inner(value[key])}`).join(', ')}}`;
  around.delete(value);
  return text;
}
