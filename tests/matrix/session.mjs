// @ts-check
// What a driver runs in its engine: the rows one after the other, each told of when it
// begins and when it has ended. No engine's own interface is in here.
import { rows, run } from './rows.mjs';

/**
 * What `cargo xtask matrix` says to a driver: what it runs, of the root of this repository, and the name of the package.
 * @typedef {{ session: string, package: string, rows: string[], build: import('./ends.mjs').Build }} Order
 */

/**
 * What a driver says, a line each.
 * @typedef {{ ready: { version: string, rows: string[] } } | { begin: string } | { end: string, why: string | null }} Line
 */

/** The rows that there are. */
export const names = Object.keys(rows);

/**
 * @param {Order} order
 * @param {{ load: () => Promise<any>, strays: unknown[] }} engine
 * @param {(line: Line) => void | Promise<void>} say
 */
export async function session(order, { load, strays }, say) {
  for (const name of order.rows) {
    await say({ begin: name });
    const why = await run(name, { build: order.build, load, strays });
    await say({ end: name, why: why ?? null });
  }
}
