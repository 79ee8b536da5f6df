import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets';

export default {
  input: ['src/web.js', 'src/bundler.js'],
  output: { dir: 'public', format: 'es', sourcemap: true },
  // The last one copies the wasm file, and is all that the package needs.
  plugins: [nodeResolve(), process.env.NODE_ENV === 'production' && terser(), importMetaAssets()],
};
