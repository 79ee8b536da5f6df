// Two pages. Nothing here is for the package.
export default {
  entry: { web: './src/web.js', bundler: './src/bundler.js' },
  devtool: 'source-map',
  devServer: { host: '127.0.0.1', hot: true, open: false, static: 'public' },
};
