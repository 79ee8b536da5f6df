// @ts-check
// The bytes of durable objects: what a store has of one, and what `recovery.export` gives with a journal. Pure:
// texts, numbers and bytes in, bytes out, and back. Bytes are untrusted when they are read: every length is checked,
// and a piece is whole or refused. What is in an entry's arguments, and in a snapshot, Rust knows.
//
// A piece is `RCVD`, the format, its kind (1: a chunk of calls; 2: a state), two zeros, its length, a checksum of two words, and
// - 8 bytes each: its number; the number before which all was durable when it was written; how many calls there were
//   before the piece, and behind it (a state has as many twice: which of them its calls are nobody needs to know);
// - a word: the hash of the class's name;
// - a word: how long a snapshot is, plus one; zero if there is none; the snapshot;
// - calls to its end: a word with the number of the method in this piece, and whether it returned no `Err`, in its lowest
//   bit; if the number is new, words with the hashes of its class and of its arguments' types, how long its
//   path is, and that; how long the arguments are, and those.
// Nothing is aligned; words have their lowest byte first.

/**
 * @typedef {{ class: number, schema: number, name: string }} Named a method: hashes of its class and of its arguments'
 *   types, and its path in Rust
 * @typedef {{ method: Named, ok: boolean, args: Uint8Array }} PortableCall
 * @typedef {{ kind: number, at: number, durable: number, first: number, last: number, class: number, snapshot: Uint8Array | undefined, calls: PortableCall[], size: number }} Piece
 */

const MAGIC = 0x4456_4352;
/** The version of the format. */
const FORMAT = 1;
/** The kinds of pieces. */
export const CHUNK = 1, STATE = 2;
/** Bytes up to the end of the checksum, and up to the snapshot. */
const SUMMED = 20, HEADER = SUMMED + 4 * 8 + 8;
/** The most that a piece may be long. */
const MOST = 0x7fff_ffff;
/** The longest path of a method. */
const LONGEST = 4096;

/** Why bytes are refused. */
export class Damaged extends Error {}

/** Whether bytes say that they are a piece. @param {Uint8Array} bytes */
export const isPiece = (bytes) => bytes[0] === 0x52 && bytes[1] === 0x43 && bytes[2] === 0x56 && bytes[3] === 0x44;

/**
 * Detects bytes that were changed or cut by accident: a sum of two words, which no byte leaves as it was.
 * Nothing detects a change on purpose.
 * @param {DataView} view
 * @param {number} at
 * @returns {[number, number]}
 */
function checksum(view, at) {
  let [one, two] = [0x9e37_79b9, view.byteLength];
  for (; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    one = Math.imul((one ^ word) << 13 | (one ^ word) >>> 19, 0x85eb_ca6b);
    two = Math.imul((two << 17 | two >>> 15) + word, 0xc2b2_ae35);
  }
  for (; at < view.byteLength; at += 1) {
    one = Math.imul(one ^ view.getUint8(at), 0x85eb_ca6b);
    two = Math.imul((two << 17 | two >>> 15) + view.getUint8(at), 0xc2b2_ae35);
  }
  one ^= two >>> 16;
  two ^= one >>> 15;
  return [one >>> 0, two >>> 0];
}

