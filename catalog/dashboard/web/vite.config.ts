// Bundles the dashboard: a small first load, and the editor only when the Query tab is opened.
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  css: { modules: { generateScopedName: '[name]_[local]' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // An inlined file would be a data: address, which the dashboard's policy does not allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
