/** The command line of the simulator: what it prints, and its exit codes. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { snapshotPrograms } from '../../chaos/program-snapshot.ts';
import { runCommandLine } from '../../simulation/command-line.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function simulate(...args: string[]): Promise<Ended> {
  let out = '';
  let err = '';
  const code = await runCommandLine(args, {
    result: (line) => (out += `${line}\n`),
    note: (line) => (err += `${line}\n`),
  });
  return { code, out, err };
}

const MAIN = join(import.meta.dirname, '../../simulation/main.ts');
const timeout = 60_000;

describe('simulate', () => {
  it('reports deals, faults, time and speed, and ends with code 0', { timeout }, async () => {
    const { code, out } = await simulate('--deals', '20', '--seed', '3');
    expect(out).toMatch(/^deals {11}\d+ \(of \d+ offers, in \d+ worlds\)\nmessages/);
    expect(out).toMatch(/simulated time .* h\nspeed .* deals\/s/);
    expect(out).toMatch(/ {2}request lost +\d+\n/);
    expect(out).toMatch(/all promises kept\n$/);
    expect(code).toBe(0);
  });

  it('ends with code 1 on a mutant, and prints the seed and how to repeat it', { timeout }, async () => {
    const { code, out } = await simulate('--mutant', 'won-at-approval');
    expect(code).toBe(1);
    const [, seed = '', sentence] = /VIOLATION after \d+ deals, seed (\d+)\n {2}(.*)\n/.exec(out) ?? [];
    expect(sentence).toMatch(/^S2: /);
    expect(out).toContain(`npm run simulate -- --deals 1 --seed ${seed} --mutant won-at-approval --trace`);
    const again = await simulate('--deals', '1', '--seed', seed, '--mutant', 'won-at-approval', '--trace');
    expect(again.out).toContain(sentence);
    expect(again.out).toMatch(/ journal {2}\S+ \{type:won,/);
  });

  it('lists the mutants', async () => {
    const { code, out } = await simulate('--mutants');
    expect(code).toBe(0);
    expect(out).toMatch(/^forget-the-epoch +a confirmation counts/);
  });

  it.each([['--deals', 'many'], ['--seed', '-1'], ['--frob'], ['--mutant', 'nobody'], ['--journal', 'paper'], ['5']])(
    'refuses %s %s',
    async (...args) => {
      const { code, out, err } = await simulate(...args);
      expect(code).toBe(2);
      expect(out).toBe('');
      expect(err).toMatch(/^ERR_USAGE: /);
    },
  );

  it('has these exit codes as a program', { timeout }, async () => {
    const [program = ''] = await snapshotPrograms(temporaryFolder(), MAIN);
    const wrong = promisify(execFile)(process.execPath, [program, '--frob']);
    await expect(wrong).rejects.toMatchObject({ code: 2, stdout: '' });
    await expect(wrong).rejects.toHaveProperty('stderr', expect.stringMatching(/^ERR_USAGE: /));
  });
});
