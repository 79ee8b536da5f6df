// Jest's modules need Node's --experimental-vm-modules. Nothing is transformed.
module.exports = { testMatch: ['**/src/*.test.{js,mjs}'], transform: {} };
