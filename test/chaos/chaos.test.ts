/** A small run of the real thing: processes, kills, proxies, journals; and that nothing of it is left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { readOptions } from '../../chaos/chaos-options.ts';
import { fatesOf, killsOf, offersOf } from '../../chaos/plan.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const PROGRAM = join(import.meta.dirname, '../../chaos/main.ts');
const RUN_TEST_TIMEOUT_MS = 120_000;

function run(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[code: number | null]>;
  const ended = Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { child, ended };
}

describe('a run', () => {
  it(
    'of 20 deals with kills and faults ends without a violation, and leaves nothing',
    async () => {
      const folder = temporaryFolder();
      const size = '--deals 20 --seed 7 --makers 2 --takers 3 --kill-every 300 --valid-for 12000'.split(' ');
      const [output, errors, [code]] = await run(...size, '--folder', folder).ended;
      expect(code, `${output}${errors}`).toBe(0);
      const summary = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as {
        deals: number;
        kills: { maker: number; taker: number };
        faults: Record<string, number>;
        violations: number;
      };
      expect(summary.deals).toBeGreaterThanOrEqual(20);
      expect(summary.kills.maker + summary.kills.taker).toBeGreaterThanOrEqual(5);
      expect(Object.values(summary.faults).reduce((sum, count) => sum + count)).toBeGreaterThan(10);
      expect(summary.violations).toBe(0);
      expect(readdirSync(folder)).toEqual([]);
    },
    RUN_TEST_TIMEOUT_MS,
  );

  it('that is interrupted leaves nothing', async () => {
    const folder = temporaryFolder();
    const { child, ended } = run('--deals', '1000', '--folder', folder);
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const [, , [code]] = await ended;
    expect(code).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says what is wrong with its options', async () => {
    const [, errors, [code]] = await run('--deals', 'many').ended;
    expect(code).toBe(2);
    expect(errors).toContain('--deals must be a whole number of at least 1');
    expect(() => readOptions(['--speed', '1'])).toThrow();
  });
});

describe('the plan', () => {
  const draw = <Item>(next: () => Item): readonly Item[] => Array.from({ length: 50 }, next);

  it('is the same for the same seed', () => {
    expect(draw(fatesOf(1, 'a'))).toEqual(draw(fatesOf(1, 'a')));
    expect(draw(offersOf(1, 3, 20_000))).toEqual(draw(offersOf(1, 3, 20_000)));
    expect(draw(killsOf(1, 500))).toEqual(draw(killsOf(1, 500)));
  });

  it('is another one for another seed and another desk', () => {
    expect(draw(fatesOf(1, 'a'))).not.toEqual(draw(fatesOf(2, 'a')));
    expect(draw(fatesOf(1, 'a'))).not.toEqual(draw(fatesOf(1, 'b')));
    expect(draw(killsOf(1, 500))).not.toEqual(draw(killsOf(2, 500)));
  });
});
