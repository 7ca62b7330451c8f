/** Journals written by earlier versions are kept, and replayed for ever. */
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { applyMaker, isMakerFinished, type MakerState } from '../../src/protocol/maker-state.ts';
import type { JournalEntry, JournalRecord } from '../../src/protocol/records.ts';
import { applyTaker, isTakerFinished, type TakerState } from '../../src/protocol/taker-state.ts';
import { SCHEMA_VERSION } from '../../src/store/journal-schema.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { Connection } from '../../src/store/sqlite-connection.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.db'));

/** What the protocol makes of the records. */
function isFinished(records: readonly JournalRecord[]): boolean {
  let maker: MakerState | null = null;
  let taker: TakerState | null = null;
  for (const { role, record } of records) {
    if (role === 'maker') maker = applyMaker(maker, record);
    else taker = applyTaker(taker, record);
  }
  return maker !== null ? isMakerFinished(maker) : taker !== null && isTakerFinished(taker);
}

it('there is a journal of every released version', () => {
  expect(names).toEqual(Array.from({ length: SCHEMA_VERSION }, (_, index) => `journal-v${index + 1}.db`));
});

describe.each(names)('%s', (name) => {
  const expected = JSON.parse(
    readFileSync(join(FIXTURES, name.replace('.db', '.json')), 'utf8'),
  ) as readonly JournalEntry[];

  function openCopy() {
    const dataDir = temporaryFolder();
    copyFileSync(join(FIXTURES, name), join(dataDir, 'journal.db'));
    const mark = `${name}-mark`;
    if (existsSync(join(FIXTURES, mark))) copyFileSync(join(FIXTURES, mark), join(dataDir, 'journal.db-mark'));
    const journal = openSqliteJournal({ dataDir });
    onTestFinished(() => journal.close());
    return journal;
  }

  it('is read record by record as written', async () => {
    const journal = openCopy();
    for (const { offer, records } of expected) expect(await journal.readOffer(offer)).toEqual(records);
    const unfinished = expected.filter(({ finished }) => !finished);
    expect(await journal.readUnfinished()).toEqual(unfinished.map(({ offer, records }) => ({ offer, records })));
    expect(journal.restored).toBe(false);
  });

  it('replays to states that agree with it about what is finished', async () => {
    const journal = openCopy();
    for (const { offer, finished } of expected) {
      expect([offer, isFinished(await journal.readOffer(offer))]).toEqual([offer, finished]);
    }
  });

  it('is migrated to the newest version and intact afterwards', async () => {
    const journal = openCopy();
    const connection = new Connection(journal.file, { readOnly: true });
    expect(connection.readValue('PRAGMA user_version')).toBe(SCHEMA_VERSION);
    expect(connection.readValue('PRAGMA integrity_check')).toBe('ok');
    expect(connection.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
    connection.close();
    await journal.append({ offer: expected[0]?.offer ?? never(), records: [], finished: true });
  });
});

function never(): never {
  throw new Error('the fixture is empty');
}
