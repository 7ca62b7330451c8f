import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openJournalReader, type ReadJournal } from '../../src/store/open-journal-reader.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { awarded, ofMaker, opened, reserved, SAMPLE_MAKER, sampleKey } from '../../src/testing/sample-records.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const DEAL = ofMaker(opened('deal'), reserved(1), awarded(1));
const FIXTURES = join(import.meta.dirname, 'fixtures');

async function filled(dataDir: string): Promise<ReturnType<typeof openSqliteJournal>> {
  const journal = openSqliteJournal({ dataDir });
  journal.claim(SAMPLE_MAKER);
  await journal.append({ offer: sampleKey('deal'), records: DEAL, finished: true });
  await journal.append({ offer: sampleKey('open'), records: ofMaker(opened('open')), finished: false });
  return journal;
}

function read(dataDir: string): ReadJournal {
  const reader = openJournalReader(dataDir);
  onTestFinished(() => {
    reader.close();
  });
  return reader;
}

function contents(dataDir: string): string[] {
  return ['journal.db', 'journal.db-wal', 'journal.db-mark'].map((name) => {
    const file = join(dataDir, name);
    return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : '';
  });
}

async function expectAll(reader: ReadJournal): Promise<void> {
  expect(reader.owner).toBe(SAMPLE_MAKER);
  expect(await reader.readOffer(sampleKey('deal'))).toEqual(DEAL);
  expect((await reader.readUnfinished()).map(({ offer }) => offer)).toEqual([sampleKey('open')]);
  expect((await reader.findOffers('de', 5)).map(({ offer }) => offer)).toEqual([sampleKey('deal')]);
  expect((await reader.readDeals({ limit: 5 })).offers).toEqual([{ offer: sampleKey('deal'), records: DEAL }]);
  expect((await reader.readFinished({ limit: 5 })).offers.map(({ offer }) => offer)).toEqual([sampleKey('deal')]);
  expect(await reader.readEvidence()).toEqual([]);
}

describe('a read-only journal', () => {
  it('of a stopped desk returns every record, changes nothing, and does not count as a start', async () => {
    const dataDir = temporaryFolder();
    await (await filled(dataDir)).close();
    const before = contents(dataDir);
    const reader = read(dataDir);
    await expectAll(reader);
    reader.close();
    await expect(reader.readUnfinished()).rejects.toMatchObject({ code: 'ERR_JOURNAL' });
    expect(contents(dataDir)).toEqual(before);
    const next = openSqliteJournal({ dataDir });
    expect(next.life).toBe(2);
    await next.close();
  });

  it('of a killed desk includes what is in its log', async () => {
    const from = temporaryFolder();
    const journal = await filled(from);
    onTestFinished(() => journal.close());
    const dataDir = temporaryFolder();
    for (const name of ['journal.db', 'journal.db-wal', 'journal.db-mark'])
      copyFileSync(join(from, name), join(dataDir, name));
    const before = contents(dataDir);
    await expectAll(read(dataDir));
    expect(contents(dataDir)).toEqual(before);
  });

  it('of a running desk sees what is committed, and does not block the desk', async () => {
    const dataDir = temporaryFolder();
    const journal = await filled(dataDir);
    const reader = read(dataDir);
    await expectAll(reader);
    await journal.append({ offer: sampleKey('open'), records: ofMaker(reserved(1)), finished: false });
    expect(await reader.readOffer(sampleKey('open'))).toHaveLength(2);
    await journal.close();
  });

  it('lets a desk start while it is open', async () => {
    const dataDir = temporaryFolder();
    await (await filled(dataDir)).close();
    const reader = read(dataDir);
    const journal = openSqliteJournal({ dataDir });
    await journal.append({ offer: sampleKey('open'), records: ofMaker(reserved(1)), finished: false });
    expect(await reader.readOffer(sampleKey('open'))).toHaveLength(2);
    await journal.close();
  });

  it.each(['journal-v1.db', 'journal-v2.db'])('may be of an earlier version: %s', async (name) => {
    const dataDir = temporaryFolder();
    copyFileSync(join(FIXTURES, name), join(dataDir, 'journal.db'));
    const reader = read(dataDir);
    expect((await reader.readUnfinished()).length).toBeGreaterThan(0);
    expect((await reader.readDeals({ limit: 100 })).offers.length).toBeGreaterThan(0);
    expect(await reader.readEvidence()).toEqual([]);
  });

  it('is refused when it is damaged, missing or empty', async () => {
    const dataDir = temporaryFolder();
    expect(() => openJournalReader(dataDir)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }) as Error);
    writeFileSync(join(dataDir, 'journal.db'), '');
    expect(() => openJournalReader(dataDir)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }) as Error);
    const damaged = join(dataDir, 'damaged');
    const journal = await filled(damaged);
    await journal.close();
    const bytes = readFileSync(journal.file);
    bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
    writeFileSync(journal.file, bytes);
    expect(() => openJournalReader(damaged)).toThrow(expect.objectContaining({ code: 'ERR_JOURNAL_CORRUPT' }) as Error);
  });
});
