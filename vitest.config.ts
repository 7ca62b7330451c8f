import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Of a test that hangs. A busy machine may take ten times as long as a quiet one, where most take milliseconds.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test that leaves a handle open is a bug; so is one that only passes the second time.
    retry: 0,
    pool: 'forks',
    // More than the cores: much of the time goes into waiting for processes.
    maxWorkers: availableParallelism() + 1,
    // Files share a process, and what they import is loaded once and not for each of them: a fifth of their time. A file puts
    // back what it replaces (modules, the environment, timers).
    isolate: false,
    include: ['test/**/*.test.ts'],
  },
});
