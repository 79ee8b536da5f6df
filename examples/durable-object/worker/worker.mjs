// @ts-check
// The worker: the room of #[recoverable], whose bytes the object's storage keeps. One
// instance of the module serves all objects of an isolate.
import { env } from 'cloudflare:workers';
import { Room, initSync, recovery, render } from '../pkg/durable_room.js';
import module from '../pkg/durable_room_bg.wasm';
import { RoomBase, entry } from './object.mjs';

initSync({ module });
// Five restarts in ten seconds, as recover has it, are too few where every client may send
// what ends an instance and each end costs a millisecond.
const { RESTARTS, CAPTURES } = env;
if (RESTARTS !== undefined) recovery.setRestartLimit({ restarts: Number(RESTARTS), period: 10_000 });
// Most of that millisecond is the next instance: it is made while nobody waits for it.
recovery.spare = true;

/** What failed, as `cargo recover replay` takes it, where the environment asks for that. @type {string[]} */
const captures = [];
if (CAPTURES === 'yes') recovery.capture(({ bytes }) => captures.push(new TextDecoder().decode(bytes)));

/**
 * The rooms of this isolate, by the object's name. An object that is evicted is not told, so
 * its room is freed when it comes back; else that would wait for a garbage collector, which
 * doesn't see how large a room is.
 * @type {Map<string, import('./types.mjs').Room>}
 */
const rooms = new Map();

export class RoomObject extends RoomBase {
  /** @override @param {Uint8Array | undefined} bytes */
  open(bytes) {
    const id = this.ctx.id.toString();
    rooms.get(id)?.free();
    rooms.delete(id);
    const room = bytes === undefined ? new Room() : Room.import(bytes);
    rooms.set(id, room);
    return room;
  }

  /** @override @param {import('./types.mjs').Room} room */
  bytes(room) {
    return recovery.export(room);
  }

  /** @override @param {string} text @param {Promise<string>} template */
  page(text, template) {
    return render(text, template);
  }

  /** @override */
  health() {
    return recovery.health();
  }

  /** @override */
  captures() {
    return { captures };
  }
}

export default entry;
