// @ts-check
// The failures: one function each, the same for both sides, and what should happen with
// recover. Other files run them and draw the results.

/** @typedef {import('./types.d.ts').Group} Group */
/** @typedef {import('./sides.mjs').Side} Side */

/** Mebibytes. */
const MIB = 1 << 20;

/** Deeper than any stack. */
const DEEP = 10_000_000;

/**
 * An answer that takes its time.
 * @param {number} parts
 */
const later = (parts, milliseconds = 40) => new Promise((resolve) => { setTimeout(resolve, milliseconds, parts); });

/** @param {Side} side */
const raise = (side) => () => { throw side.thrown; };

/** @param {Side} side */
function abort(side) {
  try {
    side.module.abort();
  } catch {
    // Only the end of the instance matters, not the error.
  }
}

/** @type {Group[]} */
export const GROUPS = [
  {
    title: 'Errors and panics',
    failures: [
      {
        id: 'err', label: 'Return an Err', on: 'ledger',
        expect: 'The error’s own class with its fields; the ledger stays as the method left it.',
        run: ({ objects }) => objects.ledger.withdraw(1_000_000),
      },
      {
        id: 'panic', label: 'Panic half way, rolled back', on: 'ledger',
        expect: 'PanicError; the ledger is as it was before the call.',
        run: ({ objects }) => objects.ledger.post_all(Int32Array.of(10, 20, 0, 30)),
      },
      {
        id: 'panic-poison', label: 'Panic half way, poisoned', on: 'basket',
        expect: 'PanicError; the basket refuses calls until its state is accepted.',
        run: ({ objects }) => objects.basket.add_all(['pear', 'gold', 'fig']),
      },
      {
        id: 'panic-await', label: 'Panic after an await', on: 'download',
        expect: 'The promise rejects with PanicError; the download is as it was.',
        run: ({ objects }) => objects.download.step(later(0)),
      },
      {
        id: 'panic-timer', label: 'Panic in a timer',
        expect: 'recovery.onPanic gets the PanicError, since a timer has no caller.',
        run: ({ module }) => { setTimeout(module.alarm(), 10); },
      },
      {
        id: 'panic-drop', label: 'Panic in Drop',
        expect: 'free() throws PanicError, and the object is freed.',
        run: ({ module }) => new module.Fuse().free(),
      },
    ],
  },
  {
    title: 'JavaScript in between',
    failures: [
      {
        id: 'import', label: 'An import throws', on: 'pad',
        expect: 'The caller gets the same error; the pad can be used again.',
        run: (side) => side.objects.pad.ask(raise(side)),
      },
      {
        id: 'import-await', label: 'An import throws after an await', on: 'download',
        expect: 'The promise rejects with the same error.',
        run: (side) => side.objects.download.step_and_ask(later(1), raise(side)),
      },
      {
        id: 'reentrant', label: 'Call back into a busy object', on: 'pad',
        expect: 'BusyError at once, with retryable.',
        run: ({ objects: { pad } }) => pad.ask(() => pad.stroke()),
      },
      {
        id: 'overlap', label: 'Overlap two async calls', on: 'download',
        expect: 'The second call gets BusyError; the first succeeds.',
        run: async ({ objects: { download } }) => {
          const first = download.step(later(50, 60));
          try {
            return await download.step(later(50));
          } finally {
            await first;
          }
        },
      },
    ],
  },
  {
    title: 'Memory (the modules have 64 MiB)',
    failures: [
      {
        id: 'oom-huge', label: 'Ask for a gigabyte', on: 'ledger',
        expect: 'OutOfMemoryError; the call unwinds, and all objects stay usable.',
        run: ({ module }) => module.allocate(1024 * MIB),
      },
      {
        id: 'oom-small', label: 'Fill it with small blocks', on: 'ledger',
        expect: 'OutOfMemoryError; the blocks of the call are freed.',
        run: ({ module }) => module.fill(),
      },
      {
        id: 'oom-arguments', label: 'Pass a string of 100 MiB', on: 'ledger',
        expect: 'OutOfMemoryError, before Rust is entered.',
        run: ({ module }) => module.length('x'.repeat(100 * MIB)),
      },
    ],
  },
  {
    title: 'The stack',
    failures: [
      {
        id: 'stack-guarded', label: 'Recurse in guarded code', on: 'ledger',
        expect: 'StackOverflowError; the call unwinds while there is room.',
        run: ({ module }) => module.nest_guarded(DEEP),
      },
      {
        id: 'stack-unguarded', label: 'Recurse without a guard', on: 'ledger',
        expect: 'InstanceAbortedError; the next instance has the ledger back.',
        run: ({ module }) => module.nest(DEEP),
      },
    ],
  },
  {
    title: 'The end of the instance',
    failures: [
      {
        id: 'abort', label: 'Trap half way', on: 'ledger',
        expect: 'InstanceAbortedError; the ledger is as it was before the call.',
        run: ({ objects }) => objects.ledger.post_and_abort(5),
      },
      {
        id: 'abort-pending', label: 'Trap while a promise waits', on: 'download',
        expect: 'That promise rejects with InstanceAbortedError.',
        run: (side) => {
          const step = side.objects.download.step(later(4, 200));
          abort(side);
          return step;
        },
      },
      {
        id: 'panic-twice', label: 'Panic while a panic unwinds', on: 'ledger',
        expect: 'PanicError with fatal, and a fresh instance.',
        run: ({ module }) => module.panic_twice(),
      },
      {
        id: 'restart', label: 'Restart from outside', on: 'ledger',
        expect: 'A fresh instance; persistent objects are back under their handles.',
        first: ({ objects }) => objects.ledger.post(1),
        run: (side) => (side.recovery === undefined ? side.load() : side.recovery.restart()),
      },
      {
        id: 'restart-limit', label: 'End too often', oursOnly: true,
        expect: 'RestartLimitError on every call, until recovery.restart().',
        run: (side) => {
          side.recovery?.setRestartLimit({ restarts: 1, period: 60_000 });
          try {
            for (let ends = 0; ends < 2; ends += 1) abort(side);
            return side.module.answer();
          } finally {
            side.unlimited();
          }
        },
        next: async (side) => {
          await side.recovery?.restart();
          return side.module.answer();
        },
      },
    ],
  },
  {
    title: 'Handles',
    failures: [
      {
        id: 'freed', label: 'Use after free',
        expect: 'StaleHandleError; never another object’s memory.',
        run: ({ module }) => {
          const basket = new module.Basket();
          basket.free();
          return basket.add('pear');
        },
      },
      {
        id: 'stale', label: 'Use a handle of an ended instance', on: 'pad',
        expect: 'StaleHandleError with the epoch of that instance.',
        run: (side) => {
          abort(side);
          return side.objects.pad.stroke();
        },
        next: (side) => side.made('pad').stroke(),
      },
    ],
  },
];

export const FAILURES = GROUPS.flatMap((group) => group.failures);
