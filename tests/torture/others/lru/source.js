// What the cache asks for.

/** @param {string} key */
export function load(key) { return `value of ${key}`; }

/** @param {string} key */
export function fresh(key) { return !key.startsWith('old'); }
