/** The pages of the log's frames as its index has them are those that the log itself has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { scanLog } from '../../src/store/log-file.ts';
import { LogIndex } from '../../src/store/log-index.ts';
import { Connection } from '../../src/store/sqlite-connection.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

it('the index of the log returns the pages of any number of frames, also across its blocks', () => {
  const file = join(temporaryFolder(), 'small.db');
  const connection = new Connection(file);
  connection.exec('PRAGMA page_size = 512; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
  // Each page once, so that every frame counts: overflow pages of one row.
  connection.exec('CREATE TABLE one (body BLOB); INSERT INTO one VALUES (randomblob(4800000))');
  const index = new LogIndex(file);
  onTestFinished(() => {
    connection.close();
    index.close();
  });
  const { pages } = scanLog(readFileSync(`${file}-wal`)) ?? { pages: [] };
  expect(index.read().frames).toBe(pages.length);
  expect(pages.length).toBeGreaterThan(9_000);
  // A block has 4,096 numbers, the first one 34 fewer.
  for (const frames of [0, 1, 4_061, 4_062, 4_063, 8_157, 8_158, 8_159, pages.length])
    expect([...index.pages(frames)]).toEqual([...new Set(pages.slice(0, frames))]);
});
