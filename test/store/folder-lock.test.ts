/** One process per data folder, for as long as it lives and not longer. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { snapshotPrograms } from '../../chaos/program-snapshot.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { Connection } from '../../src/store/sqlite-connection.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const HOLDER = join(import.meta.dirname, 'journal-holder.ts');

async function startHolder(dataDir: string): Promise<{ holder: ChildProcess; lines: AsyncIterableIterator<string> }> {
  const [program = ''] = await snapshotPrograms(temporaryFolder(), HOLDER);
  const holder = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  return { holder, lines: createInterface({ input: holder.stdout })[Symbol.asyncIterator]() };
}

const locked = (dataDir: string): Error =>
  expect.objectContaining({ code: 'ERR_JOURNAL_LOCKED', message: expect.stringContaining(dataDir) as string }) as Error;

describe('the lock of a data folder', () => {
  it('excludes a second desk of the same process until the first is closed', async () => {
    const dataDir = temporaryFolder();
    const first = openSqliteJournal({ dataDir });
    expect(() => openSqliteJournal({ dataDir })).toThrow(locked(dataDir));
    expect(() => openSqliteJournal({ dataDir })).toThrow(locked(dataDir));
    await first.close();
    const second = openSqliteJournal({ dataDir });
    await first.close();
    expect(() => openSqliteJournal({ dataDir })).toThrow(locked(dataDir));
    await second.close();
  });

  it('does not affect desks with other folders', async () => {
    const journals = [temporaryFolder(), temporaryFolder()].map((dataDir) => openSqliteJournal({ dataDir }));
    await Promise.all(journals.map((journal) => journal.close()));
  });

  it('excludes other processes but not readers, ends with kill -9, and nothing durable is lost then', async () => {
    const dataDir = temporaryFolder();
    const { holder, lines } = await startHolder(dataDir);
    const said: string[] = [];
    for await (const line of lines) if (said.push(line) === 50) break;

    expect(() => openSqliteJournal({ dataDir })).toThrow(locked(dataDir));
    const reader = new Connection(join(dataDir, 'journal.db'), { readOnly: true });
    expect(reader.readNumber('SELECT count(*) FROM unfinished')).toBeGreaterThanOrEqual(50);
    reader.close();

    holder.kill('SIGKILL');
    for await (const line of lines) said.push(line);
    if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
    const journal = openSqliteJournal({ dataDir });
    const found = (await journal.readUnfinished()).map(({ offer }) => offer.split('/')[1] ?? '');
    expect(found).toEqual(expect.arrayContaining(said));
    // What was being written when it was killed may be there or not, but never in part of one commit.
    expect(found.length % 3).toBe(0);
    await journal.close();
    expect(readdirSync(dataDir)).toContain('journal.lock');
  });
});
