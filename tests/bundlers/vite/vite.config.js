import { defineConfig } from 'vite';

// Two pages. Nothing here is for the package.
export default defineConfig({
  build: { rolldownOptions: { input: ['web.html', 'bundler.html'] } },
});
