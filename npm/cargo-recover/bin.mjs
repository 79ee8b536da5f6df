#!/usr/bin/env node
// @ts-check
// Runs `cargo recover`: the program of this platform, which npm has installed beside this package, or
// says how to have one where there is none.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename } from 'node:path';

const platform = `${process.platform}-${process.arch}`;
const file = process.platform === 'win32' ? 'cargo-recover.exe' : 'cargo-recover';

/** One line for who called, and the exit code for a machine that is to be mended. @param {string} message @returns {never} */
function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

/** @returns {string} */
function program() {
  try {
    return createRequire(import.meta.url).resolve(`@recover-rs/${platform}/${file}`);
  } catch {
    return fail(`npm has no cargo-recover for ${platform}, or was told to leave optional dependencies out: run \`npm install cargo-recover --include=optional\`, or \`cargo install recover-cli\``);
  }
}

// cargo hands its subcommands their own name; npx doesn't.
const given = process.argv.slice(2);
const args = given[0] === 'recover' ? given : ['recover', ...given];
const { status, signal, error } = spawnSync(program(), args, { stdio: 'inherit' });
if (error !== undefined) fail(`${basename(file)} did not start: ${error.message}; run \`cargo install recover-cli\``);
if (signal !== null) process.kill(process.pid, signal);
process.exit(status ?? 1);
