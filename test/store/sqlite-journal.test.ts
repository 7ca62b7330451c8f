import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteJournal, type SqliteJournalInit } from '../../src/store/open-sqlite-journal.ts';
import type { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { Connection, makeDurable, SYNCHRONOUS } from '../../src/store/sqlite-connection.ts';
import {
  awarded,
  ofMaker,
  ofTaker,
  opened,
  released,
  reserved,
  sampleKey,
  sampleTerms,
} from '../../src/testing/sample-records.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

function open(init: Partial<SqliteJournalInit> = {}): SqliteJournal {
  const journal = openSqliteJournal({ dataDir: temporaryFolder(), ...init });
  onTestFinished(() => journal.close());
  return journal;
}

/** What somebody else sees in the file. */
function rowsSeen(journal: SqliteJournal): number {
  const connection = new Connection(journal.file, { readOnly: true });
  try {
    return connection.readNumber('SELECT count(*) FROM records');
  } finally {
    connection.close();
  }
}

const open1 = { offer: sampleKey('one'), records: ofMaker(opened('one')), finished: false };
const open2 = { offer: sampleKey('two'), records: ofMaker(opened('two')), finished: false };

describe('appending', () => {
  it('resolves only when the record is in the file', async () => {
    const turns: (() => void)[] = [];
    const journal = open({ schedule: (commit) => turns.push(commit) });
    let said = false;
    const append = journal.append(open1).then(() => (said = true));
    await Promise.resolve();
    expect([said, rowsSeen(journal)]).toEqual([false, 0]);
    turns.shift()?.();
    expect(rowsSeen(journal)).toBe(1);
    await append;
    expect(said).toBe(true);
  });

  it('makes one commit for all entries of a turn', async () => {
    const journal = open();
    const ids = Array.from({ length: 200 }, (_, index) => `offer-${index}`);
    await Promise.all(
      ids.map((id) => journal.append({ offer: sampleKey(id), records: ofMaker(opened(id)), finished: false })),
    );
    expect(journal.counts).toEqual({ commits: 1, syncs: 1, entries: 200, refused: 0 });
  });

  it('rolls back only the entry that the database rejects, and all of it', async () => {
    const journal = open();
    await journal.append(open1);
    const results = await Promise.allSettled([
      journal.append(open2),
      journal.append({ offer: sampleKey('one'), records: ofMaker(reserved(1), awarded(2)), finished: true }),
      journal.append({ offer: sampleKey('new'), records: ofMaker(opened('new'), awarded(1)), finished: true }),
      journal.append({ offer: sampleKey('three'), records: ofMaker(opened('three')), finished: false }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({
      reason: { code: 'ERR_JOURNAL', message: expect.stringContaining('/one') as string },
    });
    expect(await journal.readOffer(sampleKey('one'))).toEqual(open1.records);
    expect(await journal.readOffer(sampleKey('new'))).toEqual([]);
    const unfinished = await journal.readUnfinished();
    expect(unfinished.map(({ offer }) => offer)).toEqual(['one', 'two', 'three'].map((id) => sampleKey(id)));
    expect(journal.counts).toMatchObject({ entries: 3, refused: 2 });
    await journal.append({ offer: sampleKey('one'), records: ofMaker(reserved(1), awarded(1)), finished: true });
  });

  it('rejects a record that could not be read again, before anything is written', async () => {
    const journal = open();
    const broken = { ...opened('one'), at: NaN };
    await expect(journal.append({ ...open1, records: ofMaker(broken) })).rejects.toMatchObject({ code: 'ERR_JOURNAL' });
    const elsewhere = journal.append({ ...open1, offer: sampleKey('other') });
    await expect(elsewhere).rejects.toThrow('about another offer');
    expect(journal.counts).toEqual({ commits: 0, syncs: 0, entries: 0, refused: 0 });
    await journal.append(open1);
  });

  it('rejects both roles for one offer', async () => {
    const journal = open();
    await journal.append(open1);
    const taker = ofTaker({ type: 'accepting', at: 1, terms: sampleTerms('one'), dialect: 'grapevine' });
    await expect(journal.append({ ...open1, records: taker })).rejects.toThrow('maker and taker');
    const mixed = [...ofMaker(reserved(1)), ...taker];
    await expect(journal.append({ ...open1, records: mixed })).rejects.toThrow('maker and taker');
    expect(await journal.readOffer(sampleKey('one'))).toEqual(open1.records);
  });

  it('can finish an offer without a new record, and ignores an offer without any record', async () => {
    const journal = open();
    await journal.append(open1);
    await journal.append({ offer: sampleKey('one'), records: [], finished: true });
    await journal.append({ offer: sampleKey('none'), records: [], finished: false });
    expect(await journal.readUnfinished()).toEqual([]);
  });
});

describe('a journal that is full', () => {
  it('reports that, rejects new entries, and has lost nothing', async () => {
    const dataDir = temporaryFolder();
    const journal = open({ dataDir, fileMaxBytes: 256 * 1024 });
    await journal.append(open1);
    const big = { ...open2, records: ofMaker(opened('two'), released(1, 'x'.repeat(512 * 1024))) };
    const small = { offer: sampleKey('three'), records: ofMaker(opened('three')), finished: false };
    const results = await Promise.allSettled([journal.append(small), journal.append(big)]);
    for (const result of results) expect(result).toMatchObject({ reason: { code: 'ERR_JOURNAL_FULL' } });
    await expect(journal.append(small)).rejects.toMatchObject({ code: 'ERR_JOURNAL_FULL' });
    await expect(journal.readUnfinished()).rejects.toMatchObject({ code: 'ERR_JOURNAL_FULL' });
    await expect(journal.beginGeneration()).rejects.toMatchObject({ code: 'ERR_JOURNAL_FULL' });
    await journal.close();

    const next = open({ dataDir });
    expect(await next.readUnfinished()).toEqual([{ offer: open1.offer, records: open1.records }]);
    await next.append(big);
  });
});

describe('durability', () => {
  it.each(['FULL', 'NORMAL'] as const)('is set and checked at every opening: %s', (level) => {
    const file = join(temporaryFolder(), 'some.db');
    for (const _ of [1, 2]) {
      const connection = new Connection(file);
      makeDurable(connection, file, level);
      expect(connection.readValue('PRAGMA synchronous')).toBe(SYNCHRONOUS[level]);
      expect(connection.readValue('PRAGMA journal_mode')).toBe('wal');
      expect(connection.readValue('PRAGMA wal_autocheckpoint')).toBe(0);
      connection.close();
    }
  });

  it.each([
    ['wal', 2, 0],
    ['wal', 0, 0],
    ['delete', 1, 0],
    ['memory', 1, 0],
    ['wal', 1, 1_000],
  ])('journal_mode %s with synchronous %i and a checkpoint after %i pages is refused', (mode, synchronous, pages) => {
    const connection = {
      exec: () => undefined,
      readValue: (sql: string) =>
        sql.includes('journal_mode') ? mode : sql.includes('synchronous') ? synchronous : pages,
    };
    expect(() => {
      makeDurable(connection, '/data/journal.db', 'NORMAL');
    }).toThrow(expect.objectContaining({ code: 'ERR_JOURNAL_NOT_DURABLE' }) as Error);
  });

  it('is refused in memory: SQLite itself reports that it is not durable', () => {
    expect(() => {
      makeDurable(new Connection(':memory:'), ':memory:', 'FULL');
    }).toThrow(expect.objectContaining({ code: 'ERR_JOURNAL_NOT_DURABLE' }) as Error);
  });
});

describe('a person with sqlite3', () => {
  it('reads stories, what is unfinished, and deals, while the desk runs', async () => {
    const journal = open();
    await journal.append({ ...open1, records: ofMaker(opened('one'), reserved(1), awarded(1)), finished: true });
    await journal.append({ ...open2, records: ofMaker(opened('two'), reserved(1)) });
    const reader = new Connection(journal.file, { readOnly: true });
    const [first] = reader.prepare('SELECT * FROM story').all();
    expect(first).toMatchObject({ at: '2023-11-14T22:13:20.001Z', offer_id: 'one', role: 'maker', type: 'opened' });
    expect(reader.prepare('SELECT offer_id, latest, epoch FROM unfinished').all()).toEqual([
      { offer_id: 'two', latest: 'reserved', epoch: 1 },
    ]);
    expect(reader.prepare('SELECT offer_id, at, taker FROM deals').all()).toEqual([
      { offer_id: 'one', at: '2023-11-14T22:13:20.004Z', taker: 'b'.repeat(64) },
    ]);
    reader.exec('BEGIN; SELECT * FROM records');
    await journal.append({ ...open2, records: ofMaker(released(1)) });
    reader.close();
  });
});

describe('a damaged row', () => {
  it.each([
    ['is no JSON', 'garbage'],
    ['is no object', '7'],
    ['has an unknown type', '{"type":"bribed","at":5}'],
    ['belongs to the other role', '{"type":"withdrawn","at":5}'],
    ['lacks a field', '{"type":"reserved","at":5,"epoch":1,"until":null}'],
    ['is about another offer', JSON.stringify(opened('two'))],
  ])('that %s is reported with its offer', async (_, body) => {
    const dataDir = temporaryFolder();
    const journal = open({ dataDir });
    await journal.append(open1);
    await journal.append(open2);
    const damage = new Connection(journal.file);
    damage.exec('DROP TRIGGER records_never_change; PRAGMA ignore_check_constraints = ON');
    damage.exec('DROP INDEX reference_offered_once; DROP INDEX offer_renewed_once');
    damage.prepare('UPDATE records SET body = ? WHERE offer = 1').run(body);
    damage.close();
    const damaged = { code: 'ERR_JOURNAL_CORRUPT', message: expect.stringContaining(sampleKey('one')) as string };
    await expect(journal.readOffer(sampleKey('one'))).rejects.toMatchObject(damaged);
    await expect(journal.readUnfinished()).rejects.toMatchObject(damaged);
    expect(await journal.readOffer(sampleKey('two'))).toEqual(open2.records);
  });
});
