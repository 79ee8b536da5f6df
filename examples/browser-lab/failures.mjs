// @ts-check
// The failures: one function each, the same for both sides, and what should happen with
// recover. How they are run, and what is drawn, stands elsewhere.

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
    // The end of the instance is not what is looked at.
  }
}

/** @type {Group[]} */
export const GROUPS = [
  {
    title: 'Errors and panics',
    failures: [
      {
        id: 'err', label: 'Return an Err', on: 'ledger',
        expect: 'Its own class with its fields; the ledger as the method left it.',
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
        expect: 'recovery.onPanic hears it: a timer has no caller.',
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
        expect: 'The very same error arrives; the pad is free again.',
        run: (side) => side.objects.pad.ask(raise(side)),
      },
      {
        id: 'import-await', label: 'An import throws after an await', on: 'download',
        expect: 'The promise rejects with the very same error.',
        run: (side) => side.objects.download.step_and_ask(later(1), raise(side)),
      },
      {
        id: 'reentrant', label: 'Call back into a busy object', on: 'pad',
        expect: 'BusyError at once, which may be tried again.',
        run: ({ objects: { pad } }) => pad.ask(() => pad.stroke()),
      },
      {
        id: 'overlap', label: 'Overlap two async calls', on: 'download',
        expect: 'The second gets BusyError; the first ends well.',
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
        expect: 'OutOfMemoryError, unwound; nothing else is harmed.',
        run: ({ module }) => module.allocate(1024 * MIB),
      },
      {
        id: 'oom-small', label: 'Fill it with small blocks', on: 'ledger',
        expect: 'OutOfMemoryError; what was live is let go.',
        run: ({ module }) => module.fill(),
      },
      {
        id: 'oom-arguments', label: 'Pass a text of 100 MiB', on: 'ledger',
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
        expect: 'StackOverflowError, unwound while there is room.',
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
        expect: 'PanicError with fatal; a fresh instance.',
        run: ({ module }) => module.panic_twice(),
      },
      {
        id: 'restart', label: 'Restart it from outside', on: 'ledger',
        expect: 'A fresh instance; what persists is back under its handle.',
        first: ({ objects }) => objects.ledger.post(1),
        run: (side) => (side.recovery === undefined ? side.load() : side.recovery.restart()),
      },
      {
        id: 'restart-limit', label: 'Die too often', oursOnly: true,
        expect: 'RestartLimitError on every call, until recovery.restart().',
        run: (side) => {
          side.recovery?.setRestartLimit({ restarts: 1, period: 60_000 });
          try {
            for (let death = 0; death < 2; death += 1) abort(side);
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
        id: 'stale', label: 'Use a handle of a dead instance', on: 'pad',
        expect: 'StaleHandleError with the epoch that it went with.',
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
