// @ts-check
// Prints what the crate in this directory has of npm to run its tests. Nothing is started here.
const { existsSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');

const here = createRequire(join(process.cwd(), 'package.json'));

/** @param {string} name @returns {any} */
function load(name) {
  try {
    return here(name);
  } catch {
    return undefined;
  }
}

const name = ['playwright', 'playwright-core'].find((each) => load(each) !== undefined);
/** @param {string | undefined} of */
const version = (of) => (of === undefined ? null : load(`${of}/package.json`)?.version ?? 'installed');
const places = [
  process.env.RECOVER_CHROMIUM,
  name === undefined ? undefined : load(name).chromium.executablePath(),
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
process.stdout.write(JSON.stringify({
  playwright: version(name),
  chromium: places.find((place) => place !== undefined && existsSync(place)) ?? null,
  miniflare: version(load('miniflare') === undefined ? undefined : 'miniflare'),
}));
