// @ts-check
// Whether the declarations of one package have all that another's have.

/**
 * The lines of a .d.ts that are its own package's, by the class or interface around them.
 * @param {string} text
 */
export function linesOf(text) {
  // What follows is the glue's own: the raw exports and init().
  const own = text.split(/^export type InitInput/m)[0] ?? '';
  const plain = own.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  /** @type {string[]} */
  const lines = [];
  let around = '';
  for (const line of plain.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed === '}') continue;
    if (line === line.trimStart()) around = /^.*\{$/.test(trimmed) ? trimmed.replace(/ \{$/, '') : '';
    lines.push(line === line.trimStart() ? trimmed : `${around} … ${trimmed}`);
  }
  return lines;
}

/**
 * What `plain` declares and `ours` does not.
 * @param {string} plain
 * @param {string} ours
 */
export function missing(plain, ours) {
  const there = new Set(linesOf(ours));
  return linesOf(plain).filter((line) => !there.has(line));
}
