// @ts-check
// The worker without a store, for the load test alone: what an answer that is in the store
// costs is measured against this. An eviction loses the room.
import { Room, initSync, recovery, render } from '../pkg/durable_room.js';
import module from '../pkg/durable_room_bg.wasm';
import { RoomBase, entry } from './object.mjs';

initSync({ module });

export class RoomObject extends RoomBase {
  /** @override */
  open() {
    return new Room();
  }

  /** @override @param {string} text @param {Promise<string>} template */
  page(text, template) {
    return render(text, template);
  }

  /** @override */
  health() {
    return recovery.health();
  }
}

export default entry;
