// @ts-check
// The hostile mix of the load test, made on the room itself in whichever engine this runs: healthy requests, and every fifth
// fails. What each failure left (its report, its capture) is said as it is: what is right is judged by `cargo xtask reports`.
import { Stream, beginning } from '../../examples/durable-object/load/operations.mjs';
import { perform } from '../../examples/durable-object/worker/protocol.mjs';

/**
 * What a failure left.
 * @typedef {{ way: string, name: string | null, code: string | null, reports: object[], captures: string[] }} Failure
 */

/** The rows that there are. */
export const names = ['mix'];

/** Requests, of which every fifth fails: each way to do so four times. */
const REQUESTS = 80;
/** UTF-16 units that the document begins with. */
const LENGTH = 4096;
/** Brackets that are nested without a guard. Engines have more stack than V8. */
const DEPTH = 400_000;

/**
 * @param {{ rows: string[] }} order
 * @param {{ load: () => Promise<any>, strays: unknown[] }} engine
 * @param {(line: object) => void | Promise<void>} say
 */
export async function session(order, { load, strays }, say) {
  for (const name of order.rows) {
    await say({ begin: name });
    /** @type {Failure[]} */
    const failures = [];
    let why = null;
    try {
      await mix(await load(), failures);
      if (strays.length > 0) why = `nobody caught ${strays.map(String).join(', ')}`;
    } catch (error) {
      why = String(/** @type {any} */ (error)?.stack ?? error);
    }
    await say({ end: name, why, failures });
  }
}

/** What waits for this turn, and microtasks, has run. */
const settled = () => new Promise((resolve) => { setTimeout(resolve, 1); });

/** @param {any} pkg @param {Failure[]} failures */
async function mix({ Room, recovery, render }, failures) {
  recovery.setRestartLimit({ restarts: Infinity, period: 1 });
  /** @type {object[]} */
  let reports = [];
  /** @type {string[]} */
  let captures = [];
  const stops = [
    recovery.onReport((/** @type {object} */ report) => { reports.push(report); }, { messages: 'keep', limit: { reports: 1e6, perFingerprint: 1e6 } }),
    recovery.capture((/** @type {{ bytes: Uint8Array }} */ { bytes }) => { captures.push(new TextDecoder().decode(bytes)); }, { limitBytes: 1 << 24 }),
  ];

  /** @param {string} way @param {() => unknown} call */
  const fails = async (way, call) => {
    [reports, captures] = [[], []];
    /** @type {any} */
    let error = null;
    try {
      await call();
    } catch (thrown) {
      error = thrown;
    }
    await settled();
    failures.push({ way, name: error?.name ?? null, code: error?.code ?? null, reports, captures });
  };

  const room = new Room();
  room.insert(0, beginning(LENGTH));
  const stream = new Stream(1, 0.2);
  /** @param {any} request */
  const made = ({ op, from, to, ...rest }) => {
    if (op === 'render') return render(room.read(from, to), Promise.resolve('<p>{}</p>'));
    return perform(room, { op, from, to, ...rest });
  };
  for (let sent = 0; sent < REQUESTS; sent += 1) {
    const { request, failing } = stream.next(0);
    if (failing === undefined) {
      await made(request);
    } else {
      const guard = failing.way !== 'stack overflow' ? '' : request.op === 'nesting' ? ', guarded' : ', not guarded';
      const deep = guard === '' ? request : { ...request, text: '['.repeat(DEPTH) };
      await fails(`${failing.way}${guard}`, () => made(deep));
    }
  }
  // Where Rust waits for JavaScript: a page of 64 GiB.
  await fails('out of memory, behind an await', () => render('x'.repeat(1 << 20), Promise.resolve('{}'.repeat(1 << 16))));
  await made({ op: 'read', from: 0, to: 9 });
  stops.forEach((stop) => stop());
}
