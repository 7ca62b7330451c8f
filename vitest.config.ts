import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They wait for processes and timers, one after the other: started last, each would run alone at the end. */
const SLOW = [
  'cli/hyperdht',
  'chaos/chaos',
  'cli/original-steps',
  'examples/examples',
  'cli/vanished-journal',
  'cli/commands',
];

/** Slow files first, also where no run before has measured them. With `--sequence.shuffle` in the order of the seed. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { shuffle, seed } = this.ctx.config.sequence;
    if (shuffle) return shuffled(files, seed);
    const isSlow = ({ moduleId }: TestSpecification): boolean =>
      SLOW.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

/** Vitest does not export its own way. */
function shuffled(files: readonly TestSpecification[], seed: number): TestSpecification[] {
  const place = ({ moduleId }: TestSpecification): string =>
    createHash('sha256').update(`${seed} ${moduleId}`).digest('hex');
  return [...files].sort((one, other) => (place(one) < place(other) ? -1 : 1));
}

export default defineConfig({
  test: {
    // Of a test that hangs. A busy machine may take ten times as long as a quiet one, where most take milliseconds.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One second, if nothing is said: too short for a page on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    // A test that leaves a handle open is a bug; so is one that only passes the second time.
    retry: 0,
    pool: 'forks',
    // More than the cores: much of the time goes into waiting for processes.
    maxWorkers: availableParallelism() + 1,
    // Files share a process, and what they import is loaded once and not for each of them: a fifth of their time. A file puts
    // back what it replaces (modules, the environment, timers).
    isolate: false,
    sequence: { sequencer: SlowFirst },
    include: ['test/**/*.test.ts'],
  },
});
