const counter = require('counter-nodejs');

test('the package for Node is required', async () => {
  const { EXPECTED, scenario } = await import('./scenario.mjs');
  expect(scenario(counter)).toEqual(EXPECTED);
});
