/**
 * A damaged journal is never read as a shorter one. Each byte of a small journal is changed, each file of it is cut off at
 * each length and taken away: a start gives back everything that was acknowledged, or refuses with ERR_JOURNAL_CORRUPT.
 *
 * By default every 509th byte of the pages and every byte of the mark; all of them with TEST_EFFORT=long (minutes).
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredOffer } from '../../src/ports/journal.ts';
import { GrapevineError } from '../../src/protocol/errors.ts';
import { verifyFile } from '../../src/store/journal-file.ts';
import { MarkFile } from '../../src/store/journal-mark.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import {
  awarded,
  ofMaker,
  opened,
  released,
  reserved,
  SAMPLE_MAKER,
  sampleKey,
} from '../../src/testing/sample-records.ts';
import { collectGarbage } from '../../testing/collect-garbage.ts';
import { makeTemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.ts';
import { IS_LONG } from '../effort.ts';

const STRIDE = IS_LONG ? 1 : 509;
const LONG_MS = IS_LONG ? 3_600_000 : 120_000;

const DB = 'journal.db';
const LOG = 'journal.db-wal';
const MARK = 'journal.db-mark';
const SLOTS = [0, 4_096];
const SLOT_BYTES = 84;

/** A damaged version number says that a newer program wrote it. */
const REFUSALS: readonly string[] = ['ERR_JOURNAL_CORRUPT', 'ERR_JOURNAL_NEWER'];

interface Sample {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly unfinished: readonly StoredOffer[];
}

async function fill(dataDir: string): Promise<ReturnType<typeof openSqliteJournal>> {
  const journal = openSqliteJournal({ dataDir });
  await journal.append({ offer: sampleKey('done'), records: ofMaker(opened('done')), finished: false });
  await journal.append({ offer: sampleKey('open'), records: ofMaker(opened('open')), finished: false });
  await journal.append({ offer: sampleKey('done'), records: ofMaker(reserved(1), awarded(1)), finished: true });
  await journal.append({ offer: sampleKey('open'), records: ofMaker(reserved(1)), finished: false });
  return journal;
}

function filesOf(dataDir: string): Map<string, Buffer> {
  const names = [DB, LOG, MARK].filter((name) => existsSync(join(dataDir, name)));
  return new Map(names.map((name) => [name, readFileSync(join(dataDir, name))]));
}

/** As kill -9 leaves it. */
async function killed(): Promise<Sample> {
  const dataDir = makeTemporaryFolder();
  const journal = await fill(dataDir);
  const [files, unfinished] = [filesOf(dataDir), await journal.readUnfinished()];
  await journal.close();
  rmSync(dataDir, { recursive: true });
  return { files, unfinished };
}

async function closed(): Promise<Sample> {
  const dataDir = makeTemporaryFolder();
  const journal = await fill(dataDir);
  const unfinished = await journal.readUnfinished();
  await journal.close();
  const files = filesOf(dataDir);
  rmSync(dataDir, { recursive: true });
  return { files, unfinished };
}

function lay(files: ReadonlyMap<string, Buffer>): string {
  const dataDir = temporaryFolder();
  for (const [name, bytes] of files) writeFileSync(join(dataDir, name), bytes);
  return dataDir;
}

let looks = 0;

/** Thousands of looks at a journal hold more files than a process may have. They are closed in a later turn of the event loop. */
async function collectSometimes(): Promise<void> {
  if (++looks % 500 !== 0) return;
  collectGarbage();
  await setImmediate();
}

/** `corrupt`, or all that was acknowledged; anything else is what must not be. */
async function startOn(dataDir: string, { unfinished }: Sample): Promise<'corrupt' | 'all'> {
  await collectSometimes();
  try {
    const journal = openSqliteJournal({ dataDir });
    try {
      expect(journal.restored).toBe(false);
      expect(await journal.readUnfinished()).toEqual(unfinished);
      expect(await journal.readOffer(sampleKey('done'))).toHaveLength(3);
    } finally {
      await journal.close();
    }
    return 'all';
  } catch (error) {
    if (error instanceof GrapevineError && REFUSALS.includes(error.code)) return 'corrupt';
    throw error;
  }
}

