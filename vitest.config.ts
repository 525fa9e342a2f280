import { defineConfig } from 'vitest/config';

// Workspace packages are tested from their sources, never from a stale build;
// the other conditions are Vite's defaults, which setting any would replace.
const source = '@berth/source';

export default defineConfig({
  resolve: {
    conditions: [source, 'module', 'browser', 'development|production'],
  },
  ssr: {
    resolve: {
      conditions: [source, 'module', 'node', 'development|production'],
      externalConditions: [source, 'node', 'module-sync'],
    },
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/no-group-signals.ts'],
    passWithNoTests: true,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default'],
  },
});
