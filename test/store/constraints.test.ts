/** The database itself refuses what would break a promise, whoever writes it: here raw SQL does. */
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { READ_DEALS, READ_LATEST_UNDER_REFERENCE, READ_RENEWAL } from '../../src/store/journal-reader.ts';
import { Connection } from '../../src/store/sqlite-connection.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let sql: Connection;

beforeEach(async () => {
  const dataDir = temporaryFolder();
  await openSqliteJournal({ dataDir }).close();
  sql = new Connection(join(dataDir, 'journal.db'));
  onTestFinished(() => {
    sql.close();
  });
  sql.exec(`INSERT INTO offers VALUES (1, 'maker', 'one', 'maker', 0), (2, 'maker', 'two', 'maker', 0)`);
});

interface Raw {
  readonly type: string;
  readonly terms?: object;
  readonly plan?: object;
  readonly epoch?: number;
  readonly taker?: string;
}

function insert({ type, epoch, taker, terms, plan }: Raw, offer = 1): void {
  const body = JSON.stringify({
    type,
    at: 5,
    terms,
    plan,
    ...(epoch !== undefined && { epoch }),
    ...(taker && { taker: { id: taker } }),
  });
  sql.exec(
    `INSERT INTO records (offer, type, at, taker, epoch, body)
     VALUES (${offer}, '${type}', 5, ${taker ? `'${taker}'` : 'NULL'}, ${epoch ?? 'NULL'}, '${body}')`,
  );
}

const reserve = (epoch: number, taker = 't1'): Raw => ({ type: 'reserved', epoch, taker });
const award = (epoch: number, taker = 't1'): Raw => ({ type: 'awarded', epoch, taker });

function stored(): number {
  return sql.readNumber('SELECT count(*) FROM records');
}

function expectRefusal(records: readonly Raw[], refused: Raw, reason: RegExp): void {
  insert({ type: 'opened' });
  for (const record of records) insert(record);
  const before = stored();
  expect(() => {
    insert(refused);
  }).toThrow(reason);
  expect(stored()).toBe(before);
  expect(sql.readValue('PRAGMA integrity_check')).toBe('ok');
}

describe('the database accepts', () => {
  it('the complete history of an offer', () => {
    const released = { type: 'released', epoch: 1 };
    for (const record of [{ type: 'opened' }, reserve(1), released, reserve(2, 't2'), award(2, 't2')]) insert(record);
    insert({ type: 'delivered' });
    expect(stored()).toBe(6);
  });

  it('the same records for two offers', () => {
    for (const offer of [1, 2]) for (const record of [{ type: 'opened' }, reserve(1), award(1)]) insert(record, offer);
    expect(stored()).toBe(6);
  });

  it.each(['awarded', 'cancelled', 'expired', 'voided'])('delivered after %s', (type) => {
    insert(reserve(1));
    insert(type === 'awarded' ? award(1) : { type });
    insert({ type: 'delivered' });
  });
});

describe('an index finds', () => {
  it('a deal by its time', () => {
    const plan = sql.prepare(`EXPLAIN QUERY PLAN ${READ_DEALS}`).all(0, 9, null, 9, null, 9, 0, 9);
    expect(JSON.stringify(plan)).toMatch(/SEARCH deal USING INDEX deals_by_time/);
    for (const each of ['later', 'report'])
      expect(JSON.stringify(plan)).toMatch(
        new RegExp(`SEARCH ${each} USING (COVERING )?INDEX records_of_offer \\(offer=\\?\\)`),
      );
  });

  it('what forbids a new record, so that its cost does not grow with the number of records of its offer', () => {
    const steps = sql.prepare(`EXPLAIN INSERT INTO records VALUES (NULL, 1, 'awarded', 1, 't1', 1, '{}')`).all();
    expect(steps.filter(({ opcode }) => opcode === 'Rewind' || opcode === 'Last')).toEqual([]);
    const seeks = steps.filter(({ opcode }) => String(opcode).startsWith('Seek'));
    // Each of the five looks by both columns of the index.
    expect(seeks.map(({ p4 }) => p4)).toEqual(['2', '2', '2', '2', '2']);
  });
});

