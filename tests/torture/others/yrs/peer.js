// Who is told of the updates of a document.

/** @param {number} length */
export function told(length) { if (length === 0) throw new RangeError('an update of no bytes'); }
