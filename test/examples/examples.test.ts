/** The examples run, do what they say, and stay short. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { snapshotPrograms } from '../../chaos/program-snapshot.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const PROGRAMS = ['worker-pool/main.ts', 'worker-pool/worker.ts', 'trading-desk/main.ts'];
const LINES_MAX = 60;

/** As plain JavaScript on the built package; `npx tsx` runs the same, and takes several times as long to start. */
const folder = makeTemporaryFolder();

beforeAll(async () => {
  const sources = PROGRAMS.map((name) => join(EXAMPLES, name));
  const [main = ''] = await snapshotPrograms(folder, ...sources);
  // No import, so that nothing translates it.
  writeFileSync(main, readFileSync(main, 'utf8').replace('worker.ts', 'worker.js'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What it prints, when it has ended by itself, with its processes. */
function run(name: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const program = spawn(process.execPath, [join(folder, 'examples', name)], { detached: true });
  let out = '';
  for (const stream of [program.stdout, program.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
  }
  onTestFinished(() => {
    // Its own group: the example and its processes, should it hang.
    if (program.exitCode === null && program.pid !== undefined) process.kill(-program.pid, 'SIGKILL');
  });
  return new Promise((resolve) => {
    program.on('close', (code) => {
      resolve({ code, out });
    });
  });
}

describe('examples', () => {
  it.each(readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')))(
    '%s is short',
    (name) => {
      expect(readFileSync(join(EXAMPLES, name), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(LINES_MAX);
    },
  );

  it('worker-pool: all 20 jobs are done, although a worker is killed with a job in its hands', async () => {
    const { code, out } = await run('worker-pool/main.js');
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringContaining('requester: 20 jobs are done: ') as string,
    });
    const results = JSON.parse(/jobs are done: (.*)$/m.exec(out)?.[1] ?? '') as { number: number; square: number }[];
    expect(results.map(({ square }) => square)).toEqual(Array.from({ length: 20 }, (_, number) => number * number));
    expect(out).toMatch(/^requester: nothing was heard of [0-9a-f]{8} in time; it is offered again$/m);
    expect(out).toMatch(/\(attempt \d+\)/);
  }, 120_000);

  it('trading-desk: the best bid is chosen by hand, and the settlement is reported by both sides', async () => {
    expect(await run('trading-desk/main.js')).toEqual({
      code: 0,
      out: 'bob: bought at 8100, and pays\nsam: sold at 8100 to bob: done, {"txid":"9f2a-bob"}\n',
    });
  }, 120_000);
});
