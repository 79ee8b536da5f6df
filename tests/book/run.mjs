// @ts-check
// Runs one JavaScript block of the book in a process of its own, and says what is wrong with it.

import { spawn } from 'node:child_process';

/** A block waits for nothing this long, in milliseconds. */
const PATIENCE = 30_000;

/**
 * What is not as the page says; nothing if all is.
 * @param {string} folder where it runs
 * @param {string} file
 * @param {string[]} prints the lines that the page says it prints
 * @param {number} [patience]
 * @returns {Promise<string | undefined>}
 */
export async function wrong(folder, file, prints, patience = PATIENCE) {
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part) => { out += part; });
  child.stderr.setEncoding('utf8').on('data', (part) => { err += part; });
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  const code = await new Promise((resolve) => { child.on('close', resolve); });
  clearTimeout(timer);
  if (code === null) return `it did not end:\n${out}${err}`;
  if (code !== 0) return `it ended with ${code}:\n${out}${err}`;
  const printed = out.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '');
  if (printed.join('\n') !== prints.join('\n')) return `it says that it prints\n${prints.join('\n')}\nand prints\n${printed.join('\n')}\n${err}`;
  return undefined;
}
