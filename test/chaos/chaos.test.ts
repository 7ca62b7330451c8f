/**
 * A small run of the real thing: desks as processes, kills, proxies, journals; and that nothing of it is left, however it ends. The
 * run itself is in this process, as the program around it takes longer to start than all desks; CI runs `npm run chaos` with 100
 * deals.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { boundsOf, readOptions } from '../../chaos/chaos-options.ts';
import { ChaosWorld } from '../../chaos/chaos-world.ts';
import { Chronicle } from '../../chaos/chronicle.ts';
import { DeskKeeper } from '../../chaos/desk-keeper.ts';
import { fatesOf, killsOf, offersOf } from '../../chaos/plan.ts';
import { reportOf } from '../../chaos/report.ts';
import { runChaos } from '../../chaos/run-chaos.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { waitFor } from '../../testing/wait-for.ts';
import { effort } from '../effort.ts';

const PROGRAM = join(import.meta.dirname, '../../chaos/main.ts');
const DEALS = effort({ short: 4, long: 30 });
const MAKERS = effort({ short: 1, long: 2 });
const TAKERS = effort({ short: 2, long: 3 });
/** A start takes more time than all else. */
const KILL_EVERY_MS = effort({ short: 1_500, long: 300 });
const VALID_FOR_MS = effort({ short: 5_000, long: 12_000 });
const KILLS_MIN = effort({ short: 1, long: 5 });
const FAULTS_MIN = effort({ short: 5, long: 15 });

const SIZE = `--deals ${DEALS} --makers ${MAKERS} --takers ${TAKERS} --kill-every ${KILL_EVERY_MS} --valid-for ${VALID_FOR_MS}`;
const OPTIONS = readOptions([...SIZE.split(' '), '--seed', '7']);
/** The run ends itself before this, and says what it waited for. */
const TEST_TIMEOUT_MS = boundsOf(OPTIONS).totalMs + 10_000;

function run(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[code: number | null]>;
  const ended = Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { child, ended };
}

/** Each desk of a run has its folder among its arguments. */
function processesOf(folder: string): readonly string[] {
  const all = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(`"dataDir":"${folder}`));
}

/** Grapes and proxies, which are in this process. */
function countServers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap' || name === 'UDPWrap').length;
}

/** Node counts a server until the turn after it was closed. */
async function serversAreClosed(before: number): Promise<void> {
  await waitFor(() => {
    expect(countServers()).toBeLessThanOrEqual(before);
  });
}

describe('a run of the chaos test', { timeout: TEST_TIMEOUT_MS }, () => {
  it(`of ${DEALS} deals with kills and faults finds no violation, and leaves nothing running`, async () => {
    const folder = temporaryFolder();
    const servers = countServers();
    const options = { ...OPTIONS, folder };
    const world = new ChaosWorld(options);
    const result = await runChaos(world, options, () => undefined);
    const output = reportOf(result, options, world.folder);
    expect(processesOf(folder)).toEqual([]);
    await serversAreClosed(servers);
    world.removeFolder();
    expect(readdirSync(folder)).toEqual([]);
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
  });

  it('leaves nothing running when it fails in the middle', async () => {
    const folder = temporaryFolder();
    const servers = countServers();
    const options = { ...OPTIONS, killEveryMs: 100, folder };
    const world = new ChaosWorld(options);
    let running: readonly string[] = [];
    const fail = (): never => {
      running = processesOf(folder);
      throw new Error('in the middle');
    };
    await expect(runChaos(world, options, fail)).rejects.toThrow('in the middle');
    expect(running).not.toEqual([]);
    expect(processesOf(folder)).toEqual([]);
    await serversAreClosed(servers);
  });

  it('leaves nothing running when it is interrupted', async () => {
    const folder = temporaryFolder();
    const { child, ended } = run('--deals', '1000', '--makers', '1', '--takers', '1', '--folder', folder);
    // The first that it says is that all desks are up.
    await once(child.stderr, 'data');
    expect(processesOf(folder)).not.toEqual([]);
    child.kill('SIGINT');
    const [, , [code]] = await ended;
    expect(code).toBe(130);
    await waitFor(() => {
      expect(processesOf(folder)).toEqual([]);
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not restart a desk that it has abandoned', async () => {
    const folder = temporaryFolder();
    const program = join(folder, 'desk.mjs');
    writeFileSync(
      program,
      `process.once('disconnect', () => {}); process.send({ kind: 'ready', id: 'd', running: [] });`,
    );
    let isReady = (): void => undefined;
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    const desk = new DeskKeeper({
      ...{ name: 'd', role: 'maker', program, dataDir: join(folder, 'd'), runFolder: folder, port: 0, announcePort: 0 },
      grapes: [],
      chronicle: new Chronicle(),
      onMessage: isReady,
    });
    desk.start();
    await ready;
    desk.abandon();
    await desk.kill();
    desk.start();
    expect(desk.life).toBe('down');
    expect(processesOf(folder)).toEqual([]);
  });

  it('reports invalid options', async () => {
    const [, errors, [code]] = await run('--deals', 'many').ended;
    expect(code).toBe(2);
    expect(errors).toContain('--deals must be a whole number of at least 1');
    expect(() => readOptions(['--speed', '1'])).toThrow();
  });
});

describe('the plan of a run', () => {
  const draw = <Item>(next: () => Item): readonly Item[] => Array.from({ length: 50 }, next);

  it('is the same for the same seed', () => {
    expect(draw(fatesOf(1, 'a'))).toEqual(draw(fatesOf(1, 'a')));
    expect(draw(offersOf(1, 3, 20_000))).toEqual(draw(offersOf(1, 3, 20_000)));
    expect(draw(killsOf(1, 500))).toEqual(draw(killsOf(1, 500)));
  });

  it('is different for another seed, and for another desk', () => {
    expect(draw(fatesOf(1, 'a'))).not.toEqual(draw(fatesOf(2, 'a')));
    expect(draw(fatesOf(1, 'a'))).not.toEqual(draw(fatesOf(1, 'b')));
    expect(draw(killsOf(1, 500))).not.toEqual(draw(killsOf(2, 500)));
  });
});
