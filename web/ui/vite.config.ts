import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** The node a developer's browser talks to through `npm run dev`. */
const node = process.env['TIDINGS_URL'] ?? 'http://127.0.0.1:8480';
const paths = ['auth', 'me', 'invites', 'contacts', 'chats', 'chat', 'groups', 'group', 'status', 'version', 'events'];

export default defineConfig({
  base: '/app/',
  plugins: [react()],
  build: {
    outDir: process.env['TIDINGS_UI_OUT'] ?? '../dist',
    emptyOutDir: true,
    target: 'es2022',
    // The policy forbids inline scripts, and every browser we build for preloads modules itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
  server: {
    proxy: Object.fromEntries(paths.map((path) => [`/${path}`, { target: node, ws: path === 'events' }])),
  },
  test: { include: ['src/**/*.test.ts'] },
});
