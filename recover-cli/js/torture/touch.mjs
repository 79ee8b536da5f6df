// @ts-check
// Which objects a call has: to give one to Rust the glue reads the pointer of its handle, from a property of the class, and
// whoever reads it is noted here. Nothing is read here that a call does not read itself: that could bring an object in.

/** What the properties are called: a class that others extend has one of its own, too. */
const SLOT = '__wbg_ptr';

/** Getters that note who reads. @type {WeakSet<Function>} */
const noting = new WeakSet();

/** Whose run is under way. @type {Touch | undefined} */
let current;

/** The properties of a handle's classes that give its pointer. @param {object} handle @returns {[any, string, PropertyDescriptor][]} */
function slotsOf(handle) {
  /** @type {[any, string, PropertyDescriptor][]} */
  const slots = [];
  for (let prototype = Object.getPrototypeOf(handle); prototype !== null && prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype)) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name.startsWith(SLOT) && descriptor.get !== undefined) slots.push([prototype, name, descriptor]);
    }
  }
  return slots;
}

export class Touch {
  constructor() {
    /** What the calls under way have. @type {Set<Set<object>>} */
    this.open = new Set();
  }

  /** A run begins. */
  reset() {
    this.open.clear();
    current = this;
  }

  /** A call begins, or goes on. @param {Set<object>} had */
  begin(had) { this.open.add(had); }

  /** A call has ended. @param {Set<object>} had */
  end(had) { this.open.delete(had); }

  /** @param {object} handle */
  note(handle) { for (const had of this.open) had.add(handle); }

  /** From here on calls of this class are noted; whether they can be. @param {object} handle */
  watch(handle) {
    const slots = slotsOf(handle);
    for (const [prototype, name, descriptor] of slots) {
      const get = /** @type {() => unknown} */ (descriptor.get);
      if (noting.has(get)) continue;
      /** @this {object} */
      const noted = function () {
        current?.note(this);
        return get.call(this);
      };
      noting.add(noted);
      Object.defineProperty(prototype, name, { ...descriptor, get: noted });
    }
    return slots.length > 0;
  }
}
