// @ts-check
// A room that many edit: each method that a request calls, what is refused and what panics half way, over more than
// one snapshot of its journal.

/** @param {any} pkg @param {any} t */
export function setup(pkg, t) {
  t.expects(pkg.OutOfRangeError, pkg.DocumentFullError, pkg.UnbalancedError, pkg.PanicError, pkg.InstanceAbortedError);
  return { room: new pkg.Room(), pkg };
}

/** @param {string} name @param {(state: any, t: any) => unknown} run */
const step = (name, run) => ({ name, run });

export const steps = [
  step('insert', ({ room }) => room.insert(0, 'The quick brown fox jumps over the lazy dog. ')),
  step('insert again', ({ room }) => room.insert(4, 'very ')),
  step('delete', ({ room }) => room.delete(4, 9)),
  step('shift', ({ room }) => room.shift(0, 4, 6)),
  step('read', ({ room }) => room.read(0, room.length)),
  step('sequence', ({ room }) => room.sequence),
  step('fill', ({ room }) => room.fill(3, '[a]', 400)),
  step('refused', ({ room }) => room.insert(1 << 30, 'nowhere')),
  step('too long', ({ room }) => room.fill(0, 'x', (1 << 20) + 1)),
  step('shift past the end', ({ room }) => room.shift(0, 4, 1 << 19)),
  step('nesting', ({ room }) => room.nesting('[[a][b[c]]]')),
  step('nesting refused', ({ room }) => room.nesting('[[')),
  step('nesting unguarded', ({ room }) => room.nesting_unguarded('[[]]')),
  step('render', ({ pkg, room }) => pkg.render(room.read(0, 8), Promise.resolve('<p>{}</p>'))),
  step('import', ({ pkg, room }) => {
    const copy = pkg.Room.import(pkg.recovery.export(room));
    try {
      return copy.length;
    } finally {
      copy.free();
    }
  }),
  // More than one snapshot's worth of edits.
  ...Array.from({ length: 18 }, (_, n) => step(`typed ${n}`, ({ room }) => room.insert(n, String.fromCharCode(97 + n)))),
  step('crash', ({ room }) => room.crash()),
  step('after the crash', ({ room }) => room.delete(0, 2)),
];

/** @param {any} state */
export function observe({ room }) { return [room.sequence, room.length, room.read(0, room.length)]; }

/** Edits are numbered without a gap. @param {any} state @param {{ name: string }[]} acknowledged @param {any} t */
export function invariant({ room }, acknowledged, t) {
  const reads = ['read', 'sequence', 'nesting', 'nesting unguarded', 'render', 'import'];
  const edits = acknowledged.filter(({ name }) => !reads.includes(name));
  t.assert(room.sequence === edits.length, `${room.sequence} edits of ${edits.length} that were acknowledged`);
}
