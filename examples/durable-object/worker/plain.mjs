// @ts-check
// The same worker on plain wasm-bindgen, as one would write it today: after a trap the
// next call gets a fresh instance, and each object is made anew from what it was
// constructed with.
import { Room, generation, initSync, render } from '../pkg-plain/durable_room_plain.js';
import module from '../pkg-plain/durable_room_plain_bg.wasm';
import { RoomBase, entry } from './object.mjs';

initSync({ module });

export class RoomObject extends RoomBase {
  /** The instance that the room is in. */
  generation = 0;

  /** @override */
  open() {
    this.generation = generation();
    return new Room();
  }

  /** @override */
  get room() {
    // Asked first: the call makes the fresh instance, in which old handles are refused.
    if (this.generation !== generation()) this.current = this.open();
    return super.room;
  }

  /** @override @param {string} text @param {Promise<string>} template */
  page(text, template) {
    return render(text, template);
  }

  /** @override */
  health() {
    return { restarts: generation() - 1 };
  }
}

export default entry;
