import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // A test that leaves a handle open is a bug; so is one that only passes the second time.
    retry: 0,
    pool: 'forks',
    // By default one core is left idle, which is half of a small machine; much of the time goes into waiting for processes.
    maxWorkers: Math.max(2, availableParallelism()),
    // Files share a process, and what they import is loaded once and not for each of them: a fifth of their time. A file puts
    // back what it replaces (modules, the environment, timers).
    isolate: false,
    include: ['test/**/*.test.ts'],
  },
});
