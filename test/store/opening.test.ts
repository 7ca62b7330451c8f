/** Which files are opened, which are refused, and that those that are refused are left as they are. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SCHEMA_VERSION } from '../../src/store/journal-schema.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import type { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { Connection } from '../../src/store/sqlite-connection.ts';
import { ofMaker, opened, sampleKey } from '../../src/testing/sample-records.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const NEWER = SCHEMA_VERSION + 1;

const NOBODY = 65_534;

function open(dataDir: string): SqliteJournal {
  const journal = openSqliteJournal({ dataDir });
  onTestFinished(() => journal.close());
  return journal;
}

/** A closed journal with one open offer. */
async function filled(dataDir = temporaryFolder()): Promise<{ dataDir: string; file: string }> {
  const journal = openSqliteJournal({ dataDir });
  await journal.append({ offer: sampleKey('one'), records: ofMaker(opened('one')), finished: false });
  await journal.close();
  return { dataDir, file: journal.file };
}

/** The same, as kill -9 leaves it: with its records in the log. Copied, because nobody here was killed. */
async function killed(): Promise<{ dataDir: string; file: string }> {
  const from = temporaryFolder();
  const journal = open(from);
  await journal.append({ offer: sampleKey('one'), records: ofMaker(opened('one')), finished: false });
  const dataDir = temporaryFolder();
  for (const name of ['journal.db', 'journal.db-wal']) copyFileSync(join(from, name), join(dataDir, name));
  return { dataDir, file: join(dataDir, 'journal.db') };
}

/** Of the file and its log: a fingerprint, null where there is nothing. */
function contents(file: string): (string | null)[] {
  return [file, `${file}-wal`].map((name) => {
    const bytes = existsSync(name) ? readFileSync(name) : Buffer.alloc(0);
    return bytes.length > 0 ? createHash('sha256').update(bytes).digest('hex') : null;
  });
}

function expectRefusal(dataDir: string, code: string, text: RegExp): void {
  const file = join(dataDir, 'journal.db');
  const before = contents(file);
  const refusal = { code, message: expect.stringMatching(text) as string };
  expect(() => openSqliteJournal({ dataDir })).toThrow(expect.objectContaining(refusal) as Error);
  expect(contents(file)).toEqual(before);
  // Twice: the refusal has given the lock back.
  expect(() => openSqliteJournal({ dataDir })).toThrow(expect.objectContaining({ code }) as Error);
}

/** Root may write everything; so the test is somebody else for a moment. */
function asOrdinaryUser(work: () => void): void {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

function giveAway(folder: string): void {
  if (process.geteuid?.() !== 0) return;
  chownSync(folder, NOBODY, NOBODY);
  for (const name of readdirSync(folder)) chownSync(join(folder, name), NOBODY, NOBODY);
}

describe('a data folder', () => {
  it('is created with its parents, accessible to its owner only', () => {
    const dataDir = join(temporaryFolder(), 'some', 'where');
    open(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dataDir))
      expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(readdirSync(dataDir)).toContain('journal.db');
  });

  it('keeps its permissions when it exists', () => {
    const dataDir = temporaryFolder();
    chmodSync(dataDir, 0o750);
    open(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o750);
  });

  it('may have any name that the file system allows', async () => {
    const dataDir = join(temporaryFolder(), `it's 100% "odd"? #1 ü`);
    await filled(dataDir);
    expect(await open(dataDir).readUnfinished()).toHaveLength(1);
  });

  it('that is not writable is refused', async () => {
    const { dataDir } = await filled();
    giveAway(dataDir);
    chmodSync(dataDir, 0o500);
    asOrdinaryUser(() => {
      expectRefusal(dataDir, 'ERR_JOURNAL_READ_ONLY', /write permission/);
    });
  });

  it('that cannot be created is refused', () => {
    const folder = temporaryFolder();
    giveAway(folder);
    chmodSync(folder, 0o500);
    asOrdinaryUser(() => {
      expectRefusal(join(folder, 'data'), 'ERR_JOURNAL_READ_ONLY', /write permission/);
    });
  });

  it('that is a file is refused', () => {
    const dataDir = join(temporaryFolder(), 'file');
    writeFileSync(dataDir, 'hello');
    expect(() => openSqliteJournal({ dataDir })).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }) as Error);
  });
});

