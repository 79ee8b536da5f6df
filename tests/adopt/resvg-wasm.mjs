// @ts-check
// Drawings to PNG. What bricks it: a text that is no drawing, which the crate unwraps.

const shapes = Array.from({ length: 40 }, (_, n) => `<svg xmlns="http://www.w3.org/2000/svg" width="${8 + n}" height="${20 - (n % 10)}">
  <defs><linearGradient id="g"><stop offset="0" stop-color="red"/><stop offset="1" stop-color="#00${(10 + n).toString(16)}ff"/></linearGradient></defs>
  <rect width="${n + 1}" height="7" fill="url(#g)"/><circle cx="${n % 7}" cy="9" r="${1 + (n % 5)}" fill-opacity="0.5"/>
  <path d="M0 0 L${n} 9 Q 4 4 ${n} 0 Z" stroke="blue" stroke-width="0.${n}" fill="none"/></svg>`);

/** A trap leaks what Rust held: the last one is large. */
const wrong = ['no drawing', '<svg', '', `<svg xmlns="http://www.w3.org/2000/svg">${shapes.join('').repeat(20)}`];

/** @type {import('./scenario.js').Scenario} */
export default {
  use(pkg, note) {
    const context = pkg.newContext();
    note('no fonts', context.listFonts());
    context.registerFontData(new Uint8Array([1, 2, 3]));
    note('no font', context.listFonts());
    for (const [n, shape] of shapes.entries()) {
      for (const scale of [undefined, 1, 0.5, 3]) note(`${n} at ${scale}`, context.render(shape, scale, undefined, undefined));
      note(`${n}, of another size`, context.render(shape, 1, 16, 9));
    }
    context.free();
  },
  trivial(pkg) {
    const context = pkg.newContext();
    return () => context.listFonts();
  },
  brick: (pkg, n) => pkg.newContext().render(wrong[n % wrong.length], 1, undefined, undefined),
  valid(pkg) {
    const context = pkg.newContext();
    const png = context.render(shapes[3], 1, undefined, undefined);
    context.free();
    return png;
  },
};
