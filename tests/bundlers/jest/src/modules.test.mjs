import init, * as web from 'counter';
import * as bundler from 'counter-bundler';
import { EXPECTED, scenario } from './scenario.mjs';

test('init() takes nothing', async () => {
  await init();
  expect(scenario(web)).toEqual(EXPECTED);
});

test('the package for bundlers is ready when it is imported', () => {
  expect(scenario(bundler)).toEqual(EXPECTED);
});