describe('a file is opened', () => {
  it('after kill -9, with all that is in its log', async () => {
    const { dataDir } = await killed();
    expect(await open(dataDir).readUnfinished()).toHaveLength(1);
  });

  it('when the first start only created it', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'journal.db'), '');
    const journal = open(dataDir);
    expect([await journal.readUnfinished(), journal.restored, journal.generation]).toEqual([[], false, 1]);
  });

  it('when the first start ended after setting the journal mode', () => {
    const dataDir = temporaryFolder();
    const early = new Connection(join(dataDir, 'journal.db'));
    early.readRow('PRAGMA journal_mode = WAL');
    early.close();
    expect(open(dataDir).restored).toBe(false);
  });
});

describe('a file is refused and not changed', () => {
  it('when it may not be written', async () => {
    const { dataDir, file } = await filled();
    giveAway(dataDir);
    chmodSync(file, 0o400);
    asOrdinaryUser(() => {
      expectRefusal(dataDir, 'ERR_JOURNAL_READ_ONLY', /write permission/);
    });
  });

  it.each(['x', 'no database at all, but long enough to have a header. '.repeat(100)])(
    'when it is no database',
    (text) => {
      const dataDir = temporaryFolder();
      writeFileSync(join(dataDir, 'journal.db'), text);
      expectRefusal(dataDir, 'ERR_JOURNAL_CORRUPT', /is not an SQLite file; nothing was changed/);
    },
  );

  it.each(['', 'PRAGMA application_id = 77; PRAGMA user_version = 1;', 'PRAGMA journal_mode = WAL;'])(
    'when it is of another program: %s',
    (pragmas) => {
      const dataDir = temporaryFolder();
      const other = new Connection(join(dataDir, 'journal.db'));
      other.exec(`${pragmas} CREATE TABLE cookies (name TEXT)`);
      other.close();
      expectRefusal(dataDir, 'ERR_JOURNAL_CORRUPT', /a database of another program/);
    },
  );

  it('when a newer program wrote it', async () => {
    const { dataDir, file } = await filled();
    const newer = new Connection(file);
    newer.exec(`PRAGMA user_version = ${NEWER}; PRAGMA wal_checkpoint(TRUNCATE)`);
    newer.close();
    expectRefusal(dataDir, 'ERR_JOURNAL_NEWER', /newer Grapevine \(journal version \d+, this one knows \d+\)/);
  });

  it('when a newer program wrote it and was killed: its version is only in the log', async () => {
    const { dataDir: from, file } = await filled();
    new Connection(file).exec(`PRAGMA user_version = ${NEWER}`);
    const dataDir = temporaryFolder();
    for (const name of ['journal.db', 'journal.db-wal']) copyFileSync(join(from, name), join(dataDir, name));
    expectRefusal(dataDir, 'ERR_JOURNAL_NEWER', /newer Grapevine/);
  });

  it('when its end is missing', async () => {
    const { dataDir, file } = await filled();
    truncateSync(file, statSync(file).size - 4_096);
    expectRefusal(dataDir, 'ERR_JOURNAL_CORRUPT', /is cut off/);
  });

  it('when a page is damaged', async () => {
    const { dataDir, file } = await filled();
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 100, 4_096);
    writeFileSync(file, bytes);
    expectRefusal(dataDir, 'ERR_JOURNAL_CORRUPT', /damaged|another program/);
  });

  it.each(['missing', 'empty'])('when it is %s and the log of another journal is beside it', async (what) => {
    const { dataDir, file } = await killed();
    const lost = temporaryFolder();
    copyFileSync(`${file}-wal`, join(lost, 'journal.db-wal'));
    if (what === 'empty') writeFileSync(join(lost, 'journal.db'), '');
    expectRefusal(lost, 'ERR_JOURNAL_CORRUPT', /belongs to another file/);
    expect(existsSync(join(lost, 'journal.db'))).toBe(what === 'empty');
    expect(await open(dataDir).readUnfinished()).toHaveLength(1);
  });

  it('when it is a backup, and the log of the replaced journal is still in the folder', async () => {
    const { dataDir, file } = await killed();
    const source = await filled(join(temporaryFolder(), 'source'));
    const journal = open(source.dataDir);
    const copy = join(temporaryFolder(), 'copy.db');
    await journal.backup(copy);
    copyFileSync(copy, file);
    expectRefusal(dataDir, 'ERR_JOURNAL_CORRUPT', /is a copy, and the log .* belongs to another file/);
  });

  it('when it is a folder', () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'journal.db'));
    expect(() => openSqliteJournal({ dataDir })).toThrow(expect.objectContaining({ code: 'ERR_JOURNAL' }) as Error);
  });
});
