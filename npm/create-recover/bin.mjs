#!/usr/bin/env node
// @ts-check
// `npm create recover NAME -- --template node`: `cargo recover new`, by the program that npm has installed with this.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const bin = createRequire(import.meta.url).resolve('cargo-recover/bin.mjs');
const { status, signal } = spawnSync(process.execPath, [bin, 'new', ...process.argv.slice(2)], { stdio: 'inherit' });
if (signal !== null) process.kill(process.pid, signal);
process.exit(status ?? 1);
