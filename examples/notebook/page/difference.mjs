// @ts-check
// What a person has changed in a text. Nothing of the page or of the notebook is known here.

/**
 * The edit that leads from one text to the other: units that were removed at a place, and what came there. No character is cut
 * in two.
 * @param {string} before
 * @param {string} after
 * @returns {{ at: number, removed: number, text: string }}
 */
export function difference(before, after) {
  const most = Math.min(before.length, after.length);
  let at = 0;
  while (at < most && before[at] === after[at]) at += 1;
  if (isHigh(before.charCodeAt(at - 1))) at -= 1;
  let end = 0;
  while (end < most - at && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  if (isLow(before.charCodeAt(before.length - end))) end -= 1;
  return { at, removed: before.length - end - at, text: after.slice(at, after.length - end) };
}

/** @param {number} unit the first half of a character outside of the plane */
const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00;
/** @param {number} unit the second half */
const isLow = (unit) => unit >= 0xdc00 && unit < 0xe000;
