// @ts-check
// What the drivers share that run in Node and have their engine elsewhere: what they were
// ordered, how they speak, and their end when `cargo xtask matrix` lets go of them.
import process from 'node:process';

const [order = '', directory = '', program = ''] = process.argv.slice(2);

/** The rows and the build. */
export const orderText = order;
/** The package of the fixture. */
export const packageDirectory = directory;
/** The program, or the package that brings it. */
export const engineProgram = program;

/** A process that exits leaves what a pipe has not taken. @param {import('../session.mjs').Line} line */
export function say(line) {
  return new Promise((resolve) => { process.stdout.write(`${JSON.stringify(line)}\n`, resolve); });
}

/**
 * Ends this process once `close` has run: when all rows are done, or nobody listens.
 * @param {() => unknown} close
 */
export function endsWith(close) {
  let ending = false;
  const end = async (/** @type {number} */ code) => {
    if (ending) return;
    ending = true;
    await close();
    process.exit(code);
  };
  process.stdin.on('end', () => void end(1)).resume();
  return () => end(0);
}