/** What a start would decide, without going through with it: thousands of starts take their time. */
async function judge(dataDir: string): Promise<'corrupt' | 'all'> {
  await collectSometimes();
  try {
    expect(verifyFile(join(dataDir, DB))?.kind).toBe('intact');
    return 'all';
  } catch (error) {
    if (error instanceof GrapevineError && REFUSALS.includes(error.code)) return 'corrupt';
    throw error;
  }
}

function offsets(name: string, length: number, stride = STRIDE): number[] {
  const all = Array.from({ length }, (_, offset) => offset);
  if (name !== MARK) return all.filter((offset) => offset % stride === 0 || offset < 100);
  // Between the slots is nothing.
  return all.filter((offset) => IS_LONG || SLOTS.some((slot) => offset >= slot && offset < slot + SLOT_BYTES + 4));
}

describe.each([
  ['killed', killed],
  ['closed', closed],
] as const)('a journal that was %s', (state, make) => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await make();
  });

  it('is read unchanged when nothing happened to it', async () => {
    expect(await startOn(lay(sample.files), sample)).toBe('all');
  });

  it.each([DB, LOG, MARK])(
    'with one byte of %s changed gives every record or is refused',
    { timeout: LONG_MS },
    async (name) => {
      const bytes = sample.files.get(name);
      if (bytes === undefined || bytes.length === 0) return;
      const dataDir = lay(sample.files);
      const verdicts = { corrupt: 0, all: 0 };
      for (const offset of offsets(name, bytes.length)) {
        const flipped = Buffer.from(bytes);
        flipped[offset] = (flipped[offset] ?? 0) ^ (1 << (offset % 8));
        writeFileSync(join(dataDir, name), flipped);
        const verdict = await judge(dataDir);
        verdicts[verdict] += 1;
        // What is let through is really started on: of the mark's own bytes a sample, as they are many.
        if (verdict === 'all' && (name !== MARK || offset % 16 === 0))
          expect([offset, await startOn(lay(new Map(sample.files).set(name, flipped)), sample)]).toEqual([
            offset,
            'all',
          ]);
      }
      // The pages and the log are refused wherever they are changed; of the mark one slot is enough.
      if (name === MARK) expect(verdicts.all).toBeGreaterThan(0);
      else expect(verdicts.corrupt).toBeGreaterThan(verdicts.all);
    },
  );

  it.each([DB, LOG, MARK])('with %s cut off gives every record or is refused', { timeout: LONG_MS }, async (name) => {
    const bytes = sample.files.get(name);
    if (bytes === undefined || bytes.length === 0) return;
    const lengths = [
      0,
      1,
      ...offsets(name, bytes.length, STRIDE * 8).filter((offset) => IS_LONG || name !== MARK || offset % 16 === 0),
    ].filter((length) => length < bytes.length);
    for (const length of lengths) {
      const dataDir = lay(new Map(sample.files).set(name, bytes.subarray(0, length)));
      const verdict = await judge(dataDir);
      if (verdict === 'all' && length % 16 === 0)
        expect([length, await startOn(dataDir, sample)]).toEqual([length, 'all']);
    }
  });

  it.each([DB, LOG])('without %s gives every record or is refused', async (name) => {
    const files = new Map(sample.files);
    files.delete(name);
    const verdict = await startOn(lay(files), sample);
    expect(verdict).toBe(name === LOG && state === 'closed' ? 'all' : 'corrupt');
  });

  it('that is a symbolic link is refused: SQLite would look for its log at the target', async () => {
    const elsewhere = lay(sample.files);
    const dataDir = lay(sample.files);
    rmSync(join(dataDir, DB));
    symlinkSync(join(elsewhere, DB), join(dataDir, DB));
    expect(await startOn(dataDir, sample)).toBe('corrupt');
  });

  it('with the database of another journal is refused', async () => {
    const other = openSqliteJournal({ dataDir: temporaryFolder() });
    await other.append({ offer: sampleKey('else'), records: ofMaker(opened('else')), finished: false });
    await other.close();
    const files = new Map(sample.files).set(DB, readFileSync(other.file));
    expect(await startOn(lay(files), sample)).toBe('corrupt');
  });
});

