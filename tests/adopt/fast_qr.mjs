// @ts-check
// Texts to QR codes. What bricks it: a colour that is none, which the crate unwraps.

const texts = ['', '0123456789', 'HELLO WORLD', 'https://example.com/?q=1', 'Grüße, 世界', 'x'.repeat(300), '1'.repeat(2000), 'y'.repeat(4000)];

/** Options, by what sets them. @type {Record<string, (pkg: any, options: any) => any>} */
const ways = {
  'as they are': (_, options) => options,
  'a margin': (_, options) => options.margin(0),
  'colours': (_, options) => options.module_color('#0a141e').background_color('ffeeddcc'),
  'a short colour': (_, options) => options.module_color('#12').margin(2),
  'circles': (pkg, options) => options.shape(pkg.Shape.Circle),
  'rounded': (pkg, options) => options.shape(pkg.Shape.RoundedSquare).margin(1),
  'an image': (pkg, options) => options.image('data:,').image_size(5.5).image_gap(0.5).image_position(new Float64Array([7, 8]))
    .image_background_color('#ffffff').image_background_shape(pkg.ImageBackgroundShape.Circle),
  'a wrong position': (_, options) => options.image('data:,').image_position(new Float64Array([1])),
  'correction': (pkg, options) => options.ecl(pkg.ECL.H),
  'a version': (pkg, options) => options.version(pkg.Version.V10).ecl(pkg.ECL.L),
};
const wrong = ['#zz0000', 'no colour at all', 'é1'];

/** @type {import('./scenario.js').Scenario} */
export default {
  use(pkg, note) {
    for (const text of texts) {
      note(text, pkg.qr(text));
      for (const [way, set] of Object.entries(ways)) note(`${text}, ${way}`, pkg.qr_svg(text, set(pkg, new pkg.SvgOptions())));
    }
    const options = new pkg.SvgOptions();
    const next = options.margin(3);
    note('options that were given on', options.__wbg_ptr === 0);
    note('the others', next.__wbg_ptr !== 0);
    next.free();
    for (const kind of ['Shape', 'ImageBackgroundShape', 'ECL', 'Version']) note(kind, pkg[kind]);
  },
  trivial(pkg) {
    return () => new pkg.SvgOptions().free();
  },
  brick: (pkg, n) => new pkg.SvgOptions().module_color(wrong[n % wrong.length]),
  valid: (pkg) => pkg.qr_svg('a call that is well', new pkg.SvgOptions().margin(1).module_color('#010203')),
};
