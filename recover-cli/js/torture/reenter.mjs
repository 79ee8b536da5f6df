// @ts-check
// JavaScript that calls an object while a call of it is under way, as an import may: what such a call may do, and what not.
import { handlesIn } from './state.mjs';

/** What the question to an object is, whether a call has it for itself (shared.toml, `inspect`). */
const IS_WRITTEN = 6;

/**
 * Another call of each object, which changes nothing. That one is refused stops none of the others. Whether there was anything to call.
 * @param {import('./play.mjs').Player} player
 * @param {import('./types.mjs').Fired} fired
 */
export function reenter(player, fired) {
  const { scenario, pkg, links, state, owned, tools } = player;
  if (scenario.reenter !== undefined) {
    scenario.reenter(state, tools);
    return true;
  }
  const isWritten = (/** @type {any} */ handle) => {
    try {
      return links?.inspect?.('torture', handle, IS_WRITTEN) !== 0;
    } catch {
      return false;
    }
  };
  let called = false;
  for (const [handle, path] of handlesIn(state, owned)) {
    const getters = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(handle))).filter(([name, { get }]) => get !== undefined && !name.startsWith('__'));
    /** @type {[string, () => unknown][]} */
    const calls = getters.map(([name]) => [name, () => handle[name]]);
    if (player.persists(handle)) calls.push(['recovery.export()', () => pkg.recovery.export(handle)]);
    called ||= calls.length > 0;
    for (const [name, call] of calls) {
      const written = isWritten(handle);
      try {
        call();
        if (written) fired.broken ??= `${name} of ${path} succeeded, though a call had it for itself`;
      } catch (error) {
        fired.refused ??= error;
      }
    }
  }
  return called;
}