/** A piece that is being written. */
export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #end = HEADER;
  #class;
  /** The methods of the piece, with their numbers. @type {Map<Named, number>} */
  #methods = new Map();

  /** @param {number} of the hash of the class's name */
  constructor(of) {
    this.#class = of;
  }

  /** Bytes so far. */
  get length() { return this.#end; }

  /** @param {number} more */
  #reserve(more) {
    const needed = this.#end + more;
    if (needed <= this.#bytes.length) return;
    if (needed > MOST) throw new RangeError(`the state and the calls since have more than ${MOST} bytes`);
    const bytes = new Uint8Array(Math.min(MOST, Math.max(needed, this.#bytes.length * 2)));
    bytes.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /** @param {number} word */
  #word(word) {
    this.#view.setUint32(this.#end, word, true);
    this.#end += 4;
  }

  /** @param {Uint8Array} bytes */
  #put(bytes) {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The state that everything before it led to: that goes. @param {Uint8Array} bytes */
  snapshot(bytes) {
    this.#end = HEADER;
    this.#methods.clear();
    this.#view.setUint32(HEADER - 4, bytes.length + 1, true);
    this.#put(bytes);
  }

  /** @param {Named} method the same object for the same method @param {boolean} ok @param {Uint8Array} args */
  call(method, ok, args) {
    const known = this.#methods.get(method);
    const number = known ?? this.#methods.size;
    this.#reserve(20 + args.length);
    this.#word((number * 2 + Number(ok)) >>> 0);
    if (known === undefined) {
      const name = new TextEncoder().encode(method.name);
      this.#methods.set(method, number);
      [method.class, method.schema, name.length].forEach((word) => this.#word(word));
      this.#put(name);
      this.#reserve(4 + args.length);
    }
    this.#word(args.length);
    this.#put(args);
  }

  /**
   * The piece.
   * @param {number} kind
   * @param {number} at
   * @param {number} durable
   * @param {number} first
   * @param {number} last
   */
  sealed(kind, at, durable, first, last) {
    const bytes = this.#bytes.subarray(0, this.#end);
    const view = new DataView(bytes.buffer, 0, this.#end);
    [MAGIC, FORMAT | (kind << 8), this.#end].forEach((word, index) => view.setUint32(index * 4, word, true));
    [at, durable, first, last].forEach((number, index) => {
      view.setUint32(SUMMED + index * 8, number >>> 0, true);
      view.setUint32(SUMMED + index * 8 + 4, Math.floor(number / 2 ** 32), true);
    });
    view.setUint32(HEADER - 8, this.#class, true);
    const [one, two] = checksum(view, SUMMED);
    view.setUint32(12, one, true);
    view.setUint32(16, two, true);
    return bytes;
  }
}

/**
 * What is in a piece. Snapshot and arguments are parts of `bytes`.
 * @param {Uint8Array} bytes
 * @param {Known[]} [names] methods of other pieces: one that is named again is the same object
 * @returns {Piece}
 */
export function readPiece(bytes, names = []) {
  if (!isPiece(bytes)) throw new Damaged('it does not begin as what recover wrote');
  if (bytes.length < HEADER) throw new Damaged('it is cut');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (/** @type {number} */ at) => view.getUint32(at, true);
  const length = word(8);
  // The format is judged first: what follows may stand elsewhere in another one.
  if ((word(4) & 0xff) !== FORMAT) throw new Damaged(`it has format ${word(4) & 0xff}, and this version of recover-runtime reads ${FORMAT}`);
  if (length !== bytes.length) throw new Damaged(length > bytes.length ? 'it is cut' : 'more bytes follow than it has');
  const [one, two] = checksum(view, SUMMED);
  if (one !== word(12) || two !== word(16)) throw new Damaged('it was changed: its checksum is wrong');
  const kind = word(4) >>> 8;
  if (kind !== CHUNK && kind !== STATE) throw new Damaged(`it is of an unknown kind, ${kind}`);
  const long = (/** @type {number} */ index) => {
    const number = word(SUMMED + index * 8) + word(SUMMED + index * 8 + 4) * 2 ** 32;
    if (!Number.isSafeInteger(number)) throw new Damaged('one of its numbers is too large');
    return number;
  };
  const [at, durable, first, last] = [long(0), long(1), long(2), long(3)];
  let from = HEADER;
  // Views of bytes are slow to make: there is none but for what is kept.
  /** @param {number} size @param {string} what */
  const pass = (size, what) => {
    if (size > bytes.length - from) throw new Damaged(`${what} ends behind it`);
    from += size;
    return from - size;
  };
  const next = () => word(pass(4, 'a number'));
  const stated = word(HEADER - 4);
  const snapshot = stated === 0 ? undefined : bytes.subarray(pass(stated - 1, 'its snapshot'), from);
  if (kind === STATE && snapshot === undefined) throw new Damaged('it is a state, and has none');
  /** @type {Named[]} */
  const methods = [];
  /** @type {PortableCall[]} */
  const calls = [];
  while (from < bytes.length) {
    const head = next();
    const number = head >>> 1;
    if (number > methods.length) throw new Damaged('a call is of a method that it does not name');
    if (number === methods.length) {
      const [of, schema, size] = [next(), next(), next()];
      if (size > LONGEST) throw new Damaged('the path of a method is too long');
      methods.push(namedBy(of, schema, bytes, pass(size, 'the path of a method'), size, names));
    }
    const args = pass(next(), 'an argument');
    calls.push({ method: /** @type {Named} */ (methods[number]), ok: (head & 1) !== 0, args: bytes.subarray(args, from) });
  }
  if (kind === CHUNK && last - first < calls.length) throw new Damaged('it has more calls than it says');
  if (durable > at) throw new Damaged('it says that it was durable before it was written');
  return { kind, at, durable, first, last, class: word(HEADER - 8), snapshot, calls, size: length };
}

/**
 * A method, the same for the same bytes: most chunks have the one that the chunk before has, and a text takes longer than
 * all the rest of a small chunk.
 * @typedef {{ named: Named, path: Uint8Array }} Known
 * @param {number} of
 * @param {number} schema
 * @param {Uint8Array} bytes
 * @param {number} from where the path is
 * @param {number} size
 * @param {Known[]} names
 */
function namedBy(of, schema, bytes, from, size, names) {
  const isPath = (/** @type {Uint8Array} */ path) => {
    for (let at = 0; at < size; at += 1) if (path[at] !== bytes[from + at]) return false;
    return path.length === size;
  };
  for (const { named, path } of names) if (named.class === of && named.schema === schema && isPath(path)) return named;
  const path = bytes.subarray(from, from + size);
  const named = { class: of, schema, name: textOf(path) };
  // Who changed the bytes on purpose gets no search without end.
  if (names.length < 1000) names.push({ named, path });
  return named;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Damaged('the path of a method is no text');
  }
}

/**
 * What a store has, put together: the last whole state, and the calls since, in order.
 * @typedef {{ at: number, sequence: number, class: number, snapshot: Uint8Array, calls: PortableCall[], bytes: number, torn: number | undefined }} Recovered
 *   `at` is the number of the next chunk, `bytes` how long the chunks were; `torn` is the highest number that a chunk
 *   behind them has which a crash tore
 */

/**
 * A torn or missing chunk ends the journal, if nothing says that it was durable; else this throws.
 * @param {import('./stores').DurableContents} contents
 * @param {boolean} [isWhole] no crash tears a write of this store
 * @returns {Recovered | undefined} nothing is there
 */
export function recovered(contents, isWhole = false) {
  /** @type {Known[]} */
  const names = [];
  const [snapshots, chunks] = [read(contents.snapshots, STATE, names), read(contents.chunks, CHUNK, names)];
  /** @type {Piece | undefined} */
  let state;
  for (const [at, one] of snapshots) if (!(one instanceof Damaged) && at > (state?.at ?? -1)) state = one;
  if (state?.snapshot === undefined) {
    // What was to become the first state: a crash tore it before `open` was answered.
    const isFirst = chunks.size === 0 && !(isWhole && snapshots.size > 0) && [...snapshots.keys()].every((at) => at === 0);
    if (isFirst) return undefined;
    throw new Damaged(`there is no whole snapshot: ${[...snapshots].map(([at, one]) => `snapshot ${at}: ${reason(one)}`).join('; ') || 'there is none at all'}`);
  }
  /** @type {Recovered} */
  const whole = { at: state.at, sequence: state.last, class: state.class, snapshot: state.snapshot, calls: [...state.calls], bytes: 0, torn: undefined };
  for (let chunk = chunks.get(whole.at); chunk !== undefined && !(chunk instanceof Damaged); chunk = chunks.get(whole.at)) {
    if (chunk.class !== whole.class) throw new Damaged(`chunk ${whole.at} is of another class`);
    if (chunk.first !== whole.sequence) throw new Damaged(`chunk ${whole.at} does not follow what is before it`);
    if (chunk.snapshot !== undefined) [whole.snapshot, whole.calls] = [chunk.snapshot, []];
    for (const call of chunk.calls) whole.calls.push(call);
    whole.sequence = chunk.last;
    whole.bytes += chunk.size;
    whole.at += 1;
  }
  const end = whole.at;
  const why = `chunk ${end} is damaged: ${chunks.has(end) ? reason(chunks.get(end)) : 'it is missing'}`;
  for (const [at, one] of chunks) {
    if (at < end) continue;
    if (!(one instanceof Damaged) && one.durable > end) throw new Damaged(`${why}; it was durable before chunk ${at} was written`);
    if (isWhole) throw new Damaged(`${why}; no crash does that to this store`);
    whole.torn = Math.max(whole.torn ?? 0, at);
  }
  for (const [at, one] of snapshots) {
    // It was written when all before it was durable; or past what a crash tore, one number on.
    if (at <= end || (whole.torn !== undefined && at === behindTorn(whole.torn) && !chunks.has(at - 1))) continue;
    throw new Damaged(`${why}; it was durable before snapshot ${at} was written, and that is damaged, too: ${reason(one)}`);
  }
  return whole;
}

/**
 * The number of the state that is written when a crash has torn chunks, up to that number: with one between, so that it is not
 * taken for one that is written behind a whole chunk.
 * @param {number} torn
 */
export const behindTorn = (torn) => torn + 2;

/** @param {Piece | Damaged | undefined} one */
const reason = (one) => (one instanceof Damaged ? one.message : 'it is whole');

/**
 * The pieces by their numbers, or why one is damaged.
 * @param {import('./stores').DurablePiece[]} pieces
 * @param {number} kind
 * @param {Known[]} names
 */
function read(pieces, kind, names) {
  /** @type {Map<number, Piece | Damaged>} */
  const all = new Map();
  for (const { at, bytes } of pieces) {
    try {
      const piece = readPiece(bytes, names);
      if (piece.kind !== kind || piece.at !== at) throw new Damaged(`it is another piece: ${piece.at}`);
      all.set(at, piece);
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      all.set(at, error);
    }
  }
  return all;
}
