import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import type { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { Connection } from '../../src/store/sqlite-connection.ts';
import { ofMaker, opened, released, reserved, sampleKey } from '../../src/testing/sample-records.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

function open(dataDir: string): SqliteJournal {
  const journal = openSqliteJournal({ dataDir });
  onTestFinished(() => journal.close());
  return journal;
}

/** As an operator does it: the copy becomes `journal.db` of a folder. */
function restore(copy: string): string {
  const dataDir = temporaryFolder();
  copyFileSync(copy, join(dataDir, 'journal.db'));
  return dataDir;
}

async function add(journal: SqliteJournal, offerId: string): Promise<void> {
  await journal.append({ offer: sampleKey(offerId), records: ofMaker(opened(offerId)), finished: false });
}

describe('a backup', () => {
  let journal: SqliteJournal;
  let folder: string;
  let copy: string;

  beforeEach(() => {
    journal = open(temporaryFolder());
    folder = temporaryFolder();
    copy = join(folder, `it's a copy.db`);
  });

  it('has everything that was durable, is readable by its owner only, and leaves no other files', async () => {
    await add(journal, 'one');
    await journal.backup(copy);
    expect(readdirSync(folder)).toEqual([`it's a copy.db`]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const marked = new Connection(copy, { readOnly: true });
    expect(marked.readRow('SELECT generation, restored FROM meta')).toEqual({ generation: 1, restored: 1 });
    marked.close();
    expect(await open(restore(copy)).readUnfinished()).toEqual(await journal.readUnfinished());
  });

  it('is consistent while appends go on: it has the first entries, without a gap', async () => {
    const detail = 'x'.repeat(1_000);
    const appendPart = async (part: number): Promise<void> => {
      const records = part === 0 ? ofMaker(opened('big')) : ofMaker(reserved(part), released(part, detail));
      await journal.append({ offer: sampleKey('big'), records, finished: false });
    };
    for (let part = 0; part < 300; part += 1) await appendPart(part);
    const under = { way: true };
    const backup = journal.backup(copy).finally(() => (under.way = false));
    let part = 300;
    for (; under.way && part < 1_000; part += 1) await appendPart(part);
    await backup;
    expect(part).toBeGreaterThan(300);

    const all = await journal.readOffer(sampleKey('big'));
    const copied = await open(restore(copy)).readOffer(sampleKey('big'));
    expect(copied.length).toBeGreaterThanOrEqual(599);
    expect(copied.length % 2).toBe(1);
    expect(copied).toEqual(all.slice(0, copied.length));
  });

  it('is finished before the journal is closed', async () => {
    await add(journal, 'one');
    const backup = journal.backup(copy);
    await journal.close();
    expect(readdirSync(folder)).toEqual([`it's a copy.db`]);
    await backup;
    await expect(journal.backup(join(folder, 'late.db'))).rejects.toMatchObject({ code: 'ERR_JOURNAL' });
  });

  it('does not replace a file that exists', async () => {
    writeFileSync(copy, 'precious');
    await expect(journal.backup(copy)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await expect(journal.backup(journal.file)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(readFileSync(copy, 'utf8')).toBe('precious');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('does not replace a file that appears while it runs', async () => {
    const [first, second] = await Promise.allSettled([journal.backup(copy), journal.backup(copy)]);
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('that fails does not damage the journal', async () => {
    await expect(journal.backup(join(folder, 'missing', 'copy.db'))).rejects.toMatchObject({
      code: 'ERR_JOURNAL',
    });
    await add(journal, 'one');
  });
});

describe('a copy in the place of a journal', () => {
  it('is recognised as a copy until a new generation begins', async () => {
    const journal = open(temporaryFolder());
    expect([journal.restored, journal.generation]).toEqual([false, 1]);
    await add(journal, 'one');
    const copy = join(temporaryFolder(), 'copy.db');
    await journal.backup(copy);
    expect([journal.restored, journal.generation]).toEqual([false, 1]);

    const dataDir = restore(copy);
    const restored = open(dataDir);
    expect([restored.restored, restored.generation]).toEqual([true, 1]);
    await add(restored, 'two');
    await restored.close();

    // A crash before it was dealt with: it still is a copy.
    const again = open(dataDir);
    expect(again.restored).toBe(true);
    const waiting = add(again, 'three');
    await again.beginGeneration();
    await waiting;
    expect([again.restored, again.generation]).toEqual([false, 2]);
    await again.close();

    const later = open(dataDir);
    expect([later.restored, later.generation]).toEqual([false, 2]);
    expect(await later.readUnfinished()).toHaveLength(3);
  });

  it('may be a copy of a copy: each restore counts one generation more', async () => {
    const folder = temporaryFolder();
    let journal = open(temporaryFolder());
    for (const generation of [2, 3]) {
      const copy = join(folder, `${generation}.db`);
      await journal.backup(copy);
      journal = open(restore(copy));
      await journal.beginGeneration();
      expect([journal.restored, journal.generation]).toEqual([false, generation]);
    }
  });

  it('is recognised as a copy when SQLite made it', async () => {
    const journal = open(temporaryFolder());
    await add(journal, 'one');
    const copy = join(temporaryFolder(), 'copy.db');
    const person = new Connection(journal.file);
    person.exec(`VACUUM INTO '${copy}'`);
    person.close();
    const dataDir = restore(copy);
    expect(open(dataDir).restored).toBe(true);
  });

  it('is refused when the row that marks copies is missing', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    mkdirSync(dataDir);
    const journal = openSqliteJournal({ dataDir });
    await journal.close();
    const damage = new Connection(journal.file);
    damage.exec('DELETE FROM meta');
    damage.close();
    expect(() => openSqliteJournal({ dataDir })).toThrow(
      expect.objectContaining({ code: 'ERR_JOURNAL_CORRUPT' }) as Error,
    );
  });
});
