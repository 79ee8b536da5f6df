// @ts-check
// Pictures that are changed in place and made anew. What bricks it: bytes that are no picture, and a
// channel that there is not, in the middle of a change.

const [WIDTH, HEIGHT] = [24, 16];
const pixels = () => Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, at) => (at % 4 === 3 ? 255 : (at * 37) % 251));
/** @param {any} pkg */
const picture = (pkg) => new pkg.PhotonImage(pixels(), WIDTH, HEIGHT);

/** Functions that change a picture, by name, with what they take. @type {[string, ...any[]][]} */
const changes = [
  ...['invert', 'grayscale', 'sepia', 'desaturate', 'decompose_min', 'decompose_max', 'solarize', 'colorize', 'halftone', 'primary',
    'sharpen', 'box_blur', 'emboss', 'laplace', 'edge_detection', 'noise_reduction', 'fliph', 'flipv', 'normalize', 'neue', 'lix', 'ryo',
    'lofi', 'pastel_pink', 'golden', 'cali', 'dramatic', 'duotone_violette', 'firenze', 'obsidian', 'grayscale_human_corrected',
  ].map((name) => /** @type {[string]} */ ([name])),
  ['alter_channel', 0, 40], ['alter_red_channel', -20], ['alter_channels', 10, -10, 20], ['remove_channel', 1, 100], ['swap_channels', 0, 2],
  ['adjust_brightness', 30], ['inc_brightness', 9], ['dec_brightness', 9], ['adjust_contrast', 12.5], ['tint', 10, 20, 30], ['offset', 0, 5],
  ['multiple_offsets', 3, 0, 1], ['horizontal_strips', 3], ['vertical_strips', 4], ['pixelize', 3], ['dither', 2], ['gaussian_blur', 2],
  ['monochrome', 1, 2, 3], ['threshold', 100], ['grayscale_shades', 4], ['single_channel_grayscale', 1], ['filter', 'radio'],
];

/** @type {import('./scenario.js').Scenario} */
export default {
  use(pkg, note) {
    for (const [name, ...rest] of changes) {
      for (let twice = 0; twice < 2; twice += 1) {
        const image = picture(pkg);
        const result = pkg[name](image, ...rest);
        if (twice === 1) pkg[name](image, ...rest);
        note(name, [result, image.get_raw_pixels(), image.get_width(), image.get_height()]);
        image.free();
      }
    }
    const image = picture(pkg);
    for (const [name, ...rest] of /** @type {[string, ...any[]][]} */ ([['crop', 2, 2, 12, 9], ['resize', 9, 7, 1], ['seam_carve', 20, 12], ['rotate', 30], ['shearx', 0.3], ['sheary', 0.2], ['resample', 10, 10], ['solarize_retimg']])) {
      const made = pkg[name](image, ...rest);
      note(name, [made.get_raw_pixels(), made.get_width(), made.get_height(), made.get_base64()]);
      const png = made.get_bytes();
      const again = pkg.PhotonImage.new_from_byteslice(png);
      note(`${name}, as PNG and back`, [png, again.get_raw_pixels(), again.get_bytes_jpeg(80)]);
      made.free();
      again.free();
    }
    const color = new pkg.Rgb(1, 2, 3);
    note('a colour', [color.get_red(), color.get_green(), color.get_blue()]);
    const padded = pkg.padding_uniform(image, 3, new pkg.Rgba(9, 8, 7, 255));
    note('padded', padded.get_raw_pixels());
    note('base64', pkg.base64_to_vec('AAECAw=='));
    image.free();
  },
  trivial(pkg) {
    const image = picture(pkg);
    return () => image.get_width();
  },
  brick(pkg, n) {
    if (n % 2 === 0) return pkg.PhotonImage.new_from_byteslice(new Uint8Array([1, 2, 3]));
    return pkg.alter_channel(picture(pkg), 9, 4);
  },
  valid(pkg) {
    const image = picture(pkg);
    pkg.sepia(image);
    const bytes = image.get_raw_pixels();
    image.free();
    return bytes;
  },
};
