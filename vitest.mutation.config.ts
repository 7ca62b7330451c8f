import { defineConfig } from 'vitest/config';

/** What judges mutants of the core: its unit tests and stories. The property tests are left out, as they'd take too long. */
export default defineConfig({
  test: {
    include: ['test/protocol/**/*.test.ts', 'test/scenarios/**/*.test.ts', 'test/docs/**/*.test.ts'],
    exclude: ['test/protocol/network-of-steps.test.ts'],
    // Instrumented code is slow.
    testTimeout: 60_000,
  },
});
