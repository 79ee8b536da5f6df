// @ts-check
// Where a scenario came by, and where a failure happened: the sites of exports, imports and classes are made of what runs
// pass and what was injected in them. Which of them there must be is coverage.mjs's.

/** @typedef {import('./types.mjs').Run} Run @typedef {import('./types.mjs').Fired} Fired */

/** wasm-bindgen's name of a class's destructor, in a site. */
const DESTRUCTOR = /@__wbg_(\w+)_free$/;

/** Where a failure happened, in words of exports, imports and classes. @param {Fired} fired @returns {string[]} */
function sitesOf({ action, site, kind }) {
  const sites = [site];
  if (action === 'restart') sites.push(`restart${site.slice(kind.length)}`);
  else if (kind.startsWith('import:')) sites.push(`${action}@${kind}`);
  return sites;
}

export class Sites {
  constructor() {
    /** Those that a run came by, whether something failed there or not. @type {Set<string>} */
    this.passed = new Set();
    /** Those at which a failure happened, in a run that was judged. @type {Set<string>} */
    this.tortured = new Set();
    /** Classes that persist. @type {Set<string>} */
    this.persistent = new Set();
  }

  /** A run was made. @param {Run} run */
  passes({ trace, handles }) {
    const { passed } = this;
    for (const site of trace.sites) {
      if (passed.has(site)) continue;
      passed.add(site);
      if (site.startsWith('before@')) passed.add(`restart${site.slice('before'.length)}`);
      if (site.startsWith('import:')) passed.add(`throw@${site.slice(0, site.lastIndexOf('@'))}`);
    }
    for (const { className, persists } of handles) {
      passed.add(`free@${className}`);
      if (persists) this.persistent.add(className);
    }
  }

  /**
   * And it was judged.
   * @param {Run} run
   * @returns {number} how many failures happened in it
   */
  judged({ fired, handles }) {
    const { tortured } = this;
    let count = 0;
    for (const each of fired) {
      if (each.idle) continue;
      count += 1;
      for (const site of sitesOf(each)) tortured.add(site);
      const [, name] = DESTRUCTOR.exec(each.site) ?? [];
      const of = name === undefined ? undefined : handles.find(({ className }) => className.toLowerCase() === name);
      if (of !== undefined) tortured.add(`free@${of.className}`);
    }
    for (const { className, freed } of handles) if (freed) tortured.add(`free@${className}`);
    return count;
  }
}
