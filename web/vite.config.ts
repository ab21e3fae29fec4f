// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

const daemon = process.env['KREPRO_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    // The strict CSP has no `data:`, so nothing may be inlined as a data URL.
    build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    server: { proxy: { '/api': daemon } },
    test: { environment: 'node', include: ['test/**/*.test.ts'] },
});
