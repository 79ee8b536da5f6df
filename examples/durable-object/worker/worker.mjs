// @ts-check
// The worker: the room of #[recoverable], in the object's own storage. One instance of the
// module serves all objects of an isolate.
import { env } from 'cloudflare:workers';
import { Room, initSync, recovery, render } from '../pkg/durable_room.js';
import module from '../pkg/durable_room_bg.wasm';
import { DurableObjectStore } from '../pkg/stores/durable-object.js';
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
 * its room is closed when it comes back; else that would wait for a garbage collector, which
 * doesn't see how large a room is.
 * @type {Map<string, { close(): Promise<void> }>}
 */
const rooms = new Map();

export class RoomObject extends RoomBase {
  /** @override */
  async open() {
    const id = this.ctx.id.toString();
    // Its storage is gone, and it has nothing to write.
    rooms.get(id)?.close().catch(() => {});
    const room = await Room.open(new DurableObjectStore(this.ctx.storage), 'room', { create: () => new Room() });
    rooms.set(id, room);
    // The room's own `sequence`; that of the handle counts refused edits, too.
    return room.calls;
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
