// @ts-check
// Which sites of exports, imports and classes were tortured, which were only passed, which neither, and which somebody
// waived, with a reason. What is tortured by definition, such as an allocation that was met, is no part of it.
import { Mistake } from './scenario.mjs';

/** @typedef {import('./types.mjs').Waiver} Waiver */

/** What each export has, and one whose body runs later. */
const EXPORT = ['before', 'enter', 'leave', 'after', 'restart'], LATER = ['before', 'restart'];
/** What each import has, and one that gives promises more. */
const IMPORT = ['throw'], PROMISE = ['reject', 'never'];
/** What each class has, and what one that persists has more. */
const CLASS = ['free'], PERSISTENT = ['encode', 'snapshot', 'decode'];

/** Exports that are wasm-bindgen's or the runtime's: a class's questions, its destructor, closures. @param {string} name */
const isHidden = (name) => /^__|___recover|__convert__closures_|^main$|^memory$/.test(name);

/**
 * Every site that there must be.
 * @param {{ exports: Iterable<string>, later: Set<string>, imports: Iterable<string>, promising: Iterable<string>, classes: Iterable<string>, persistent: Iterable<string> }} known
 * @returns {Set<string>}
 */
export function universe({ exports, later, imports, promising, classes, persistent }) {
  /** @type {Set<string>} */
  const all = new Set();
  for (const name of exports) if (!isHidden(name)) (later.has(name) ? LATER : EXPORT).forEach((kind) => all.add(`${kind}@${name}`));
  for (const name of imports) IMPORT.forEach((action) => all.add(`${action}@import:${name}`));
  for (const name of promising) PROMISE.forEach((action) => all.add(`${action}@import:${name}`));
  for (const name of classes) CLASS.forEach((kind) => all.add(`${kind}@${name}`));
  for (const name of persistent) PERSISTENT.forEach((kind) => all.add(`${kind}@${name}`));
  return all;
}

/**
 * Records are written and read under exports; the class is what these begin with.
 * @param {Set<string>} sites
 * @param {string[]} classes
 */
export function ofClasses(sites, classes) {
  for (const name of classes) {
    const begin = `${name.toLowerCase()}_`;
    for (const site of [...sites]) {
      const at = site.indexOf('@');
      const [kind, where] = [site.slice(0, at), site.slice(at + 1)];
      if (PERSISTENT.includes(kind) && (where.toLowerCase().startsWith(begin))) sites.add(`${kind}@${name}`);
    }
  }
}

/**
 * The waivers of a file: a JSON array of `{ site | pattern, reason }`, or the same as TOML tables `[[waiver]]`.
 * @param {Waiver[] | string | undefined} given
 * @returns {Waiver[]}
 */
export function waiversOf(given) {
  if (given === undefined) return [];
  /** @type {any} */
  const list = typeof given !== 'string' ? given : /^\s*[[{]\s*["{\]]/.test(given) ? parseJson(given) : parseTables(given);
  if (!Array.isArray(list)) throw new Mistake('the waivers are an array of { site, reason } or { pattern, reason }');
  return list.map((waiver, at) => {
    const { site, pattern, reason } = waiver ?? {};
    const name = `waiver ${at + 1}${site ?? pattern ? ` (${site ?? pattern})` : ''}`;
    if ((site === undefined) === (pattern === undefined)) throw new Mistake(`${name} has either \`site\` or \`pattern\``);
    if (typeof (site ?? pattern) !== 'string') throw new Mistake(`${name}: what it waives is a string`);
    if (typeof reason !== 'string' || reason.trim() === '') throw new Mistake(`${name} has no reason; say why no failure can happen there`);
    return waiver;
  });
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Mistake(`the waivers are no JSON: ${/** @type {Error} */ (error).message}`);
  }
}

/** The part of TOML that a list needs. @param {string} text */
function parseTables(text) {
  /** @type {Record<string, string>[]} */
  const list = [];
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line === '[[waiver]]') {
      list.push({});
      continue;
    }
    const [, key, value] = /^(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*')\s*(?:#.*)?$/.exec(line) ?? [];
    const table = list.at(-1);
    if (key === undefined || value === undefined || table === undefined) throw new Mistake(`line ${at + 1} of the waivers is neither [[waiver]] nor key = "value": ${line}`);
    table[key] = value.startsWith('\'') ? value.slice(1, -1) : JSON.parse(value);
  }
  return list;
}

/** @param {Waiver} waiver @param {string} site */
function waives({ site: one, pattern }, site) {
  if (one !== undefined) return one === site;
  const source = String(pattern).split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${source}$`).test(site);
}

/**
 * @param {Set<string>} all
 * @param {{ tortured: Set<string>, passed: Set<string> }} sites
 * @param {Waiver[]} waivers
 * @param {Set<Waiver>} used those that matched something
 * @param {boolean} [byChance] whether what was tortured is not the same each time: a waiver may match what was then
 */
export function coverage(all, { tortured, passed }, waivers, used, byChance = false) {
  for (const waiver of byChance ? waivers : []) if ([...all].some((site) => waives(waiver, site))) used.add(waiver);
  const unmet = [...all].filter((site) => !tortured.has(site)).sort();
  /** @type {string[]} */
  const never = [];
  /** @type {string[]} */
  const only = [];
  /** @type {{ site: string, reason: string }[]} */
  const waived = [];
  for (const site of unmet) {
    const matching = waivers.filter((waiver) => waives(waiver, site));
    matching.forEach((waiver) => used.add(waiver));
    const [waiver] = matching;
    if (waiver !== undefined) waived.push({ site, reason: waiver.reason });
    else (passed.has(site) ? only : never).push(site);
  }
  return { tortured: [...all].filter((site) => tortured.has(site)).sort(), passed: only, never, waived };
}

/** A waiver that waives nothing is a mistake. @param {Waiver[]} waivers @param {Set<Waiver>} used */
export function checkUsed(waivers, used) {
  const idle = waivers.find((waiver) => !used.has(waiver));
  if (idle !== undefined) throw new Mistake(`the waiver of ${idle.site ?? idle.pattern} matches no site that was not tortured; remove it`);
}
