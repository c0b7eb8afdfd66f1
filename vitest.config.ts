import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/generate-first.ts'],
    pool: 'threads',
    testTimeout: 20_000,
  },
});
