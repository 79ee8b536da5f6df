import { defineConfig } from 'vitest/config';

// As Vitest does with packages that are linked, such as those of a workspace.
export default defineConfig({
  test: { server: { deps: { inline: ['counter', 'counter-bundler'] } } },
});
