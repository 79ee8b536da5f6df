// What a failure is, in words.
import { NotThereError, PanicError } from './pkg/{{stem}}.js';

/** @param {() => unknown} action @returns {string} */
export function attempt(action) {
  try {
    return String(action());
  } catch (error) {
    if (error instanceof NotThereError) return `There is no “${error.title}” here.`;
    if (error instanceof PanicError) {
      const { file, line } = error.location ?? {};
      return `It panicked at ${file}:${line}; the shelf is as before.`;
    }
    throw error;
  }
}
