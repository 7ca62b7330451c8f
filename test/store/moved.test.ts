/** Files that vanish under a running desk: nothing more is said on top of them. */
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import type { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { ofMaker, opened, sampleKey } from '../../src/testing/sample-records.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const MOVED = { code: 'ERR_JOURNAL_MOVED' };
const entry = { offer: sampleKey('one'), records: ofMaker(opened('one')), finished: false };

async function started(): Promise<{ dataDir: string; journal: SqliteJournal }> {
  const dataDir = join(temporaryFolder(), 'data');
  mkdirSync(dataDir);
  const journal = openSqliteJournal({ dataDir });
  onTestFinished(() => journal.close());
  await journal.append({ ...entry, offer: sampleKey('zero'), records: ofMaker(opened('zero')) });
  return { dataDir, journal };
}

const files = ['journal.db', 'journal.db-wal', 'journal.db-shm', 'journal.db-mark', 'journal.lock'];

const harms: [string, (dataDir: string) => void][] = [
  ...files.map((name): [string, (dataDir: string) => void] => [
    `${name} is deleted`,
    (dataDir) => {
      rmSync(join(dataDir, name));
    },
  ]),
  [
    'journal.db is moved away',
    (dataDir) => {
      renameSync(join(dataDir, 'journal.db'), join(dataDir, 'elsewhere.db'));
    },
  ],
  [
    'journal.db is replaced by a copy of itself',
    (dataDir) => {
      copyFileSync(join(dataDir, 'journal.db'), join(dataDir, 'copy.db'));
      renameSync(join(dataDir, 'copy.db'), join(dataDir, 'journal.db'));
    },
  ],
  [
    'the folder is moved away',
    (dataDir) => {
      renameSync(dataDir, `${dataDir}-elsewhere`);
    },
  ],
  [
    'the folder is replaced by a link to another one',
    (dataDir) => {
      renameSync(dataDir, `${dataDir}-elsewhere`);
      mkdirSync(`${dataDir}-other`);
      symlinkSync(`${dataDir}-other`, dataDir);
    },
  ],
  [
    'the folder becomes a file',
    (dataDir) => {
      renameSync(dataDir, `${dataDir}-elsewhere`);
      writeFileSync(dataDir, '');
    },
  ],
];

it.each(harms)('%s: appends and reads are refused from then on', async (_, harm) => {
  const { dataDir, journal } = await started();
  harm(dataDir);
  await expect(journal.append(entry)).rejects.toMatchObject(MOVED);
  expect(await journal.failed).toMatchObject(MOVED);
  expect(() => {
    journal.appendLazy(entry);
  }).toThrow(expect.objectContaining(MOVED) as Error);
  await expect(journal.readUnfinished()).rejects.toMatchObject(MOVED);
});

it('an idle desk detects that its folder was deleted', async () => {
  const { dataDir, journal } = await started();
  rmSync(dataDir, { recursive: true });
  expect(await journal.failed).toMatchObject(MOVED);
});

it('a file that is deleted during a sync is detected: the append is not reported as durable', async () => {
  const { dataDir, journal } = await started();
  const append = journal.append(entry);
  setImmediate(() => {
    rmSync(join(dataDir, 'journal.db'));
  });
  await expect(append).rejects.toMatchObject(MOVED);
});
