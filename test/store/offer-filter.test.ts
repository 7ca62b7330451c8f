import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../src/store/journal-schema.ts';
import { JournalReader } from '../../src/store/journal-reader.ts';
import { Connection } from '../../src/store/sqlite-connection.ts';
import { OfferFilter } from '../../src/store/offer-filter.ts';

const idOf = (number: number): string => number.toString(16).padStart(32, '0');

describe('an offer filter', () => {
  it('never excludes an id that was added', () => {
    const filter = new OfferFilter(0);
    for (let number = 0; number < 200_000; number += 1) filter.add(idOf(number));
    let denied = 0;
    for (let number = 0; number < 200_000; number += 1) if (!filter.mayHave(idOf(number))) denied += 1;
    expect(denied).toBe(0);
  });

  it('excludes nearly all other ids, up to the number that it was made for', () => {
    const filter = new OfferFilter(100_000);
    for (let number = 0; number < 100_000; number += 1) filter.add(idOf(number));
    let mistaken = 0;
    for (let number = 100_000; number < 200_000; number += 1) if (filter.mayHave(idOf(number))) mistaken += 1;
    expect(mistaken).toBeLessThan(1_000);
  });

  it('excludes every id when it is empty', () => {
    const filter = new OfferFilter(0);
    for (const id of ['', 'a', 'ä€😀', 'x'.repeat(64)]) {
      expect(filter.mayHave(id)).toBe(false);
      filter.add(id);
      expect(filter.mayHave(id)).toBe(true);
    }
  });

  it('of a journal contains every id in it, also when they are read in several pages', () => {
    const folder = mkdtempSync(join(tmpdir(), 'offer-filter-'));
    const connection = new Connection(join(folder, 'journal.db'));
    const ids = Array.from({ length: 20_001 }, (_, number) => idOf(number * 7_919));
    connection.inTransaction(() => {
      migrate(connection);
      const add = connection.prepare('INSERT INTO offers VALUES (?, ?, ?, ?, ?)');
      for (const [number, id] of ids.entries()) add.run(number + 1, 'maker', id, 'taker', 1);
      // Several makers may use one id, also at the end of a page.
      add.run(ids.length + 1, 'another', ids[9_999] ?? '', 'taker', 1);
    });
    const filter = new JournalReader(connection).offerFilter();
    expect(ids.filter((id) => !filter.mayHave(id))).toEqual([]);
    expect(filter.mayHave('unknown')).toBe(false);
    connection.close();
    rmSync(folder, { recursive: true });
  });
});
