const { join } = require('node:path');

module.exports = {
  // On the server, Node loads the package itself.
  serverExternalPackages: ['counter'],
  // The project is all there is; without this Next looks for lock files in the folders above.
  turbopack: { root: __dirname },
  outputFileTracingRoot: join(__dirname),
};
