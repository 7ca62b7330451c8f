/** Builds the page into dist/web: static files that need nothing from anywhere else. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: folder('./src/web'),
  // Each session has a folder of its own, so that no path begins at the root.
  base: './',
  logLevel: 'warn',
  build: {
    outDir: folder('./dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy allows no data: addresses, and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Two pages: the desk's, and the theatre's, which needs no desk.
    rolldownOptions: { input: [folder('./src/web/index.html'), folder('./src/web/theatre.html')] },
  },
});
