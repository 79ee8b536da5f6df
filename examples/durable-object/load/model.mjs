// @ts-check
// The model of a room: what was answered, replayed in the order of the edits' numbers on a
// plain string. It says which answers were wrong. Nothing is sent from here.

/** @typedef {import('./operations.mjs').Request_} Request_ */

/** Answers that a model knows beforehand. */
const NESTING = 4;

/** One room. */
export class Model {
  /** By the number of the edit. @type {Map<number, { request: Request_, length: number | undefined }>} */
  edits = new Map();
  /** By the number of the edit before. @type {Map<number, { request: Request_, result: unknown }[]>} */
  reads = new Map();
  text = '';
  /** @type {string[]} */
  wrong = [];

  /**
   * A good answer.
   * @param {Request_} request
   * @param {Record<string, any>} answer
   */
  answered(request, { sequence, length, result }) {
    if (result === undefined) {
      if (this.edits.has(sequence)) this.wrong.push(`two edits have number ${sequence}`);
      this.edits.set(sequence, { request, length });
      return;
    }
    const reads = this.reads.get(sequence);
    if (reads === undefined) this.reads.set(sequence, [{ request, result }]);
    else reads.push({ request, result });
  }

  /** Replays all of it. How many answers were right stands in the answer, which were wrong in `wrong`. */
  replay() {
    let right = 0;
    let { text } = this;
    /** @param {boolean} holds @param {string} what */
    const judge = (holds, what) => {
      if (holds) right += 1;
      else this.wrong.push(what);
    };
    const last = Math.max(0, ...this.edits.keys());
    for (let sequence = 0; sequence <= last; sequence += 1) {
      const edit = this.edits.get(sequence);
      if (edit !== undefined) {
        text = edited(text, edit.request);
        judge(edit.length === text.length, `edit ${sequence} made a length of ${edit.length}, not ${text.length}`);
      } else if (sequence > 0) {
        this.wrong.push(`no edit has number ${sequence}`);
      }
      for (const { request, result } of this.reads.get(sequence) ?? []) {
        judge(result === answerTo(text, request), `${request.op} after edit ${sequence} was answered ${JSON.stringify(result)}`);
      }
      this.reads.delete(sequence);
    }
    for (const sequence of this.reads.keys()) this.wrong.push(`something was read after edit ${sequence}, which is none`);
    this.text = text;
    return { right, edits: this.edits.size };
  }
}

/** @param {string} text @param {Request_} request */
function edited(text, { op, at, from, to, text: added }) {
  if (op === 'insert') return text.slice(0, at) + added + text.slice(at);
  const rest = text.slice(0, from) + text.slice(to);
  return op === 'delete' ? rest : rest.slice(0, at) + text.slice(from, to) + rest.slice(at);
}

/** @param {string} text @param {Request_} request */
function answerTo(text, { op, from, to }) {
  if (op === 'nesting') return NESTING;
  const part = text.slice(from, to);
  return op === 'render' ? `<p>${part}</p>` : part;
}
