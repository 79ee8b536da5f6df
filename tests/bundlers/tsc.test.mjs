// @ts-check
// The declarations of the packages for the web and for bundlers, with everything strict, as
// bundlers resolve modules and as Node does.
import { test } from 'node:test';
import { project } from './support.mjs';

const tsc = await project('tsc');

for (const how of ['--module esnext --moduleResolution bundler', '--module nodenext --moduleResolution nodenext']) {
  test(`a strict consumer compiles with ${how}`, async () => {
    await tsc.run(`tsc --project tsconfig.json ${how}`);
  });
}
