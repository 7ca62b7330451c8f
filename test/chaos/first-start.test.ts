/** A desk that is killed while it makes its data folder can be started on it again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snapshotPrograms } from '../../chaos/program-snapshot.ts';
import { createDesk } from '../../src/index.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { IS_LONG } from '../effort.ts';

async function firstStartKilledAt(dataDir: string, call: string, which: number): Promise<unknown> {
  const [program = ''] = await snapshotPrograms(temporaryFolder(), join(import.meta.dirname, 'first-start.ts'));
  const child = spawn(process.execPath, [program, dataDir, call, String(which)], { stdio: 'inherit' });
  const [, signal] = (await once(child, 'exit')) as [unknown, unknown];
  return signal;
}

const MOMENTS = [
  ['when the key is there under both of its names', 'rmSync', 1],
  ['before the folder is there', 'mkdirSync', 1],
  ['before the key is there', 'linkSync', 1],
] as const;

describe('a first start that is killed', () => {
  it.each(IS_LONG ? MOMENTS : MOMENTS.slice(0, 1))('%s', async (_when, call, which) => {
    const dataDir = join(temporaryFolder(), 'desk');
    expect(await firstStartKilledAt(dataDir, call, which)).toBe('SIGKILL');

    const desk = createDesk({ dataDir });
    await desk.stop();
    expect(existsSync(join(dataDir, 'identity.key'))).toBe(true);
    const again = createDesk({ dataDir });
    await again.stop();
    expect(again.id).toBe(desk.id);
  });
});
