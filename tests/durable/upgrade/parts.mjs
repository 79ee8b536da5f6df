// @ts-check
// What the processes of the upgrade load test share: what they are told, and how they tell.

/** What a process is told by its environment. @param {string} name */
export function required(name) {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`set ${name}; load.mjs does`);
  return value;
}

/** Where `ws` is. */
export const modules = () => required('RECOVER_MINIFLARE');

/** Tells who started this process. @param {unknown} message */
export function tell(message) {
  process.send?.(message);
}
