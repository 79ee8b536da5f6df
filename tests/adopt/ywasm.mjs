// @ts-check
// Documents that are edited in two places and merged. What bricks it: an edit beyond the end.

/** A source of edits that is the same each time. @param {number} seed */
function dice(seed) {
  let state = seed;
  return (/** @type {number} */ sides) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % sides;
  };
}

/** @param {any} pkg @param {number} id */
const document = (pkg, id) => new pkg.YDoc({ clientID: id, guid: `doc-${id}` });

/** @type {import('./scenario').Scenario} */
export default {
  use(pkg, note) {
    const [one, two] = [document(pkg, 1), document(pkg, 2)];
    note('id', [one.id, one.guid, one.shouldLoad, one.autoLoad]);
    const roll = dice(7);
    /** @type {any[]} */
    const events = [];
    const heard = one.getText('text');
    const listener = (/** @type {any} */ event) => { events.push(event.delta.map((/** @type {any} */ part) => ({ ...part }))); };
    heard.observe(listener);
    for (let round = 0; round < 60; round += 1) {
      for (const doc of [one, two]) {
        const text = doc.getText('text');
        const length = text.length(undefined);
        if (length > 4 && roll(4) === 0) text.delete(roll(length - 2), 1 + roll(2), undefined);
        else text.insert(roll(length + 1), ['a', 'bc', 'ü', '🚀'][roll(4)], undefined, undefined);
        const array = doc.getArray('array');
        array.insert(roll(array.length(undefined) + 1), [round, `item ${round}`, null, { deep: [1, 2] }], undefined);
        if (array.length(undefined) > 20) array.delete(roll(10), 3, undefined);
        const map = doc.getMap('map');
        map.set(`key ${roll(9)}`, roll(2) === 0 ? round : { round }, undefined);
        if (roll(5) === 0) map.delete(`key ${roll(9)}`, undefined);
        note('text', text.toString(undefined));
        note('array', array.toJson(undefined));
        note('map', map.toJson(undefined));
      }
      if (round % 6 !== 5) continue;
      const [vector, other] = [pkg.encodeStateVector(one), pkg.encodeStateVector(two)];
      note('vectors', [vector, other]);
      const [forOne, forTwo] = [pkg.encodeStateAsUpdate(two, vector), pkg.encodeStateAsUpdateV2(one, other)];
      note('updates', [forOne, forTwo]);
      pkg.applyUpdate(one, forOne, undefined);
      pkg.applyUpdateV2(two, forTwo, undefined);
      note('merged', [one.getText('text').toString(undefined), two.getText('text').toString(undefined)]);
      note('the whole', [pkg.encodeStateAsUpdate(one, undefined), pkg.debugUpdateV1(forOne)]);
    }
    note('events', events);
    note('unobserved', heard.unobserve(listener));
    const txn = one.beginTransaction(undefined);
    const text = one.getText('styled');
    text.insert(0, 'plain and bold', undefined, txn);
    text.format(10, 4, { bold: true }, txn);
    note('in a transaction', [text.toString(txn), text.toDelta(undefined, undefined, undefined, txn)]);
    txn.commit();
    txn.free();
    for (const bytes of [[], [1], [255, 255, 255, 255], [1, 2, 3, 4, 5]]) {
      try {
        pkg.applyUpdate(two, new Uint8Array(bytes), undefined);
        note(`bytes ${bytes}`, 'taken');
      } catch (error) {
        note(`bytes ${bytes}`, error);
      }
    }
    one.free();
    two.free();
  },
  trivial(pkg) {
    const doc = document(pkg, 9);
    return () => doc.shouldLoad;
  },
  brick(pkg, n) {
    const doc = document(pkg, n);
    if (n % 2 === 0) doc.getText('text').insert(1000, 'beyond', undefined, undefined);
    else doc.getArray('array').insert(1000, [1], undefined);
  },
  valid(pkg) {
    const doc = document(pkg, 3);
    doc.getText('text').insert(0, 'a call that is well', undefined, undefined);
    const bytes = pkg.encodeStateAsUpdate(doc, undefined);
    doc.free();
    return bytes;
  },
};
