/** A real desk whose journal vanishes: it says nothing more but why, and everything that looks at it turns red. */
import { copyFileSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Check } from '../../src/control/contract.ts';
import { ControlClient, type Grapes } from '../../src/index.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { runCommand } from '../../testing/run-command.ts';
import { RunningProgram } from '../../testing/running-program.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let grapes: Grapes;

beforeAll(async () => {
  grapes = await startLocalGrapes();
});

afterAll(() => grapes.stop());

const harms: [string, (dataDir: string) => void][] = [
  [
    'is deleted',
    (dataDir) => {
      for (const end of ['', '-wal', '-shm', '-mark']) rmSync(join(dataDir, `journal.db${end}`));
    },
  ],
  [
    'is replaced by another file',
    (dataDir) => {
      copyFileSync(join(dataDir, 'journal.db'), join(dataDir, 'other'));
      renameSync(join(dataDir, 'other'), join(dataDir, 'journal.db'));
    },
  ],
  [
    'is moved away with its folder',
    (dataDir) => {
      renameSync(dataDir, `${dataDir}-elsewhere`);
    },
  ],
];

it.each(harms)('a journal that %s stops its desk', async (_, harm) => {
  const dataDir = join(temporaryFolder(), 'desk');
  const places = grapes.api.flatMap((url) => ['--grape', url]);
  const args = ['up', ...places, '--data-dir', dataDir, '--control-port', '0'];
  const desk = new RunningProgram(['bin/grapevine.js', ...args]);
  onTestFinished(async () => {
    await desk.stop();
  });
  const { url, tokenFile } = await desk.event('control.ready');
  await desk.event('desk.ready');
  const token = readFileSync(String(tokenFile), 'utf8').trim();
  const client = new ControlClient({ port: Number(new URL(String(url)).port), token });
  onTestFinished(() => client.close());
  expect(await client.ready()).toEqual({ ready: true, reasons: [] });
  await client.announce({ type: 'sell', amount: '1' });
  await desk.event('offer.announced');

  harm(dataDir);
  // It is asked at once, before it could have noticed by itself. Or it has noticed, and is gone.
  const [ready, checks] = await Promise.all([orGone(client.ready()), orGone(client.doctor())]);
  if (ready !== 'gone') expect(ready).toEqual({ ready: false, reasons: [expect.stringMatching(MOVED) as string] });
  if (checks !== 'gone') expect(failed(checks)).toEqual(expect.arrayContaining(['desk', 'journal']));

  expect(await desk.ended).toEqual({ code: 1, signal: null });
  expect(desk.errorText).toMatch(/^ERR_JOURNAL_MOVED: .*journal\.db.* while the desk was running.*start again\n$/);
  expect(desk.events.at(-1)).toMatchObject({ event: 'desk.failed', code: 'ERR_JOURNAL_MOVED' });

  const at = ['--data-dir', dataDir];
  expect(await runCommand(['offer', 'sell', '1', 'BTC/USD', '--price', '5', ...at])).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/^ERR_DESK_NOT_RUNNING: .*; start it with: grapevine up --data-dir /) as string,
  });
});

const MOVED = /journal\.db was (?:moved or deleted|replaced) while the desk was running/;

function failed(checks: readonly Check[]): readonly string[] {
  return checks.filter(({ ok }) => ok === 'fail').map(({ name }) => name);
}

function orGone<Value>(asked: Promise<Value>): Promise<Value | 'gone'> {
  return asked.catch(() => 'gone' as const);
}