describe('an earlier file copy in the place of a journal', () => {
  it('from an earlier life is recognised, and takes its life from the mark', async () => {
    const dataDir = temporaryFolder();
    await (await fill(dataDir)).close();
    const copy = filesOf(dataDir).get(DB) ?? Buffer.alloc(0);
    const journal = openSqliteJournal({ dataDir });
    await journal.append({ offer: sampleKey('open'), records: ofMaker(awarded(1)), finished: true });
    await journal.close();
    rmSync(join(dataDir, LOG), { force: true });
    writeFileSync(join(dataDir, DB), copy);
    const restored = openSqliteJournal({ dataDir });
    expect([restored.restored, restored.life]).toEqual([true, 3]);
    await restored.beginGeneration();
    await restored.close();
    const after = openSqliteJournal({ dataDir });
    expect([after.restored, after.life]).toEqual([false, 4]);
    await after.close();
  });

  it('from the same life is refused', async () => {
    const dataDir = temporaryFolder();
    const journal = await fill(dataDir);
    const copy = filesOf(dataDir);
    await journal.append({ offer: sampleKey('open'), records: ofMaker(awarded(1)), finished: true });
    await journal.close();
    const again = temporaryFolder();
    for (const [name, bytes] of copy) writeFileSync(join(again, name), bytes);
    copyFileSync(join(dataDir, MARK), join(again, MARK));
    expect(() => openSqliteJournal({ dataDir: again })).toThrow(
      expect.objectContaining({ code: 'ERR_JOURNAL_CORRUPT' }) as Error,
    );
  });

  it.each([1, 2])('of version %d, which had no lives, is recognised', async (version) => {
    const dataDir = temporaryFolder();
    const fixture = join(import.meta.dirname, 'fixtures', `journal-v${version}.db`);
    copyFileSync(fixture, join(dataDir, DB));
    const journal = openSqliteJournal({ dataDir });
    await journal.append({ offer: sampleKey('later'), records: ofMaker(opened('later')), finished: false });
    await journal.close();
    copyFileSync(fixture, join(dataDir, DB));
    const restored = openSqliteJournal({ dataDir });
    expect([restored.restored, restored.life]).toEqual([true, journal.life + 1]);
    await restored.close();
  });

  it('in a folder of its own, without a mark, is a copy', async () => {
    const { files } = await killed();
    const withoutMark = new Map(files);
    withoutMark.delete(MARK);
    const journal = openSqliteJournal({ dataDir: lay(withoutMark) });
    expect([journal.restored, (await journal.readUnfinished()).length]).toEqual([true, 1]);
    await journal.close();
  });
});

