// @ts-check
// Runs the rows in a page of Firefox, which has no driver: the page posts what becomes of
// them. `firefox.mjs ORDER PACKAGE FIREFOX`. No assertion is in here.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endsWith, engineProgram } from './driver.mjs';
import { serve } from './site.mjs';

const profile = mkdtempSync(join(tmpdir(), 'recover-firefox-'));
// No welcome, no updates, nothing that calls anyone.
writeFileSync(join(profile, 'user.js'), [
  ['browser.shell.checkDefaultBrowser', false], ['browser.aboutwelcome.enabled', false],
  ['datareporting.policy.dataSubmissionEnabled', false], ['toolkit.telemetry.reportingpolicy.firstRun', false],
  ['app.update.enabled', false], ['app.normandy.enabled', false], ['network.captive-portal-service.enabled', false],
  ['network.connectivity-service.enabled', false], ['browser.safebrowsing.update.enabled', false],
].map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});\n`).join(''));

const version = /[\d.]+(esr)?$/.exec(execFileSync(engineProgram, ['--version'], { encoding: 'utf8' }).trim());

/** @type {import('node:child_process').ChildProcess | undefined} */
let firefox;
const end = endsWith(async () => {
  if (firefox !== undefined && firefox.exitCode === null && firefox.signalCode === null) {
    const gone = new Promise((resolve) => firefox?.once('exit', resolve));
    firefox.kill();
    await gone;
  }
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});
const site = await serve(version?.[0] ?? '', end);
firefox = spawn(engineProgram, ['--headless', '--no-remote', '--profile', profile, site.url], { stdio: 'ignore' });
firefox.once('exit', end);
