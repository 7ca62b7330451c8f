/**
 * A small run of the real thing: desks as processes, kills, proxies, journals; and that nothing of it is left. The run itself is
 * in this process, as the program around it takes longer to start than all desks; CI runs `npm run chaos` with 100 deals.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readOptions } from '../../chaos/chaos-options.ts';
import { ChaosWorld } from '../../chaos/chaos-world.ts';
import { fatesOf, killsOf, offersOf } from '../../chaos/plan.ts';
import { reportOf } from '../../chaos/report.ts';
import { runChaos } from '../../chaos/run-chaos.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { effort } from '../effort.ts';

const PROGRAM = join(import.meta.dirname, '../../chaos/main.ts');
const RUN_TEST_TIMEOUT_MS = 120_000;
const DEALS = effort({ short: 4, long: 30 });
const MAKERS = effort({ short: 1, long: 2 });
const TAKERS = effort({ short: 2, long: 3 });
/** A start takes more time than all else. */
const KILL_EVERY_MS = effort({ short: 1_500, long: 300 });
const VALID_FOR_MS = effort({ short: 5_000, long: 12_000 });
const KILLS_MIN = effort({ short: 1, long: 5 });
const FAULTS_MIN = effort({ short: 5, long: 15 });

function run(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[code: number | null]>;
  const ended = Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { child, ended };
}

describe('a run', () => {
  it(
    `of ${DEALS} deals with kills and faults ends without a violation, and leaves nothing`,
    async () => {
      const folder = temporaryFolder();
      const size =
        `--deals ${DEALS} --makers ${MAKERS} --takers ${TAKERS} --kill-every ${KILL_EVERY_MS} --valid-for ${VALID_FOR_MS}`.split(
          ' ',
        );
      const options = readOptions([...size, '--seed', '7', '--folder', folder]);
      const world = new ChaosWorld(options);
      onTestFinished(() => {
        world.abandon();
      });
      const result = await runChaos(world, options, () => undefined);
      const output = reportOf(result, options, world.folder);
      world.removeFolder();
      expect(result.violations, output).toEqual([]);
      const summary = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as {
        deals: number;
        kills: { maker: number; taker: number };
        faults: Record<string, number>;
        violations: number;
      };
      expect(summary.deals).toBeGreaterThanOrEqual(DEALS);
      expect(summary.kills.maker + summary.kills.taker).toBeGreaterThanOrEqual(KILLS_MIN);
      expect(Object.values(summary.faults).reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(FAULTS_MIN);
      expect(summary.violations).toBe(0);
      expect(readdirSync(folder)).toEqual([]);
    },
    RUN_TEST_TIMEOUT_MS,
  );

  it('that is interrupted leaves nothing', async () => {
    const folder = temporaryFolder();
    const { child, ended } = run('--deals', '1000', '--makers', '1', '--takers', '1', '--folder', folder);
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