describe('a log of an earlier life is refused, and nothing is changed', () => {
  function expectRefused(files: ReadonlyMap<string, Buffer>): void {
    const dataDir = lay(files);
    expect(() => openSqliteJournal({ dataDir })).toThrow(
      expect.objectContaining({ code: 'ERR_JOURNAL_CORRUPT' }) as Error,
    );
    expect(filesOf(dataDir)).toEqual(files);
  }

  /** The first life writes `meta`, so its log brings back the life; the log of a later one does not. */
  it.each(['first', 'second'])('beside a journal that was stopped since: the %s life', async (which) => {
    const dataDir = temporaryFolder();
    if (which === 'second') await openSqliteJournal({ dataDir }).close();
    const first = openSqliteJournal({ dataDir });
    if (which === 'first') first.claim(SAMPLE_MAKER);
    // The log has each page that the next life changes. Otherwise the pages would not fit together, which SQLite finds.
    const records = ofMaker(opened('done'), reserved(1), awarded(1));
    await first.append({ offer: sampleKey('done'), records, finished: true });
    await first.append({ offer: sampleKey('open'), records: ofMaker(opened('open')), finished: false });
    const atKill = filesOf(dataDir);
    await first.close();
    const next = openSqliteJournal({ dataDir: lay(atKill) });
    await next.append({ offer: sampleKey('open'), records: ofMaker(reserved(5), awarded(5)), finished: true });
    await next.close();
    const stopped = filesOf(join(next.file, '..'));
    expectRefused(new Map(stopped).set(LOG, atKill.get(LOG) ?? Buffer.alloc(0)));

    const journal = openSqliteJournal({ dataDir: lay(stopped) });
    expect([journal.restored, await journal.readUnfinished()]).toEqual([false, []]);
    await journal.close();
  });

  it('beside a file copy, when an opening was killed', async () => {
    const dataDir = temporaryFolder();
    const first = openSqliteJournal({ dataDir });
    await first.append({ offer: sampleKey('open'), records: ofMaker(opened('open')), finished: false });
    await first.close();
    const copy = filesOf(dataDir).get(DB) ?? Buffer.alloc(0);
    const second = openSqliteJournal({ dataDir });
    await second.append({ offer: sampleKey('open'), records: ofMaker(reserved(1), awarded(1)), finished: true });
    const atKill = filesOf(dataDir);
    await second.close();
    const opening = lay(atKill);
    const mark = MarkFile.open(join(opening, DB));
    if (mark.latest !== null) mark.writeIntoBoth({ ...mark.latest, phase: 'opening' });
    mark.close();
    expectRefused(filesOf(opening).set(DB, copy));
  });
});

it('a copy with a text that is not UTF-8 is refused and not changed', async () => {
  const dataDir = temporaryFolder();
  const journal = openSqliteJournal({ dataDir });
  const records = ofMaker(opened('open'), reserved(1), released(1, 'a reason'));
  await journal.append({ offer: sampleKey('open'), records, finished: false });
  const copyDir = temporaryFolder();
  const file = join(copyDir, DB);
  await journal.backup(file);
  await journal.close();
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('a reason')] = 0xff;
  writeFileSync(file, bytes);
  expect(() => openSqliteJournal({ dataDir: copyDir })).toThrow(
    expect.objectContaining({ code: 'ERR_JOURNAL_CORRUPT', message: expect.stringContaining(file) as string }) as Error,
  );
  expect(filesOf(copyDir)).toEqual(new Map([[DB, bytes]]));
});

describe('a log that another program has checkpointed', () => {
  it('is no loss: all records are there', async () => {
    const sample = await killed();
    const dataDir = lay(sample.files);
    // What `sqlite3 journal.db` does when it ends: it opens, reads, and closes as the last one.
    const { spawnSync } = await import('node:child_process');
    const script = `const D = require('libsql'); const d = new D(${JSON.stringify(join(dataDir, DB))}); d.exec('PRAGMA wal_checkpoint(TRUNCATE)'); d.close()`;
    expect(spawnSync(process.execPath, ['-e', script]).status).toBe(0);
    expect(await startOn(dataDir, sample)).toBe('all');
  });
});

it('a text that is not UTF-8 is reported, and does not end the process', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  mkdirSync(dataDir);
  const journal = await fill(dataDir);
  await journal.close();
  const { Connection } = await import('../../src/store/sqlite-connection.ts');
  const other = openSqliteJournal({ dataDir });
  const vandal = new Connection(other.file);
  vandal.exec('DROP INDEX reference_offered_once; DROP INDEX offer_renewed_once');
  vandal.exec(`DROP TRIGGER records_never_change; UPDATE records SET body = CAST(x'7bff7d' AS TEXT) WHERE seq = 1`);
  vandal.close();
  await expect(other.readOffer(sampleKey('done'))).rejects.toMatchObject({ code: 'ERR_JOURNAL_CORRUPT' });
  await other.close();
});
