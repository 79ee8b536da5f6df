// @ts-check
// Kills of one engine, whatever it is: lives of objects that are begun, killed and judged, one after the other, and what is said at
// the end. How a life is begun and killed, the engine knows.
import { Judge } from './judge.mjs';
import { random } from './model.mjs';

/** @typedef {import('./driver.mjs').Said} Said */
/**
 * How a life is to end: at a point where something is written, by number; or some milliseconds after it began, or after it
 * found its object.
 * @typedef {{ point: number } | { after: number, found: boolean }} End
 */
/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {number} points up to which points are tried one by one; 0 if it has none
 * @property {number} longest the longest time after which a life is killed, in milliseconds
 * @property {(life: { name: string, seed: number, life: number, limit: number, end: End, hear: (said: Said | ['point', string]) => void }) => Promise<boolean>} live
 *   begins a life and is fulfilled when it is over; the answer is whether it was killed
 * @property {(seed: number) => Promise<void>} [fresh] before another object
 * @property {() => Promise<void>} stop
 */
/**
 * @typedef {object} Report
 * @property {string} engine
 * @property {number} kills
 * @property {number} lives
 * @property {number} answered
 * @property {number} lost
 * @property {number} half
 * @property {string[]} points the points that were reached, by what happens there
 * @property {string[]} faults
 */

/** How many lives an object has. */
const LIVES = 25;
/** From a point to the next one: a few kills meet points of all parts of a life; many, all points. */
const STRIDE = 37;

/**
 * @param {Engine} engine
 * @param {{ kills: number, seed: number, until?: number, stopsAtFault?: boolean, progress?: (text: string) => void }} options `until`: no kill after this time
 * @returns {Promise<Report>}
 */
export async function run(engine, { kills, seed, until = Infinity, stopsAtFault = false, progress }) {
  const next = random(seed);
  /** @type {Report} */
  const report = { engine: engine.name, kills: 0, lives: 0, answered: 0, lost: 0, half: 0, points: [], faults: [] };
  /** @type {Set<string>} */
  const points = new Set();
  let [turn, object] = [0, 0];
  while (report.kills < kills && Date.now() < until) {
    const own = (seed + object * 7919) | 0;
    const name = `object ${object}`;
    object += 1;
    const judge = new Judge(own);
    await engine.fresh?.(own);
    // The last life is there to be found: it is not killed.
    for (let left = Math.min(LIVES, kills - report.kills); left >= 0 && judge.faults.length === 0; left -= 1) {
      const isLast = left === 0;
      const isAtPoint = engine.points > 0 && turn % 2 === 0;
      /** @type {End} */
      const end = isLast ? { after: Infinity, found: true }
        : isAtPoint ? { point: 1 + (((turn >> 1) * STRIDE) % engine.points) } : { after: Math.floor(next() ** 2 * engine.longest), found: next() < 0.7 };
      turn += 1;
      const life = judge.begin();
      const wasKilled = await engine.live({
        name, seed: own, life, limit: isLast ? 20 : 100_000, end,
        hear: (said) => {
          if (said[0] === 'point') points.add(said[1]);
          else judge.hear(said);
        },
      });
      report.lives += 1;
      if (wasKilled) report.kills += 1;
      // Nothing that others did is in its way.
      if (isLast && !judge.wasFound && judge.faults.length === 0) judge.hear(['fault', 'the object could not be opened']);
      for (const { fault, text } of judge.faults) {
        report.faults.push(`${fault}: ${text}; engine ${engine.name}, seed ${seed}, object ${object - 1} of seed ${own}, kill ${report.kills}, this life's end ${JSON.stringify(end)}`);
      }
      if (report.lives % 25 === 0) progress?.(`${report.kills} kills, ${report.answered + judge.answered} calls answered, ${report.faults.length} faults`);
    }
    report.answered += judge.answered;
    report.lost += judge.lost;
    report.half += judge.half;
    if (stopsAtFault && report.faults.length > 0) break;
  }
  report.points = [...points].sort();
  return report;
}

/** One line. @param {Report} report */
export const line = ({ engine, kills, answered, lost, half, faults, points }) =>
  `${engine}: ${kills} kills${points.length === 0 ? '' : ` (${points.length} kinds of write points)`}, ${answered} calls acknowledged, ${lost} lost, ${half} half applied, ${faults.length} faults`;