describe('the database refuses', () => {
  it('a second award', () => {
    expectRefusal([reserve(1), award(1)], award(1), /the offer has ended|UNIQUE/);
  });

  it('a second award even without its triggers', () => {
    sql.exec('DROP TRIGGER nothing_after_the_end; DROP TRIGGER award_needs_its_reservation');
    expectRefusal([reserve(1), award(1)], award(1, 't2'), /UNIQUE constraint failed: index 'records_of_offer'/);
  });

  it('a second offer under one reference and attempt, and finds the first one by an index', () => {
    const named = (reference: string, attempt?: number): Raw => ({ type: 'opened', terms: { reference, attempt } });
    insert(named('mine', 2), 2);
    expectRefusal([named('mine'), named('other')], named('mine', 2), /UNIQUE/);
    expectRefusal([], named('mine'), /UNIQUE/);
    const plan = sql.prepare(`EXPLAIN QUERY PLAN ${READ_LATEST_UNDER_REFERENCE}`).all('mine');
    expect(JSON.stringify(plan)).toMatch(/SEARCH records USING INDEX reference_offered_once \(<expr>=\?\)"/);
  });

  it('a second renewal of an offer, and finds the first one by an index', () => {
    const renewal: Raw = { type: 'opened', plan: { renews: 'one' } };
    insert(renewal, 2);
    expectRefusal([], renewal, /UNIQUE/);
    const plan = sql.prepare(`EXPLAIN QUERY PLAN ${READ_RENEWAL}`).all('one');
    expect(JSON.stringify(plan)).toMatch(/SEARCH records USING INDEX offer_renewed_once \(<expr>=\?\)"/);
  });

  it('an award without a reservation', () => {
    expectRefusal([], award(1), /needs the current reservation/);
  });

  it('an award for another epoch than the reserved one', () => {
    expectRefusal([reserve(1)], award(2), /needs the current reservation/);
  });

  it('an award for another taker than the reserved one', () => {
    expectRefusal([reserve(1)], award(1, 't2'), /needs the current reservation/);
  });

  it('an award for a reservation that was released', () => {
    expectRefusal([reserve(1), { type: 'released', epoch: 1 }], award(1), /needs the current reservation/);
  });

  it('an award for a record that is no reservation, whatever its epoch', () => {
    expectRefusal([{ type: 'released', epoch: -1, taker: 't1' }], award(1), /needs the current reservation/);
  });

  it('an award for a reservation that is not the latest', () => {
    expectRefusal([reserve(1), reserve(2, 't2')], award(1), /needs the current reservation/);
  });

  it('an award without an epoch', () => {
    expectRefusal([reserve(1)], { type: 'awarded', taker: 't1' }, /needs the current reservation/);
  });

  it('an award for the reservation of another offer', () => {
    insert(reserve(1), 2);
    expectRefusal([], award(1), /needs the current reservation/);
  });

  it('a reservation with a used epoch', () => {
    expectRefusal([reserve(1), { type: 'released', epoch: 1 }], reserve(1, 't2'), /the epoch has been used/);
  });

  it('a reservation with a used epoch even without its trigger', () => {
    sql.exec('DROP TRIGGER epochs_only_grow');
    expectRefusal([reserve(1), { type: 'released', epoch: 1 }], reserve(1, 't2'), /UNIQUE constraint failed/);
  });

  it('a reservation with a lower epoch', () => {
    expectRefusal([reserve(5)], reserve(4), /the epoch has been used/);
  });

  it('a reservation without an epoch', () => {
    expectRefusal([], { type: 'reserved', taker: 't1' }, /needs an epoch/);
  });

  it('a second release of the same epoch', () => {
    expectRefusal([reserve(1), { type: 'released', epoch: 1 }], { type: 'released', epoch: 1 }, /UNIQUE/);
  });

  const ends: Raw[] = [award(1), { type: 'cancelled' }, { type: 'expired' }, { type: 'voided' }];
  const later: Raw[] = [...ends, reserve(2), { type: 'released', epoch: 1 }, { type: 'opened' }, { type: 'whatever' }];
  it.each(ends.flatMap((end) => later.map((next) => [next, end] as const)))('a record %o after %o', (next, end) => {
    expectRefusal([reserve(1), end], next, /the offer has ended/);
  });

  it.each([
    ['has a text for its time', `(1, 'opened', 'soon', NULL, NULL, '{"type":"opened","at":"soon"}')`],
    ['is of no offer', `(9, 'opened', 5, NULL, NULL, '{"type":"opened","at":5}')`],
  ])('a record that %s', (_, values) => {
    sql.exec('PRAGMA foreign_keys = ON');
    expect(() => {
      sql.exec(`INSERT INTO records (offer, type, at, taker, epoch, body) VALUES ${values}`);
    }).toThrow(/constraint failed|cannot store TEXT|malformed JSON/);
    expect(stored()).toBe(0);
  });

  it('to change or delete a record, or to rename an offer', () => {
    insert({ type: 'opened' });
    expect(() => {
      sql.exec('UPDATE records SET at = 6');
    }).toThrow('kept as they were written');
    expect(() => {
      sql.exec('DELETE FROM records');
    }).toThrow('kept for ever');
    expect(() => {
      sql.exec(`UPDATE offers SET role = 'taker'`);
    }).toThrow('keeps its name');
  });

  it('the same offer twice', () => {
    expect(() => {
      sql.exec(`INSERT INTO offers VALUES (3, 'maker', 'one', 'maker', 0)`);
    }).toThrow('UNIQUE');
  });
});
