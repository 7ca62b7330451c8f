import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Tests that start no processes, replace no modules and leave nothing in those that they use. Their files share a process, and
 * what they import is loaded once and not for each of them: a third of their time.
 */
const SHARING = ['config', 'desk', 'doctor', 'identity', 'protocol', 'rules', 'scenarios', 'text', 'wire'].map(
  (room) => `test/${room}/**/*.test.ts`,
);

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
      { extends: true, test: { name: 'sharing', include: SHARING, isolate: false } },
      { extends: true, test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: SHARING } },
    ],
  },
});
