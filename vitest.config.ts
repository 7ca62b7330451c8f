import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** They replace standard output and the time zone of their process. */
const APART = 'test/cli/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // A test that leaves a handle open is a bug; so is one that only passes the second time.
    retry: 0,
    pool: 'forks',
    // By default one core is left idle, which is half of a small machine; much of the time goes into waiting for processes.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      // Their files share a process, and what they import is loaded once and not for each of them: a fifth of their time.
      { extends: true, test: { name: 'sharing', include: ['test/**/*.test.ts'], exclude: [APART], isolate: false } },
      { extends: true, test: { name: 'apart', include: [APART] } },
    ],
  },
});
